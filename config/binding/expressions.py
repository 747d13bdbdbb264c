"""Regular expressions of routes, tried out with the engine that will run them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import re2  # type: ignore[import-untyped]

from config.binding.catalog import Catalog, Note
from config.binding.own_check import OwnCheck
from config.problems import PathPart
from config.resources.grpc_route import GRPCRoute
from config.resources.http_route import HTTPRoute
from config.resources.resource import Resource

_REFUSALS: dict[str, str] = {}
_MAX_KNOWN = 10_000
Found = tuple[tuple[PathPart, ...], str]


def check_expressions(catalog: Catalog, notes: list[Note]) -> None:
    """An error for every expression that RE2 refuses: it has no backreferences and no lookaround, as no input may take
    it more than linear time."""
    _HTTP.note(catalog.all(HTTPRoute), notes)
    _GRPC.note(catalog.all(GRPCRoute), notes)


def _checked(route: Resource, expressions: Iterable[Found]) -> Iterator[Note]:
    for path, expression in expressions:
        if reason := refusal(expression):
            message = f"the regular expression is not valid: {reason}"
            suggestion = "RE2 has no backreferences and no lookaround" if "(?" in reason else ""
            yield Note(route, path, message, suggestion, "error")


def refusal(expression: str) -> str:
    """Why RE2 refuses `expression`; "" where it takes it."""
    if expression not in _REFUSALS:
        if len(_REFUSALS) >= _MAX_KNOWN:
            _REFUSALS.clear()
        options = re2.Options()
        options.log_errors = False
        try:
            re2.compile(expression, options)
        except re2.error as error:
            reason = error.args[0] if error.args else error
            _REFUSALS[expression] = reason.decode() if isinstance(reason, bytes) else str(reason)
        else:
            _REFUSALS[expression] = ""
    return _REFUSALS[expression]


def _of_http(route: HTTPRoute) -> Iterator[Found]:
    for index, rule in enumerate(route.spec.rules):
        for position, match in enumerate(rule.matches):
            path = ("spec", "rules", index, "matches", position)
            if match.path.type == "RegularExpression":
                yield (*path, "path", "value"), match.path.value
            for place, header in enumerate(match.headers):
                if header.type == "RegularExpression":
                    yield (*path, "headers", place, "value"), header.value
            for place, param in enumerate(match.query_params):
                if param.type == "RegularExpression":
                    yield (*path, "queryParams", place, "value"), param.value


def _of_grpc(route: GRPCRoute) -> Iterator[Found]:
    for index, rule in enumerate(route.spec.rules):
        for position, match in enumerate(rule.matches):
            path = ("spec", "rules", index, "matches", position)
            if match.method is not None and match.method.type == "RegularExpression":
                for field, value in (("service", match.method.service), ("method", match.method.method)):
                    if value is not None:
                        yield (*path, "method", field), value
            for place, header in enumerate(match.headers):
                if header.type == "RegularExpression":
                    yield (*path, "headers", place, "value"), header.value


_HTTP: OwnCheck[HTTPRoute] = OwnCheck(lambda route: _checked(route, _of_http(route)))
_GRPC: OwnCheck[GRPCRoute] = OwnCheck(lambda route: _checked(route, _of_grpc(route)))
