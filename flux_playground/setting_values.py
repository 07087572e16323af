"""Parsers for the text of a setting. Each raises `ValueError` for a text that it cannot use."""

from __future__ import annotations

import ipaddress
import math
import re
import shlex
from pathlib import Path
from urllib.parse import urlsplit

from .errors import InvalidSettings
from .url_policy import LOOPBACK as LOOPBACK

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def default_folder() -> Path:
    """The folder of the generation store in the home folder; raises `InvalidSettings`."""
    try:
        return Path.home() / ".flux_playground"
    except RuntimeError:
        raise InvalidSettings("FLUX_PLAYGROUND_DATA must be a folder: this user has no home folder.") from None


def read_flag(text: str) -> bool:
    """Yes or no."""
    words = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    if text.lower() not in words:
        raise ValueError
    return words[text.lower()]


def read_key(text: str) -> str:
    """A secret as one line of printable ASCII without blanks."""
    if not (text.isascii() and text.isprintable()) or " " in text:
        raise ValueError
    return text


def read_api_key(text: str) -> str:
    """A key of the API; quotes around it are refused."""
    if {text[:1], text[-1:]} & set("'\"`"):
        raise ValueError
    return read_key(text)


def is_api_key(text: str) -> bool:
    """Return whether a text can be a key of the API."""
    try:
        return bool(read_api_key(text))
    except ValueError:
        return False


def read_url(text: str) -> str:
    """An https address (http on this machine) with a usable port, without a `/` at its end."""
    url = urlsplit(text)
    secure = url.scheme == "https" or (url.scheme == "http" and url.hostname in LOOPBACK)
    if not (secure and url.hostname and not url.query and not url.fragment and not url.username):
        raise ValueError
    if url.port == 0 or "\\" in text or not text.isprintable() or " " in text:  # a bad port raises when it is read
        raise ValueError
    return text.rstrip("/")


def read_base_url(text: str) -> str:
    """The address of an API; its paths begin with `/v1`, so one at the end is left out."""
    return read_url(text).removesuffix("/v1").rstrip("/")


def read_database(text: str) -> str:
    """The address of a PostgreSQL database."""
    url = urlsplit(text)
    if url.scheme not in ("postgresql", "postgres") or not url.netloc + url.query:
        raise ValueError
    if url.port == 0 or not text.isprintable() or " " in text:  # a bad port raises when it is read
        raise ValueError
    return text


def read_document(text: str) -> str:
    """A file's path, or the address of a document."""
    return read_url(text) if re.match(r"[a-z][a-z0-9+.-]+://", text, re.IGNORECASE) else text


def read_folder(text: str) -> Path:
    """A folder, which need not exist yet."""
    try:
        path = Path(text).expanduser()
        taken = path.exists() and not path.is_dir()
    except (OSError, RuntimeError):  # no permission, or a home folder that does not exist
        raise ValueError from None
    if taken:
        raise ValueError
    return path


def read_bucket(text: str) -> str:
    """A bucket of S3, Google Cloud Storage or Azure, and maybe a path in it."""
    if not re.fullmatch(r"(s3|gs|az)://[a-z0-9][a-z0-9._-]{1,61}[a-z0-9](/[\w.=-]+)*/?", text, re.ASCII):
        raise ValueError
    return text.rstrip("/")


def read_path(text: str) -> str:
    """A path of the API."""
    if not text.startswith("/") or text.startswith("//"):
        raise ValueError
    return text


def read_networks(text: str) -> tuple[Network, ...]:
    """Addresses and networks, separated by commas."""
    return tuple(ipaddress.ip_network(part.strip()) for part in text.split(","))


def read_header(text: str) -> str:
    """The name of an HTTP header."""
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{0,63}", text):  # no underscore: to some proxies it is a hyphen
        raise ValueError
    return text


def read_positive_int(text: str) -> int:
    """A whole number from 1 to 10,000."""
    if not 1 <= int(text) <= 10_000:
        raise ValueError
    return int(text)


def read_seconds(text: str) -> float:
    """Seconds, from 1 to 86,400."""
    if not 1 <= float(text) <= 86_400:
        raise ValueError
    return float(text)


def read_gigabytes(text: str) -> float:
    """Gigabytes; infinite for "unlimited"."""
    if text.lower() == "unlimited":
        return math.inf
    if not 0.05 <= float(text) <= 1_000_000:
        raise ValueError
    return float(text)


def read_credits(text: str) -> float:
    """Credits, from 0 to 1,000,000; infinite for "unlimited"."""
    if text.lower() == "unlimited":
        return math.inf
    if not 0 <= float(text) <= 1_000_000:
        raise ValueError
    return float(text)


def read_factor(text: str) -> float:
    """A number from 0.01 to 1,000."""
    if not 0.01 <= float(text) <= 1_000:
        raise ValueError
    return float(text)


def read_command(text: str) -> tuple[str, ...]:
    """A program and its arguments, quoted as in a shell."""
    words = tuple(shlex.split(text))
    if not words or not words[0]:
        raise ValueError
    return words


def read_hosts(text: str) -> tuple[str, ...]:
    """Host names, separated by commas."""
    names = tuple(part.strip().lower() for part in text.split(","))
    if not all(re.fullmatch(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?", name) for name in names):
        raise ValueError
    return names
