"""Which rule takes a request: the tables against the words of Gateway API, one by one and by property."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.binding.hostnames import covers, intersection
from config.resources.traffic_policy import TrafficPolicySpec
from config.snapshot import (
    BoundRule,
    Listener,
    Match,
    PathKind,
    PathMatch,
    Port,
    Rule,
    RuleName,
    TrafficLayer,
    ValueMatch,
    WeightedBackend,
    match_precedence,
)
from gateway.hot.head import RequestHead, scan_request
from gateway.http import router as module
from gateway.http.router import ENTRIES_AT_ONCE, Router, listener_for, path_matches
from tests.support.subjects import environment

ANY = PathMatch("PathPrefix", "/")


def head(host: str, target: str = "/", *lines: str, method: str = "GET") -> RequestHead:
    text = "\r\n".join([f"{method} {target} HTTP/1.1", f"Host: {host}", *lines, "", ""])
    found = scan_request(text.encode(), 0, 65536, 100, 8192, 32)
    assert found is not None
    return found


def rule(name: str, *matches: Match) -> Rule:
    return Rule(RuleName("HTTPRoute", "d", name, 0), matches or (Match(ANY),), (), (WeightedBackend("d/b", 1),))


CHANCE = random.Random(1)
ENVIRONMENT = environment()


def router(*listeners: Listener, previous: Router | None = None, request_timeout_s: float = 0.0) -> Router:
    port = Port("", 8080, "HTTP", listeners)
    return Router(
        port,
        request_timeout_s=request_timeout_s,
        backend_request_timeout_s=0.0,
        random=CHANCE,
        environment=ENVIRONMENT,
        previous=previous,
    )


def on_any_host(*rules: Rule) -> Router:
    return router(Listener("d/g/http", "*", tuple(BoundRule(("*",), each) for each in rules)))


def taken(routes: Router, request: RequestHead) -> str:
    plan = routes.match(request)
    return plan.rule.name if plan is not None else ""


def test_exact_then_regex_then_longest_prefix() -> None:
    routes = on_any_host(
        rule("root"),
        rule("short", Match(PathMatch("PathPrefix", "/a"))),
        rule("long", Match(PathMatch("PathPrefix", "/a/b"))),
        rule("exact", Match(PathMatch("Exact", "/a/b"))),
        rule("regex", Match(PathMatch("RegularExpression", "/[ab]/x.*"))),
    )
    for path, name in (
        ("/a/b", "exact"),
        ("/a/b/", "long"),
        ("/a/b/c", "long"),
        ("/a/bc", "short"),
        ("/a", "short"),
        ("/ab", "root"),
        ("/a/xyz", "regex"),
        ("/A", "root"),
    ):
        assert taken(routes, head("h", path)) == name, path


def test_a_regular_expression_takes_the_whole_path() -> None:
    routes = on_any_host(rule("digits", Match(PathMatch("RegularExpression", "/[0-9]+"))))
    assert taken(routes, head("h", "/12")) == "digits"
    assert taken(routes, head("h", "/12a")) == ""
    assert taken(routes, head("h", "/12/")) == ""


def test_method_then_headers_then_query_break_ties_of_the_path() -> None:
    routes = on_any_host(
        rule("plain"),
        rule("query", Match(ANY, query=(ValueMatch("q", "Exact", "1"),))),
        rule("header", Match(ANY, headers=(ValueMatch("x-a", "Exact", "1"),))),
        rule(
            "headers",
            Match(ANY, headers=(ValueMatch("x-a", "Exact", "1"), ValueMatch("x-b", "RegularExpression", "[0-9]"))),
        ),
        rule("method", Match(ANY, method="POST")),
    )
    assert taken(routes, head("h", "/?q=1")) == "query"
    assert taken(routes, head("h", "/?q=1", "X-A: 1")) == "header"
    assert taken(routes, head("h", "/?q=1", "X-A: 1", "X-B: 7")) == "headers"
    assert taken(routes, head("h", "/?q=1", "X-A: 1", "X-B: 77")) == "header"
    assert taken(routes, head("h", "/?q=1", "X-A: 1", method="POST")) == "method"
    assert taken(routes, head("h", "/?q=2")) == "plain"


def test_the_older_route_wins_a_tie() -> None:
    assert taken(on_any_host(rule("old"), rule("young")), head("h")) == "old"


def test_hostnames_of_routes_go_before_paths() -> None:
    exact = BoundRule(("a.example",), rule("exact"))
    wild = BoundRule(("*.example",), rule("wild", Match(PathMatch("Exact", "/x"))))
    routes = router(Listener("d/g/http", "*", (wild, exact)))
    assert taken(routes, head("a.example", "/x")) == "exact"
    assert taken(routes, head("b.example", "/x")) == "wild"
    assert taken(routes, head("b.example", "/y")) == ""
    assert taken(routes, head("A.EXAMPLE.:8080", "/x")) == "exact"


def test_a_less_specific_hostname_takes_what_the_other_leaves() -> None:
    exact = BoundRule(("a.example",), rule("exact", Match(PathMatch("Exact", "/x"))))
    wild = BoundRule(("*.example",), rule("wild"))
    routes = router(Listener("d/g/http", "*", (wild, exact)))
    assert taken(routes, head("a.example", "/other")) == "wild"


def test_listeners_are_isolated() -> None:
    routes = router(
        Listener("d/g/any", "*", (BoundRule(("*",), rule("any")),)),
        Listener("d/g/wild", "*.example", (BoundRule(("*.example",), rule("wild", Match(PathMatch("Exact", "/x")))),)),
        Listener("d/g/exact", "a.example", ()),
    )
    assert taken(routes, head("b.example", "/x")) == "wild"
    assert taken(routes, head("b.example", "/y")) == ""
    assert taken(routes, head("a.example", "/x")) == ""
    assert taken(routes, head("other", "/x")) == "any"


def test_a_trace_says_why_each_match_does_not_take_the_request() -> None:
    routes = router(
        Listener(
            "d/g/any",
            "*",
            (
                BoundRule(("a.example",), rule("host")),
                BoundRule(("*",), rule("path", Match(PathMatch("Exact", "/other")))),
                BoundRule(("*",), rule("method", Match(ANY, method="POST"))),
                BoundRule(("*",), rule("header", Match(ANY, headers=(ValueMatch("x-a", "Exact", "1"),)))),
                BoundRule(("*",), rule("query", Match(ANY, query=(ValueMatch("q", "Exact", "1"),)))),
                BoundRule(("*",), rule("taken")),
                BoundRule(("*",), rule("late")),
            ),
        ),
        Listener("d/g/wild", "*.example", (BoundRule(("*.example",), rule("listener")),)),
    )
    reasons = {step.entry.rule.name.name: step.reason for step in routes.trace(head("o", "/x?q=2", "X-A: 7"))}
    assert reasons == {
        "host": "host o is not a.example",
        "listener": "host o belongs to listener d/g/any",
        "path": "path /x is not Exact /other",
        "method": "method GET is not POST",
        "header": "header x-a is '7', not Exact '1'",
        "query": "query parameter q is '2', not Exact '1'",
        "taken": "",
        "late": "a match that goes before takes the request",
    }


# --- by property: the tables against a linear search in order of precedence -------------------------------------------

HOSTS = ["*", "*.example", "*.b.example", "a.example", "a.b.example", "b.example"]
PATHS = ["/", "/a", "/a/", "/a/b", "/a/b/", "/b", "/ab", "/a//b"]
PATTERNS = ["/a.*", "/[ab]", "/a/b", "/.*", "/a/."]


def value_matches(names: Sequence[str]) -> st.SearchStrategy[tuple[ValueMatch, ...]]:
    one = st.builds(
        ValueMatch, st.sampled_from(names), st.sampled_from(["Exact", "RegularExpression"]), st.sampled_from(["1", "2"])
    )
    return st.lists(one, max_size=2, unique_by=lambda match: match.name).map(tuple)


PLAIN_KINDS: list[PathKind] = ["Exact", "PathPrefix"]
PATHS_OF_ALL_KINDS = st.builds(PathMatch, st.sampled_from(PLAIN_KINDS), st.sampled_from(PATHS)) | st.sampled_from(
    PATTERNS
).map(lambda pattern: PathMatch("RegularExpression", pattern))


def matches_of(paths: st.SearchStrategy[PathMatch]) -> st.SearchStrategy[Match]:
    headers, query = value_matches(["x-a", "x-b", "x-c"]), value_matches(["q", "r"])
    return st.builds(Match, paths, headers, query, st.sampled_from([None, "GET", "POST"]))


@st.composite
def ports(draw: st.DrawFn) -> Port:
    listener_hosts = draw(st.lists(st.sampled_from(HOSTS), min_size=1, max_size=4, unique=True))
    listeners = []
    order = 0
    for number, hostname in enumerate(listener_hosts):
        bound = []
        for _ in range(draw(st.integers(0, 4))):
            wanted = draw(st.lists(st.sampled_from(HOSTS[1:]), max_size=3, unique=True))
            common = intersection(hostname, wanted)
            if common:
                # Many matches of few paths: such are told apart by an index of their methods, headers and parameters.
                paths = draw(st.sampled_from([PATHS_OF_ALL_KINDS, st.sampled_from([ANY, PathMatch("Exact", "/a")])]))
                matches = draw(st.lists(matches_of(paths), min_size=1, max_size=6))
                bound.append(BoundRule(common, rule(f"r{order}", *matches)))
            order += 1
        listeners.append(Listener(f"d/g/l{number}", hostname, tuple(bound)))
    return Port("", 80, "HTTP", tuple(listeners))


REQUESTS = st.builds(
    lambda host, path, query, headers, method: head(host, path + query, *headers, method=method),
    st.sampled_from(["a.example", "b.example", "a.b.example", "x.y.example", "other", "example"]),
    st.sampled_from([*PATHS, "/a/b/c", "/c", "/abc", "//"]),
    st.sampled_from(["", "?q=1", "?r=2&q=1"]),
    st.sampled_from([(), ("X-A: 1",), ("x-a: 2", "X-B: 1"), ("X-C: 2", "X-A: 1", "X-B: 2")]),
    st.sampled_from(["GET", "POST"]),
)


def linear(port: Port, request: RequestHead) -> tuple[str, Match] | None:
    """What Gateway API says in words, with no table."""
    host = request.authority.decode()
    listener = listener_for(host, port.listeners)
    found = []
    for order, bound in enumerate(listener.rules if listener is not None else ()):
        for hostname in bound.hostnames:
            for position, match in enumerate(bound.rule.matches):
                holds = (
                    covers(hostname, host)
                    and path_matches(match, request.path)
                    and match.method in (None, request.method.decode())
                    and all(request.get(each.name.encode()) == each.value.encode() for each in match.headers)
                    and all(f"{each.name}={each.value}" in request.query.decode().split("&") for each in match.query)
                )
                if holds:
                    specificity = (0, 0) if "*" not in hostname else (1, -len(hostname)) if hostname != "*" else (2, 0)
                    key = (*specificity, *match_precedence(match), order, position)
                    found.append((key, bound.rule.name.name, match))
    if not found:
        return None
    _, name, match = min(found, key=lambda entry: entry[0])
    return name, match


@settings(max_examples=250, deadline=None)
@given(port=ports(), request=REQUESTS)
def test_tables_agree_with_a_linear_search(port: Port, request: RequestHead) -> None:
    routes = router(*port.listeners)
    plan = routes.match(request)
    expected = linear(port, request)
    assert (plan.rule.name if plan is not None else None) == (expected[0] if expected is not None else None)
    steps = [step for step in routes.trace(request) if not step.reason]
    assert {step.entry.plan for step in steps} == ({plan} if plan is not None else set())


@settings(max_examples=100, deadline=None)
@given(before=ports(), after=ports(), mixed=st.randoms(use_true_random=False), request=REQUESTS)
def test_a_router_made_from_the_one_before_is_as_one_made_anew(
    before: Port, after: Port, mixed: random.Random, request: RequestHead
) -> None:
    """Some rules of `after` are rules of `before`, the same objects, in another order."""
    known = {listener.hostname: listener for listener in before.listeners}
    listeners = []
    for listener in after.listeners:
        old = known[listener.hostname].rules if listener.hostname in known else ()
        rules = [*listener.rules, *(each for each in old if mixed.random() < 0.7)]
        mixed.shuffle(rules)
        listeners.append(Listener(listener.name, listener.hostname, tuple(rules)))
    previous = router(*before.listeners)
    was = previous.match(request)
    made = router(*listeners, previous=previous)
    anew = router(*listeners)
    assert [step.reason for step in made.trace(request)] == [step.reason for step in anew.trace(request)]
    plan, expected = made.match(request), anew.match(request)
    assert (plan and (plan.name, plan.matched, plan.method)) == (
        expected and (expected.name, expected.matched, expected.method)
    )
    assert previous.match(request) is was


def many_hosts(count: int) -> list[BoundRule]:
    return [BoundRule((f"h{number}.example",), rule(f"r{number}")) for number in range(count)]


def test_what_stays_the_same_is_taken_over() -> None:
    rules = many_hosts(20)
    before = router(Listener("d/g/http", "*", tuple(rules)))
    edited = [*rules[:5], BoundRule(("h5.example",), rule("new")), *rules[6:]]
    after = router(Listener("d/g/http", "*", tuple(edited)), previous=before)
    tables = [(before.hosts.tables(name), after.hosts.tables(name)) for name in (b"h4.example", b"h5.example")]
    assert tables[0][0][0] is tables[0][1][0]
    assert tables[1][0][0] is not tables[1][1][0]
    assert after.match(head("h4.example")) is before.match(head("h4.example"))
    assert taken(after, head("h5.example")) == "new"
    assert taken(before, head("h5.example")) == "r5"


def test_other_times_of_the_process_make_other_plans() -> None:
    listener = Listener("d/g/http", "*", tuple(many_hosts(1)))
    before = router(listener)
    after = router(listener, previous=before, request_timeout_s=3.0)
    plan = after.match(head("h0.example"))
    assert plan is not None and plan is not before.match(head("h0.example"))
    assert plan.timeouts.request_s == 3.0


@pytest.mark.parametrize("count", [1, 10_000])
def test_the_number_of_look_ups_does_not_grow_with_the_routes(count: int) -> None:
    """One table for a hostname, with its own routes alone; `tests/gateway/hot` counts what is looked at within one."""
    routes = router(
        Listener(
            "d/g/http",
            "*",
            tuple(
                BoundRule((f"h{number}.example",), rule(f"r{number}", Match(PathMatch("PathPrefix", f"/p{number}"))))
                for number in range(count)
            ),
        )
    )
    last = count - 1
    tables = routes.hosts.tables(f"h{last}.example".encode())
    assert [table.longest_prefix for table in tables] == [len(f"/p{last}")]
    assert taken(routes, head(f"h{last}.example", f"/p{last}/x")) == f"r{last}"


def test_no_listener_is_compared_with_all_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """ListenerSets bring thousands to one port: the time must not grow with the square of their number."""

    def refuse(*_: str) -> bool:
        raise AssertionError("compared")

    monkeypatch.setattr(module, "covers", refuse)
    bound = (BoundRule(("*.a.example",), rule("r")),)
    listeners = (Listener("d/g/wide", "*.a.example", bound), Listener("d/g/any", "*", ()))
    narrow = [Listener(f"d/g/{number}", f"h{number}.a.example", ()) for number in range(10)]
    routes = router(*listeners, *narrow)
    assert taken(routes, head("x.a.example")) == "r"
    assert taken(routes, head("h7.a.example")) == "", "it belongs to a listener without routes"


def test_compiling_gives_way_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    turns: list[None] = []
    monkeypatch.setattr(module, "give_way", lambda: turns.append(None))
    rules = [rule(f"r{number}", Match(PathMatch("Exact", f"/{number}"))) for number in range(10 * ENTRIES_AT_ONCE)]
    first = on_any_host(*rules)
    # For the rules, for their paths, for the candidates of each, and for the one hostname.
    assert len(turns) == 3 * 10 + 1
    taken = first.match(head("a", "/7"))
    turns.clear()
    listener = Listener("d/g/http", "*", first.port.listeners[0].rules)
    again = router(listener, previous=first)
    assert again.match(head("a", "/7")) is taken
    assert len(turns) == 10 + 1, "its table is the one of before"


def test_patterns_are_ranked_among_all_of_them_and_other_paths_each_alone() -> None:
    tables = on_any_host(
        rule("short", Match(PathMatch("RegularExpression", "/a.*"))),
        rule("any", Match(PathMatch("Exact", "/x"))),
        rule("put", Match(PathMatch("Exact", "/x"), method="PUT")),
        rule("long", Match(PathMatch("RegularExpression", "/a[b-d].*"))),
    )
    asked = (("/ab", "GET"), ("/ae", "GET"), ("/x", "PUT"), ("/x", "GET"))
    plans = [tables.match(head("a", path, method=method)) for path, method in asked]
    assert [plan.name.split("/")[1] for plan in plans if plan] == ["long", "short", "put", "any"]


def test_steps_of_backend_refs_are_made_once_for_the_same_policies() -> None:
    layer = TrafficLayer("d/p", TrafficPolicySpec.model_validate({"maintenance": {}}))
    shared = rule("shared")
    both = BoundRule(("*",), rule("both"), (layer,), share_layers=((layer,),))
    own, without = BoundRule(("own.example",), shared, share_layers=((layer,),)), BoundRule(("plain.example",), shared)
    routes = router(Listener("d/g/http", "*", (both, own, without)))
    plans = [routes.match(head(host)) for host in ("h", "own.example", "plain.example")]
    steps = [[step.name for step in plan.choices[0].steps] for plan in plans if plan is not None]
    assert steps == [["maintenance"], ["maintenance"], []]
    assert plans[0] is not None and plans[1] is not None
    assert plans[0].steps is plans[0].choices[0].steps is plans[1].choices[0].steps
    again = router(Listener("d/g/http", "*", (both, own, without)), previous=routes)
    assert again.match(head("own.example")) is plans[1]
