"""The shared memory of a node's limits: made by the supervisor, used by every worker, kept over the deaths of workers.

An anonymous file that is handed over by descriptor, as that of the counters is, so nothing is left behind.
"""

from __future__ import annotations

import mmap
import os
import secrets
from dataclasses import dataclass

from gateway.hot.flight_table import FlightTable, flight_words
from gateway.hot.ledger import Ledger
from gateway.hot.rate_table import KEY_WORDS, RateTable, table_words


@dataclass(frozen=True, slots=True)
class LimitLayout:
    """Room for the rates of `keys` keys, and for an eighth of them with requests of `workers` workers under way."""

    workers: int
    keys: int

    @property
    def flight_keys(self) -> int:
        """Keys of limits on how many there are at once."""
        return max(self.keys // 8, 1)

    @property
    def octets(self) -> int:
        """The size of the memory."""
        return 8 * (table_words(self.keys) + flight_words(self.flight_keys, self.workers))

    def attach(self, descriptor: int, worker: int, ledger: Ledger) -> tuple[RateTable, FlightTable]:
        """The tables in the memory behind `descriptor`, which stays open as long as they are used."""
        words = memoryview(mmap.mmap(descriptor, self.octets)).cast("q")
        rates = table_words(self.keys)
        return (
            RateTable(words[:rates], self.keys, worker, ledger, descriptor),
            FlightTable(words[rates:], self.flight_keys, self.workers, worker, ledger, descriptor),
        )


class LimitSegment:
    """The supervisor's side."""

    def __init__(self, layout: LimitLayout) -> None:
        self.layout = layout
        self.descriptor = os.memfd_create("weir-limits")
        os.ftruncate(self.descriptor, layout.octets)
        # Pages that nobody writes take no memory.
        with mmap.mmap(self.descriptor, layout.octets) as memory:
            memory[: 8 * KEY_WORDS] = secrets.token_bytes(8 * KEY_WORDS)
        self._rates, self._flights = layout.attach(self.descriptor, 0, Ledger.private())

    def forget_worker(self, worker: int) -> None:
        """Give back what a worker that is gone had under way, and its locks; what was counted stays."""
        self._rates.forget_worker(worker)
        self._flights.forget_worker(worker)

    def close(self) -> None:
        """Let go of the descriptor; the memory goes with the last process that has it."""
        os.close(self.descriptor)
