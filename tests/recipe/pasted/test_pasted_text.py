"""The request in pasted texts: every language and quoting gives the same values, or says which one is unreadable."""

from __future__ import annotations

import json
import pprint
import re
import shlex
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from flux_playground.recipe.pasted import read_pasted
from flux_playground.recipe.pasted.pasted_text import MAX_CODE_CHARACTERS
from flux_playground.snippets import Language, render_snippet

FIELDS = ("finetune_id", "prompt", "seed", "finetune_strength", "raw", "aspect_ratio", "image_prompt")
SERVER, ENDPOINT = "https://api.bfl.ai", "/v1/flux-pro-1.1-ultra-finetuned"
URL = SERVER + ENDPOINT
KEY = "bfl_0123456789abcdef"
REQUEST = {"finetune_id": "my-finetune", "prompt": "a lighthouse at dawn", "seed": 42}
BODY = json.dumps(REQUEST)


# The languages and the quotings: each writes a request as a person or a program would


def in_ansi_c(text: str) -> str:
    """Quote as browsers do for bash."""
    escaped = "".join(char if " " <= char <= "~" and char not in "\\'!" else ansi_c(char) for char in text)
    return f"$'{escaped}'"


def ansi_c(char: str) -> str:
    """Escape a character as UTF-16."""
    if char in "\\'":
        return f"\\{char}"
    data = char.encode("utf-16-be")
    return "".join(f"\\u{data[at : at + 2].hex()}" for at in range(0, len(data), 2))


def in_carets(text: str) -> str:
    """Quote as browsers do for cmd.exe."""
    text = re.sub(r"[^a-zA-Z0-9\s_\-:=+~'/.',?;()*`]", r"^\g<0>", text.replace("\\", "\\\\").replace('"', '\\"'))
    return '^"' + re.sub(r"%(?=[a-zA-Z0-9_])", "%^", text).replace("\n", "^\n\n") + '^"'


def in_double(text: str) -> str:
    """Quote with double quotes for a POSIX shell."""
    return '"' + re.sub(r'[\\"$`]', r"\\\g<0>", text) + '"'


def for_windows(text: str) -> str:
    """Quote as the C library of Windows reads it."""
    return '"' + re.sub(r'(\\*)("|$)', lambda match: match[1] * 2 + ('\\"' if match[2] else ""), text) + '"'


def in_powershell(text: str) -> str:
    """Quote with double quotes for PowerShell."""
    return '"' + re.sub(r'[`"$]', r"`\g<0>", text).replace("\n", "`n").replace("\r", "`r") + '"'


def curl(quoted: str, quote: str = "'", newline: str = " ") -> str:
    """Write a command with a key."""
    return f"curl -X POST {quote}{URL}{quote}{newline} -H {quote}x-key: {KEY}{quote}{newline} --data-raw {quoted}"


def script(value: object) -> str:
    """Write a value in JavaScript with single quotes and names without quotes."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{name}: {script(item)}" for name, item in value.items()) + " }"
    if not isinstance(value, str):
        return json.dumps(value)
    return "'" + json.dumps(value)[1:-1].replace('\\"', '"').replace("'", "\\'") + "'"


def template(text: str) -> str:
    """Write a template string."""
    return "`" + re.sub(r"[\\`]|\$(?=\{)", r"\\\g<0>", text).replace("\r", "\\r") + "`"


def hash_table(request: dict[str, Any]) -> str:
    """Write a hash table of PowerShell."""
    lines = []
    for name, value in request.items():
        text = (
            f"${str(value).lower()}"
            if isinstance(value, bool)
            else in_powershell(value)
            if isinstance(value, str)
            else value
        )
        lines.append(f"    {name} = {text}")
    return "@{\n" + "\n".join(lines) + "\n}"


def hash_entries(request: dict[str, Any]) -> list[str]:
    """Write a request as the entries of a hash of PHP or Ruby."""

    def write(value: object) -> str:
        if not isinstance(value, str):
            return json.dumps(value)
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"

    return [f"{write(name)} => {write(value)}" for name, value in request.items()]


def fetch(request: dict[str, Any]) -> str:
    """Write what a browser copies as fetch."""
    headers = {"accept": "application/json", "x-key": KEY}
    options = {"headers": headers, "body": json.dumps(request), "method": "POST", "mode": "cors"}
    return f"fetch({json.dumps(URL)}, {json.dumps(options, indent=2)});"


def python(payload: str) -> str:
    """Write a program with requests."""
    return (
        f'import os\nimport requests\n\nheaders = {{"accept": "application/json", "x-key": "{KEY}"}}\n'
        f"payload = {payload}\nresponse = requests.post({URL!r}, headers=headers, json=payload)\n"
    )


WRITERS: dict[str, Callable[[dict[str, Any]], str]] = {
    "JSON": json.dumps,
    "JSON, indented, with letters": lambda it: json.dumps(it, indent=2, ensure_ascii=False),
    "JSON with a comma too many": lambda it: json.dumps(it)[:-1] + ",}",
    "JSON with comments": lambda it: json.dumps(it, indent=1).replace("{\n", "{ // it's mine\n /* {a} */", 1),
    "JSON in a fence": lambda it: f"It's easy, don't worry:\n\n```json\n{json.dumps(it)}\n```\nThat's it.",
    "JSON after prose": lambda it: f"Here's what I've sent, it's (mostly) fine: {json.dumps(it)}",
    "JSON in JSON": lambda it: json.dumps({"id": 1, "postData": {"text": json.dumps(it)}}),
    "lines of JSON": lambda it: (
        f'{{"level": "info"}}\n{json.dumps(it)}\n{json.dumps({"level": "info", "prompt": it["prompt"]})}'
    ),
    "response": lambda it: json.dumps(
        {"id": "4c05", "status": "Ready", "result": {**it, "sample": "https://a.example/a"}}
    ),
    "curl, '": lambda it: curl("'" + json.dumps(it).replace("'", "'\\''") + "'", newline=" \\\n"),
    "curl, ' on one line": lambda it: curl("'" + json.dumps(it).replace("'", "'\\''") + "'"),
    "curl, quotes between": lambda it: curl(shlex.quote(json.dumps(it, ensure_ascii=False))),
    'curl, "': lambda it: curl(in_double(json.dumps(it)), '"', " \\\n"),
    'curl, " on one line': lambda it: curl(in_double(json.dumps(it)), '"'),
    "curl, $'": lambda it: curl(in_ansi_c(json.dumps(it, ensure_ascii=False))),
    "curl in cmd": lambda it: curl(for_windows(json.dumps(it)), '"'),
    "curl in cmd, doubled": lambda it: curl('"' + json.dumps(it).replace('"', '""') + '"', '"'),
    "curl in cmd, carets": lambda it: curl(in_carets(json.dumps(it, ensure_ascii=False)), '^"', " ^\n"),
    "curl in PowerShell, '": lambda it: curl("'" + json.dumps(it).replace("'", "''") + "'", newline=" `\n"),
    'curl in PowerShell, "': lambda it: curl(in_powershell(json.dumps(it)), '"', " `\n"),
    "curl.exe in PowerShell": lambda it: curl(
        "'" + for_windows(json.dumps(it))[1:-1].replace("'", "''") + "'", newline=" `\n"
    ),
    "here-document": lambda it: f"curl -X POST {URL} -d @- <<'EOF'\n{json.dumps(it)}\nEOF\n",
    "here-document with expansion": lambda it: (
        "cat <<EOF\n" + re.sub(r"[\\$`]", r"\\\g<0>", json.dumps(it)) + "\nEOF\n"
    ),
    "shell variable": lambda it: f'BODY={shlex.quote(json.dumps(it))}\ncurl {URL} -d "$BODY"',
    "fetch": fetch,
    "fetch, JavaScript": lambda it: (
        f"const r = await fetch('{URL}', {{ method: 'POST', headers: {{ 'x-key': process.env.KEY }},\n"
        f"  body: JSON.stringify({script(it)}) }});"
    ),
    "JavaScript, template string": lambda it: (
        f"const body = {template(json.dumps(it))};\nawait fetch(`{URL}`, {{ body }});"
    ),
    "JavaScript, template values": lambda it: (
        "send({"
        + ",\n".join(
            f'"{name}": {template(value) if isinstance(value, str) else json.dumps(value)}'
            for name, value in it.items()
        )
        + "})"
    ),
    "Java": lambda it: f"String body = {json.dumps(json.dumps(it))};",
    "Python": lambda it: python(repr(it)),
    "Python, pprint": lambda it: python(pprint.pformat(it, width=40)),
    "Python, names": lambda it: (
        python("{" + ", ".join(f"{name!r}: {name.upper()}" for name in it) + "}")
        + "".join(f"{name.upper()} = {value!r}\n" for name, value in it.items())
    ),
    "Python, keywords": lambda it: (
        f"import api\napi.generate({', '.join(f'{name}={value!r}' for name, value in it.items())})"
    ),
    "Python, string": lambda it: f"import requests\nrequests.post({URL!r}, data={json.dumps(it)!r})",
    "Python, bytes": lambda it: f"import requests\nrequests.post({URL!r}, data={json.dumps(it).encode()!r})",
    "Python, fragment": lambda it: f"    payload = {it!r}\n  # indented: it's not a program",
    "Python, interpreter": lambda it: (
        f">>> import requests\n>>> payload = {it!r}\n>>> requests.post('{URL}', json=payload)\n"
    ),
    "PowerShell, hash table": lambda it: (
        f"$body = {hash_table(it)} | ConvertTo-Json\nInvoke-RestMethod -Uri {URL} -Body $body"
    ),
    "PowerShell, here-string": lambda it: f"$body = @'\n{json.dumps(it)}\n'@\nInvoke-RestMethod -Uri {URL} -Body $body",
    "PowerShell, string": lambda it: f"Invoke-RestMethod {URL} -Body '" + json.dumps(it).replace("'", "''") + "'",
    ".http": lambda it: (
        f"POST {URL}\nContent-Type: application/json\nx-key: {{{{key}}}}\n\n{json.dumps(it, indent=2)}\n\n###\n"
    ),
    "HTTPie": lambda it: (
        f"http POST {URL} x-key:{KEY} "
        + " ".join(
            shlex.quote(f"{name}={value}" if isinstance(value, str) else f"{name}:={json.dumps(value)}")
            for name, value in it.items()
        )
    ),
    "HTTPie, raw": lambda it: f"http POST {URL} --raw {shlex.quote(json.dumps(it))}",
    "YAML": lambda it: yaml.safe_dump(it, allow_unicode=True, sort_keys=False),
    "YAML, escaped": lambda it: "\n".join(f"{name}: {json.dumps(value)}" for name, value in it.items()),
    "YAML, block": lambda it: yaml.safe_dump({"request": it}, default_style="|", sort_keys=False),
    "PHP": lambda it: (
        f"<?php\n$ch = curl_init('{URL}');\n$data = [{', '.join(hash_entries(it))}];\n"
        "curl_setopt($ch, CURLOPT_POSTFIELDS, json_encode($data));\n"
    ),
    "PHP, array": lambda it: f"<?php $data = array({', '.join(hash_entries(it))});",
    "Ruby": lambda it: f"require 'net/http'\nreq.body = {{{', '.join(hash_entries(it))}}}.to_json",
    "own curl": lambda it: render_snippet(Language.CURL, SERVER, ENDPOINT, it),
    "own Python": lambda it: render_snippet(Language.PYTHON, SERVER, ENDPOINT, it),
    "own JavaScript": lambda it: render_snippet(Language.JAVASCRIPT, SERVER, ENDPOINT, it),
    "own JSON": lambda it: render_snippet(Language.JSON, SERVER, ENDPOINT, it),
}

AWKWARD = [
    "'",
    '"',
    "\\",
    "\n",
    "`",
    "$",
    "${x}",
    "$HOME",
    "%PATH%",
    "^",
    "%",
    "{",
    "}",
    ", ",
    ": ",
    "#",
    "//",
    "<<",
    "🦁",
    "é",
]
AWKWARD += [
    "\\n",
    "\\'",
    '""',
    "''",
    "```",
    "$(id)",
    "@{",
    "seed",
    "\t",
    "\r",
    "\0",
    "\u2028",
    "\\u0041",
    "EOF",
    "&",
    "|",
    "'@",
    "/",
]
TEXTS = st.lists(
    st.sampled_from(AWKWARD) | st.text(st.characters(exclude_categories=["Cs"]), max_size=4), max_size=8
).map("".join)
REQUESTS = st.fixed_dictionaries(
    {"finetune_id": TEXTS, "prompt": TEXTS, "seed": st.integers(0, 2**32) | st.sampled_from([2**53, 2**70])},
    optional={
        "raw": st.booleans(),
        "finetune_strength": st.floats(0, 2),
        "aspect_ratio": st.sampled_from(["16:9", "1:1"]),
    },
)


@pytest.mark.parametrize("name", WRITERS)
def test_plain_request(name: str) -> None:
    """A plain request is read completely, with its endpoint and without the key."""
    text = WRITERS[name](REQUEST)
    read = read_pasted(text, FIELDS)
    assert read is not None
    assert {name: value for name, value in read.values.items() if name in FIELDS} == REQUEST
    assert (read.unread, read.count) == ((), 1)
    assert (read.server + read.endpoint == URL) is (URL in text.replace("^", "")), text
    assert KEY not in str(read)


@pytest.mark.parametrize("name", WRITERS)
@given(request=REQUESTS)
def test_no_wrong_value(name: str, request: dict[str, Any]) -> None:
    """Each value is the one that was written, or its field is unreadable, or nothing is read."""
    read = read_pasted(WRITERS[name](request), FIELDS)
    if read is not None:
        for field in request:
            assert field in read.unread or (field in read.values and read.values[field] == request[field])
        assert set(read.values) & set(FIELDS) <= set(request)
        assert KEY not in str(read)


@pytest.mark.parametrize(
    ("text", "values", "unread"),
    [
        ("import requests\nrequests.post(u, json={'seed': 42}, headers={'x-key': KEY})", {"seed": 42}, ()),
        ('import api\npayload = {"prompt": f"a {animal}", "seed": 42}', {"seed": 42}, ("prompt",)),
        ('import api\np = {"prompt": "a cat", "seed": 42}\np["seed"] = 7', {"prompt": "a cat"}, ("seed",)),
        ('import api\np = {"prompt": "a cat"}\np["seed"] = 7', {"prompt": "a cat"}, ("seed",)),
        ('import api\np = {"prompt": "a cat", "seed": 42}\np.update(seed=n)', {"prompt": "a cat"}, ("seed",)),
        ('import api\nP = "a"\nP = "b"\napi.run(prompt=P, seed=42)', {"seed": 42}, ("prompt",)),
        ("const seed = n; send({prompt: 'a cat', seed})", {"prompt": "a cat"}, ("seed",)),
        ("const r = {prompt: 'a cat', seed: 42}; r.seed = 7;", {"prompt": "a cat"}, ("seed",)),
        ("const r = {prompt: 'a cat'}; r.seed = 7;", {"prompt": "a cat"}, ("seed",)),
        ("const r: Request = {prompt: 'a cat'}; r.seed = 7;", {"prompt": "a cat"}, ("seed",)),
        ("const r = {input: {prompt: 'a cat', seed: 42}}; r.input.seed = 7;", {"prompt": "a cat"}, ("seed",)),
        ('body := map[string]any{"prompt": "a cat"}\nbody["seed"] = 7', {"prompt": "a cat"}, ("seed",)),
        ("$b = @{ prompt = 'a cat' }\n$b.Add('seed', 7)\nirm x", {"prompt": "a cat"}, ("seed",)),
        ("const r = {prompt: 'a cat', seed: 42}; r.seed++;", {"prompt": "a cat"}, ("seed",)),
        ("const r = {prompt: 'a cat', seed: 42}; r['seed'] ??= 7;", {"prompt": "a cat"}, ("seed",)),
        ("const r = {prompt: 'a cat', seed: 42}; delete r.seed;", {"prompt": "a cat"}, ("seed",)),
        ('import api\np = {"prompt": "a", "seed": 42}\nq = p\nq["seed"] = 7\nf(json=p)', {"prompt": "a"}, ("seed",)),
        ('import api\np = json.loads(\'{"prompt": "a", "seed": 42}\')\np["seed"] = 7', {"prompt": "a"}, ("seed",)),
        ('import api\nr = Request(prompt="a", seed=42)\nr.seed = 7', {"prompt": "a"}, ("seed",)),
        ("send({prompt: `a ${animal}`, seed: 42})", {"seed": 42}, ("prompt",)),
        ("send({prompt: 'a' + 'b', seed: 9007199254740993})", {"prompt": "ab"}, ("seed",)),
        (r'curl -d "{\"prompt\": \"$PROMPT\", \"seed\": 42}" x', {"seed": 42}, ("prompt",)),
        ("""curl -d '{"prompt": "'"$(cat "p.txt")"'", "seed": 42}' x""", {"seed": 42}, ("prompt",)),
        ("""curl -d '{"prompt": "it''s", "seed": 42}' x""", {"seed": 42}, ("prompt",)),
        ('curl --json @- <<EOF\n{"prompt": "a", "seed": $SEED}\nEOF\n', {"prompt": "a"}, ("seed",)),
        ('@{ prompt = "a $animal"; seed = 42 } | ConvertTo-Json', {"seed": 42}, ("prompt",)),
        ('$b = @{ prompt = "a cat"; seed = 42 }\n$b.prompt += " and a dog"\nirm x', {"seed": 42}, ("prompt",)),
        ('POST https://x/v1/a\n\n{"prompt": "{{p}}", "seed": 42}', {"seed": 42}, ("prompt",)),
        (f'{{"prompt": "use {KEY}", "seed": 42}}', {"seed": 42}, ("prompt",)),
        ('import api\nr = Request(prompt="a cat", seed=42)\nsetattr(r, "seed", 7)', {"prompt": "a cat"}, ("seed",)),
        ("const r = {prompt: 'a', seed: 1}; send(Object.assign(r, {seed: 5}))", {"prompt": "a"}, ("seed",)),
        ("<?php $d = ['prompt' => \"a $animal\", 'seed' => 42];", {"seed": 42}, ("prompt",)),
        ("<?php $d = ['prompt' => 'a cat', 'seed' => 42]; $d['seed'] = 7;", {"prompt": "a cat"}, ("seed",)),
        ("<?php $d = ['prompt' => 'a ' . $animal, 'seed' => 42];", {"seed": 42}, ("prompt",)),
        ('body = {prompt: "a #{animal}", seed: 42}.to_json', {"seed": 42}, ("prompt",)),
        ("body = {prompt: 'a \\n', seed: 42}.to_json", {"seed": 42}, ("prompt",)),
        ("body = {:prompt => 'a', :seed => 42}\nbody[:seed] = 7", {"prompt": "a"}, ("seed",)),
        ("body = {prompt: 'a', seed: 42}.merge(seed: 7)", {"prompt": "a"}, ("seed",)),
        (f'http {URL} prompt="a $ANIMAL" seed:=42 raw=@x', {"seed": 42}, ("prompt", "raw")),
        ("prompt: a cat # or a dog?\nseed: 42", {"seed": 42}, ("prompt",)),
    ],
)
def test_unreadable_fields(text: str, values: dict[str, Any], unread: tuple[str, ...]) -> None:
    """A value that depends on something else is named; the others are read."""
    read = read_pasted(text, FIELDS)
    assert read is not None
    assert (read.values, read.unread) == (values, unread)


@pytest.mark.parametrize(
    "text",
    [
        """curl -d '{"prompt": "it's"}' https://api.bfl.ai/v1/a""",
        '{"prompt": "a" "seed": 42}',
        '{"prompt": "a", "seed"',
        "def f():\n    return {**defaults}",
        "a lighthouse at dawn",
        "{a|b} lighthouse, (dawn:1.2)",
        'import api\nbody = \'{"prompt": "a", "seed": 42}\'.replace("a", "b")',
        'import api\nbody = \'{"prompt": "%s", "seed": 42}\' % animal',
        "const body = '{\"prompt\":\"a\",\"seed\":42}'.replace('a', 'b')",
        'val b = """{"prompt": "a $animal", "seed": 42}"""',
        'body := fmt.Sprintf(`{"prompt": "%s", "seed": 42}`, animal)',
        "",
    ],
)
def test_no_request(text: str) -> None:
    """Broken code and prose give no request."""
    assert read_pasted(text, FIELDS) is None


@pytest.mark.parametrize(
    "text",
    [
        "function f({prompt, seed}) { return 1; }",
        "send({seed: 42, prompt: 'a cat', ...rest})",
        'import api\napi.run(dict(prompt="a " "cat", seed=42, **rest))',
        'import api\nd = {"prompt": "a", "seed": 42}\nd[key] = 7\nf(d)',
        'import api\nd = {"input": {"prompt": "a", "seed": 42}}\nd["input"]["se" + "ed"] = 7',
        'import api\nd = {"prompt": "a", "seed": 42}\ndef change(x):\n    x[key] = 7\nchange(d)',
        'import api\nr = Request(prompt="a", seed=42)\nsetattr(r, name, 7)',
        'import api\nd = {"prompt": "a", "seed": 42}\nd.__setitem__("seed", 7)',
        'import api\nd = {"prompt": "a", "seed": 42}\nbody = json.dumps(d)\nbody = body.replace("a", "b")',
        'import api\nd = {"prompt": "a", "seed": 42}\napi.run(json=d | other)',
        'import api\nd = {k: v for k, v in {"prompt": "a", "seed": 42}.items() if k != "seed"}',
        "const r = {prompt: 'a', seed: 42}; r[key] = 7",
        "const r = {prompt: 'a', seed: 42}; send(JSON.stringify(r).replace('a', 'b'))",
    ],
)
def test_unclear_request(text: str) -> None:
    """Code in which every value may be replaced gives no value, and the fields are named."""
    read = read_pasted(text, FIELDS)
    assert read is not None
    assert (read.values, set(read.unread)) == ({}, {"prompt", "seed"})


def test_object_with_most_fields() -> None:
    """Neither the first object nor an object in a value of the request wins."""
    prompt = json.dumps({"prompt": "inner", "seed": 1, "finetune_id": "x", "raw": True})
    text = json.dumps([{"prompt": "first"}, {"log": json.dumps({"prompt": prompt, "seed": 42})}])
    read = read_pasted(text, FIELDS)
    assert read is not None
    assert read.values == {"prompt": prompt, "seed": 42}


@pytest.mark.parametrize(
    "text", ['{"prompt": "a"}\n{"prompt": "b"}\n{"prompt": "a"}', "f({prompt: 'a'}); f({prompt: 'b'})"]
)
def test_several_requests(text: str) -> None:
    """The first of several requests is read, and the different ones are counted."""
    read = read_pasted(text, FIELDS)
    assert read is not None
    assert (read.values, read.count) == ({"prompt": "a"}, 2)


@pytest.mark.parametrize(
    "text",
    [
        "import api\nbase = {'prompt': 'a', 'seed': 1}\napi.run(json=dict(base, seed=5))",
        "import api\nbase = {'prompt': 'a', 'seed': 1}\napi.run(json=base | {'seed': 5})",
        "import api\nbase = {'prompt': 'a', 'seed': 1}\napi.run(json={**base, 'seed': 5})",
        "const r = {prompt: 'a', seed: 1}; send({...r, seed: 5})",
        """curl -d '{"prompt": "b", "raw": true}' x\ncurl -d '{"prompt": "a", "seed": 1, "raw": true}' x""",
    ],
)
def test_other_values(text: str) -> None:
    """An object with fewer fields is counted if it says another value."""
    read = read_pasted(text, FIELDS)
    assert read is not None
    assert (read.values["prompt"], read.values["seed"], read.count) == ("a", 1, 2)


def test_response_behind_request() -> None:
    """What a response says is no second request."""
    text = '{"prompt": "a"}\n{"status": "Ready", "result": {"prompt": "a big one", "seed": 7, "sample": "x"}}'
    read = read_pasted(text, ("prompt",))
    assert read is not None
    assert (read.values, read.count) == ({"prompt": "a"}, 1)


@pytest.mark.parametrize("name", ["PHP", "PHP, array", "Ruby", "HTTPie, raw"])
@pytest.mark.parametrize("prompt", ["a\nlighthouse", "a \\n lighthouse", "it's\n"])
def test_several_lines(name: str, prompt: str) -> None:
    """A string of several lines is read as it is."""
    read = read_pasted(WRITERS[name]({**REQUEST, "prompt": prompt}), FIELDS)
    assert read is not None
    assert (read.values["prompt"], read.values["seed"]) == (prompt, 42)


def test_fence_in_prompt() -> None:
    """A fence of Markdown within a prompt of YAML begins no block of code."""
    read = read_pasted('"prompt": |-\n  a sign\n  ```\n"seed": 42\n', FIELDS)
    assert read is not None
    assert read.values == {"prompt": "a sign\n```", "seed": 42}


def test_url_in_prompt() -> None:
    """A URL in the prompt is not the endpoint."""
    read = read_pasted('{"prompt": "https://evil.example/v1/x", "seed": 1} // https://api.bfl.ai/v1/flux-dev', FIELDS)
    assert read is not None
    assert (read.server, read.endpoint) == ("https://api.bfl.ai", "/v1/flux-dev")


UNITS = [
    "{",
    "[",
    "(",
    '"',
    "'",
    "`",
    "\\",
    "\\'",
    '\\"',
    '`"',
    "{a:",
    "{'a':",
    "${",
    "`${",
    "/*",
    "//",
    "\n",
    " ",
    "@'\n",
]
UNITS += [
    "<<A\n",
    "curl -d '",
    '\ncurl "',
    "^",
    "~~~x\n",
    "```\n",
    "a=",
    "\na='",
    "%a",
    "9",
    "-",
    "f'{",
    "\\u0041",
    "@{",
    ";",
]
UNITS += [
    "$(",
    "“",
    '@"\n',
    "not ",
    "a.b",
    "[0]",
    "#",
    "lambda:",
    '{"a":"',
    "'''",
    '"""',
    "https://a/v1/",
    "x if y else ",
]
UNITS += ["POST x\n\n{", "{{a}}", "{...a,", "{a:1},", "\t", "\\\n", "$'", "''", '""', "\n###\nPOST x\n\n{}"]
UNITS += ["a[a", "]=", "a.replace(", "add(", "\nhttp a=b", "prompt: x\n", "array('a'=>", "\nx[k]=x", "'#{"]
UNITS += [
    "f(a);",
    "a=f(a);",
    "a.f(a).",
    "f(f(a",
    "a=b\n",
    "f({a:1});",
    "f! a\n",
    "$a = A-B $a\n",
    "jq x\n",
    "A=${A/",
    "---\na: b\n",
]


def read_units(start: str, length: int) -> None:
    """Read a text of this length that repeats each unit."""
    for unit in UNITS:
        assert read_pasted(start + unit * (length // len(unit)), FIELDS) is None


STARTS = pytest.mark.parametrize("start", ["", "curl ", "import a\n", "Invoke-RestMethod ", "{", "x = '"])


@STARTS
def test_hostile_text(start: str) -> None:
    """A text that repeats what opens something is read to its end."""
    read_units(start, 500)


@STARTS
@pytest.mark.long
def test_long_hostile_text(start: str) -> None:
    """The time that a longer text takes is not quadratic: otherwise this would not end."""
    read_units(start, MAX_CODE_CHARACTERS // 4)
