"""The tables of octets say what the RFCs say."""

from __future__ import annotations

import pytest

from gateway.hot import octets


@pytest.mark.parametrize("name", ["TOKEN", "FIELD_VALUE", "QUERY", "PATH", "REGISTERED_NAME", "ADDRESS_LITERAL"])
def test_no_table_has_a_control_character_but_the_tab_in_values(name: str) -> None:
    table = getattr(octets, name)
    assert len(table) == 256
    allowed = {octet for octet in (*range(0x20), 0x7F) if table[octet]}
    assert allowed == ({0x09} if name == "FIELD_VALUE" else set())


def test_delimiters_are_no_token_characters() -> None:
    assert not any(octets.TOKEN[octet] for octet in b'"(),/:;<=>?@[\\]{} ')
    assert all(octets.TOKEN[octet] for octet in b"!#$%&'*+-.^_`|~09azAZ")


def test_lower_case_touches_ascii_letters_only() -> None:
    assert octets.LOWER[ord("A")] == ord("a")
    assert octets.LOWER[0xC4] == 0xC4
