"""`weir backends`: the backends of a running gateway and the endpoints that it knows of."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.cli.admin_client import DEFAULT_URL, AdminClient, Json, objects
from gateway.cli.options import AdminOption, OutputOption, TokenFileOption
from gateway.cli.output import Output, write_json, write_table

COLUMNS = ("backend", "source", "age", "endpoint", "weight", "zone", "state", "tags", "last error")


def backends(
    admin: AdminOption = DEFAULT_URL, token_file: TokenFileOption = None, output: OutputOption = Output.TEXT
) -> None:
    """Show the backends of a running gateway: where their endpoints come from, how old that is, and the endpoints.

    Exit codes: 0 shown; 1 the admin API does not answer, or refuses; 2 a wrong command line.

    Examples:

        weir backends

        weir backends --output json | jq '.backends[] | select(.ready | not).name'
    """
    found = AdminClient(admin, token_file).get_objects("/api/v1/backends", "backends")
    if output is Output.JSON:
        write_json({"backends": found})
    else:
        write_table(COLUMNS, [row for backend in found for row in backend_rows(backend)])


def backend_rows(backend: Mapping[str, Json]) -> list[tuple[str, ...]]:
    """A row per endpoint, or one that says that there is none."""
    age = backend.get("ageSeconds")
    about = (
        str(backend.get("name", "")),
        str(backend.get("source", "")),
        f"{age:.1f}s" if isinstance(age, int | float) else "never",
    )
    error = str(backend.get("lastError") or "")
    rows = [(*about, *_endpoint(endpoint), error) for endpoint in objects(backend.get("endpoints"))]
    return rows or [(*about, "none" if backend.get("ready") else "not known yet", "", "", "", "", error)]


def _endpoint(endpoint: Mapping[str, Json]) -> tuple[str, ...]:
    address, tags = str(endpoint.get("address", "")), endpoint.get("tags")
    return (
        f"{f'[{address}]' if ':' in address else address}:{endpoint.get('port')}",
        str(endpoint.get("weight", "")),
        str(endpoint.get("zone", "")),
        "serving" if endpoint.get("serving") else "draining",
        ",".join(f"{name}={value}" for name, value in tags.items()) if isinstance(tags, Mapping) else "",
    )
