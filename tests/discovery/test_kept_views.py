"""Views in the state folder: kept whole, used only when they can be."""

from __future__ import annotations

from pathlib import Path

import pytest

from discovery.endpoint import Endpoint, EndpointSet
from discovery.kept_views import KeptViews

VIEW = EndpointSet("shop/orders", (Endpoint("n/a", "127.0.0.1", 9000, 3, "z", {"k": "v"}, False),), "consul", 12.5)


def test_view_comes_back_as_kept(tmp_path: Path) -> None:
    kept = KeptViews(tmp_path / "views")
    kept.write(VIEW, "consul orders")
    assert kept.read("shop/orders", "consul orders") == EndpointSet("shop/orders", VIEW.endpoints, "kept", 12.5)
    assert [path.suffix for path in (tmp_path / "views").iterdir()] == [".json"]


def test_view_of_another_question_is_not_used(tmp_path: Path) -> None:
    kept = KeptViews(tmp_path)
    kept.write(VIEW, "consul orders")
    assert kept.read("shop/orders", "consul payments") is None
    assert kept.read("shop/payments", "consul orders") is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"format":1}',
        b"\xff\xfe",
        b'{"format":1,"backend":"shop/orders","asked":"q","endpoints":[1]}',
    ],
)
def test_broken_file_is_not_used_and_said(tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture) -> None:
    kept = KeptViews(tmp_path)
    kept.write(VIEW, "q")
    (file,) = tmp_path.iterdir()
    file.write_bytes(content)
    assert kept.read("shop/orders", "q") is None
    assert "not used" in caplog.text


def test_endpoint_of_wrong_types_is_not_used(tmp_path: Path) -> None:
    kept = KeptViews(tmp_path)
    kept.write(VIEW, "q")
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes().replace(b"9000", b'"9000"'))
    assert kept.read("shop/orders", "q") is None


def test_names_cannot_leave_the_folder(tmp_path: Path) -> None:
    kept = KeptViews(tmp_path / "views")
    kept.write(EndpointSet("../../etc/passwd", (), "consul", 1.0), "q")
    assert [path.parent for path in tmp_path.rglob("*.json")] == [tmp_path / "views"]


def test_folder_that_cannot_be_written_is_said_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("")
    kept = KeptViews(tmp_path / "file")
    kept.write(VIEW, "q")
    kept.write(VIEW, "q")
    assert caplog.text.count("cannot be kept") == 1


def test_views_of_removed_backends_are_forgotten(tmp_path: Path) -> None:
    kept = KeptViews(tmp_path)
    kept.write(VIEW, "q")
    (tmp_path / "old.1.partial").write_text("")
    kept.forget_others(["shop/orders"])
    assert kept.read("shop/orders", "q") is not None
    assert len(list(tmp_path.iterdir())) == 1
    kept.forget_others([])
    assert list(tmp_path.iterdir()) == []
