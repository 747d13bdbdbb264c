"""The CORS filter: each sentence of the CRD that says what a gateway must do, and what browsers make of the answers."""

from __future__ import annotations

import itertools

import pytest

from config.snapshot import CORS
from policies.cors.step import ORIGINS_KEPT, CORSStep
from policies.subject import Subject
from policies.verdict import Answer, Denial
from tests.support.browser_rules import Fields, Script, fields_of
from tests.support.subjects import subject

A, B = b"https://a.example", b"https://b.example"
ALL = CORS(("*",), ("*",), ("*",), ("*",))
ALL_WITH_CREDENTIALS = CORS(("*",), ("*",), ("*",), ("*",), credentials=True)


def preflight(spec: CORS, *lines: str, origin: bytes = A, method: str | None = "PUT") -> tuple[int, Fields]:
    """Status and fields of the answer to a preflight."""
    wanted = () if method is None else (f"Access-Control-Request-Method: {method}",)
    asked = subject(f"Origin: {origin.decode()}", *wanted, *lines, method="OPTIONS")
    verdict = CORSStep(spec).decide(asked)
    assert isinstance(verdict, Answer | Denial)
    assert not isinstance(verdict, Answer) or not verdict.body
    return verdict.status, fields_of([*verdict.lines, *asked.response_lines])


def actual(spec: CORS, *lines: str, method: str = "GET") -> Subject:
    """Another request, which always goes on."""
    asked = subject(*lines, method=method)
    assert CORSStep(spec).decide(asked) is None
    return asked


def told(asked: Subject) -> Fields:
    return fields_of(asked.response_lines)


# --- the sentences of the CRD --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("credentials", "value"), [(True, [b"true"]), (False, None)])
def test_credentials_are_told_in_lower_case_or_not_at_all(*, credentials: bool, value: list[bytes] | None) -> None:
    spec = CORS((A.decode(),), credentials=credentials)
    for fields in (told(actual(spec, f"Origin: {A.decode()}")), preflight(spec)[1]):
        assert fields.get(b"access-control-allow-credentials") == value


def test_allowed_headers_are_told_as_they_are_configured() -> None:
    _, fields = preflight(CORS((A.decode(),), headers=("X-One", "x-two")), "Access-Control-Request-Headers: x-three")
    assert fields[b"access-control-allow-headers"] == [b"X-One, x-two"]


def test_allowed_methods_are_told_as_they_are_configured() -> None:
    _, fields = preflight(CORS((A.decode(),), methods=("GET", "PATCH")), method="DELETE")
    assert fields[b"access-control-allow-methods"] == [b"GET, PATCH"]


def test_lists_that_are_empty_are_not_told() -> None:
    _, fields = preflight(CORS((A.decode(),)), "Access-Control-Request-Headers: x-one")
    assert not {b"access-control-allow-methods", b"access-control-allow-headers"} & set(fields)
    assert b"access-control-expose-headers" not in fields


def test_wildcard_of_headers_with_credentials_becomes_the_names_that_are_asked_for() -> None:
    asked = "Access-Control-Request-Headers: x-one, authorization,x-two"
    _, fields = preflight(ALL_WITH_CREDENTIALS, asked)
    assert fields[b"access-control-allow-headers"] == [b"x-one, authorization, x-two"]


def test_wildcard_of_headers_with_credentials_is_not_told_where_none_are_asked_for() -> None:
    _, fields = preflight(ALL_WITH_CREDENTIALS)
    assert b"access-control-allow-headers" not in fields


def test_wildcard_of_headers_without_credentials_is_the_wildcard_or_what_is_asked_for() -> None:
    assert preflight(ALL)[1][b"access-control-allow-headers"] == [b"*"]
    _, fields = preflight(ALL, "Access-Control-Request-Headers: authorization")
    assert fields[b"access-control-allow-headers"] == [b"authorization"]


def test_wildcard_of_methods_with_credentials_becomes_the_one_that_is_asked_for() -> None:
    assert preflight(ALL_WITH_CREDENTIALS, method="PATCH")[1][b"access-control-allow-methods"] == [b"PATCH"]


def test_wildcard_of_methods_without_credentials_is_told() -> None:
    assert preflight(ALL, method="PATCH")[1][b"access-control-allow-methods"] == [b"*"]


def test_without_a_method_that_is_asked_for_it_is_no_preflight_and_no_method_is_told() -> None:
    asked = actual(ALL_WITH_CREDENTIALS, f"Origin: {A.decode()}", method="OPTIONS")
    assert b"access-control-allow-methods" not in told(asked)
    assert told(asked)[b"access-control-allow-origin"] == [A]


def test_origin_that_is_allowed_is_told_in_its_own_words() -> None:
    spec = CORS(("https://other.example", A.decode().upper().replace("HTTPS", "https")))
    assert told(actual(spec, f"Origin: {A.decode()}"))[b"access-control-allow-origin"] == [A]
    assert preflight(spec)[1][b"access-control-allow-origin"] == [A]


def test_preflight_that_succeeds_has_status_200() -> None:
    assert preflight(CORS((A.decode(),)))[0] == 200


def test_preflight_of_another_origin_is_refused_without_a_cors_header() -> None:
    status, fields = preflight(CORS((A.decode(),), ("*",), ("*",), ("*",), credentials=True), origin=B)
    assert status == 403
    assert set(fields) == {b"vary"}


def test_other_request_of_another_origin_goes_on_without_a_cors_header() -> None:
    assert set(told(actual(CORS((A.decode(),), ("*",)), f"Origin: {B.decode()}"))) == {b"vary"}


@pytest.mark.parametrize("spec", [ALL, ALL_WITH_CREDENTIALS])
@pytest.mark.parametrize("origin", [A, B, b"null"])
def test_wildcard_of_origins_becomes_the_origin_that_asks(spec: CORS, origin: bytes) -> None:
    assert told(actual(spec, f"Origin: {origin.decode()}"))[b"access-control-allow-origin"] == [origin]


def test_headers_are_exposed_as_they_are_configured() -> None:
    spec = CORS((A.decode(),), exposed=("X-One", "etag"))
    for fields in (told(actual(spec, f"Origin: {A.decode()}")), preflight(spec)[1]):
        assert fields[b"access-control-expose-headers"] == [b"X-One, etag"]


def test_wildcard_of_exposed_headers_without_credentials_is_told() -> None:
    asked = actual(ALL, f"Origin: {A.decode()}")
    assert told(asked)[b"access-control-expose-headers"] == [b"*"]
    assert not asked.exposes_all


def test_wildcard_of_exposed_headers_with_credentials_is_left_to_who_knows_the_answer() -> None:
    asked = actual(ALL_WITH_CREDENTIALS, f"Origin: {A.decode()}")
    assert b"access-control-expose-headers" not in told(asked)
    assert asked.exposes_all
    assert not actual(ALL_WITH_CREDENTIALS).exposes_all


def test_max_age_is_5_seconds_or_as_configured() -> None:
    assert preflight(CORS((A.decode(),)))[1][b"access-control-max-age"] == [b"5"]
    assert preflight(CORS((A.decode(),), max_age_s=600))[1][b"access-control-max-age"] == [b"600"]


# --- what stands in no sentence, and must hold all the same ----------------------------------------------------------


@pytest.mark.parametrize("lines", [(), (f"Origin: {A.decode()}",), (f"Origin: {B.decode()}",)])
def test_every_answer_varies_by_origin_and_has_no_cors_header_of_the_backend(lines: tuple[str, ...]) -> None:
    """Fetch, CORS protocol and HTTP caches: also the answer to a request without Origin."""
    asked = actual(CORS((A.decode(),)), *lines)
    assert told(asked)[b"vary"] == [b"origin"]
    assert {b"access-control-allow-origin", b"access-control-expose-headers"} <= asked.response_drop


def test_preflight_varies_by_what_it_asks_for() -> None:
    _, fields = preflight(ALL)
    vary = b", ".join(fields[b"vary"])
    assert vary.split(b", ") == [b"access-control-request-method", b"access-control-request-headers", b"origin"]


def test_what_an_origin_is_told_is_remembered_within_a_bound() -> None:
    step = CORSStep(CORS(("https://*.a.example",)))
    for number in [*range(ORIGINS_KEPT + 10), 0, 0]:
        asked = subject(f"Origin: https://{number}.a.example")
        step.decide(asked)
        assert told(asked)[b"access-control-allow-origin"] == [b"https://%d.a.example" % number]
        assert len(step._known) <= ORIGINS_KEPT


def test_two_origins_are_nobody() -> None:
    lines = (f"Origin: {A.decode()}", f"Origin: {B.decode()}")
    assert set(told(actual(ALL, *lines, "Access-Control-Request-Method: GET", method="OPTIONS"))) == {b"vary"}


@pytest.mark.parametrize("method", ["PUT, DELETE", "P UT", ""])
def test_method_that_is_no_token_is_not_echoed(method: str) -> None:
    lines = (f"Origin: {A.decode()}", f"Access-Control-Request-Method: {method}")
    assert b"access-control-allow-methods" not in told(actual(ALL_WITH_CREDENTIALS, *lines, method="OPTIONS"))


def test_header_names_that_are_no_tokens_are_not_echoed() -> None:
    _, fields = preflight(ALL_WITH_CREDENTIALS, "Access-Control-Request-Headers: x-a, x(b), , x-c;d")
    assert fields[b"access-control-allow-headers"] == [b"x-a"]


def test_filter_of_a_backend_ref_takes_the_place_of_that_of_the_rule() -> None:
    asked = subject(f"Origin: {A.decode()}")
    assert CORSStep(ALL_WITH_CREDENTIALS).decide(asked) is None
    assert CORSStep(CORS((A.decode(),), exposed=("etag",))).decide(asked) is None
    assert told(asked) == {
        b"vary": [b"origin"],
        b"access-control-allow-origin": [A],
        b"access-control-expose-headers": [b"etag"],
    }
    assert not asked.exposes_all
    assert CORSStep(CORS(())).decide(asked) is None
    assert set(told(asked)) == {b"vary"}


# --- the matrix: what browsers then do ------------------------------------------------------------------------------

_ORIGINS = {(): (), ("*",): (A, B), (A.decode(),): (A,), ("https://*.example",): (A, B)}
_METHODS: tuple[tuple[str, ...], ...] = ((), ("PUT",), ("*",))
_HEADERS: tuple[tuple[str, ...], ...] = ((), ("X-One",), ("*",))
_SPECS = [
    CORS(origins, methods, headers, credentials=credentials)
    for origins, methods, headers, credentials in itertools.product(_ORIGINS, _METHODS, _HEADERS, (False, True))
]


@pytest.mark.parametrize("method", [b"GET", b"PUT", b"PATCH"])
@pytest.mark.parametrize("headers", [(), (b"x-one",), (b"x-one", b"authorization")])
def test_browsers_let_pages_do_what_the_filter_allows_and_no_more(method: bytes, headers: tuple[bytes, ...]) -> None:
    for spec, origin, credentials in itertools.product(_SPECS, (A, B), (False, True)):
        script = Script(origin, method, headers, credentials)
        known = origin in _ORIGINS[spec.origins] and (spec.credentials or not credentials)
        fits = method == b"GET" or "*" in spec.methods or method.decode() in spec.methods
        carries = "*" in spec.headers or {name.title().decode() for name in headers} <= set(spec.headers)
        lines = script.preflight()
        status, fields = preflight(spec, *lines[2:], origin=origin, method=method.decode())
        assert script.may_send(status, fields) == (known and fits and carries), (spec, script)
        answered = told(actual(spec, lines[0], method=method.decode()))
        assert script.passes(answered) == known, (spec, script)
