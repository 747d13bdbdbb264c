"""The uncompiled offset array grows and keeps what it has."""

from __future__ import annotations

from gateway.hot.spans import free_spans, grow_spans


def test_grows_and_keeps() -> None:
    spans = grow_spans(None, 2)
    spans[1] = 7
    assert grow_spans(spans, 4) == [0, 7, 0, 0]
    free_spans(spans)
