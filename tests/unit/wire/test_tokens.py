"""The two tokens: how they are spelt, what is kept of them, and that they are not shown."""

from __future__ import annotations

import copy
import json
import pickle
import traceback
import uuid

import msgspec
import pytest

from dpf_edge.wire import adapters, body, enroll, heartbeat, tokens
from dpf_edge.wire.refusals import Refusal
from dpf_edge.wire.tokens import Secret
from tests.unit.wire.recorded import recorded

TOKEN = "dpfedge_" + "0123456789ABCDEFGHJKMNPQRSTVWXYZ0123450"


def test_a_token_is_spelt_as_the_contract_s_example() -> None:
    spelt = tokens.spelt(tokens.BOOTSTRAP, bytes(range(24)))

    assert spelt == "dpfboot_000G40R40M30E209185GR38E1W8124GK2GAHC5R"


@pytest.mark.parametrize("secret", [bytes(24), b"\xff" * 24, bytes(range(200, 224))])
def test_a_token_is_47_characters_and_its_last_is_one_of_four(secret: bytes) -> None:
    spelt = tokens.spelt(tokens.NODE, secret)

    assert len(spelt) == 47
    assert spelt[-1] in "08GR"
    assert set(spelt.removeprefix(tokens.NODE)) <= set(tokens.ALPHABET)


def test_a_secret_of_another_length_is_not_spelt() -> None:
    with pytest.raises(ValueError, match="24 bytes"):
        tokens.spelt(tokens.NODE, bytes(23))


def test_what_an_authority_keeps_is_the_contract_s_example() -> None:
    token = "dpfedge_" + "0" * 39

    assert tokens.display(token) == "dpfedge_0000"
    assert (
        tokens.digest(token) == "a53d02f536449b9f110f9649d212610b1a6474f6d05046a61868730ea558f2b0"
    )


def test_a_digest_is_had_of_any_text_a_caller_may_send() -> None:
    assert len({tokens.digest(text) for text in ("", "é", "\ud800", "x" * 100_000)}) == 4


def test_a_node_s_id_is_made_of_a_random_uuid() -> None:
    made = tokens.node_id(uuid.UUID("01234567-89ab-4def-8123-456789abcdef"))

    assert made == "edge_0123456789ab4def"


@pytest.mark.parametrize("header", [f"Bearer {TOKEN}", f"  Bearer \t {TOKEN} ", f"Bearer\t{TOKEN}"])
def test_a_bearer_token_is_read(header: str) -> None:
    assert tokens.bearer(header) == TOKEN


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (None, "missing_authorization"),
        ("", "missing_authorization"),
        ("  ", "missing_authorization"),
        ("Bearer", "invalid_scheme"),
        ("Bearer ", "invalid_scheme"),
        (f"bearer {TOKEN}", "invalid_scheme"),
        (f"Basic {TOKEN}", "invalid_scheme"),
        (f"Bearer{TOKEN}", "invalid_scheme"),
        (TOKEN, "invalid_scheme"),
    ],
)
def test_what_is_no_bearer_token_is_refused_without_being_repeated(
    header: str | None, code: str
) -> None:
    with pytest.raises(Refusal) as refusal:
        tokens.bearer(header)

    assert (401, code) == (refusal.value.status, refusal.value.code)
    assert TOKEN not in json.dumps(refusal.value.body())


def test_a_token_of_the_other_kind_is_refused_without_being_repeated() -> None:
    with pytest.raises(Refusal) as refusal:
        tokens.spelt_for(tokens.BOOTSTRAP, TOKEN)

    assert (401, "invalid_token_format") == (refusal.value.status, refusal.value.code)
    assert TOKEN not in json.dumps(refusal.value.body())


def test_only_the_prefix_of_a_token_is_looked_at() -> None:
    assert tokens.spelt_for(tokens.NODE, "dpfedge_x") == "dpfedge_x"


def test_a_secret_is_shown_by_nothing_but_reveal() -> None:
    secret = Secret(TOKEN)

    shown = [
        repr(secret),
        str(secret),
        f"{secret}",
        f"{secret!r:>20}",
        f"{[secret]}",
        f"{secret:>9}",
    ]
    shown += [repr(msgspec.structs.astuple(enroll.answer(recorded("enroll/enrolled").answered)))]
    shown += [repr(adapters.answer(recorded("adapters/controllers").answered))]
    shown += [repr(heartbeat.answer(recorded("heartbeat/rotated").answered))]

    # A rotated token's prefix is there to be shown.
    assert "dpfedge_" not in "".join(shown).replace("'dpfedge_30CH'", "")
    assert "EXAMPLE" not in "".join(shown)
    assert secret.reveal() == TOKEN


@pytest.mark.parametrize(
    "way", [json.dumps, msgspec.json.encode, msgspec.to_builtins, pickle.dumps]
)
def test_a_secret_is_not_written_by_the_way(way: object) -> None:
    with pytest.raises(TypeError) as error:
        way(Secret(TOKEN))  # type: ignore[operator]

    assert TOKEN not in "".join(traceback.format_exception(error.value))


def test_a_secret_is_written_where_the_wire_wants_it() -> None:
    answer = enroll.answer(recorded("enroll/enrolled").answered)

    assert answer.node_token.reveal() in body.encode(answer).decode()


def test_a_secret_that_is_no_text_is_not_taken() -> None:
    with pytest.raises(ValueError, match="secret"):
        Secret.from_wire(5)


def test_secrets_are_equal_by_their_texts() -> None:
    assert {Secret("a"), Secret("a"), Secret("b")} == {Secret("b"), Secret("a")}
    assert Secret("a") != "a"
    with pytest.raises(TypeError):
        copy.deepcopy(Secret("a"))


@pytest.mark.parametrize(
    ("text", "after"),
    [
        (f"token {TOKEN} ends", "token dpfedge_0123… ends"),
        (f"{TOKEN}{TOKEN}", "dpfedge_0123…"),
        (f'{{"t":"{TOKEN.lower()}"}}', '{"t":"dpfedge_0123…"}'),
        ("dpfboot_000G40R", "dpfboot_000G…"),
        ("dpfedge_0000 is shown, and so is dpfboot_", "dpfedge_0000 is shown, and so is dpfboot_"),
        ("dpfapi_" + "Z" * 39 + ",dpflink_" + "A" * 39, "dpfapi_ZZZZ…,dpflink_AAAA…"),
        ("no token here", "no token here"),
    ],
)
def test_tokens_are_cut_out_of_a_text(text: str, after: str) -> None:
    assert tokens.redacted(text) == after
