"""Which rule takes a request, by the descriptions of HTTPRoute `hostnames` and `matches`: on the wire, from YAML."""

from __future__ import annotations

import pytest

from tests.config.manifests import BACKEND_REF, Document, backend, gateway, listener, route
from tests.support.served import served, text_of
from tests.support.statuses import Statuses, refusal

NAMES = ("one", "two", "three")
BACKENDS = [f"shop/{name}" for name in NAMES]


def to(name: str, *matches: Document, **fields: object) -> Document:
    """A rule for a backend."""
    rule = {"backendRefs": [{**BACKEND_REF, "name": name}], **fields}
    return {**rule, "matches": list(matches)} if matches else rule


def path(value: str, type_: str = "PathPrefix", **fields: object) -> Document:
    return {"path": {"type": type_, "value": value}, **fields}


def header(name: str, value: str, type_: str = "Exact") -> Document:
    return {"name": name, "value": value, "type": type_}


def config(*documents: Document, listeners: tuple[Document, ...] = ()) -> str:
    return text_of(gateway("edge", *listeners), *(backend(name) for name in NAMES), *documents)


# Hostnames.


async def test_a_hostname_takes_the_host_header_in_any_case_with_any_port() -> None:
    text = config(route("a", to("one"), spec={"hostnames": ["a.example"]}))
    async with served(text, BACKENDS) as weir:
        for host in ("a.example", "A.Example", "a.example:1234", "a.example."):
            assert (await weir.ask(host=host)).backend == "one", host
        assert (await weir.ask(host="b.example")).status == 404


async def test_the_host_header_goes_on_unmodified() -> None:
    async with served(config(route("a", to("one"), spec={"hostnames": ["a.example"]})), BACKENDS) as weir:
        assert (await weir.ask(host="A.Example:1234")).asked["host"] == ["A.Example:1234"]


async def test_a_wildcard_takes_any_labels_but_not_the_bare_name() -> None:
    async with served(config(route("a", to("one"), spec={"hostnames": ["*.example.com"]})), BACKENDS) as weir:
        hosts = ("test.example.com", "foo.test.example.com", "example.com", "testexample.com")
        assert [(await weir.ask(host=host)).status for host in hosts] == [200, 200, 404, 404]


async def test_hostnames_that_the_listener_does_not_take_are_ignored() -> None:
    listeners = (listener(hostname="*.example.com"),)
    hostnames = {"hostnames": ["test.example.com", "test.example.net"]}
    async with served(config(route("a", to("one"), spec=hostnames), listeners=listeners), BACKENDS) as weir:
        assert (await weir.ask(host="test.example.com")).backend == "one"
        assert (await weir.ask(host="test.example.net")).status == 404


@pytest.mark.parametrize(
    ("listens", "asks", "accepted"),
    [
        ("test.example.com", "*.example.com", True),
        ("test.example.com", "test.example.com", True),
        ("test.example.com", "example.com", False),
        ("*.example.com", "*.example.com", True),
        ("*.example.com", "foo.test.example.com", True),
        ("*.example.com", "example.com", False),
        ("*.example.com", "test.example.net", False),
    ],
)
def test_a_route_needs_a_hostname_in_common_with_a_listener(listens: str, asks: str, accepted: bool) -> None:
    text = config(route("a", to("one"), spec={"hostnames": [asks]}), listeners=(listener(hostname=listens),))
    found = Statuses(text)
    assert found.parent("a")["Accepted"] == (
        ("True", "Accepted") if accepted else ("False", "NoMatchingListenerHostname")
    )
    assert found.listener("Gateway", "edge", "http").attached_routes == accepted


async def test_the_longer_hostname_goes_first_however_good_the_path_of_another_is() -> None:
    """Non-wildcard names before wildcards, then the longer; what they leave goes to no other route."""
    text = config(
        route("any", to("one", path("/exact", "Exact"))),
        route("short", to("two"), spec={"hostnames": ["*.example.com"]}),
        route("long", to("three", path("/only")), spec={"hostnames": ["*.test.example.com", "a.test.example.com"]}),
    )
    async with served(text, BACKENDS) as weir:
        assert (await weir.ask("/exact", host="x.example.com")).backend == "two"
        assert (await weir.ask("/only", host="x.test.example.com")).backend == "three"
        assert (await weir.ask("/only", host="a.test.example.com")).backend == "three"
        assert (await weir.ask("/exact", host="example.org")).backend == "one"


async def test_a_less_specific_hostname_takes_what_a_more_specific_one_leaves() -> None:
    text = config(
        route("wide", to("one", path("/wide")), spec={"hostnames": ["*.example.com"]}),
        route("narrow", to("two", path("/narrow")), spec={"hostnames": ["a.example.com"]}),
    )
    async with served(text, BACKENDS) as weir:
        assert (await weir.ask("/narrow", host="a.example.com")).backend == "two"
        assert (await weir.ask("/wide", host="a.example.com")).backend == "one"


# Paths.


async def test_a_prefix_takes_whole_segments_and_its_last_slash_does_not_count() -> None:
    rules = (to("one", path("/abc")), to("two", path("/x/")))
    async with served(config(route("a", *rules)), BACKENDS) as weir:
        for target, status in (("/abc", 200), ("/abc/", 200), ("/abc/def", 200), ("/abcd", 404), ("/ab", 404)):
            assert (await weir.ask(target)).status == status, target
        for target, status in (("/x", 200), ("/x/", 200), ("/x/y", 200), ("/xy", 404)):
            assert (await weir.ask(target)).status == status, target


async def test_an_exact_path_takes_itself_alone_with_case() -> None:
    async with served(config(route("a", to("one", path("/one", "Exact")))), BACKENDS) as weir:
        targets = ("/one", "/one?a=1", "/one/", "/One", "/one/two")
        assert [(await weir.ask(target)).status for target in targets] == [200, 200, 404, 404, 404]


async def test_a_rule_without_matches_and_a_match_without_a_path_take_every_path() -> None:
    async with served(config(route("a", to("one"))), BACKENDS) as weir:
        assert [(await weir.ask(target)).backend for target in ("/", "/x/y")] == ["one", "one"]
        weir.apply(config(route("a", to("two", {"method": "GET"}))))
        assert (await weir.ask("/x/y")).backend == "two"


# Headers, query parameters and methods.


async def test_all_parts_of_a_match_must_hold_and_one_match_is_enough() -> None:
    both = path("/foo", headers=[header("version", "v2")])
    async with served(config(route("a", to("one", both, path("/v2/foo")))), BACKENDS) as weir:
        assert (await weir.ask("/foo", "version: v2")).backend == "one"
        assert (await weir.ask("/v2/foo")).backend == "one"
        assert (await weir.ask("/foo")).status == 404
        assert (await weir.ask("/x", "version: v2")).status == 404


async def test_all_headers_must_match_and_their_names_have_no_case() -> None:
    wanted = {"headers": [header("X-Color", "blue"), header("x-size", "m.*", "RegularExpression")]}
    async with served(config(route("a", to("one", wanted))), BACKENDS) as weir:
        assert (await weir.ask("/", "x-COLOR: blue", "X-Size: medium")).backend == "one"
        assert (await weir.ask("/", "x-color: blue")).status == 404
        assert (await weir.ask("/", "x-color: Blue", "x-size: medium")).status == 404, "values have case"


async def test_of_equivalent_header_names_the_first_counts() -> None:
    wanted = {"headers": [header("x-color", "blue"), header("X-Color", "red")]}
    async with served(config(route("a", to("one", wanted))), BACKENDS) as weir:
        assert (await weir.ask("/", "x-color: blue")).backend == "one"
        assert (await weir.ask("/", "x-color: red")).status == 404


async def test_all_query_parameters_must_match_and_their_names_have_case() -> None:
    params = [{"name": "animal", "value": "whale"}, {"name": "n", "type": "RegularExpression", "value": "[0-9]+"}]
    async with served(config(route("a", to("one", {"queryParams": params}))), BACKENDS) as weir:
        assert (await weir.ask("/?animal=whale&n=12")).backend == "one"
        assert (await weir.ask("/?animal=whale")).status == 404
        assert (await weir.ask("/?Animal=whale&n=1")).status == 404


async def test_of_a_repeated_query_parameter_the_first_value_counts() -> None:
    params = {"queryParams": [{"name": "animal", "value": "whale"}]}
    async with served(config(route("a", to("one", params))), BACKENDS) as weir:
        assert (await weir.ask("/?animal=whale&animal=dog")).backend == "one"
        assert (await weir.ask("/?animal=dog&animal=whale")).status == 404


async def test_a_method_takes_itself_alone() -> None:
    async with served(config(route("a", to("one", {"method": "PATCH"}))), BACKENDS) as weir:
        assert (await weir.ask(method="PATCH")).backend == "one"
        assert (await weir.ask(method="GET")).status == 404


# Precedence.


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        (path("/a/b", "Exact"), path("/a/b", method="GET", headers=[header("x", "1")])),
        (path("/a/b"), path("/a", method="GET", headers=[header("x", "1"), header("y", "1")])),
        (path("/a", method="GET"), path("/a", headers=[header("x", "1"), header("y", "1")])),
        (
            path("/a", headers=[header("x", "1"), header("y", "1")]),
            path("/a", headers=[header("x", "1")], queryParams=[{"name": "q", "value": "1"}]),
        ),
        (
            path("/a", headers=[header("x", "1")], queryParams=[{"name": "q", "value": "1"}]),
            path("/a", headers=[header("y", "1")]),
        ),
    ],
)
async def test_the_more_specific_match_goes_first_over_all_routes(better: Document, worse: Document) -> None:
    """Whichever route is the older, and whichever rule stands first."""
    request = ("/a/b?q=1", "x: 1", "y: 1")
    old, young = {"creationTimestamp": "2020-09-08T01:02:03Z"}, {"creationTimestamp": "2020-09-08T01:02:04Z"}
    text = config(route("a", to("two", worse), **old), route("b", to("one", better), **young))
    async with served(text, BACKENDS) as weir:
        assert (await weir.ask(*request)).backend == "one"
        weir.apply(config(route("a", to("two", worse), to("one", better))))
        assert (await weir.ask(*request)).backend == "one"


async def test_the_older_route_goes_first_where_matches_are_equal() -> None:
    old, young = {"creationTimestamp": "2020-09-08T01:02:03Z"}, {"creationTimestamp": "2020-09-08T01:02:04Z"}
    async with served(config(route("a", to("one"), **young), route("b", to("two"), **old)), BACKENDS) as weir:
        assert (await weir.ask()).backend == "two"


async def test_namespace_and_name_decide_between_routes_of_one_age() -> None:
    at = {"creationTimestamp": "2020-09-08T01:02:03Z"}
    async with served(config(route("b", to("one"), **at), route("a", to("two"), **at)), BACKENDS) as weir:
        assert (await weir.ask()).backend == "two"


async def test_the_first_rule_decides_within_a_route() -> None:
    async with served(config(route("a", to("one", path("/x")), to("two", path("/x")))), BACKENDS) as weir:
        assert (await weir.ask("/x")).backend == "one"


async def test_no_rule_that_matches_is_404() -> None:
    async with served(config(route("a", to("one", path("/x")))), BACKENDS) as weir:
        assert (await weir.ask("/y")).status == 404
        weir.apply(config())
        assert (await weir.ask("/x")).status == 404, "a listener without routes"


# What cannot be matched at all.


@pytest.mark.parametrize(
    "name", ["*", "a.*.example", "*a.example", "a_b.example", "A.example", "-a.example", "a.example."]
)
def test_text_that_is_no_hostname_is_refused(name: str) -> None:
    assert "spec.hostnames[0]" in refusal(config(route("a", to("one"), spec={"hostnames": [name]})))


@pytest.mark.parametrize("kind", ["headers", "queryParams"])
def test_a_name_that_stands_twice_is_refused(kind: str) -> None:
    """Where it is the same letter for letter, as the API server does by the list's key."""
    twice = {kind: [{"name": "x", "value": "1"}, {"name": "x", "value": "2"}]}
    assert "duplicate name: x" in refusal(config(route("a", to("one", twice))))


@pytest.mark.parametrize(
    ("value", "type_"),
    [("no-slash", "Exact"), ("/a//b", "PathPrefix"), ("/a/./b", "Exact"), ("/a%2fb", "Exact"), ("/a", "Unheard")],
)
def test_a_path_that_no_request_has_and_a_kind_that_there_is_not_are_refused(value: str, type_: str) -> None:
    assert "spec.rules[0].matches[0].path" in refusal(config(route("a", to("one", path(value, type_)))))
