"""Access by what a server says: what it is asked, and what becomes of its answer."""

from __future__ import annotations

import pytest

from config.resources.access import ExternalAccess
from config.snapshot import WeightedBackend
from policies.access.external import ExternalStep
from policies.access.external_terms import ExternalTerms
from policies.access.questions import Authorize, Authorized, BodyPrefix, FirstOctets, NotAuthorized
from policies.subject import Subject
from policies.verdict import Ask, Denial
from tests.support.subjects import NOW_S, subject

ASKED = WeightedBackend("shop/asked", 1)


def step(backend: WeightedBackend = ASKED, **fields: object) -> ExternalStep:
    spec = ExternalAccess.model_validate({"backendRef": {"name": "asked", "port": 80}, **fields})
    return ExternalStep(ExternalTerms.of_policy(spec), backend, bytes(32))


def question(made: ExternalStep, asking: Subject) -> Authorize:
    verdict = made.decide(asking)
    assert isinstance(verdict, Ask) and isinstance(verdict.question, Authorize)
    return verdict.question


def test_the_server_is_asked_with_method_path_and_headers() -> None:
    lines = ("Authorization: Bearer x", "X-A: 1", "Connection: close", "Content-Length: 5", "X-Forwarded-For: 8.8.8.8")
    asked = question(step(path="/check/"), subject(*lines, method="POST", target="/orders?a=1%20b"))
    assert (asked.backend, asked.method, asked.target) == ("shop/asked", "POST", "/check/orders?a=1%20b")
    assert asked.fields == [
        ("Host", "shop.example"),
        ("Authorization", "Bearer x"),
        ("X-A", "1"),
        ("x-forwarded-for", "192.0.2.1"),
    ]
    assert asked.timeout_s == 1.0


def test_of_listed_headers_it_sees_those_and_who_the_client_says_it_is() -> None:
    asked = question(step(requestHeaders=["x-a"]), subject("Authorization: Bearer x", "X-A: 1", "X-B: 2"))
    assert [name for name, _ in asked.fields] == ["Host", "Authorization", "X-A", "x-forwarded-for"]


@pytest.mark.parametrize("status", [200, 202, 204])
def test_2xx_lets_in_with_the_headers_that_go_on(status: int) -> None:
    made, asking = step(responseHeaders=["X-User", "X-Group"]), subject("X-User: mallory", "X-Group: admins")
    question(made, asking)
    assert made.resume(asking, Authorized(status, [(b"x-user", b"alice"), (b"x-other", b"1")])) is None
    # What the server leaves out is not the client's to say.
    assert asking.request_drop == {b"x-user", b"x-group"}
    assert asking.request_lines == [b"x-user: alice\r\n"]


@pytest.mark.parametrize("status", [302, 401, 403, 429])
def test_3xx_and_4xx_are_the_clients_answer_with_what_it_needs_to_come_back(status: int) -> None:
    fields = [(b"location", b"/login"), (b"www-authenticate", b"Bearer"), (b"x-secret", b"1"), (b"set-cookie", b"a=b")]
    verdict = step(onFailure="Allow").resume(subject(), Authorized(status, fields))
    assert isinstance(verdict, Denial)
    assert (verdict.status, verdict.reason) == (status, f"the authorizer said {status}")
    assert verdict.lines == (b"location: /login\r\n", b"www-authenticate: Bearer\r\n", b"set-cookie: a=b\r\n")


@pytest.mark.parametrize("answer", [NotAuthorized("no answer"), Authorized(500, []), Authorized(101, [])])
def test_a_failure_refuses_unless_told_otherwise(answer: object) -> None:
    verdict = step().resume(subject(), answer)
    assert isinstance(verdict, Denial)
    assert (verdict.status, verdict.lines) == (503, ())
    assert step(onFailure="Allow").resume(subject(), answer) is None


def test_without_its_backend_nobody_comes_in_whatever_is_told_of_failures() -> None:
    lost = WeightedBackend(None, 1, (), "access.external: there is no Backend shop/asked")
    verdict = step(lost, onFailure="Allow").decide(subject())
    assert isinstance(verdict, Denial)
    assert (verdict.status, verdict.reason) == (500, "access.external: there is no Backend shop/asked")


def test_a_header_that_cannot_be_put_to_the_server_does_not_come_in_by_that() -> None:
    verdict = step(onFailure="Allow").decide(subject("X-A: \xff"))
    assert isinstance(verdict, Denial)
    assert verdict.status == 400


def test_an_answer_holds_for_the_same_request_for_its_time() -> None:
    made = step(cache="10s")
    first = subject("X-A: 1")
    question(made, first)
    assert made.resume(first, Authorized(204, [])) is None
    assert made.decide(subject("X-A: 1")) is None
    for other in (
        subject("X-A: 2"),
        subject("X-A: 1", target="/other"),
        subject("X-A: 1", method="PUT"),
        subject("X-A: 1", address="192.0.2.2"),
        subject("X-A: 1", now_s=NOW_S + 10),
    ):
        assert isinstance(made.decide(other), Ask)


def test_a_refusal_is_remembered_as_well_and_a_failure_is_not() -> None:
    made = step(cache="10s")
    assert isinstance(made.resume(subject(), Authorized(403, [])), Denial)
    verdict = made.decide(subject())
    assert isinstance(verdict, Denial) and verdict.status == 403
    made = step(cache="10s", onFailure="Allow")
    assert made.resume(subject(), Authorized(500, [])) is None
    assert isinstance(made.decide(subject()), Ask)


def test_without_a_time_every_request_is_asked_about() -> None:
    made = step()
    assert made.resume(subject(), Authorized(200, [])) is None
    assert isinstance(made.decide(subject()), Ask)


def after(made: ExternalStep, asking: Subject, prefix: BodyPrefix) -> Authorize:
    """What is asked once the beginning of the body is known."""
    verdict = made.resume(asking, prefix)
    assert isinstance(verdict, Ask) and isinstance(verdict.question, Authorize)
    return verdict.question


WITH_BODY = "Content-Length: 9"


@pytest.mark.parametrize(("data", "whole", "partial"), [(b"abcd", False, "true"), (b"abc", True, "false")])
def test_of_a_body_the_server_sees_the_beginning_and_is_told_whether_there_is_more(
    data: bytes, whole: bool, partial: str
) -> None:
    made, asking = step(bodyBytes="4"), subject(WITH_BODY, "X-Weir-Partial-Body: maybe", method="POST")
    verdict = made.decide(asking)
    assert isinstance(verdict, Ask) and isinstance(verdict.question, FirstOctets)
    assert verdict.question.bound == 4
    asked = after(made, asking, BodyPrefix(data, whole=whole))
    assert asked.body == data
    assert [value for name, value in asked.fields if name.lower() == "x-weir-partial-body"] == [partial]
    assert made.resume(asking, Authorized(204, [])) is None


def test_a_request_without_a_body_is_asked_about_at_once_and_as_whole() -> None:
    asked = question(step(bodyBytes="4"), subject())
    assert asked.body == b""
    assert ("x-weir-partial-body", "false") in asked.fields


def test_without_body_bytes_the_server_is_told_nothing_of_the_body() -> None:
    asked = question(step(), subject(WITH_BODY, "X-Weir-Partial-Body: true", method="POST"))
    assert asked.body == b""
    assert "x-weir-partial-body" not in {name.lower() for name, _ in asked.fields}


def test_an_answer_holds_for_the_same_beginning_of_a_body_alone() -> None:
    made = step(bodyBytes="4", cache="10s")
    first = subject(WITH_BODY, method="POST")
    after(made, first, BodyPrefix(b"good", whole=False))
    assert made.resume(first, Authorized(200, [])) is None
    assert made.resume(subject(WITH_BODY, method="POST"), BodyPrefix(b"good", whole=False)) is None
    for other in (BodyPrefix(b"evil", whole=False), BodyPrefix(b"good", whole=True)):
        assert after(made, subject(WITH_BODY, method="POST"), other).body == other.data


def test_a_second_server_has_the_last_word_on_a_header() -> None:
    made, asking = step(responseHeaders=["X-User"]), subject()
    for fields in ([(b"x-user", b"alice")], [(b"x-user", b"bob")], []):
        question(made, asking)
        assert made.resume(asking, Authorized(200, fields)) is None
        assert asking.request_lines == [b"x-user: %b\r\n" % value for _, value in fields]
