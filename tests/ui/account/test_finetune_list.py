"""The finetunes and the credits of an account, against the local server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from flux_playground import Playground, Settings
from flux_playground.errors import APIUnreachable
from flux_playground.local import LocalServer
from flux_playground.playground import Visitor
from flux_playground.ui.account import finetune_list
from tests.faulty_server import Hostile, reply


def load(playground: Playground) -> list[finetune_list.Finetune]:
    return finetune_list.load_finetunes(playground, Visitor())


def test_finetunes_have_trigger_words(playground: Playground) -> None:
    """The finetunes of the account are choices with their trigger words."""
    finetunes = {finetune.id: finetune for finetune in load(playground)}
    mine = finetunes["my-finetune"]
    assert mine.trigger
    assert mine.trigger in mine.label
    assert f'data-trigger="{mine.trigger}"' in finetune_list.render_choices(finetunes.values())


def test_finetune_of_an_organization(playground: Playground) -> None:
    """An id with a slash is a choice like any other, with the base model that its details name."""
    found = next(finetune for finetune in load(playground) if finetune.id == "acme-studio/neon-signs")
    assert found.base_model == "flux-2-klein-9b-kv"
    assert found.label == "Neon tubes at night · trigger word NEON · flux-2-klein-9b-kv"
    assert 'value="acme-studio/neon-signs"' in finetune_list.render_choices([found])


@pytest.mark.parametrize(
    ("details", "model"),
    [
        ({"mode": "FLUX.2 [klein] 9B"}, "flux-2-klein-9b"),
        ({"model": "flux-2-klein-base-4b", "finetune_type": "lora"}, "flux-2-klein-base-4b"),
        ({"finetune_details": {"base": "FLUX.2-klein-4B"}}, "flux-2-klein-4b"),
        ({"finetune_comment": "flux-2-klein-4b", "trigger_word": "flux-2-klein-4b"}, ""),
        ({"mode": "style", "finetune_type": "general"}, "FLUX.1"),
        ({"mode": "fast", "finetune_type": "style"}, ""),
        ({"base_model": "flux-9", "rank": 16, "nested": {"base_model": "flux-2-klein-4b"}}, ""),
    ],
)
def test_base_model_in_free_details(details: dict[str, Any], model: str, tmp_path: Path) -> None:
    """Any of the details may name a known base model; the owner's own words do not count."""
    script = {
        "/v1/my_finetunes": reply({"finetunes": [{"finetune_id": "one"}]}),
        "/v1/finetune_details": reply({"finetune_details": details}),
    }
    with Hostile(script) as api, Playground(Settings(data=tmp_path, base_url=api.url, api_key="key")) as playground:
        (found,) = load(playground)
        assert found.base_model == model
        assert found.label.count("klein") <= 1 or not model


def test_choices_are_escaped() -> None:
    """Texts of an account are not markup."""
    assert "<b>" not in finetune_list.render_choices([finetune_list.Finetune('"><b>', "<b>", "<b>")])


def test_no_credits_in_the_demo(playground: Playground) -> None:
    """Nobody has a balance where nothing is billed."""
    assert finetune_list.load_credits(playground, Visitor()) is None


def test_credits_of_the_payer_only(server: LocalServer, settings: Settings) -> None:
    """A visitor sees the balance of their own key and not that of the owner."""
    own = settings.replace(demo_url="", base_url=server.url, api_key="the-owners-key")
    with Playground(own) as playground:
        assert finetune_list.load_credits(playground, Visitor()) is not None
    with Playground(own.replace(hosted=True, data=settings.data / "hosted")) as playground:
        assert finetune_list.load_credits(playground, Visitor(id="visitor-1")) is None
        assert finetune_list.load_credits(playground, Visitor(id="visitor-1", api_key="my-own")) is not None


def test_unreachable_account(settings: Settings) -> None:
    """An account that cannot be loaded has no finetunes; the reason is that of the credits."""
    closed = settings.replace(demo_url="", base_url="http://127.0.0.1:9", api_key="key")
    with Playground(closed) as playground:
        assert load(playground) == []
        with pytest.raises(APIUnreachable):
            finetune_list.load_credits(playground, Visitor())
