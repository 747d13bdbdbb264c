"""CORS filters that say something impossible, or something that their author hardly meant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from config.binding.catalog import Catalog, Note
from config.binding.own_check import OwnCheck
from config.problems import PathPart
from config.resources.http_filters import CORSFilter, HTTPRouteFilter
from config.resources.http_route import HTTPRoute, HTTPRouteRule

MAX_PORT = 65_535
Place = tuple[PathPart, ...]


def check_cross_origin(catalog: Catalog, notes: list[Note]) -> None:
    """An error for a port that there is not; a warning for what opens a route to all sites, or to none."""
    _CHECK.note(catalog.all(HTTPRoute), notes)


def _checked(route: HTTPRoute) -> Iterator[Note]:
    for index, rule in enumerate(route.spec.rules):
        path: Place = ("spec", "rules", index)
        filters = [*_filters(rule.filters, path)]
        for position, ref in enumerate(rule.backend_refs):
            filters += _filters(ref.filters, (*path, "backendRefs", position))
        for place, cors in filters:
            yield from _origins(route, cors, place)
        if filters and not _takes_preflights(rule):
            message = "no match of the rule takes OPTIONS, so no preflight of a browser reaches its CORS filter"
            yield Note(route, filters[0][0], message, "add a match with method OPTIONS, or one without a method")


def _filters(filters: Sequence[HTTPRouteFilter], path: Place) -> Iterator[tuple[Place, CORSFilter]]:
    for position, filter_ in enumerate(filters):
        if filter_.cors is not None:
            yield (*path, "filters", position, "cors"), filter_.cors


def _origins(route: HTTPRoute, cors: CORSFilter, path: Place) -> Iterator[Note]:
    place = (*path, "allowOrigins")
    if not cors.allow_origins:
        yield Note(
            route, place, "no origin is listed, so no other site may use the route", "name one, or remove the filter"
        )
    if cors.allow_credentials and "*" in cors.allow_origins:
        message = 'with credentials, "*" lets any site read what a signed-in user of it may read'
        yield Note(route, place, message, "name the origins that may")
    for position, origin in enumerate(cors.allow_origins):
        port = origin.partition("://")[2].rpartition(":")[2]
        if port.isdigit() and ":" in origin.partition("://")[2] and not 1 <= int(port) <= MAX_PORT:
            yield Note(route, (*place, position), f"{port} is no port: 1..{MAX_PORT}", "", "error")


def _takes_preflights(rule: HTTPRouteRule) -> bool:
    return not rule.matches or any(match.method in (None, "OPTIONS") for match in rule.matches)


_CHECK = OwnCheck(_checked)
