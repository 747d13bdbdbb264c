"""Which tags of a client are believed, and what goes on as baggage."""

from __future__ import annotations

import pytest

from config.resources.traffic_policy import Baggage
from policies.subject import Subject
from policies.tags.passing import BaggageTerms, TrustedTags, compile_baggage, compile_trust, pass_on
from policies.verdict import Denial
from tests.support.subjects import environment, subject

TRUSTING = TrustedTags(["10.0.0.0/8", "2001:db8::/32"])


def sent(asking: Subject) -> list[bytes] | None:
    """The lines of baggage that go on in the place of the client's, None where those are left alone."""
    assert pass_on(asking) is None
    if not asking.request_drop:
        assert not asking.request_lines
        return None
    assert asking.request_drop == {b"baggage"}
    return asking.request_lines


def test_tags_of_a_trusted_network_are_believed() -> None:
    asking = subject("Baggage: weir.lane=canary, user=alice;ttl=1", address="10.1.2.3")
    assert TRUSTING.decide(asking) is None
    assert asking.tags == {"lane": "canary"}
    assert sent(asking) == [b"baggage: weir.lane=canary,user=alice;ttl=1\r\n"]


@pytest.mark.parametrize("peer", ["192.0.2.1", "2001:db9::1", "@socket"])
def test_tags_of_anyone_else_are_stripped(peer: str) -> None:
    asking = subject("Baggage: weir.lane=canary, user=alice", address="10.1.2.3", peer=peer)
    assert TRUSTING.decide(asking) is None
    assert asking.tags == {}
    assert sent(asking) == [b"baggage: user=alice\r\n"]


def test_baggage_of_tags_alone_goes_as_a_whole() -> None:
    assert sent(subject("Baggage: weir.lane=canary", "Baggage: weir.tier=gold")) == []


def test_the_address_that_a_proxy_claims_for_its_client_earns_no_trust() -> None:
    asking = subject("Baggage: weir.lane=canary", address="10.1.2.3", peer="192.0.2.1")
    TRUSTING.decide(asking)
    assert asking.tags == {}


@pytest.mark.parametrize("field", ["user=alice", "what is no baggage", "a=" + "x" * 9000])
def test_baggage_of_others_alone_is_left_as_it_is(field: str) -> None:
    assert sent(subject(f"Baggage: {field}")) is None


def test_nothing_is_sent_for_nothing() -> None:
    assert sent(subject()) is None


@pytest.mark.parametrize(
    ("field", "status"),
    [
        ("weir.lane=canary,,", 400),
        ("weir.lane=a b", 400),
        ("weir.lane=" + "x" * 8190, 431),
        (",".join(["weir.lane=a"] * 65), 431),
    ],
)
def test_baggage_that_must_be_changed_and_cannot_be_read_is_refused(field: str, status: int) -> None:
    for peer in ("10.1.2.3", "192.0.2.1"):
        asking = subject(f"Baggage: {field}", address=peer)
        refusal = TRUSTING.decide(asking) or pass_on(asking)
        assert isinstance(refusal, Denial)
        assert refusal.status == status


def test_a_trusted_member_that_is_no_tag_is_refused() -> None:
    refusal = TRUSTING.decide(subject("Baggage: weir.lane=a%0d%0ab", address="10.1.2.3"))
    assert isinstance(refusal, Denial)
    assert (refusal.status, refusal.reason) == (400, "member weir.lane of the baggage is no tag")


def test_tags_go_before_members_of_others_and_those_without_room_are_counted() -> None:
    asking = subject("Baggage: a=" + "x" * 8180)
    asking.tags["lane"] = "canary"
    assert sent(asking) == [b"baggage: weir.lane=canary\r\n"]
    assert asking.baggage_left_out == 1


def test_terms_name_the_prefix() -> None:
    asking = subject("Baggage: t-lane=x, weir.lane=y", address="10.0.0.1")
    terms = compile_baggage(Baggage(prefix="t-"), environment())
    terms.decide(asking)
    TRUSTING.decide(asking)
    assert asking.tags == {"lane": "x"}
    assert sent(asking) == [b"baggage: t-lane=x,weir.lane=y\r\n"]


def test_terms_keep_tags_at_home() -> None:
    asking = subject("Baggage: weir.lane=x, user=alice")
    BaggageTerms(Baggage(send=False)).decide(asking)
    asking.tags["tier"] = "gold"
    assert sent(asking) == [b"baggage: user=alice\r\n"]


def test_trust_in_nobody_is_no_step() -> None:
    assert compile_trust((), environment()) is None
    assert isinstance(compile_trust(("10.0.0.0/8",), environment()), TrustedTags)


def test_tags_that_come_later_take_the_place_of_what_was_to_go_on() -> None:
    asking = subject("Baggage: user=alice")
    asking.tags["lane"] = "canary"
    assert pass_on(asking) is None
    asking.tags["tier"] = "gold"
    assert sent(asking) == [b"baggage: weir.lane=canary,weir.tier=gold,user=alice\r\n"]
