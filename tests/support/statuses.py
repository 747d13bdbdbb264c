"""What Weir says of the resources in a YAML text: their statuses, without a socket."""

from __future__ import annotations

from collections.abc import Sequence

from config.load import load
from config.problems import errors_among
from config.sources.text import SourceText
from config.status import Condition, ListenerStatus, ResourceStatus

Short = dict[str, tuple[str, str]]
"""Status and reason by type."""


class Statuses:
    """The configuration in `texts`, which must have errors or must be without, as `faulty` says."""

    def __init__(self, *texts: str, faulty: bool = False) -> None:
        self.loaded = load([SourceText("test.yaml", "".join(texts).encode())], generation=1, previous=None)
        assert bool(errors_among(self.loaded.problems)) is faulty, self.loaded.problems

    def of(self, kind: str, name: str) -> ResourceStatus:
        """The status of the one resource of that kind and name."""
        (found,) = [each for each in self.loaded.statuses if (each.kind, each.name) == (kind, name)]
        return found

    def listener(self, kind: str, name: str, section: str) -> ListenerStatus:
        """The status of one listener of a Gateway or ListenerSet."""
        return next(each for each in self.of(kind, name).listeners if each.name == section)

    def parent(self, name: str, kind: str = "HTTPRoute") -> Short:
        """What the one parent of a route says of it."""
        (parent,) = self.of(kind, name).parents
        return short(parent.conditions)


def refusal(*texts: str) -> str:
    """What is wrong with the configuration in `texts`, which keeps it from being put in force: paths and messages."""
    errors = errors_among(Statuses(*texts, faulty=True).loaded.problems)
    return "; ".join(f"{problem.path}: {problem.message}" for problem in errors)


def short(conditions: Sequence[Condition]) -> Short:
    """Status and reason by type, without PartiallyHonoured, which is Weir's own."""
    return {each.type: (each.status, each.reason) for each in conditions if each.type != "PartiallyHonoured"}
