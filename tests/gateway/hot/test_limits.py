"""The bounds cannot be changed once made."""

from __future__ import annotations

import pytest

from gateway.hot.limits import HeadLimits


def test_is_frozen() -> None:
    with pytest.raises(AttributeError):
        HeadLimits().header_bytes = 1  # type: ignore[misc]
