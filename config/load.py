"""From the texts of all sources to one Snapshot, or to all the problems that keep them from being one."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from config.binding.bind import bind
from config.documents import Finding, Located, label, placed, read
from config.problems import Problem, errors_among, in_order
from config.resources import Resource
from config.resources.honoured import unhonoured_places
from config.resources.weir import Weir
from config.snapshot import Snapshot
from config.sources.text import SourceText
from config.status import ResourceStatus


@dataclass(frozen=True, slots=True)
class Loaded:
    """What came of a set: `snapshot` is None where `problems`, in order of file and line, has an error.

    `located` are the resources that could be read, each once, with their places, and `statuses` what binding says of
    them.
    """

    snapshot: Snapshot | None
    problems: tuple[Problem, ...]
    located: tuple[Located, ...]
    statuses: tuple[ResourceStatus, ...]

    @property
    def resources(self) -> tuple[Resource, ...]:
        """The resources without their places."""
        return tuple(located.resource for located in self.located)


def load(documents: Sequence[SourceText], /, *, generation: int, previous: Snapshot | None) -> Loaded:
    """Judge `documents` whole. The snapshot is `previous` itself where the resources say the same as those it is of.

    Takes no lock and changes nothing that is in force; may be called in any thread.
    """
    found = read(documents)
    findings = list(found.findings)
    unique = _unique(found.resources, findings)
    resources = tuple(located.resource for located in unique)
    broken = bool(findings or found.problems)
    binding = bind(resources)
    origins = {id(located.resource): located.origin for located in unique}
    for note in binding.notes:
        # Where a resource could not be read, that others miss it is a consequence, and would be told in vain.
        if note.severity == "error" or not broken:
            origin = origins[id(note.resource)].under(note.path)
            findings.append(Finding(origin, note.message, note.suggestion, note.severity, label(note.resource)))
    for located in unique:
        findings.extend(_unhonoured(located))
    problems = in_order([*found.problems, *placed(findings)])
    if not resources and not problems:
        problems = [_empty(documents)]
    if errors_among(problems):
        return Loaded(None, tuple(problems), tuple(unique), binding.statuses)
    digest = _digest(unique)
    if previous is not None and previous.digest == digest:
        return Loaded(previous, tuple(problems), tuple(unique), binding.statuses)
    snapshot = Snapshot(generation, digest, binding.process, binding.ports, binding.backends, binding.statuses)
    return Loaded(snapshot, tuple(problems), tuple(unique), binding.statuses)


def _unique(resources: Sequence[Located], findings: list[Finding]) -> list[Located]:
    """Each resource once, and one Weir; what goes beyond is an error that names both places."""
    first: dict[tuple[str, str, str], Located] = {}
    process: Located | None = None
    for located in resources:
        resource = located.resource
        other = first.get(resource.key)
        what = f"{label(resource)} is there twice"
        if other is None and isinstance(resource, Weir):
            other = process
            what = f"{label(resource)} is a second Weir, and a process has one"
            process = process or located
        if other is None:
            first[resource.key] = located
            continue
        name = ("metadata", "name")
        findings.append(
            Finding(
                located.origin.under(name),
                what,
                "remove one",
                resource=label(resource),
                first=other.origin.under(name),
            )
        )
    return list(first.values())


def _unhonoured(located: Located) -> list[Finding]:
    """A warning for each field that is set and has no effect yet, at the first place where it is."""
    return [
        Finding(
            located.origin.under(place, at_key=True),
            f"{field.rpartition('.')[2].replace('=', ' ')} has no effect in this version",
            severity="warning",
            resource=label(located.resource),
        )
        for field, place in unhonoured_places(located.resource)
    ]


def _empty(documents: Sequence[SourceText]) -> Problem:
    name = documents[0].name if len(documents) == 1 else "(configuration)"
    message = "it holds no resources, so nothing is listened on"
    return Problem(name, 0, 0, "", message, "see `weir schema` for what may stand there", "warning")


def _digest(resources: Sequence[Located]) -> str:
    """The same for the same resources, in whatever order and files they stand."""
    whole = hashlib.blake2b(digest_size=16)
    for digest in sorted(located.digest for located in resources):
        whole.update(digest)
    return whole.hexdigest()
