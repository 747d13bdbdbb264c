"""TLSRoutes: names that a client asks for, and one rule."""

from __future__ import annotations

import pytest

from config.resources.tls_route import TLSRoute
from tests.config.resources.own_kinds import read, refusal

RULES = [{"backendRefs": [{"name": "a", "port": 1}]}]


def test_names_may_begin_with_a_wildcard() -> None:
    found = read(TLSRoute, {"hostnames": ["a.example", "*.b.example"], "rules": RULES})
    assert found.spec.hostnames == ("a.example", "*.b.example")


@pytest.mark.parametrize(
    ("hostnames", "message"),
    [
        ([], "at least 1 item"),
        (["10.0.0.1"], "Hostnames cannot contain an IP"),
        (["a.*.example"], "should match pattern"),
    ],
)
def test_what_no_client_asks_for_is_refused(hostnames: list[str], message: str) -> None:
    assert message in refusal(TLSRoute, {"hostnames": hostnames, "rules": RULES})
