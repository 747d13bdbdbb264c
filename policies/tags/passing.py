"""Tags on their way through: which of a client's are believed, and what the endpoint is told in `baggage`."""

from __future__ import annotations

from collections.abc import Sequence

from config.resources.traffic_policy import Baggage
from policies.access.network_set import NetworkSet
from policies.environment import Environment
from policies.step import Step
from policies.subject import Subject
from policies.tags.baggage import HEADER, BaggageRefused, Member, read, tags_of, write
from policies.verdict import Denial

BAGGAGE = "baggage"
"""The policy that baggage is refused by."""


class BaggageTerms(Step):
    """Says how tags travel: under which prefix, and whether at all."""

    __slots__ = ("_prefix", "_sent")
    name = BAGGAGE

    def __init__(self, spec: Baggage) -> None:
        self._prefix = spec.prefix.encode("ascii")
        self._sent = spec.send

    def decide(self, subject: Subject) -> None:
        subject.baggage_prefix = self._prefix
        subject.baggage_sent = self._sent


class TrustedTags(Step):
    """Takes over the tags of clients in trusted networks; by the address of the connection, which nobody can claim."""

    __slots__ = ("_trusted",)
    name = "trustTagsFrom"

    def __init__(self, networks: Sequence[str]) -> None:
        self._trusted = NetworkSet(networks)

    def decide(self, subject: Subject) -> Denial | None:
        """Refuses baggage that cannot be read, 400, or is too much, 431."""
        fields = subject.head.get_all(HEADER)
        if not fields or not self._trusted.has(subject.peer):
            return None
        try:
            subject.tags.update(tags_of(read(fields), subject.baggage_prefix))
        except BaggageRefused as refused:
            return Denial(refused.status, str(refused))
        return None


def pass_on(subject: Subject) -> Denial | None:
    """Write the `baggage` that goes on: the tags of `subject`, then what others put there, as it came.

    Members that claim to be tags go no further: those that were believed are tags by now. Baggage of others alone is
    no business of Weir's and left as it is. Refuses what must be changed and cannot be read, 400, or is too much, 431.
    """
    fields = subject.head.get_all(HEADER)
    prefix, tags = subject.baggage_prefix, subject.tags if subject.baggage_sent else {}
    if not tags:
        for field in fields:
            if prefix in field:
                break
        else:
            return None
    others: Sequence[Member] = ()
    try:
        if fields:
            others = [member for member in read(fields) if not member.key.startswith(prefix)]
    except BaggageRefused as refused:
        return Denial(refused.status, str(refused))
    pairs = [(prefix + name.encode("ascii"), value) for name, value in tags.items()]
    header, subject.baggage_left_out = write(pairs, others)
    if header:
        subject.set_request_field(HEADER, header)
    else:
        subject.request_drop.add(HEADER)
    return None


def compile_baggage(spec: Baggage, _: Environment) -> BaggageTerms:
    """Says under which prefix tags travel in `baggage`, and whether they do."""
    return BaggageTerms(spec)


def compile_trust(networks: tuple[str, ...], _: Environment) -> TrustedTags | None:
    """Believes the tags that clients in some networks send; those of others are stripped, with a policy or without."""
    return TrustedTags(networks) if networks else None
