"""Values in filters that would break the messages they go into: header fields, paths of rewrites and redirects."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from urllib.parse import quote

from config.binding.catalog import Catalog, Note
from config.binding.field_values import value_flaw
from config.binding.own_check import OwnCheck
from config.problems import PathPart
from config.resources.grpc_route import GRPCBackendRef, GRPCRoute, GRPCRouteFilter, GRPCRouteRule
from config.resources.header_filters import GRPCHeader, GRPCHeaderFilter, HTTPHeader, HTTPHeaderFilter
from config.resources.http_filters import HTTPRouteFilter, PathModifier
from config.resources.http_route import HTTPBackendRef, HTTPRoute, HTTPRouteRule
from config.resources.resource import Resource
from config.resources.scalars import FRAMING

Place = tuple[PathPart, ...]
HeaderFilter = HTTPHeaderFilter | GRPCHeaderFilter
_FIELD_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+\-.^_`|~]+")
_PATH = re.compile(r"[!\"$->@-~]*")
_SAFE = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in "#?")


def check_filters(catalog: Catalog, notes: list[Note]) -> None:
    """An error for every value of a filter that may not stand in a message."""
    _CHECK.note((*catalog.all(HTTPRoute), *catalog.all(GRPCRoute)), notes)


def _checked(route: HTTPRoute | GRPCRoute) -> Iterator[Note]:
    rules: Sequence[HTTPRouteRule | GRPCRouteRule] = route.spec.rules
    for index, rule in enumerate(rules):
        path: Place = ("spec", "rules", index)
        yield from _filters(route, rule.filters, (*path, "filters"))
        refs: Sequence[HTTPBackendRef | GRPCBackendRef] = rule.backend_refs
        for position, ref in enumerate(refs):
            yield from _filters(route, ref.filters, (*path, "backendRefs", position, "filters"))


def _filters(route: Resource, filters: Sequence[HTTPRouteFilter | GRPCRouteFilter], path: Place) -> Iterator[Note]:
    for position, filter_ in enumerate(filters):
        here = (*path, position)
        if filter_.request_header_modifier is not None:
            place: Place = (*here, "requestHeaderModifier")
            yield from _headers(route, filter_.request_header_modifier, place, of_request=True)
        if filter_.response_header_modifier is not None:
            place = (*here, "responseHeaderModifier")
            yield from _headers(route, filter_.response_header_modifier, place, of_request=False)
        if isinstance(filter_, HTTPRouteFilter):
            if filter_.url_rewrite is not None:
                yield from _path(route, filter_.url_rewrite.path, (*here, "urlRewrite", "path"))
            if filter_.request_redirect is not None:
                yield from _path(route, filter_.request_redirect.path, (*here, "requestRedirect", "path"))


def _headers(route: Resource, edit: HeaderFilter, path: Place, *, of_request: bool) -> Iterator[Note]:
    actions: tuple[tuple[str, Sequence[HTTPHeader | GRPCHeader]], ...] = (("set", edit.set), ("add", edit.add))
    for action, headers in actions:
        for position, header in enumerate(headers):
            place: Place = (*path, action, position)
            name = header.name.lower()
            if name in FRAMING:
                yield _framing(route, (*place, "name"), header.name)
            elif name == "host" and not of_request:
                message = "Host is a field of requests (RFC 9110 7.2), so a response must not have one"
                yield Note(route, (*place, "name"), message, "remove the entry", "error")
            elif name == "host" and action == "add":
                message = "a request has exactly one Host (RFC 9112 3.2), so none can be added"
                yield Note(route, (*place, "name"), message, "use `set`, or `hostname` of a URLRewrite", "error")
            message, mend = value_flaw(header.value)
            if message:
                yield Note(route, (*place, "value"), message, mend, "error")
    for position, removed in enumerate(edit.remove):
        name, place = removed.lower(), (*path, "remove", position)
        if name in FRAMING:
            yield _framing(route, place, removed)
        elif name == "host":
            message = "Host must not be removed: a request has exactly one (RFC 9112 3.2)"
            yield Note(route, place, message, "to change it, use `hostname` of a URLRewrite", "error")
        elif not _FIELD_NAME.fullmatch(removed):
            message = f'"{removed}" can be no name of a header (RFC 9110 5.1), so nothing is removed'
            yield Note(route, place, message)


def _framing(route: Resource, path: Place, name: str) -> Note:
    message = f"{name} decides how a message is framed or passed on, which Weir sets by itself"
    return Note(route, path, message, "remove the entry", "error")


def _path(route: Resource, path: PathModifier | None, place: Place) -> Iterator[Note]:
    """The path goes into a request line or a Location as it stands: no blank, no control, no query, no fragment."""
    if path is None:
        return
    full = path.type == "ReplaceFullPath"
    value = (path.replace_full_path if full else path.replace_prefix_match) or ""
    field = (*place, "replaceFullPath" if full else "replacePrefixMatch")
    if not _PATH.fullmatch(value):
        found = next(letter for letter in value if not _PATH.fullmatch(letter))
        message = f"a path must not have {found!r} (RFC 3986 3.3)"
        yield Note(route, field, message, f'write "{quote(value, safe=_SAFE)}"', "error")
    if value and not value.startswith("/"):
        message = f'a path must start with "/", and "{value}" does not'
        yield Note(route, field, message, f'write "/{value}"', "error")


_CHECK = OwnCheck(_checked)
