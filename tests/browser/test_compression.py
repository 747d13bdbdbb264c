"""What a real browser makes of compressed answers: each coding decoded, streams in time, tags and caches kept right."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.support.browser import Visitor
from tests.support.devtools import Exchange, Page
from tests.support.site import Content, Events, Site
from tests.support.weir_process import WeirProcess, resource, static_backend

CODINGS = ("gzip", "br", "zstd")
TEXT = "".join(f"<li>order {number} of {number * 7919 % 1000}: süß</li>\n" for number in range(2000))
HTML = {"content-type": "text/html; charset=utf-8"}
PAGE = f"<!doctype html><link rel=icon href=data:,><ul id=all>{TEXT}</ul>".encode()
CONTENT = {
    "/": Content(PAGE, HTML),
    "/tagged": Content(TEXT.encode(), {**HTML, "etag": '"v1"', "cache-control": "no-cache"}),
    "/packed": Content(gzip.compress(TEXT.encode()), {**HTML, "content-encoding": "gzip"}),
    "/kept": Content(TEXT.encode(), {**HTML, "cache-control": "no-transform"}),
    "/picture": Content(TEXT.encode(), {"content-type": "image/x-raw"}),
    "/small": Content(b"small", HTML),
}
HELD = "held"
"""The host whose policy compresses pages, but no event streams."""


class Packed:
    """Pages behind one gateway: each host compresses by the one coding that it is named after."""

    def __init__(self, weir: WeirProcess, site: Site) -> None:
        self._weir = weir
        self.site = site

    def at(self, name: str, path: str = "/") -> str:
        # To a browser that is a secure context; over others it takes gzip alone.
        return f"http://{name}.localhost:{self._weir.port}{path}"


def host(name: str, compression: dict[str, object]) -> list[dict[str, object]]:
    """A route for that host, and the policy for it."""
    backend = {"group": "weir.dev", "kind": "Backend", "name": "site"}
    rules = [{"backendRefs": [backend]}]
    spec = {"parentRefs": [{"name": "edge"}], "hostnames": [f"{name}.localhost"], "rules": rules}
    target = {"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "name": name}
    return [
        resource("HTTPRoute", name, spec, "gateway.networking.k8s.io/v1"),
        resource("TrafficPolicy", name, {"targetRefs": [target], "compression": compression}),
    ]


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Packed]:
    hosts = [each for coding in CODINGS for each in host(coding, {"algorithms": [coding]})]
    hosts += host(HELD, {"types": ["text/html"]})
    with ExitStack() as stack:
        site = stack.enter_context(Site(CONTENT))
        resources = (static_backend("site", site.port), *hosts)
        yield Packed(stack.enter_context(WeirProcess(tmp_path_factory.mktemp("weir"), *resources)), site)


async def fetched(page: Page, path: str) -> str:
    """The text of `path` as a script reads it."""
    told = await page.run(f"return (await fetch({json.dumps(path)})).text()")
    assert isinstance(told, str)
    return told


async def last(page: Page, kind: str = "Fetch") -> Exchange:
    """The last exchange of that kind, once it has ended."""
    await page.until(lambda: bool(page.of_kind(kind)) and page.of_kind(kind)[-1].ended)
    return page.of_kind(kind)[-1]


@pytest.mark.parametrize("coding", CODINGS)
async def test_a_page_comes_by_each_coding_and_reads_as_it_was_written(
    coding: str, visitor: Visitor, packed: Packed
) -> None:
    page = await visitor.page(packed.at(coding))
    assert await page.run("return document.getElementById('all').innerHTML") == TEXT
    document = await last(page, "Document")
    assert (document.fields["content-encoding"], document.fields["vary"]) == (coding, "accept-encoding")
    assert "content-length" not in document.fields
    assert 0 < document.wire_bytes < len(PAGE) / 4
    assert await fetched(page, "/") == PAGE.decode()


@pytest.mark.parametrize("path", ["/kept", "/picture", "/small"])
async def test_what_is_not_to_be_compressed_comes_as_it_is(path: str, visitor: Visitor, packed: Packed) -> None:
    page = await visitor.page(packed.at("br"))
    content = CONTENT[path]
    assert await fetched(page, path) == content.body.decode()
    exchange = await last(page)
    assert "content-encoding" not in exchange.fields
    assert exchange.wire_bytes >= len(content.body)


@pytest.mark.parametrize("coding", CODINGS)
async def test_what_the_backend_compressed_is_not_compressed_again(
    coding: str, visitor: Visitor, packed: Packed
) -> None:
    page = await visitor.page(packed.at(coding))
    assert await fetched(page, "/packed") == TEXT
    exchange = await last(page)
    assert exchange.fields["content-encoding"] == "gzip"
    assert exchange.fields["content-length"] == str(len(CONTENT["/packed"].body))


@pytest.mark.parametrize("coding", CODINGS)
async def test_a_weakened_tag_is_asked_for_again_and_the_kept_copy_is_used(
    coding: str, visitor: Visitor, packed: Packed
) -> None:
    packed.site.received.clear()
    page = await visitor.page(packed.at(coding, "/tagged"))
    first = await last(page, "Document")
    assert (first.wire_status, first.fields["etag"]) == (200, 'W/"v1"')
    await page.reload()
    second = await last(page, "Document")
    assert (second.status, second.wire_status, second.fields["etag"]) == (200, 304, 'W/"v1"')
    assert [each.headers.get("if-none-match") for each in packed.site.asked("/tagged")] == [None, 'W/"v1"']
    assert await page.run("return document.body.innerHTML.trim()") == TEXT.strip()


@pytest.mark.parametrize("name", [*CODINGS, HELD])
async def test_events_arrive_one_by_one(name: str, visitor: Visitor, packed: Packed) -> None:
    events = packed.site.content[f"/events-{name}"] = Events()
    page = await visitor.page(packed.at(name))
    await page.run(f"""
        window.source = new EventSource("/events-{name}");
        window.waiting = [];
        window.seen = [];
        source.onmessage = event => {{ seen.push(event.data); waiting.splice(0).forEach(tell => tell()); }};""")
    try:
        # Each is read by the page before the next one is said.
        for number in range(5):
            events.say(b"data: event %d\n\n" % number)
            seen = await page.run(
                f"while (seen.length <= {number}) await new Promise(tell => waiting.push(tell)); return seen;"
            )
            assert seen == [f"event {each}" for each in range(number + 1)]
        await page.run("source.close()")
    finally:
        events.say(b"")
    (stream,) = page.of_kind("EventSource")
    assert stream.fields.get("content-encoding") == (None if name == HELD else name)
