"""A connection for each request: what accepting and closing cost on top of an exchange."""

from __future__ import annotations

from benchmarks.bench import Bench
from benchmarks.comparison import Traffic
from benchmarks.http_client import Answer
from benchmarks.origin import Origin
from benchmarks.results import Finding
from benchmarks.scenarios.one_route import found


class NewConnections:
    """The client asks for the close, as one that keeps nothing does; upstream connections are kept all the same."""

    name = "new-connections"
    what = "a new connection per request, 64 at a time, closed by the proxy after its answer of 60 bytes"

    def run(self, bench: Bench) -> Finding:
        """Compare Weir and the peers."""
        closing = Traffic("/api/orders/42", {"Connection": "close"}, Answer(200, Origin.small_body(0)))
        with Origin(bench.folder, bench.cores.load) as origin:
            return found(self.name, self.what, bench, origin, closing)
