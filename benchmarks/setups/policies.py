"""The usual policies of a route, as far as every proxy has them: what they change in a message."""

from __future__ import annotations

# Request headers: one set whatever the client sends, one taken away.
SET = ("x-environment", "bench")
REMOVED = "x-debug"
# Response headers: one added, one of the origin's taken away.
ADDED = ("x-served-by", "edge")
HIDDEN = "x-origin-secret"
# Clients of these networks are refused: as many as no list that is walked would like, none of them the load's.
REFUSED_NETWORKS = tuple(f"10.{number // 250}.{number % 250}.0/25" for number in range(1_000))
# Requests a second of one client's address, counted but never reached by the load.
RATE_LIMIT = 1_000_000
# What takes the place of the matched prefix.
REWRITTEN_TO = "/v1"
