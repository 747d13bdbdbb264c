"""Tests of the end of a command that cannot do what it was asked."""

from __future__ import annotations

from gateway.cli.failure import Failed


def test_carries_its_exit_code() -> None:
    assert Failed("no").code == 1
    assert Failed("no", code=2).code == 2
    assert str(Failed("no")) == "no"
