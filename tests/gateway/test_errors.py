"""The tree of errors: what each class fixes, and that nothing falls out of it."""

from __future__ import annotations

import pytest

from gateway import errors
from gateway.errors import LimitExceeded, Origin, ProtocolError, Retry, WeirError
from gateway.http.reply import REASONS

RFC_9209_TYPES = frozenset(
    (
        "connection_refused",
        "connection_terminated",
        "connection_timeout",
        "destination_unavailable",
        "http_protocol_error",
        "http_request_denied",
        "http_request_error",
        "http_response_timeout",
        "proxy_configuration_error",
        "proxy_internal_error",
    )
)
"""Of RFC 9209 2.3, those that Weir uses."""


def tree(root: type[WeirError] = WeirError) -> list[type[WeirError]]:
    return [root, *(each for child in root.__subclasses__() for each in tree(child))]


@pytest.mark.parametrize("error", tree(), ids=lambda error: error.__name__)
def test_each_class_has_an_answer_and_a_registered_cause(error: type[WeirError]) -> None:
    assert error.proxy_error in RFC_9209_TYPES
    assert error.status in REASONS or error.status == 499


def test_every_class_is_in_one_module_and_there_are_about_ten() -> None:
    assert {error.__module__ for error in tree()} == {errors.__name__}
    assert len(tree()) <= 15


@pytest.mark.parametrize("error", tree(), ids=lambda error: error.__name__)
def test_only_faults_of_an_endpoint_are_ever_retried(error: type[WeirError]) -> None:
    assert error.retry is Retry.NEVER or error.origin is Origin.UPSTREAM


def test_a_limit_names_its_field_and_keeps_its_status() -> None:
    error = LimitExceeded("a head of more than 10 octets", 431, "limits.headerBytes")
    assert isinstance(error, ProtocolError)
    assert (error.status, error.limit, str(error)) == (431, "limits.headerBytes", "a head of more than 10 octets")
