"""Which page takes the place of which error."""

from __future__ import annotations

from collections.abc import Sequence

from config.resources.shaping import ErrorPage as ErrorPageSpec
from policies.environment import Environment
from policies.error_pages.page import ErrorPage, PageInstead
from policies.reshaping import AnswerHead
from policies.step import Step
from policies.subject import Subject

_OF_THE_BODY = frozenset(
    (
        b"accept-ranges",
        b"content-digest",
        b"content-disposition",
        b"content-encoding",
        b"content-language",
        b"content-length",
        b"content-location",
        b"content-md5",
        b"content-type",
        b"digest",
        b"etag",
        b"last-modified",
        b"repr-digest",
    )
)
"""Fields of the endpoint that would be untrue of another body (RFC 9110 8, RFC 9530)."""


class ErrorPagesStep(Step):
    """`own` are the pages of Weir's errors by status, `backend` those that also replace bodies of endpoints."""

    name = "errorPages"
    __slots__ = ("_backend", "_own")

    def __init__(self, own: dict[int, ErrorPage], backend: dict[int, ErrorPage]) -> None:
        self._own = own
        self._backend = backend

    def decide(self, subject: Subject) -> None:
        subject.error_pages = self._own
        if self._backend:
            subject.reshapers.append(self)

    def reshape(self, subject: Subject, answer: AnswerHead) -> PageInstead | None:
        """The page for the status of an endpoint's answer."""
        page = self._backend.get(answer.status)
        if page is None:
            return None
        subject.response_drop |= _OF_THE_BODY
        subject.response_lines.append(
            b"content-type: %b\r\ncontent-length: %d\r\n" % (page.content_type, len(page.body))
        )
        return PageInstead(page)


def compile_error_pages(specs: Sequence[ErrorPageSpec], _: Environment) -> ErrorPagesStep | None:
    """Gives answers that tell of errors pages of one's own; of those for the same status the first counts."""
    own: dict[int, ErrorPage] = {}
    backend: dict[int, ErrorPage] = {}
    for spec in specs:
        page = ErrorPage(spec.body.encode("utf-8"), spec.content_type.encode("ascii"))
        for status in spec.statuses:
            if own.setdefault(status, page) is page and spec.from_backend:
                backend[status] = page
    return ErrorPagesStep(own, backend) if own else None
