"""An advice says what to mend, and cannot be changed on its way."""

from __future__ import annotations

import dataclasses

import pytest

from config.lint.advice import Advice
from config.lint.check import Check
from config.resources.backend import Backend
from tests.config.resources.own_kinds import read


def test_advice_is_frozen() -> None:
    backend = read(Backend, {"static": {"endpoints": []}})
    advice = Advice(Check.UNUSED_BACKEND, backend, ("spec",), "nothing refers to it", "remove it")
    with pytest.raises(dataclasses.FrozenInstanceError):
        advice.mend = "keep it"  # type: ignore[misc]
