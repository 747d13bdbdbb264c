"""Filters of HTTPRoutes by the descriptions of their fields: what a client and a backend see, from YAML."""

from __future__ import annotations

import pytest

from tests.config.manifests import BACKEND_REF, Document, backend, gateway, grant, route
from tests.support.served import served, text_of
from tests.support.statuses import Statuses, refusal
from tests.support.waiting import until
from tests.support.wire import EndpointConnection, RawClient, ScriptedEndpoint, respond

NAMES = ("orders", "one", "two")
BACKENDS = [f"shop/{name}" for name in NAMES]


def ref(name: str = "orders", *filters: Document, weight: int = 1) -> Document:
    return {**BACKEND_REF, "name": name, "weight": weight, "filters": list(filters)}


def request_headers(**edit: object) -> Document:
    return {"type": "RequestHeaderModifier", "requestHeaderModifier": edit}


def response_headers(**edit: object) -> Document:
    return {"type": "ResponseHeaderModifier", "responseHeaderModifier": edit}


def redirect(**fields: object) -> Document:
    return {"type": "RequestRedirect", "requestRedirect": fields}


def rewrite(**fields: object) -> Document:
    return {"type": "URLRewrite", "urlRewrite": fields}


def mirror(name: str, **fields: object) -> Document:
    return {"type": "RequestMirror", "requestMirror": {"backendRef": {**BACKEND_REF, "name": name}, **fields}}


def prefix(value: str) -> Document:
    return {"type": "ReplacePrefixMatch", "replacePrefixMatch": value}


def full(value: str) -> Document:
    return {"type": "ReplaceFullPath", "replaceFullPath": value}


def pairs(**headers: str) -> list[Document]:
    return [{"name": name.replace("_", "-"), "value": value} for name, value in headers.items()]


def config(*filters: Document, matches: list[Document] | None = None, refs: list[Document] | None = None) -> str:
    """One route with one rule."""
    rule: Document = {"filters": list(filters), "backendRefs": [ref()] if refs is None else refs}
    if matches:
        rule["matches"] = matches
    return text_of(gateway(), *(backend(name) for name in NAMES), route("a", rule))


# Header modifiers.


async def test_set_add_and_remove_change_the_request() -> None:
    edit = request_headers(
        set=pairs(my_header="bar"), add=pairs(other="bar,baz", fresh="1"), remove=["My-Header1", "my-header3"]
    )
    async with served(config(edit), BACKENDS) as weir:
        got = (
            await weir.ask("/", "my-header: foo", "other: foo", "my-header1: a", "my-header2: b", "MY-HEADER3: c")
        ).asked
    assert got["my-header"] == ["bar"]
    assert ",".join(got["other"]) == "foo,bar,baz"
    assert (got["fresh"], got["my-header2"]) == (["1"], ["b"])
    assert "my-header1" not in got and "my-header3" not in got


async def test_set_add_and_remove_change_the_response() -> None:
    edit = response_headers(set=pairs(x_from_backend="told", x_new="1"), add=pairs(x_more="2"), remove=["Content-Type"])
    async with served(config(edit), BACKENDS) as weir:
        answer = await weir.ask()
    assert (answer.headers["x-from-backend"], answer.headers["x-new"], answer.headers["x-more"]) == ("told", "1", "2")


@pytest.mark.parametrize("action", ["set", "add"])
async def test_of_equivalent_names_the_first_entry_counts(action: str) -> None:
    entries = [{"name": "x-a", "value": "first"}, {"name": "X-A", "value": "second"}]
    async with served(config(request_headers(**{action: entries})), BACKENDS) as weir:
        assert (await weir.ask()).asked["x-a"] == ["first"]
        weir.apply(config(response_headers(**{action: entries})))
        assert (await weir.ask()).headers["x-a"] == "first"


async def test_filters_of_a_backend_are_carried_out_for_its_share_alone() -> None:
    refs = [ref("one", request_headers(set=pairs(x_share="one"))), ref("two", response_headers(set=pairs(x_out="two")))]
    async with served(config(refs=refs), BACKENDS) as weir:
        answers = [await weir.ask() for _ in range(4)]
    assert {answer.backend for answer in answers} == {"one", "two"}
    for answer in answers:
        assert answer.asked.get("x-share") == (["one"] if answer.backend == "one" else None)
        assert answer.headers.get("x-out") == ("two" if answer.backend == "two" else None)


# Redirects.


@pytest.mark.parametrize(
    ("fields", "location"),
    [
        ({"hostname": "new.example"}, "http://new.example:LISTENER/p/x?q=1"),
        ({"port": 8443}, "http://a.example:8443/p/x?q=1"),
        ({"port": 80}, "http://a.example/p/x?q=1"),
        ({"scheme": "https"}, "https://a.example/p/x?q=1"),
        ({"scheme": "http"}, "http://a.example/p/x?q=1"),
        ({"scheme": "https", "port": 443}, "https://a.example/p/x?q=1"),
        ({"scheme": "https", "port": 80}, "https://a.example:80/p/x?q=1"),
        ({"path": full("/new")}, "http://a.example:LISTENER/new?q=1"),
        ({"path": prefix("/new")}, "http://a.example:LISTENER/new/x?q=1"),
    ],
)
async def test_a_redirect_keeps_what_it_does_not_set(fields: Document, location: str) -> None:
    """And its port: the one that is set, the scheme's, or the listener's; one that the scheme implies is left out."""
    async with served(config(redirect(**fields), matches=[{"path": {"value": "/p"}}], refs=[]), BACKENDS) as weir:
        answer = await weir.ask("/p/x?q=1")
        assert (answer.status, answer.headers["location"]) == (302, location.replace("LISTENER", str(weir.port(8080))))
        assert weir.heads == [], "no backend is asked"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_has_the_status_that_is_set(status: int) -> None:
    async with served(config(redirect(statusCode=status), refs=[]), BACKENDS) as weir:
        assert (await weir.ask()).status == status


async def test_a_redirect_carries_the_headers_of_a_response_modifier() -> None:
    """And has none of them twice."""
    edit = response_headers(set=pairs(x_out="1", server="mine"), add=pairs(x_more="2"), remove=["x-request-id"])
    async with served(config(redirect(scheme="https"), edit, refs=[]), BACKENDS) as weir:
        client = await RawClient.connect(weir.port(8080))
        client.send(b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n")
        head = (await client.head()).lower()
        client.close()
    names = [line.partition(b":")[0] for line in head.split(b"\r\n")[1:-2]]
    assert len(names) == len(set(names)), names
    for line in (b"x-out: 1", b"server: mine", b"x-more: 2", b"location: https://a.example/"):
        assert line + b"\r\n" in head
    assert b"x-request-id" not in names


# Rewrites.


@pytest.mark.parametrize(
    ("target", "matched", "replacement", "target_then"),
    [
        ("/foo/bar", "/foo", "/xyz", "/xyz/bar"),
        ("/foo/bar", "/foo", "/xyz/", "/xyz/bar"),
        ("/foo/bar", "/foo/", "/xyz", "/xyz/bar"),
        ("/foo/bar", "/foo/", "/xyz/", "/xyz/bar"),
        ("/foo", "/foo", "/xyz", "/xyz"),
        ("/foo/", "/foo", "/xyz", "/xyz/"),
        ("/foo/bar", "/foo", "", "/bar"),
        ("/foo/", "/foo", "", "/"),
        ("/foo", "/foo", "", "/"),
        ("/foo/", "/foo", "/", "/"),
        ("/foo", "/foo", "/", "/"),
        ("/foo/bar?q=1", "/foo", "/xyz", "/xyz/bar?q=1"),
    ],
)
async def test_a_prefix_is_replaced_by_the_table(target: str, matched: str, replacement: str, target_then: str) -> None:
    text = config(rewrite(path=prefix(replacement)), matches=[{"path": {"value": matched}}])
    async with served(text, BACKENDS) as weir:
        assert (await weir.ask(target)).target == target_then


async def test_the_whole_path_and_the_host_are_rewritten_on_the_way() -> None:
    async with served(config(rewrite(hostname="inside.example", path=full("/all"))), BACKENDS) as weir:
        answer = await weir.ask("/a/b?q=1")
    assert (answer.target, answer.asked["host"]) == ("/all?q=1", ["inside.example"])


@pytest.mark.parametrize("member", ["urlRewrite", "requestRedirect"])
def test_a_prefix_cannot_be_replaced_where_another_kind_of_match_stands(member: str) -> None:
    """Also where several backends ask for it, which the rules of the CRD let pass."""
    type_ = {"urlRewrite": "URLRewrite", "requestRedirect": "RequestRedirect"}[member]
    filter_ = {"type": type_, member: {"path": prefix("/new")}}
    matches: list[Document] = [{"path": {"type": "Exact", "value": "/old"}}]
    found = Statuses(config(matches=matches, refs=[ref("one", filter_), ref("two", filter_)]))
    assert found.parent("a")["Accepted"] == ("False", "UnsupportedValue")


async def test_a_rule_that_cannot_replace_its_prefix_is_answered_with_500() -> None:
    filter_ = rewrite(path=prefix("/new"))
    matches: list[Document] = [{"path": {"type": "Exact", "value": "/old"}}]
    refs = [ref("one", filter_), ref("two", filter_), ref("orders")]
    async with served(config(matches=matches, refs=refs), BACKENDS) as weir:
        assert [(await weir.ask("/old")).status for _ in range(3)] == [500, 500, 500]
        assert weir.heads == []


async def test_filters_of_all_kinds_work_together_in_order() -> None:
    filters = (
        request_headers(set=pairs(x_in="1")),
        rewrite(hostname="inside.example", path=prefix("/v2")),
        response_headers(set=pairs(x_out="2")),
        mirror("two"),
    )
    async with served(config(*filters, matches=[{"path": {"value": "/v1"}}]), BACKENDS) as weir:
        answer = await weir.ask("/v1/x")
        assert (answer.target, answer.asked["x-in"], answer.asked["host"]) == ("/v2/x", ["1"], ["inside.example"])
        assert answer.headers["x-out"] == "2"
        await until(lambda: any(name == "two" for name, _ in weir.heads))


# Mirrors.


async def test_mirrored_requests_go_to_each_mirror_once_and_their_answers_nowhere() -> None:
    async with served(config(mirror("one"), mirror("two")), BACKENDS) as weir:
        assert (await weir.ask("/x")).backend == "orders"
        await until(lambda: len(weir.heads) == 3)
        assert sorted(name for name, _ in weir.heads) == ["one", "orders", "two"]
        assert all(head.startswith("GET /x ") for _, head in weir.heads)


async def test_a_mirror_of_several_endpoints_gets_one_copy() -> None:
    copies: list[bytes] = []

    async def copying(connection: EndpointConnection) -> None:
        while True:
            copies.append(await connection.head())
            connection.send(respond())

    async with (
        ScriptedEndpoint(copying) as first,
        ScriptedEndpoint(copying) as second,
        served(config(mirror("one")), BACKENDS) as weir,
    ):
        weir.lead("shop/one", first.port, second.port)
        for number in range(1, 5):
            assert (await weir.ask()).backend == "orders"
            await until(lambda number=number: len(copies) >= number)  # type: ignore[misc]
        assert len(copies) == 4


@pytest.mark.parametrize(
    ("share", "low", "high"),
    [
        ({}, 200, 200),
        ({"percent": 100}, 200, 200),
        ({"percent": 0}, 0, 0),
        ({"percent": 25}, 20, 80),
        ({"fraction": {"numerator": 1, "denominator": 4}}, 20, 80),
        ({"fraction": {"numerator": 50}}, 70, 130),
    ],
)
async def test_a_mirror_gets_the_share_that_is_set(share: Document, low: int, high: int) -> None:
    """All of them unless told; the bounds are some 5 standard deviations."""
    async with served(config(mirror("one", **share)), BACKENDS) as weir:
        for _ in range(200):
            assert (await weir.ask()).backend == "orders"
        copies = lambda: sum(name == "one" for name, _ in weir.heads)  # noqa: E731
        await until(lambda: copies() >= low)
        assert low <= copies() <= high


@pytest.mark.parametrize(
    ("target", "grants", "reason"),
    [
        ({"name": "none"}, (), "BackendNotFound"),
        ({"name": "far", "namespace": "vault"}, (), "RefNotPermitted"),
        ({"group": "", "kind": "ConfigMap"}, (), "InvalidKind"),
        (
            {"name": "far", "namespace": "vault"},
            (grant("vault", {"group": "weir.dev", "kind": "Backend"}),),
            "ResolvedRefs",
        ),
    ],
)
def test_a_mirror_that_does_not_resolve_says_why(target: Document, grants: tuple[Document, ...], reason: str) -> None:
    filter_ = {"type": "RequestMirror", "requestMirror": {"backendRef": {**BACKEND_REF, **target}}}
    rule: Document = {"filters": [filter_], "backendRefs": [ref()]}
    text = text_of(gateway(), backend(), backend("far", namespace="vault"), route("a", rule), *grants)
    resolved = Statuses(text).parent("a")["ResolvedRefs"]
    assert resolved == ("True" if reason == "ResolvedRefs" else "False", reason)


async def test_a_mirror_that_does_not_resolve_leaves_the_traffic_alone() -> None:
    async with served(config(mirror("none")), BACKENDS) as weir:
        assert (await weir.ask()).backend == "orders"


# Filters that lead nowhere.


async def test_a_custom_filter_that_does_not_resolve_is_not_skipped() -> None:
    filter_ = {"type": "ExtensionRef", "extensionRef": {"group": "weir.dev", "kind": "TrafficPolicy", "name": "none"}}
    async with served(config(filter_), BACKENDS) as weir:
        assert (await weir.ask()).status == 500
        assert weir.heads == []
    assert Statuses(config(filter_)).parent("a")["ResolvedRefs"] == ("False", "ExtensionNotFound")


@pytest.mark.parametrize(
    ("filters", "matches", "message"),
    [
        ([redirect(), rewrite()], [], "May specify either httpRouteFilterRequestRedirect or"),
        ([request_headers(), request_headers()], [], "RequestHeaderModifier filter cannot be repeated"),
        ([{"type": "Unheard"}], [], "type"),
        ([redirect(scheme="ftp")], [], "scheme"),
        ([redirect(statusCode=305)], [], "statusCode"),
        ([rewrite(path={"type": "ReplaceAll"})], [], "type"),
        ([rewrite(path=prefix("/x"))], [{"path": {"type": "Exact", "value": "/a"}}], "exactly one PathPrefix match"),
    ],
)
def test_values_that_there_are_not_and_filters_that_exclude_each_other_are_refused(
    filters: list[Document], matches: list[Document], message: str
) -> None:
    """When the file is loaded: there is no API server before Weir that would, and the last good set stays in force."""
    assert message in refusal(config(*filters, matches=matches, refs=[]))


@pytest.mark.parametrize("name", [":method", "/invalid", "a b", ""])
def test_a_name_that_no_header_can_have_is_refused(name: str) -> None:
    assert "name" in refusal(config(request_headers(set=[{"name": name, "value": "x"}])))
