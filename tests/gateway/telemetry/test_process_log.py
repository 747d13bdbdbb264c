"""Tests of the lines of the process's own log."""

from __future__ import annotations

import logging
import sys

import orjson

from gateway.telemetry.process_log import JSONLines


def test_a_record_is_one_json_line_with_its_trace() -> None:
    try:
        raise ValueError("broken")
    except ValueError:
        record = logging.LogRecord("weir.x", logging.ERROR, __file__, 1, "a %s", ("b\nc",), sys.exc_info())
    line = JSONLines().format(record)
    assert "\n" not in line
    fields = orjson.loads(line)
    assert (fields["level"], fields["logger"], fields["message"]) == ("error", "weir.x", "a b\nc")
    assert "ValueError: broken" in fields["trace"]
