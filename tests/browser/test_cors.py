"""What a real browser lets pages do across origins, by what the CORS filter says (Fetch standard)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.browser import Visitor
from tests.support.devtools import Page
from tests.support.site import Content, Site
from tests.support.weir_process import WeirProcess, resource, static_backend

GATEWAY_API = "gateway.networking.k8s.io/v1"
SHOP, OTHER, API = "shop.test.localhost", "other.test.localhost", "api.test.localhost"
OF_ITS_OWN = {"access-control-allow-origin": "*", "access-control-expose-headers": "*", "x-total": "7", "x-secret": "s"}
"""A backend that opens itself to everybody; what the filter says must count instead."""
PAGE = Content(b"<!doctype html><title>shop</title><link rel=icon href=data:,>", {"content-type": "text/html"})


def rule(path: str, backend: str, cors: dict[str, object] | None) -> dict[str, object]:
    filters = [{"type": "CORS", "cors": cors}] if cors else []
    return {
        "matches": [{"path": {"type": "PathPrefix", "value": path}}],
        "filters": filters,
        "backendRefs": [{"group": "weir.dev", "kind": "Backend", "name": backend}],
    }


def route(name: str, host: str, *rules: dict[str, object]) -> dict[str, object]:
    spec = {"parentRefs": [{"name": "edge"}], "hostnames": [host], "rules": list(rules)}
    return resource("HTTPRoute", name, spec, GATEWAY_API)


class Origins:
    """Pages and an API behind one gateway, each at a name of its own."""

    def __init__(self, weir: WeirProcess, site: Site) -> None:
        self.weir = weir
        self.site = site

    def at(self, host: str, path: str = "/") -> str:
        return f"http://{host}:{self.weir.port}{path}"


@pytest.fixture(scope="module")
def origins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Origins]:
    paths = ("/plain", "/narrow", "/private", "/wild", "/wild-private")
    content = {path: Content(b"from the api", OF_ITS_OWN) for path in paths}
    with Site({"/": PAGE, **content}) as site:
        weir = WeirProcess(tmp_path_factory.mktemp("weir"))
        shop = f"http://{SHOP}:{weir.port}"
        narrow: dict[str, object] = {
            "allowOrigins": [shop],
            "allowMethods": ["PUT"],
            "allowHeaders": ["x-one"],
            "exposeHeaders": ["x-total"],
            "maxAge": 600,
        }
        everyone = {"allowOrigins": ["*"], "exposeHeaders": ["*"]}
        denied = resource(
            "TrafficPolicy",
            "nobody",
            {
                "targetRefs": [{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "name": "denied"}],
                "access": {"rules": [{"name": "nobody", "when": "true", "action": "Deny"}]},
            },
        )
        weir.apply(
            "routes.yaml",
            static_backend("site", site.port),
            # A port that nothing listens on: `discard`, which needs root.
            static_backend("gone", 9),
            route("pages", SHOP, rule("/", "site", None)),
            route("others", OTHER, rule("/", "site", None)),
            route(
                "api",
                API,
                rule("/plain", "site", None),
                rule("/narrow", "site", narrow),
                rule("/private", "site", {**narrow, "allowCredentials": True}),
                rule("/wild", "site", {**everyone, "allowMethods": ["*"]}),
                rule("/wild-private", "site", {**everyone, "allowCredentials": True}),
                rule("/gone", "gone", narrow),
            ),
            route("denied", "denied.test.localhost", rule("/", "site", narrow)),
            denied,
        )
        with weir:
            yield Origins(weir, site)


@pytest.fixture(autouse=True)
def nothing_asked(origins: Origins) -> None:
    origins.site.received.clear()


async def fetched(page: Page, address: str, **options: object) -> dict[str, Any] | None:
    """What a script learns of an answer; None where the browser tells it nothing."""
    told = await page.run(f"""
        try {{
            const answer = await fetch({json.dumps(address)}, {json.dumps(options)});
            const fields = Object.fromEntries(answer.headers);
            return {{status: answer.status, body: await answer.text(), fields}};
        }} catch (error) {{
            if (error instanceof TypeError) return null;
            throw error;
        }}""")
    assert told is None or isinstance(told, dict)
    return told


def methods(origins: Origins, path: str) -> list[str]:
    """The methods with which the backend was asked for `path`."""
    return [each.method for each in origins.site.asked(path)]


async def refusal(page: Page, kind: str = "Fetch") -> str:
    """Why the browser did not let its last request of that kind through."""
    await page.until(lambda: bool(page.of_kind(kind)) and page.of_kind(kind)[-1].ended)
    return page.of_kind(kind)[-1].refusal


async def test_an_allowed_origin_reads_a_simple_answer_without_a_preflight(visitor: Visitor, origins: Origins) -> None:
    page = await visitor.page(origins.at(SHOP))
    told = await fetched(page, origins.at(API, "/narrow"))
    assert told is not None and (told["status"], told["body"]) == (200, "from the api")
    assert methods(origins, "/narrow") == ["GET"] and page.of_kind("Preflight") == []
    assert origins.site.asked("/narrow")[0].headers["origin"] == origins.at(SHOP, "")


async def test_another_origin_may_send_a_simple_request_but_not_read_the_answer(
    visitor: Visitor, origins: Origins
) -> None:
    page = await visitor.page(origins.at(OTHER))
    assert await fetched(page, origins.at(API, "/narrow")) is None
    assert await refusal(page) == "MissingAllowOriginHeader"
    assert methods(origins, "/narrow") == ["GET"]


async def test_without_the_filter_the_backend_speaks_for_itself(visitor: Visitor, origins: Origins) -> None:
    page = await visitor.page(origins.at(OTHER))
    told = await fetched(page, origins.at(API, "/plain"))
    assert told is not None and told["fields"]["x-secret"] == "s"


async def test_a_preflight_is_answered_by_weir_and_lets_method_and_header_through(
    visitor: Visitor, origins: Origins
) -> None:
    page = await visitor.page(origins.at(SHOP))
    told = await fetched(page, origins.at(API, "/narrow"), method="PUT", headers={"x-one": "1"}, body="new")
    assert told is not None and told["status"] == 200
    (preflight,) = page.of_kind("Preflight")
    assert (preflight.method, preflight.wire_status) == ("OPTIONS", 200)
    (put,) = origins.site.asked("/narrow")
    assert (put.method, put.headers["x-one"], put.body) == ("PUT", "1", b"new")


@pytest.mark.parametrize(
    ("host", "options", "why"),
    [
        (SHOP, {"method": "DELETE"}, "MethodDisallowedByPreflightResponse"),
        (SHOP, {"method": "PUT", "headers": {"x-two": "2"}}, "HeaderDisallowedByPreflightResponse"),
        (SHOP, {"headers": {"authorization": "Bearer x"}}, "HeaderDisallowedByPreflightResponse"),
        (OTHER, {"method": "PUT"}, "PreflightMissingAllowOriginHeader"),
    ],
)
async def test_what_is_not_allowed_is_never_sent(
    host: str, options: dict[str, object], why: str, visitor: Visitor, origins: Origins
) -> None:
    page = await visitor.page(origins.at(host))
    assert await fetched(page, origins.at(API, "/narrow"), **options) is None
    assert await refusal(page) == why
    assert methods(origins, "/narrow") == []


async def test_a_preflight_is_kept_for_what_it_allowed(visitor: Visitor, origins: Origins) -> None:
    page = await visitor.page(origins.at(SHOP))
    for _ in range(3):
        assert await fetched(page, origins.at(API, "/narrow"), method="PUT", headers={"x-one": "1"})
    assert len(page.of_kind("Preflight")) == 1
    assert methods(origins, "/narrow") == ["PUT"] * 3
    # Another address is another question.
    assert await fetched(page, origins.at(API, "/narrow?page=2"), method="PUT")
    assert len(page.of_kind("Preflight")) == 2


async def test_credentials_go_and_the_answer_is_read_where_the_filter_says_so(
    visitor: Visitor, origins: Origins
) -> None:
    page = await visitor.page(origins.at(SHOP))
    await page.run("document.cookie = 'who=ann; domain=test.localhost'")
    told = await fetched(page, origins.at(API, "/private"), method="PUT", credentials="include")
    assert told is not None and told["body"] == "from the api"
    (put,) = origins.site.asked("/private")
    assert put.headers["cookie"] == "who=ann"
    (preflight,) = page.of_kind("Preflight")
    assert preflight.fields["access-control-allow-credentials"] == "true"


@pytest.mark.parametrize("path", ["/narrow", "/wild"])
async def test_an_answer_to_credentials_is_withheld_where_the_filter_does_not(
    path: str, visitor: Visitor, origins: Origins
) -> None:
    page = await visitor.page(origins.at(SHOP))
    assert await fetched(page, origins.at(API, path), credentials="include") is None
    assert await refusal(page) == "InvalidAllowCredentials"
    assert await fetched(page, origins.at(API, path), credentials="omit") is not None


async def test_a_wildcard_opens_to_every_origin_and_method(visitor: Visitor, origins: Origins) -> None:
    for host in (SHOP, OTHER):
        page = await visitor.page(origins.at(host))
        told = await fetched(page, origins.at(API, "/wild"), method="PATCH")
        assert told is not None and told["fields"]["x-secret"] == "s"
    assert methods(origins, "/wild") == ["PATCH", "PATCH"]


async def test_a_wildcard_works_with_credentials_too(visitor: Visitor, origins: Origins) -> None:
    page = await visitor.page(origins.at(OTHER))
    told = await fetched(page, origins.at(API, "/wild-private"), credentials="include")
    assert told is not None and told["fields"]["x-secret"] == "s"
    assert page.of_kind("Fetch")[0].fields["access-control-allow-origin"] == origins.at(OTHER, "")


async def test_a_script_sees_the_exposed_fields_and_no_others(visitor: Visitor, origins: Origins) -> None:
    page = await visitor.page(origins.at(SHOP))
    told = await fetched(page, origins.at(API, "/narrow"))
    assert told is not None and told["fields"].get("x-total") == "7"
    assert "x-secret" not in told["fields"]
    assert page.of_kind("Fetch")[0].fields["x-secret"] == "s", "it was there to be seen"


@pytest.mark.parametrize(("host", "path", "status"), [(API, "/gone", 502), ("denied.test.localhost", "/narrow", 403)])
async def test_only_an_allowed_origin_reads_why_weir_refused(
    host: str, path: str, status: int, visitor: Visitor, origins: Origins
) -> None:
    page = await visitor.page(origins.at(SHOP))
    told = await fetched(page, origins.at(host, path), method="PUT")
    assert told is not None and told["status"] == status
    assert json.loads(told["body"])["status"] == status
    assert len(page.of_kind("Preflight")) == 1, "which policies and backends have no part in"
    stranger = await visitor.page(origins.at(OTHER))
    assert await fetched(stranger, origins.at(host, path)) is None
    assert await refusal(stranger) == "MissingAllowOriginHeader"
    assert methods(origins, path) == []
