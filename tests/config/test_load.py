"""Loading: whole sets to one snapshot, and every kind of bad input to an error with place, reason and mend."""

from __future__ import annotations

import pickle
import sys
from dataclasses import replace
from types import FrameType

import pytest

from config.binding import catalog
from config.load import Loaded, load
from config.problems import Problem
from config.snapshot import Snapshot
from config.sources.text import SourceText
from config.yaml_positions import MAX_FILE_BYTES

GATEWAY = """apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge, namespace: shop}
spec:
  gatewayClassName: weir
  listeners:
  - {name: http, port: 8080, protocol: HTTP}
"""
BACKEND = """apiVersion: weir.dev/v1
kind: Backend
metadata: {name: orders, namespace: shop}
spec:
  static:
    endpoints:
    - {address: 127.0.0.1, port: 9001}
"""
ROUTE = """apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: orders, namespace: shop}
spec:
  parentRefs: [{name: edge}]
  rules:
  - matches:
    - path: {type: PathPrefix, value: /orders}
    backendRefs:
    - {group: weir.dev, kind: Backend, name: orders}
    timeouts: {request: 2s}
"""
GOOD = f"{GATEWAY}---\n{BACKEND}---\n{ROUTE}"
NAME = "shop.yaml"


def loaded(*texts: str, previous: Snapshot | None = None, generation: int = 1) -> Loaded:
    sources = [SourceText(NAME if at == 0 else f"more-{at}.yaml", text.encode()) for at, text in enumerate(texts)]
    return load(sources, generation=generation, previous=previous)


def one(*texts: str) -> Problem:
    """The only problem of a set."""
    (problem,) = loaded(*texts).problems
    return problem


def in_force(*texts: str, previous: Snapshot | None = None, generation: int = 1) -> Snapshot:
    found = loaded(*texts, previous=previous, generation=generation)
    assert found.snapshot is not None, found.problems
    return found.snapshot


def test_good_set_becomes_a_snapshot() -> None:
    found = loaded(GOOD, generation=4)
    assert found.snapshot is not None
    assert found.problems == ()
    assert found.snapshot.generation == 4
    assert [port.key for port in found.snapshot.ports] == [":8080/tcp"]
    assert list(found.snapshot.backends) == ["shop/orders"]
    assert [resource.kind for resource in found.resources] == ["Gateway", "Backend", "HTTPRoute"]
    assert found.statuses == found.snapshot.statuses
    assert len(found.statuses) == 3


def test_snapshot_can_go_to_another_process() -> None:
    snapshot = in_force(GOOD)
    assert pickle.loads(pickle.dumps(snapshot)) == snapshot


@pytest.mark.parametrize(
    ("old", "new", "line", "column", "message", "suggestion"),
    [
        ("    - path:", "   - path:", 24, 4, "YAML syntax: did not find expected", "begun on line"),
        ("    timeouts", "\ttimeouts", 27, 1, "YAML syntax: a tab is not allowed in indentation", "use blanks"),
        ("  rules:", "  parentRefs: []\n  rules:", 22, 3, 'duplicate key "parentRefs", first on line 21', "remove one"),
        ("  parentRefs", "  parentRef", 21, 3, 'unknown field "parentRef"', 'did you mean "parentRefs"?'),
        ("kind: HTTPRoute", "kind: HTTPRout", 18, 7, 'unknown kind "HTTPRout"', 'did you mean "HTTPRoute"?'),
        ("port: 9001", 'port: "9001"', 15, 34, 'a whole number is expected, not "9001"', "write 9001 without quotes"),
        (
            "type: PathPrefix, value: /orders",
            "type: RegularExpression, value: '/(a'",
            24,
            46,
            "the regular expression is not valid: missing ): /(a",
            "",
        ),
        (
            "request: 2s",
            "request: 2 s",
            27,
            25,
            'a duration of whole numbers such as 250ms, 30s or 1h30m is expected, not "2 s"',
            "",
        ),
        ("port: 9001", "port: 90010", 15, 34, "must be at most 65535, not 90010", ""),
        ("address: 127.0.0.1, ", "", 15, 7, 'the required field "address" is missing', ""),
        (
            "port: 8080",
            "port: 9901",
            7,
            24,
            "port 9901 is that of the admin API on 127.0.0.1",
            "choose another, or set admin.port of Weir",
        ),
    ],
)
def test_bad_input_is_an_error_with_its_place(
    old: str, new: str, line: int, column: int, message: str, suggestion: str
) -> None:
    assert old in GOOD
    found = loaded(GOOD.replace(old, new))
    assert found.snapshot is None
    problem = found.problems[0]
    assert (problem.file, problem.line, problem.column) == (NAME, line, column), problem
    assert problem.severity == "error"
    assert problem.message.startswith(message)
    assert suggestion in problem.suggestion


def test_errors_of_all_files_are_told_at_once_and_in_order() -> None:
    """Those of one stage hide none of another: YAML, models and binding."""
    bad_regex = ROUTE.replace("type: PathPrefix, value: /orders", "type: RegularExpression, value: '('")
    found = loaded(
        f"{GATEWAY}---\na: [\n", BACKEND.replace("port: 9001", "port: x"), bad_regex, "kind: Zzz\napiVersion: v1\n"
    )
    assert found.snapshot is None
    assert [(problem.file, problem.line) for problem in found.problems if problem.severity == "error"] == [
        ("more-1.yaml", 7),
        ("more-2.yaml", 8),
        ("more-3.yaml", 1),
        (NAME, 10),
    ]


def test_what_a_broken_resource_leaves_dangling_is_not_told_besides() -> None:
    found = loaded(GOOD.replace("port: 9001", "port: x"))
    assert [problem.path for problem in found.problems] == ["spec.static.endpoints[0].port"]


def test_statuses_are_there_though_the_set_has_errors() -> None:
    found = loaded(f"{GOOD}---\nkind: Zzz\napiVersion: v1\n")
    assert found.snapshot is None
    assert [status.kind for status in found.statuses] == ["Backend", "Gateway", "HTTPRoute"]


def test_dangling_reference_is_a_warning_with_the_nearest_name() -> None:
    found = loaded(GOOD.replace("kind: Backend, name: orders", "kind: Backend, name: order"))
    assert found.snapshot is not None, "Gateway API accepts the route; its traffic gets 500"
    (problem,) = found.problems
    assert problem == Problem(
        NAME,
        26,
        46,
        "spec.rules[0].backendRefs[0].name",
        "BackendNotFound: there is no Backend shop/order",
        'did you mean "orders"?',
        "warning",
        "HTTPRoute shop/orders",
    )


def test_ports_that_clash_are_an_error_at_both_places() -> None:
    found = loaded(f"{GOOD}---\n{GATEWAY.replace('edge', 'other')}")
    assert found.snapshot is None
    assert [(problem.line, problem.column, problem.path) for problem in found.problems] == [
        (7, 24, "spec.listeners[0].port"), (35, 24, "spec.listeners[0].port"),
    ]  # fmt: skip
    assert all(problem.message.startswith("HostnameConflict: port 8080") for problem in found.problems)
    assert all("change port or hostname of one" in problem.suggestion for problem in found.problems)


def test_resource_that_is_there_twice_is_named_with_both_places() -> None:
    problem = one(GOOD, f"# copy\n{BACKEND}")
    assert (problem.file, problem.line, problem.column) == ("more-1.yaml", 4, 18)
    assert problem.message == f"Backend shop/orders is there twice, first at {NAME}:11"
    assert problem.suggestion == "remove one"


def test_same_name_in_another_namespace_or_kind_is_another_resource() -> None:
    assert loaded(GOOD, BACKEND.replace("shop", "bakery")).snapshot is not None


def test_other_version_of_a_resource_is_the_same_resource() -> None:
    assert "is there twice" in one(GOOD, ROUTE.replace("k8s.io/v1", "k8s.io/v1beta1")).message


def test_second_weir_is_an_error() -> None:
    weir = "apiVersion: weir.dev/v1\nkind: Weir\nmetadata: {name: NAME}\n"
    problem = one(weir.replace("NAME", "a"), weir.replace("NAME", "b"))
    assert problem.message == f"Weir b is a second Weir, and a process has one, first at {NAME}:3"
    assert (problem.file, problem.line, problem.severity) == ("more-1.yaml", 3, "error")


def test_field_without_effect_is_a_warning_at_its_key() -> None:
    found = loaded(
        GOOD.replace("  parentRefs: [{name: edge}]", "  parentRefs: [{name: edge}]\n  useDefaultGateways: All")
    )
    assert found.snapshot is not None
    (problem,) = found.problems
    assert (problem.line, problem.column, problem.severity) == (22, 3, "warning")
    message = "useDefaultGateways has no effect in this version"
    assert (problem.path, problem.message) == ("spec.useDefaultGateways", message)


def test_value_without_effect_is_named() -> None:
    found = loaded(GATEWAY.replace("protocol: HTTP", "protocol: TCP"))
    assert ("spec.listeners[0].protocol", "protocol TCP has no effect in this version") in [
        (problem.path, problem.message) for problem in found.problems
    ]


@pytest.mark.parametrize("texts", [(), ("",), ("# nothing\n---\n", "")])
def test_set_without_resources_is_taken_with_a_warning(texts: tuple[str, ...]) -> None:
    found = loaded(*texts)
    assert found.snapshot is not None
    assert (found.snapshot.ports, found.resources) == ((), ())
    (problem,) = found.problems
    assert (problem.severity, problem.message) == ("warning", "it holds no resources, so nothing is listened on")
    assert problem.file == (NAME if len(texts) == 1 else "(configuration)")


def test_empty_file_beside_others_says_nothing() -> None:
    assert loaded(GOOD, "").problems == ()


def test_file_of_50_mb_is_refused() -> None:
    huge = b"# " + b"x" * 50_000_000
    (problem,) = load([SourceText(NAME, huge)], generation=1, previous=None).problems
    assert (problem.line, problem.severity) == (1, "error")
    assert problem.message == f"the file has 48 MiB, more than {MAX_FILE_BYTES // 2**20} MiB"
    assert problem.suggestion == "split it into several files"


def test_file_that_is_not_utf_8_is_refused_at_the_byte() -> None:
    (problem,) = load([SourceText(NAME, b"a: b\nc: \xe9\n")], generation=1, previous=None).problems
    assert (problem.line, problem.column, problem.suggestion) == (2, 4, "save it as UTF-8")
    assert problem.message.startswith("byte 0xe9 is not UTF-8")


def test_billion_laughs_are_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{at}: &a{at} [{', '.join([f'*a{at - 1}'] * 10)}]" for at in range(1, 10)]
    problem = one("\n".join(lines))
    assert problem.message.startswith("aliases add more than")
    assert (problem.line > 1, problem.suggestion) == (True, "write out what the anchors stand for")


def test_digest_is_the_same_for_the_same_resources() -> None:
    digest = in_force(GOOD).digest
    assert in_force(ROUTE, f"# moved\n{BACKEND}", GATEWAY).digest == digest
    assert in_force(GOOD.replace("2s", "3s")).digest != digest


def test_same_resources_are_the_same_snapshot() -> None:
    first = in_force(GOOD)
    assert in_force(f"# comment\n{GOOD}", previous=first, generation=2) is first
    other = in_force(GOOD.replace("2s", "3s"), previous=first, generation=2)
    assert (other is first, other.generation) == (False, 2)


def test_previous_snapshot_of_other_resources_has_no_part() -> None:
    first = in_force(GOOD)
    assert in_force(ROUTE, previous=first, generation=2) == in_force(ROUTE, generation=2)
    assert in_force(GOOD, previous=replace(first, digest="x"), generation=7).generation == 7


def test_unchanged_documents_keep_their_resources() -> None:
    first, second = loaded(GOOD), loaded(GOOD.replace("2s", "3s"))
    assert [a is b for a, b in zip(first.resources, second.resources, strict=True)] == [True, True, False]


def many(count: int) -> str:
    routes = [ROUTE.replace("name: orders, namespace", f"name: r{at}, namespace") for at in range(count)]
    return "---\n".join([GATEWAY, BACKEND, *routes])


def lines_run(text: str) -> int:
    """How many lines of Python it takes to load `text`: a measure of the work that no other process disturbs."""
    count = 0

    def trace(frame: FrameType, event: str, argument: object) -> object:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        loaded(text)
    finally:
        sys.settrace(before)
    return count


def dangling(count: int) -> str:
    """Backends, and as many routes to ones that there are not, with names that are near."""
    backends = [BACKEND.replace("name: orders", f"name: b{at}") for at in range(count)]
    routes = [
        ROUTE.replace("{name: orders,", f"{{name: r{at},").replace("Backend, name: orders", f"Backend, name: bb{at}")
        for at in range(count)
    ]
    return "---\n".join([GATEWAY, *backends, *routes])


def test_work_grows_with_the_set_and_not_with_its_square(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the names that suggestions may be looked for among, which are few here."""
    monkeypatch.setattr(catalog, "MAX_COMPARISONS", 1000)
    few, eight_times = lines_run(dangling(40)), lines_run(dangling(320))
    assert eight_times < few * 8 * 2


def test_a_thousand_problems_have_their_own_places() -> None:
    found = loaded(many(1000).replace("/orders}", "orders}"))
    assert len({problem.line for problem in found.problems}) == 1000
