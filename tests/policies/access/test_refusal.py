"""An unknown key is one of the reasons why a token is not good."""

from __future__ import annotations

from policies.access.refusal import KeyUnknown, TokenRefused


def test_a_token_of_an_unknown_key_is_not_good() -> None:
    assert issubclass(KeyUnknown, TokenRefused)
