"""One page for errors, and the body of an endpoint that it takes the place of."""

from __future__ import annotations

from policies.reshaping import BodyChange

UNSEEN_BYTES = 256 * 1024
"""How much of a body that nobody sees is read, so that the connection to the endpoint can be used again."""


class ErrorPage:
    """`body` of the media type `content_type`."""

    __slots__ = ("body", "content_type")

    def __init__(self, body: bytes, content_type: bytes) -> None:
        self.body = body
        self.content_type = content_type


class PageInstead(BodyChange):
    """`page` instead of what the endpoint says, sent at once."""

    __slots__ = ("_page", "_unseen_bytes")

    def __init__(self, page: ErrorPage) -> None:
        super().__init__(len(page.body))
        self._page: bytes = page.body
        self._unseen_bytes = 0

    def feed(self, data: bytes) -> bytes:
        """The page, the first time."""
        self._unseen_bytes += len(data)
        self.ends_early = self._unseen_bytes > UNSEEN_BYTES
        return self.finish()

    def flush(self) -> bytes:
        """The page, where it has not gone out yet."""
        return self.finish()

    def finish(self) -> bytes:
        """As `flush`."""
        page, self._page = self._page, b""
        return page
