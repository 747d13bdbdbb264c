"""The uncompiled form of the offset arrays of `gateway.hot.fields`: a list where the compiled form has a C array."""

from __future__ import annotations


def grow_spans(spans: list[int] | None, count: int) -> list[int]:
    """An array of at least `count` offsets that begins with those of `spans`."""
    held = spans or []
    held.extend([0] * (count - len(held)))
    return held


def free_spans(spans: list[int]) -> None:
    """The garbage collector does it here."""
