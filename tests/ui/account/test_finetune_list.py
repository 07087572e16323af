"""What the account behind a key has, against the local server: finetunes with their trigger words, and credits."""

from __future__ import annotations

from dataclasses import replace

from flux_playground import Playground, Settings
from flux_playground.local import LocalServer
from flux_playground.playground import Visitor
from flux_playground.ui.account import finetune_list


def test_the_finetunes_of_the_account_are_offered_with_their_trigger_words(playground: Playground) -> None:
    known = {one.id: one for one in finetune_list.finetunes(playground, Visitor())}
    assert known["my-finetune"].trigger
    assert known["my-finetune"].trigger in known["my-finetune"].label
    assert f'data-trigger="{known["my-finetune"].trigger}"' in finetune_list.choices(known.values())


def test_what_an_account_calls_its_finetunes_is_no_markup() -> None:
    assert "<b>" not in finetune_list.choices([finetune_list.Finetune('"><b>', "<b>", "<b>")])


def test_nobody_is_told_a_balance_where_nothing_is_billed(playground: Playground) -> None:
    assert finetune_list.balance(playground, Visitor()) == ""


def test_the_balance_is_told_to_whoever_pays_and_to_no_other(server: LocalServer, settings: Settings) -> None:
    own = settings.replace(demo_url="", base_url=server.url, api_key="the-owners-key")
    with Playground(own) as playground:
        assert finetune_list.balance(playground, Visitor()).endswith("credits left")
    with Playground(replace(own, hosted=True, data=settings.data / "hosted")) as playground:
        assert finetune_list.balance(playground, Visitor(id="visitor-1")) == ""
        assert finetune_list.balance(playground, Visitor(id="visitor-1", api_key="my-own")).endswith("credits left")


def test_an_account_that_cannot_be_asked_offers_nothing_and_fails_nothing(settings: Settings) -> None:
    closed = settings.replace(demo_url="", base_url="http://127.0.0.1:9", api_key="key")
    with Playground(closed) as playground:
        assert finetune_list.finetunes(playground, Visitor()) == []
        assert finetune_list.balance(playground, Visitor()) == ""
