"""Who comes in by network: what the most specific network says."""

from __future__ import annotations

import pytest

from config.resources.access import SourceAccess
from policies.access.sources import SourcesStep
from policies.verdict import Denial
from tests.support.subjects import subject


def refusal(spec: SourceAccess, address: str) -> str:
    """The reason with which `address` is refused, "" where it comes in."""
    verdict = SourcesStep(spec).decide(subject(address=address))
    if verdict is None:
        return ""
    assert isinstance(verdict, Denial) and verdict.status == 403 and verdict.lines == ()
    return verdict.reason


def test_the_most_specific_network_decides() -> None:
    spec = SourceAccess(allow=("10.0.0.0/8", "10.6.6.128/25"), deny=("10.6.6.0/24",))
    assert refusal(spec, "10.1.1.1") == ""
    assert refusal(spec, "10.6.6.7") == "10.6.6.7 is in 10.6.6.0/24, which is refused"
    assert refusal(spec, "10.6.6.200") == ""


def test_with_networks_let_in_all_others_are_refused() -> None:
    spec = SourceAccess(allow=("10.0.0.0/8",))
    assert refusal(spec, "192.0.2.1") == "192.0.2.1 is in no network that is let in"
    assert refusal(spec, "2001:db8::1")


def test_with_networks_refused_alone_all_others_come_in() -> None:
    spec = SourceAccess(deny=("10.0.0.0/8",))
    assert refusal(spec, "192.0.2.1") == refusal(spec, "2001:db8::1") == ""
    assert refusal(spec, "10.0.0.1")


@pytest.mark.parametrize("deny", ["10.0.0.0/8", "10.9.9.9/8", "::ffff:10.0.0.0/104"])
def test_at_a_tie_the_refused_one_decides(deny: str) -> None:
    assert refusal(SourceAccess(allow=("10.0.0.0/8",), deny=(deny,)), "10.0.0.1")


def test_an_address_written_as_ipv6_does_not_slip_through() -> None:
    spec = SourceAccess(allow=("::/0", "0.0.0.0/0"), deny=("10.0.0.0/8",))
    assert "10.0.0.0/8" in refusal(spec, "::ffff:10.0.0.1")


def test_what_is_no_address_is_refused() -> None:
    assert refusal(SourceAccess(deny=("10.0.0.0/8",)), "unix") == "the address 'unix' is in no network"
