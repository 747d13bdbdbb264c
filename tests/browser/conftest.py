"""A real browser for the tests of this folder: one process, and a visitor of its own for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.support.browser import Browser, Visitor
from tests.support.programs import require_program


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with Browser(require_program("chromium"), tmp_path_factory.mktemp("browser")) as browser:
        yield browser


@pytest.fixture
async def visitor(browser: Browser) -> AsyncIterator[Visitor]:
    async with browser.visitor() as visitor:
        yield visitor
