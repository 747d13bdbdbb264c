"""How far the two sides of an exchange are.

Apart from the modules that go by it: compiled, these load each other in a ring, in which whoever is loaded first has
its types but not its constants yet.
"""

from __future__ import annotations

from enum import IntEnum

DISCARD_BYTES = 256 * 1024
"""How much of a body that nobody wants any more is read so that the connection lives; past it, it is closed."""


class Request(IntEnum):
    """How far the client's side is."""

    STREAMING = 0
    DISCARDED = 1  # answered already: what still comes is read and thrown away
    COMPLETE = 2


class Response(IntEnum):
    """How far the endpoint's side is."""

    CONNECTING = 0
    AWAITED = 1  # the request, or its beginning, is sent; no byte of the answer yet
    STREAMING = 2  # its head is passed on
    TUNNELLED = 3
    COMPLETE = 4
