"""Keys and passwords of Secrets: read once, or refused without a word of what is in them."""

from __future__ import annotations

from collections import Counter

import pytest

from config.snapshot import PolicySecret
from gateway.access.events import AccessEvent
from gateway.access.secret_material import secret_material
from policies.access.key_set import KeySet
from tests.support.issuer import jwk, key_set, private_key


def test_what_a_secret_holds_is_material_at_once() -> None:
    secret = PolicySecret("shop/keys", key_set(jwk(private_key("P-256"), kid="one")))
    assert secret_material(secret, KeySet.parse, lambda _: None).current is not None


def test_a_broken_one_is_counted_and_named_and_not_told(caplog: pytest.LogCaptureFixture) -> None:
    events: Counter[AccessEvent] = Counter()
    made = secret_material(PolicySecret("shop/keys", b"hunter2"), KeySet.parse, lambda event: events.update([event]))
    assert made.current is None
    assert events == {AccessEvent.SECRET_REFUSED: 1}
    assert "Secret shop/keys: " in caplog.text
    assert "hunter2" not in caplog.text


def test_the_value_is_in_no_repr() -> None:
    assert "hunter2" not in repr(PolicySecret("shop/keys", b"hunter2"))
