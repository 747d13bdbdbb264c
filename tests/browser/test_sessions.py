"""A real browser keeps the cookie of `sessionPersistence`, and with it its endpoint."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.support.browser import Visitor
from tests.support.devtools import Page
from tests.support.site import Content, Site
from tests.support.weir_process import WeirProcess, route_to, static_backend

HTML = {"content-type": "text/html"}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a page of two endpoints, each of which says its name."""
    with ExitStack() as stack:
        bodies = (f"<!doctype html><link rel=icon href=data:,><body>{name}" for name in ("one", "two"))
        sites = [stack.enter_context(Site({"/": Content(body.encode(), HTML)})) for body in bodies]
        resources = (
            static_backend("shop", *(site.port for site in sites)),
            route_to("shop", sessionPersistence={"cookie": {"name": "sid"}}),
        )
        weir = stack.enter_context(WeirProcess(tmp_path_factory.mktemp("weir"), *resources, workers=2))
        yield f"http://shop.localhost:{weir.port}/"


async def name_of(page: Page) -> object:
    return await page.run("return document.body.textContent.trim()")


async def test_the_cookie_is_kept_and_leads_to_the_same_endpoint(visitor: Visitor, shop: str) -> None:
    page = await visitor.page(shop)
    home = await name_of(page)
    cookie = (await page.cookies(shop))["sid"]
    assert (cookie["session"], cookie["httpOnly"], cookie["path"]) == (True, True, "/")
    assert await page.run("return document.cookie") == "", "a script cannot read it"
    for _ in range(10):
        await page.reload()
        assert await name_of(page) == home
    # Another page of the same visitor, too.
    assert await name_of(await visitor.page(shop)) == home
    assert (await page.cookies(shop))["sid"]["value"] == cookie["value"]


async def test_without_the_cookie_requests_go_to_both(visitor: Visitor, shop: str) -> None:
    page = await visitor.page(shop)
    script = f"""
        const names = new Set();
        for (let asked = 0; asked < 40; asked++) {{
            const answer = await fetch({json.dumps(shop)}, {{credentials: "omit", cache: "no-store"}});
            names.add((await answer.text()).split("<body>")[1]);
        }}
        return [...names].sort();"""
    assert await page.run(script) == ["one", "two"]
