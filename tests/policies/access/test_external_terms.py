"""The terms under which an authorizer is asked, as operators write them."""

from __future__ import annotations

from config.resources.access import ExternalAccess
from config.snapshot import ExternalAuth
from policies.access.external_terms import ExternalTerms


def of_policy(**fields: object) -> ExternalTerms:
    return ExternalTerms.of_policy(
        ExternalAccess.model_validate({"backendRef": {"name": "asked", "port": 80}, **fields})
    )


def test_a_policy_that_says_little_has_the_server_see_all_headers_and_no_body() -> None:
    assert of_policy() == ExternalTerms("access.external", "", 1.0, None, ())


def test_a_policy_that_says_all() -> None:
    said = of_policy(
        path="/check/",
        timeout="2s",
        requestHeaders=["X-A"],
        responseHeaders=["X-User"],
        bodyBytes="1Ki",
        cache="10s",
        onFailure="Allow",
    )
    sent = frozenset((b"x-a", b"host", b"authorization"))
    assert said == ExternalTerms(
        "access.external", "/check", 2.0, sent, (b"x-user",), body_bytes=1024, kept_s=10.0, fails_open=True
    )


def test_a_filter_that_says_little_is_strict() -> None:
    sent = frozenset((b"host", b"authorization"))
    assert ExternalTerms.of_filter(ExternalAuth("shop/asked")) == ExternalTerms(
        "ExternalAuth", "", 1.0, sent, None, whole_bodies=True, only_200=True, tells_address=False
    )


def test_a_filter_that_says_all() -> None:
    filter_ = ExternalAuth("shop/asked", "/check", ("x-forwarded-for",), ("x-user",), 5)
    said = ExternalTerms.of_filter(filter_)
    assert said.sent == {b"host", b"authorization", b"x-forwarded-for"}
    assert (said.path, said.goes_on, said.body_bytes, said.tells_address) == ("/check", (b"x-user",), 5, True)
