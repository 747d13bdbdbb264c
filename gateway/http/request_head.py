"""The head of a request as the endpoint gets it (RFC 9112 3.2, RFC 9110 7.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.hot.head import RequestHead
from gateway.hot.writer import HeadWriter
from gateway.http.forwarding import Peer, Recipe, forward_lines
from gateway.settings import Settings

if TYPE_CHECKING:
    from policies.chain import Plan, WeightedPlan
    from policies.subject import Subject


_ABSOLUTE = RequestHead.ABSOLUTE


def render_request(
    out: HeadWriter,
    head: RequestHead,
    plan: Plan,
    choice: WeightedPlan,
    recipe: Recipe,
    peer: Peer,
    settings: Settings,
    scheme: bytes,
    request_id: bytes,
    subject: Subject | None,
) -> bytes:
    """The client's fields less hop-by-hop ones, edited by the route's filters, with what Weir adds.

    `out` is used to put it together; `recipe` is that of `choice` and of what policies drop; `scheme` is how the
    client came, `http` or `https`; `subject` has the lines of policies, None where there are none.
    """
    target, host = head.target, b""
    absolute = head.form == _ABSOLUTE
    if choice.rewrite is not None:
        target, host = choice.rewrite.apply(head.path, head.query, plan.matched)
    elif absolute:
        # RFC 9112 3.2.2: origin-form goes on, and Host is the authority of the target.
        target = head.path + (b"?" + head.query if head.query else b"")
    start_line = b""
    if target is not head.target or head.version_minor == 0:
        start_line = b"%b %b HTTP/1.1\r\n" % (head.method, target)
    named = host or absolute or not head.has_host
    head.copy_to(out, start_line, recipe.drop_host if named else recipe.drop)
    forward_lines(out, head, peer, recipe, settings, scheme, request_id)
    if named:
        out.put(b"host: ")
        out.put(host or head.authority)
        out.put(b"\r\n")
    if recipe.extra:
        out.put(recipe.extra)
    if subject is not None:
        for line in subject.request_lines:
            out.put(line)
    if subject is not None and subject.request_framing:
        out.put(subject.request_framing)
    elif head.chunked:
        out.put(b"transfer-encoding: chunked\r\n")
    if head.upgrade:
        out.put(b"connection: upgrade\r\nupgrade: %b\r\n" % head.upgrade)
    elif head.te_trailers:
        out.put(b"connection: te\r\nte: trailers\r\n")
    out.put(b"\r\n")
    return out.take()
