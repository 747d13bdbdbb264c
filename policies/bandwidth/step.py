"""Octets per second of a connection, each way for itself."""

from __future__ import annotations

from config.resources.shaping import Bandwidth
from policies.environment import Environment
from policies.step import Step
from policies.subject import Subject


class BandwidthStep(Step):
    """Notes the bound; whoever moves octets counts them."""

    __slots__ = ("per_connection",)
    name = "bandwidth"

    def __init__(self, per_connection: int) -> None:
        self.per_connection = per_connection
        """Octets per second."""

    def decide(self, subject: Subject) -> None:
        subject.bandwidth = self


def compile_bandwidth(bandwidth: Bandwidth, _: Environment) -> BandwidthStep | None:
    """Bounds the octets per second of a request's bodies."""
    if bandwidth.per_connection is None:
        return None
    return BandwidthStep(bandwidth.per_connection.bytes)
