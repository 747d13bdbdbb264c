"""`weir routes`: the rules that a running gateway serves."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.cli.admin_client import DEFAULT_URL, AdminClient, Json, objects, texts
from gateway.cli.options import AdminOption, OutputOption, TokenFileOption
from gateway.cli.output import Output, write_json, write_table

COLUMNS = ("listener", "port", "hostnames", "rule", "matches", "filters", "backends")


def routes(
    admin: AdminOption = DEFAULT_URL, token_file: TokenFileOption = None, output: OutputOption = Output.TEXT
) -> None:
    """Show the rules that a running gateway has in force, and where their traffic goes.

    Exit codes: 0 shown; 1 the admin API does not answer, or refuses; 2 a wrong command line.

    Examples:

        weir routes

        weir routes --admin http://10.0.0.7:9901 --token-file token --output json
    """
    found = AdminClient(admin, token_file).get_objects("/api/v1/routes", "routes")
    if output is Output.JSON:
        write_json({"routes": found})
    else:
        write_table(COLUMNS, [route_row(route) for route in found])


def route_row(route: Mapping[str, Json]) -> tuple[str, ...]:
    """One rule under one listener as a row; several values of a cell stand in one line, parted by `; `."""
    shares = [
        f"{share.get('weight')} {share.get('backend') or '500: ' + str(share.get('problem'))}"
        for share in objects(route.get("backends"))
    ]
    return (
        str(route.get("listener", "")),
        str(route.get("port", "")),
        "; ".join(texts(route.get("hostnames"))),
        f"{route.get('kind')} {route.get('rule')}",
        "; ".join(texts(route.get("matchesText"))),
        "; ".join(texts(route.get("filters"))),
        "; ".join(shares),
    )
