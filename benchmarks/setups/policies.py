"""The usual policies of a route, as far as every proxy has them: what they change in a message."""

from __future__ import annotations

# Request headers: one set whatever the client sends, one taken away.
SET = ("x-environment", "bench")
REMOVED = "x-debug"
# Response headers: one added, one of the origin's taken away.
ADDED = ("x-served-by", "edge")
HIDDEN = "x-origin-secret"
# What takes the place of the matched prefix.
REWRITTEN_TO = "/v1"
