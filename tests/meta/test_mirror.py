"""Tests mirror the sources: `gateway/codec/http1.py` is tested in `tests/gateway/codec/test_http1.py`."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("config", "discovery", "policies", "gateway")
# Sources without a test file of their own, with the reason. The list only shrinks.
WITHOUT_OWN_TEST: dict[str, str] = {}
# Test folders that are about the whole, or about the tests themselves.
NOT_MIRRORED = {"meta", "support", "props", "conformance", "integration", "chaos", "browser", "fuzz"}


def sources() -> set[str]:
    """All modules with code of their own, as paths from the root."""
    return {
        str(file.relative_to(ROOT))
        for package in PACKAGES
        for file in (ROOT / package).rglob("*.py")
        if file.name != "__init__.py"
    }


def has_test(source: str) -> bool:
    """Whether a test file or a folder of test files mirrors the source."""
    path = Path(source)
    folder = ROOT / "tests" / path.parent
    return (folder / f"test_{path.name}").exists() or any((folder / path.stem).glob("test_*.py"))


def test_every_source_has_its_test() -> None:
    missing = {source for source in sources() if not has_test(source)}
    assert missing <= set(WITHOUT_OWN_TEST), f"without a test: {sorted(missing - set(WITHOUT_OWN_TEST))}"


def test_list_of_sources_without_own_test_is_not_longer_than_needed() -> None:
    assert {source for source in WITHOUT_OWN_TEST if has_test(source) or source not in sources()} == set()


def test_every_folder_of_tests_mirrors_a_package() -> None:
    for test in (ROOT / "tests").rglob("test_*.py"):
        place = test.parent.relative_to(ROOT / "tests")
        if place.parts and place.parts[0] not in NOT_MIRRORED:
            assert (ROOT / place).is_dir() or (ROOT / place.with_suffix(".py")).exists(), f"{place} mirrors nothing"
