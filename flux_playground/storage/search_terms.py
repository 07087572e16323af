"""Terms of the search index: texts and exact values as words of SQLite FTS5, and a search as an expression.

All text is divided here and not by FTS5: case and accents are ignored, a script without spaces is indexed by pairs of
characters, an emoji is a word, and no character of a search has a meaning in an expression.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from typing import Any

MAX_INDEXED_CHARACTERS, MAX_INDEXED_TOGETHER = 20_000, 50_000  # of one text, and of all texts of a generation
MAX_SEARCH_CHARACTERS, MAX_SEARCH_TERMS = 300, 24  # the rest of a longer search is ignored
MAX_TERM_CHARACTERS = 64
MARK = "\ue000"  # begins a term of an exact value; texts never contain it
UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fdf\u3005-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
"""Thai, Lao, Burmese, Khmer, Japanese and Chinese, which are written without spaces."""
WORDS = re.compile(rf"[{UNSPACED}]+|[^\W_{UNSPACED}]+|[\u2190-\u2bff\U0001f000-\U0001faff]")


UNSPACED_START = re.compile(f"[{UNSPACED}]")
ASCII_WORDS = re.compile("[a-z0-9]+")


def exact_term(kind: str, value: Any = "") -> str:
    """Return the term of an exact value, such as an endpoint or the value of a field; 3 and "3" have the same term."""
    text = f"{kind}\0{value_text(value)}"
    return MARK + hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).hexdigest()


def value_text(value: Any) -> str:
    """Return the text of a JSON value, as it is compared: `true`, `3` and `0.5`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def text_terms(texts: Iterable[str]) -> list[str]:
    """Return the distinct terms of texts, in their order; those of the last texts are left out of too many."""
    found: dict[str, None] = {}
    left = MAX_INDEXED_TOGETHER
    for text in texts:
        part = text[: min(left, MAX_INDEXED_CHARACTERS)]
        left -= len(part)
        for word in _split(part):
            found.update(dict.fromkeys(_pairs(word)))
    return list(found)


def joined(name: str) -> str:
    """Return a file name as one term: its letters and digits."""
    return "".join(_split(name))[:MAX_TERM_CHARACTERS]


def match_text(text: str) -> str:
    """Return the expression that finds all words of a search, the last one as a prefix; "" for no words.

    A word with signs in it, such as a file name, is also found as one term.
    """
    parts, count = [], 0
    text = text[:MAX_SEARCH_CHARACTERS]
    chunks = text.split()
    for number, chunk in enumerate(chunks, start=1):
        words = _split(chunk)[: MAX_SEARCH_TERMS - count]
        count += len(words)
        is_typed = number == len(chunks) and not text[-1:].isspace()
        terms = [_quote(term) for word in words[:-1] for term in _search_pairs(word)]
        for word in words[-1:]:
            *whole, last = _search_pairs(word)
            is_prefix = (is_typed and not _is_unspaced(word)) or (_is_unspaced(word) and len(word) == 1)
            terms += [*map(_quote, whole), f"{_quote(last)} *" if is_prefix else _quote(last)]
        if not terms:
            continue
        both = f"({' AND '.join(terms)})"
        parts.append(f"({both} OR {_quote(joined(chunk))} *)" if len(words) > 1 and chunk.isascii() else both)
    return " AND ".join(parts)


def is_cut(text: str) -> bool:
    """Return whether a search has more characters or words than are searched for."""
    words = sum(len(_split(chunk)) for chunk in text[:MAX_SEARCH_CHARACTERS].split())
    return len(text) > MAX_SEARCH_CHARACTERS or words > MAX_SEARCH_TERMS


def match_any(terms: Iterable[str]) -> str:
    """Return the expression that finds one of several terms."""
    return f"({' OR '.join(map(_quote, terms))})"


def _split(text: str) -> list[str]:
    if text.isascii():
        return [word[:MAX_TERM_CHARACTERS] for word in ASCII_WORDS.findall(text.casefold())]
    folded = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(char for char in folded if not unicodedata.combining(char)).casefold()
    return [word if _is_unspaced(word) else word[:MAX_TERM_CHARACTERS] for word in WORDS.findall(plain)]


def _is_unspaced(word: str) -> bool:
    return not word.isascii() and UNSPACED_START.match(word) is not None


def _pairs(word: str) -> list[str]:
    """The terms of a word in a text: each pair of neighbors and the last character, or the word."""
    return [word[start : start + 2] for start in range(len(word))] if _is_unspaced(word) else [word]


def _search_pairs(word: str) -> list[str]:
    return _pairs(word)[:-1] or [word] if _is_unspaced(word) else [word]


def _quote(term: str) -> str:
    return f'"{term}"'
