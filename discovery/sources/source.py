"""What every source of endpoints is: something that runs, publishes answers, and can be asked again at once."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from typing import Protocol

from discovery.endpoint import Endpoint

log = logging.getLogger("weir.discovery")


class Answer(Protocol):
    """One good answer of a source, which several backends may read each in its own way."""

    def endpoints(self, variant: str) -> tuple[Endpoint, ...]:
        """The endpoints; `variant` is the tagged address that a backend wants of Consul, "" elsewhere."""


class Endpoints:
    """The answer of a source whose endpoints are the same for everyone."""

    __slots__ = ("_endpoints",)

    def __init__(self, endpoints: tuple[Endpoint, ...]) -> None:
        self._endpoints = endpoints

    def endpoints(self, variant: str) -> tuple[Endpoint, ...]:
        """All of them, whatever the variant."""
        return self._endpoints


Publish = Callable[[Answer], None]


class SourceFailed(Exception):
    """A source could not answer. `reason` is one of a small fixed set of words, fit for a metric's label."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Tally:
    """What a source did, as plain numbers; says in the log when it begins to fail and when it works again.

    `index` is the last Consul index, 0 where there is none. `last_error` is "" while the latest question was answered.
    """

    __slots__ = ("answers", "errors", "index", "last_error", "name", "queries")

    def __init__(self, name: str) -> None:
        self.name = name
        self.queries = 0
        self.answers = 0
        self.index = 0
        self.errors: Counter[str] = Counter()
        self.last_error = ""

    def succeeded(self) -> None:
        """Count an answer."""
        self.answers += 1
        if self.last_error:
            log.info("%s answers again", self.name)
            self.last_error = ""

    def failed(self, error: SourceFailed) -> None:
        """Count an error; only the first of a row, and one of another kind, is logged."""
        self.errors[error.reason] += 1
        message = f"{error.reason}: {error}"
        if not self.last_error or self.last_error.partition(":")[0] != error.reason:
            log.warning("%s does not answer, the last answer is kept: %s", self.name, message)
        self.last_error = message


class Source(Protocol):
    """Where endpoints come from."""

    kind: str
    """A short word for logs and the API: `consul`, `static`, `dns`, `endpointSlice`."""

    tally: Tally

    protected: bool
    """Whether a sudden loss may be an error of the source; False for what an operator wrote down."""

    async def run(self, publish: Publish) -> None:
        """Publish every good answer, in order, until cancelled; return early only where no other can come.

        Errors of the peer are counted in `tally` and followed by a pause; they never publish and never end the run.
        """

    def refresh(self) -> None:
        """Ask again now, from the authority, and publish the answer even if it is the same."""
