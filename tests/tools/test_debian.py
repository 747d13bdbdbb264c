"""Tests of finding Debian's mirrors in apt's own settings and of checked downloads."""

from __future__ import annotations

import hashlib
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools import debian
from tools.pins import Package

ONE_LINE = """
# deb http://commented.example/debian bookworm main
deb [arch=amd64 signed-by=/k.gpg] http://one.example/debian bookworm main
deb http://other.example/apt cloud-sdk main
deb-src http://sources.example/debian bookworm main
"""
DEB822 = """Types: deb
URIs: http://two.example/debian/ http://three.example/debian
Suites: bookworm bookworm-updates
Components: main

Types: deb
URIs: http://other.example/node
Suites: nodistro
"""


def test_finds_debian_suites_in_one_line_sources() -> None:
    assert debian._one_line_addresses(ONE_LINE) == ["http://one.example/debian"]


def test_finds_debian_suites_in_deb822_sources() -> None:
    assert debian._deb822_addresses(DEB822) == ["http://two.example/debian/", "http://three.example/debian"]


def test_reads_mirrors_from_a_mirror_file(tmp_path: Path) -> None:
    listing = tmp_path / "mirrors.list"
    listing.write_text("http://four.example/debian priority:1\nhttp://five.example/debian\n")
    assert debian._expand(f"mirror+file://{listing}") == ["http://four.example/debian", "http://five.example/debian"]


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder served over HTTP as the only mirror."""
    root = tmp_path / "mirror"
    (root / "pool").mkdir(parents=True)

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments: object) -> None:
            super().__init__(*arguments, directory=str(root))  # type: ignore[arg-type]

        def log_message(self, *arguments: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        monkeypatch.setattr(debian, "mirrors", lambda: [f"http://127.0.0.1:{server.server_address[1]}"])
        monkeypatch.setattr(debian, "ATTEMPTS", 1)
        monkeypatch.setattr(debian, "APT_HELPER", tmp_path / "none")
        yield root
        server.shutdown()
        thread.join()


def package_of(content: bytes) -> Package:
    """A pin of a file with that content."""
    return Package("a", "1", "pool/a_1.deb", hashlib.sha256(content).hexdigest())


def test_downloads_once_and_keeps_the_file(mirror: Path, tmp_path: Path) -> None:
    (mirror / "pool" / "a_1.deb").write_bytes(b"good")
    file = debian.download(package_of(b"good"), tmp_path / "kept")
    assert file.read_bytes() == b"good"
    (mirror / "pool" / "a_1.deb").unlink()
    assert debian.download(package_of(b"good"), tmp_path / "kept") == file


def test_refuses_bytes_that_are_not_the_pinned_ones(mirror: Path, tmp_path: Path) -> None:
    (mirror / "pool" / "a_1.deb").write_bytes(b"other")
    with pytest.raises(debian.FetchError, match="does not have the pinned SHA-256"):
        debian.download(package_of(b"good"), tmp_path / "kept")
    assert list((tmp_path / "kept").iterdir()) == []


def test_says_what_to_do_where_the_mirror_has_lost_the_version(mirror: Path, tmp_path: Path) -> None:
    with pytest.raises(debian.FetchError, match="make lock-tools"):
        debian.download(package_of(b"good"), tmp_path / "kept")
