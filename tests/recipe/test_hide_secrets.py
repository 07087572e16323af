"""Keys are hidden wherever they are."""

from __future__ import annotations

import json

import pytest

from flux_playground.recipe import detect, hide_secrets

KEY = "bfl_0123456789abcdef"
HEADERS = {"accept": "application/json", "x-key": KEY, "Authorization": "Bearer abc", "cookie": "session=abc"}


@pytest.mark.parametrize(
    "name",
    [
        *("x-key", "X_KEY", "key", "api_key", "apikey", "BFL_API_KEY", "authorization", "token", "access_token"),
        *("secret", "client-secret", "password", "cookie", "Set-Cookie", "webhook_secret", "x-api-key", "private_key"),
    ],
)
def test_secret_names(name: str) -> None:
    """A value under the name of a secret is hidden at any depth, also in a string of JSON."""
    inner = {name: "plain words", "prompt": "a cat"}
    assert hide_secrets(inner) == {"prompt": "a cat"}
    hidden = json.dumps(hide_secrets({"a": [{"b": inner}], "body": json.dumps({"headers": inner})}))
    assert "plain words" not in hidden
    assert hidden.count("a cat") == 2


@pytest.mark.parametrize(
    "text",
    [
        *(KEY, f"use {KEY}!", "sk-proj-a1b2c3d4e5f6", "hf_a1B2c3D4e5F6", "Authorization: Bearer a1b2c3d4e5"),
        *("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "https://a.example/x.jpg?sig=a1b2c3&se=1", "ghp_a1b2c3d4e5f6g7"),
    ],
)
def test_keys_in_text(text: str) -> None:
    """What looks like a key is hidden in any text, and so is the query of a signed URL."""
    hidden = str(hide_secrets({"note": text, "deep": [{"note": text}]}))
    assert "a1" not in hidden.lower()
    assert "0123456789" not in hidden
    assert "eyJ" not in hidden


@pytest.mark.parametrize(
    "text", ["Bearer of bad news", "key-lighting, keys", "api-driven design", "sk-learn", "a token"]
)
def test_words_stay(text: str) -> None:
    """Words that are no keys stay."""
    assert hide_secrets({"prompt": text, "keyframes": 1, "max_tokens": 2}) == {
        "prompt": text,
        "keyframes": 1,
        "max_tokens": 2,
    }


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"headers": HEADERS, "body": json.dumps({"prompt": "a", "seed": 1}), "method": "POST"}),
        json.dumps({"prompt": "a", "seed": 1, "extra": {"headers": HEADERS}, "log": json.dumps(HEADERS)}),
        f"import requests\nrequests.post(u, json={{'prompt': 'a', 'seed': 1, 'log': '{KEY}'}}, headers={HEADERS!r})",
        json.dumps({"headers": HEADERS, "url": f"https://a.example/?key={KEY}"}),
        json.dumps({"only": {"headers": HEADERS}}),
    ],
)
def test_detected_values_have_no_key(text: str) -> None:
    """No key is among the values of a pasted text."""
    found = str(detect(text))
    assert KEY not in found
    assert "Bearer abc" not in found
    assert "session=abc" not in found
