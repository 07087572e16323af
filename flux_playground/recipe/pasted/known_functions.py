"""Says what functions of other people's code do with the request they are given, as far as their names tell."""

from __future__ import annotations

import re

WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
CHANGING_WORDS = frozenset(
    {
        "add",
        "apply",
        "build",
        "clean",
        "complete",
        "default",
        "defaults",
        "enrich",
        "extend",
        "fill",
        "filter",
        "finish",
    }
    | {"fix", "inject", "merge", "modify", "mutate", "normalize", "override", "overrides", "patch", "prepare", "random"}
    | {"randomize", "remove", "resolve", "rewrite", "seed", "set", "transform", "update", "with"}
)
SENDING_WORDS = frozenset(
    {"ajax", "api", "axios", "call", "client", "create", "enqueue", "execute", "fetch", "generate", "image", "invoke"}
    | {
        "post",
        "postasync",
        "predict",
        "put",
        "query",
        "request",
        "run",
        "send",
        "stream",
        "submit",
        "subscribe",
        "start",
    }
    | {"urlopen", "wget", "got", "ky", "imagine", "save", "write", "upload", "publish", "push", "open"}
)
SERIALIZERS = frozenset(
    {"dump", "dumps", "encode", "fromdict", "generate", "jsonencode", "marshal", "serialize", "serializeobject"}
    | {"stringify", "tojson", "toqueryparam", "urlencode", "writevalueasstring", "httpbuildquery"}
)
"""They write an object as text, or the reverse. In lower case without underscores."""

SAFE_NAMES = SERIALIZERS | frozenset(
    {"alert", "array", "array_keys", "assert", "asdict", "b64encode", "bool", "bytes", "bytesio", "clone", "copy"}
    | {"count", "curlsetopt", "curlsetoptarray", "debug", "decode", "deepcopy", "deepfreeze", "dict", "dir", "echo"}
    | {"encodeuricomponent", "entries", "enumerate", "error", "errorlog", "exception", "exit", "expect", "freeze"}
    | {"from", "frombytes", "fromstr", "fromvalue", "getbytes", "hash", "id", "info", "inspect", "isinstance", "items"}
    | {"iter", "json", "keys", "len", "length", "list", "loads", "log", "modeldump", "modeldumpjson", "newbuffer"}
    | {"newbufferstring", "newreader", "next", "ofstring", "p", "parse", "pp", "pprint", "print", "printf", "println"}
    | {"printr", "puts", "repr", "sorted", "str", "string", "stringcontent", "stringio", "strlen", "structuredclone"}
    | {"table", "todict", "tohash", "tostring", "tos", "tuple", "type", "typeof", "urlencoded", "values", "vardump"}
    | {"varexport", "vars", "warn", "warning", "zip", "asbytes", "tobytes", "tostr", "intobytes", "toowned", "into"}
    | {
        "strip",
        "trim",
        "then",
        "catch",
        "unwrap",
        "expect",
        "get",
        "fetch",
        "has",
        "hasownproperty",
        "haskey",
        "panic",
        "fatal",
        "must",
        "settimeout",
    }
)
"""They do not change what they are given. In lower case without underscores."""


MERGING_FUNCTIONS = frozenset({"assign", "merge", "update", "array_merge", "array_replace", "add", "store"})
"""They set the keys that they are given. In lower case."""


def may_change(name: str) -> bool:
    """Return whether a function may change a request that it is given, or return another one."""
    if plain(name) in SAFE_NAMES:
        return False
    words = set(_words(name))
    return bool(words & CHANGING_WORDS) or not (sends(name) or name[:1].isupper())


def sends(name: str) -> bool:
    """Return whether a function sends what it is given, by its name."""
    words = set(_words(name))
    return bool(words & SENDING_WORDS) and not words & CHANGING_WORDS


def is_serializer(name: str) -> bool:
    """Return whether a function writes an object as text."""
    return plain(name) in SERIALIZERS


def plain(name: str) -> str:
    """Return a name in lower case without marks, so that `to_json` and `toJson` are the same."""
    return re.sub(r"[\W_]+", "", name).lower()


def _words(name: str) -> list[str]:
    return [word.lower() for word in WORDS.findall(name)]
