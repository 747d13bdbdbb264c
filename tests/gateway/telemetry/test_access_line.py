"""A line of the access log is the JSON that a library would make of the same values."""

from __future__ import annotations

from datetime import UTC, datetime

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.telemetry.access_line import FIELDS, KNOWN_TEXTS, AccessEntry, AccessLines

OCTETS = st.binary(max_size=60)
TEXTS = st.text(max_size=30)
COUNTS = st.integers(0, 2**62)
DURATIONS = st.integers(0, 10**13)


@st.composite
def entries(draw: st.DrawFn) -> AccessEntry:
    made = AccessEntry()
    made.unix_s = draw(st.floats(0, 4e9))
    texts = (
        "client",
        "listener",
        "protocol",
        "route",
        "backend",
        "endpoint",
        "identity",
        "tags",
        "error",
        "detail",
        "tenant",
    )
    for name in (*texts, "would_deny"):
        setattr(made, name, draw(TEXTS))
    for name in ("method", "host", "path", "request_id", "user_agent"):
        setattr(made, name, draw(OCTETS))
    for name in ("bytes_in", "bytes_out", "retries"):
        setattr(made, name, draw(COUNTS))
    made.headers = orjson.dumps(draw(st.dictionaries(TEXTS, TEXTS, max_size=3)))
    made.status = draw(st.integers(0, 999))
    made.duration_ns = draw(DURATIONS)
    made.upstream_ns = draw(DURATIONS)
    return made


def milliseconds(duration_ns: int) -> float:
    return (duration_ns + 500) // 1000 / 1000


def values(entry: AccessEntry) -> dict[str, object]:
    """By the library: a dict with octets as Latin-1."""
    return {
        "time": datetime.fromtimestamp(entry.unix_s, UTC).isoformat(timespec="milliseconds"),
        "client": entry.client,
        "listener": entry.listener,
        "method": entry.method.decode("latin-1"),
        "host": entry.host.decode("latin-1"),
        "path": entry.path.decode("latin-1"),
        "protocol": entry.protocol,
        "status": entry.status,
        "tenant": entry.tenant,
        "route": entry.route,
        "backend": entry.backend,
        "endpoint": entry.endpoint,
        "bytesIn": entry.bytes_in,
        "bytesOut": entry.bytes_out,
        "durationMs": milliseconds(entry.duration_ns),
        "upstreamMs": milliseconds(entry.upstream_ns),
        "retries": entry.retries,
        "requestId": entry.request_id.decode("latin-1"),
        "identity": entry.identity,
        "tags": entry.tags,
        "userAgent": entry.user_agent.decode("latin-1"),
        "headers": orjson.loads(entry.headers),
        "error": entry.error,
        "detail": entry.detail,
        "wouldDeny": entry.would_deny,
    }


@given(st.lists(entries(), max_size=3))
def test_any_values_give_the_lines_that_a_library_would_write(given_entries: list[AccessEntry]) -> None:
    lines = AccessLines(FIELDS)
    for entry in given_entries:
        lines.add(entry)
    assert lines.take() == b"".join(orjson.dumps(values(entry)) + b"\n" for entry in given_entries)
    assert lines.size_bytes() == 0


@given(entries(), st.lists(st.sampled_from(FIELDS), min_size=1, max_size=25))
def test_any_choice_of_fields_gives_these_once_and_in_order(entry: AccessEntry, names: list[str]) -> None:
    lines = AccessLines(names)
    lines.add(entry)
    every = values(entry)
    assert lines.take() == orjson.dumps({name: every[name] for name in names}) + b"\n"


def test_texts_are_their_own_however_many_there_were() -> None:
    lines = AccessLines(("route", "backend"))
    entry = AccessEntry()
    for _ in range(2):
        for number in range(KNOWN_TEXTS + 2):
            entry.route, entry.backend = f"r{number}", f"r{number + 1}"
            lines.add(entry)
            assert orjson.loads(lines.take()) == {"route": entry.route, "backend": entry.backend}


def test_an_entry_begins_empty() -> None:
    lines = AccessLines(FIELDS)
    lines.add(AccessEntry())
    line = orjson.loads(lines.take())
    assert line.pop("time") == "1970-01-01T00:00:00.000+00:00"
    assert set(map(str, line.values())) == {"", "0", "0.0", "{}"}


@pytest.mark.parametrize(
    ("unix_s", "time"),
    [
        (1e9 + 0.0004, "2001-09-09T01:46:40.000+00:00"),
        (1e9 + 0.9994, "2001-09-09T01:46:40.999+00:00"),
        (1e9 + 0.9999999, "2001-09-09T01:46:41.000+00:00"),
        (1e9, "2001-09-09T01:46:40.000+00:00"),
    ],
)
def test_time_is_cut_to_milliseconds(unix_s: float, time: str) -> None:
    lines = AccessLines(("time",))
    entry = AccessEntry()
    entry.unix_s = unix_s
    lines.add(entry)
    assert orjson.loads(lines.take()) == {"time": time}


def test_an_entry_that_cannot_be_written_leaves_no_part_of_a_line() -> None:
    lines = AccessLines(("path", "status"))
    good = AccessEntry()
    lines.add(good)
    broken = AccessEntry()
    broken.path = None  # type: ignore[assignment]
    with pytest.raises(TypeError):
        lines.add(broken)
    lines.add(good)
    assert lines.take() == b'{"path":"","status":0}\n' * 2
