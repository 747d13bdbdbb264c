"""Endpoints written out in a Backend."""

from __future__ import annotations

from config.resources.backend import StaticSource
from discovery.endpoint import Endpoint
from discovery.sources.source import Endpoints, Publish, Tally


class Static:
    """Publishes once; a change of the Backend makes another source."""

    kind = "static"
    protected = False

    def __init__(self, spec: StaticSource) -> None:
        self.tally = Tally("static")
        self._endpoints = Endpoints(
            tuple(
                Endpoint(
                    id=f"{endpoint.address}:{endpoint.port}",
                    address=endpoint.address,
                    port=endpoint.port,
                    weight=endpoint.weight,
                    zone=endpoint.zone,
                    tags=dict(endpoint.tags),
                )
                for endpoint in spec.endpoints
            )
        )

    async def run(self, publish: Publish) -> None:
        """Publish the endpoints and return."""
        self.tally.succeeded()
        publish(self._endpoints)

    def refresh(self) -> None:
        """Nothing can have changed."""
