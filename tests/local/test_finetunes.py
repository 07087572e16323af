"""The finetunes of the local server and the endpoints that take them."""

from __future__ import annotations

import pytest

from flux_playground.local import LocalServer
from flux_playground.schema import facts

from .requests_to_server import PATH, get, submit

KLEIN = "/v1/flux-2-klein-9b-kv-finetuned"
OTHER_KLEIN = "/v1/flux-2-klein-4b-finetuned"


def test_shared_finetune(server: LocalServer) -> None:
    """A finetune of another organization is listed, described with its base model, and accepted."""
    name = "acme-studio/neon-signs"
    details = get(server.url + "/v1/finetune_details", finetune_id=name).json()["finetune_details"]
    assert name in get(server.url + "/v1/my_finetunes").json()["finetunes"]
    assert details["base_model"] == facts(KLEIN).base_model
    assert submit(server, KLEIN, finetune_id=name).status_code == 200


@pytest.mark.parametrize(
    ("path", "name", "status", "words"),
    [
        (KLEIN, "clay-toys", 200, ""),
        (KLEIN, "any-other_1", 200, ""),
        (PATH, "Any Other", 200, ""),
        (
            OTHER_KLEIN,
            "clay-toys",
            422,
            "Finetune clay-toys was trained on flux-2-klein-9b-kv, not on flux-2-klein-4b.",
        ),
        (KLEIN, "my-finetune", 404, "Finetune not found or not ready"),
        (PATH, "clay-toys", 404, "Finetune not found or not ready"),
    ],
)
def test_base_model(server: LocalServer, path: str, name: str, status: int, words: str) -> None:
    """A finetune is accepted by the endpoint of its base model; an unknown one by any endpoint."""
    response = submit(server, path, finetune_id=name)
    assert (response.status_code, response.json().get("detail", "")) == (status, words)


@pytest.mark.parametrize("name", ["Clay-Toys", "a/b/c", "/a", "a b", "{a}"])
def test_lora_name(server: LocalServer, name: str) -> None:
    """The name of a LoRA has lowercase letters, digits, hyphens and underscores, and one organization at most."""
    response = submit(server, KLEIN, finetune_id=name)
    (error,) = response.json()["detail"]
    assert (response.status_code, error["loc"], error["input"]) == (422, ["body", "finetune_id"], name)
