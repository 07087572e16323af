"""A request as a script for any shell, with curl and the small tools that every system has. Knows the draft only."""

from __future__ import annotations

from .template import Template, fill

TEMPLATE = r"""
#!/bin/sh
# Makes an image: POST @url@, wait, download.
# Save as image.sh and run: BFL_API_KEY=your-key sh image.sh
set -eu

url='@url@'
request() {
  cat <<'JSON'
@request@
JSON
}
body=$(request)
@images@
# One call: its headers, its body and, last, its status.
ask() {
  curl --silent --show-error --connect-timeout 10 --max-time 60 --dump-header - --write-out '\nHTTP %{http_code}' "$@"
}
# The first text of this name in the answer.
text() {
  printf '%s' "$answer" | tr -d '\r\n' | grep -o "\"$1\" *: *\"[^\"]*\"" | head -n 1 | cut -d '"' -f 4 |
    sed 's#\\/#/#g; s/\\u0026/\&/g'
}
# Waits as many seconds, or as many as the server wants.
pause() {
  wanted=$(printf '%s' "$answer" | tr -d '\r' | sed -n 's/^[Rr]etry-[Aa]fter: *\([0-9]\{1,4\}\)$/\1/p' | head -n 1)
  if [ "${wanted:-0}" -gt "$1" ]; then sleep "$wanted"; else sleep "$1"; fi
}
fail() { printf '%s\n' "$1" "$answer" >&2; exit 1; }

# Submit. Only after a 429 or 503 it is sent again: after any other failure it may have been accepted, and charged.
for seconds in 2 4 8 16 32 0; do
  answer=$(printf '%s' "$body" | ask "$url" --request POST --data-binary @- \
    --header "x-key: $BFL_API_KEY" --header 'content-type: application/json') ||
    fail 'The answer was lost. The request may have been accepted, and charged: it is not sent again.'
  case $answer in
    *'HTTP 200') break ;;
    *'HTTP 429' | *'HTTP 503') [ "$seconds" -gt 0 ] || fail 'The API has no time now.'; pause "$seconds" ;;
    *) fail 'The API refused:' ;;
  esac
done
id=$(text id)
polling_url=$(text polling_url)
[ -n "$polling_url" ] || fail 'The answer names no task:'
echo "Submitted; the image can be asked for at $polling_url" >&2

# Wait, five minutes at most. No key is needed for this, and a failed call is made again.
begun=$(date +%s)
while :; do
  waited=$(($(date +%s) - begun))
  answer=$(ask "$polling_url") || answer=''
  status=$(text status)
  case $status in
    Ready) break ;;
    Error | 'Request Moderated' | 'Content Moderated') fail "The task ended: $status." ;;
    'Task not found') [ "$waited" -lt 10 ] || fail 'The API does not know the task.' ;;
  esac
  case $answer in *'HTTP 401' | *'HTTP 403') fail 'The API refused:' ;; esac
  [ "$waited" -lt 300 ] || fail 'It is not ready yet, and may be later.'
  pause 1
done

# Download, at once: the address of the image is good for ten minutes.
sample=$(text sample)
[ -n "$sample" ] || fail 'The answer names no image:'
path=${sample%%\?*}
file=$(basename "$id.${path##*.}")
curl --fail --silent --show-error --connect-timeout 10 --max-time 300 --output "$file" "$sample" ||
  { rm -f "$file"; fail 'The image could not be downloaded.'; }
echo "$file"
"""

IMAGE = """\
# An image of this request: put it beside this script as @file@ (a JPEG, PNG or WebP).
body=${body%%@reference@*}$(base64 <@file@ | tr -d '\\n')${body#*@reference@}
"""


def write(draft: Template) -> str:
    """The script."""
    images = "".join(fill(IMAGE, file=file, reference=reference) for reference, file in draft.images.items())
    return fill(TEMPLATE, url=draft.url, request=draft.request, images=images)
