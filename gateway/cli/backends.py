"""`weir backends`: the backends of a running gateway, the endpoints that it knows of, and changes of these by hand."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from typing import Annotated

import typer

from gateway.cli.admin_client import DEFAULT_URL, AdminClient, Json, objects, texts
from gateway.cli.in_flight import await_state
from gateway.cli.options import AdminOption, OutputOption, TokenFileOption
from gateway.cli.output import Output, write_json, write_table

COLUMNS = ("backend", "source", "age", "endpoint", "weight", "zone", "state", "why", "tags", "last error")
PATH = "/api/v1/by-hand"

backends = typer.Typer(invoke_without_command=True)

BackendArgument = Annotated[str, typer.Argument(metavar="BACKEND", help="`namespace/name`; `default` may be left out.")]
EndpointArgument = Annotated[str, typer.Argument(metavar="ENDPOINT", help="Its id, or `address:port`.")]
ForOption = Annotated[
    str, typer.Option("--for", metavar="TIME", help="How long it holds, such as 10m; 30 days at most.")
]
ReasonOption = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, for who looks later.")]

TimeoutOption = Annotated[str, typer.Option("--timeout", metavar="TIME", help="How long to wait at most.")]


def _seconds(timeout: str) -> float:
    from config.resources.scalars import Duration

    if re.match(Duration.PATTERN, timeout) is None:
        raise typer.BadParameter(f"--timeout {timeout}: {Duration.EXPECTED} is expected")
    return Duration(timeout).seconds


@backends.callback()
def show(
    context: typer.Context,
    admin: AdminOption = DEFAULT_URL,
    token_file: TokenFileOption = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Show the backends of a running gateway: where their endpoints come from, how old that is, and how each endpoint
    stands. With a command, change an endpoint by hand.

    A change needs a token with `role: Write`, ends by itself after `--for`, outlives reloads, and restarts where there
    is a state folder.

    Exit codes: 0 shown or changed; 1 the admin API does not answer, or refuses; 2 a wrong command line; 3 requests are
    in flight still after the time of `drain --wait` or `wait`.

    Examples:

        weir backends

        weir backends --output json | jq '.backends[] | select(.ready | not).name'

        weir backends drain shop/orders 10.0.0.7:8080 --for 30m --reason release --token-file token

        weir backends drain shop/orders 10.0.0.7:8080 --wait --timeout 60s --token-file token
    """
    if context.invoked_subcommand is not None:
        return
    found = AdminClient(admin, token_file).get_objects("/api/v1/backends", "backends")
    if output is Output.JSON:
        write_json({"backends": found})
    else:
        write_table(COLUMNS, [row for backend in found for row in backend_rows(backend)])


@backends.command()
def drain(
    backend: BackendArgument,
    endpoint: EndpointArgument,
    lasts: ForOption = "1h",
    reason: ReasonOption = "",
    *,
    wait: Annotated[bool, typer.Option("--wait", help="Return once nothing is in flight there any more.")] = False,
    timeout: TimeoutOption = "60s",
    admin: AdminOption = DEFAULT_URL,
    token_file: TokenFileOption = None,
) -> None:
    """Send an endpoint no new request; what runs on it has `drain.timeout` of its backend, and is ended then.

    With `--wait`, exit code 0 says that the endpoint may be stopped, 3 that something is in flight still.
    """
    limit_s, client = _seconds(timeout), AdminClient(admin, token_file)
    told = _set(client, backend, endpoint, "drain", lasts, reason)
    if wait:
        _await(client, str(told["backend"]), str(told["place"]), limit_s, serving=False)


@backends.command("wait")
def wait_for(
    backend: BackendArgument,
    endpoint: EndpointArgument,
    *,
    serving: Annotated[bool, typer.Option("--serving", help="Wait until it takes requests instead.")] = False,
    timeout: TimeoutOption = "60s",
    admin: AdminOption = DEFAULT_URL,
    token_file: TokenFileOption = None,
) -> None:
    """Wait until an endpoint takes no new request and nothing is in flight there, as it left or drains.

    Exit code 0 says that it may be stopped, 3 that it may not after `--timeout`.
    """
    _await(AdminClient(admin, token_file), backend, endpoint, _seconds(timeout), serving=serving)


@backends.command()
def undrain(
    backend: BackendArgument,
    endpoint: EndpointArgument,
    admin: AdminOption = DEFAULT_URL,
    token_file: TokenFileOption = None,
) -> None:
    """End a drain by hand."""
    _take_back(AdminClient(admin, token_file), backend, endpoint, "drain")


@backends.command()
def eject(
    backend: BackendArgument,
    endpoint: EndpointArgument,
    lasts: ForOption = "1h",
    reason: ReasonOption = "",
    admin: AdminOption = DEFAULT_URL,
    token_file: TokenFileOption = None,
) -> None:
    """Count an endpoint as unhealthy: no new request, unless so few are healthy that `panicThreshold` counts all."""
    _set(AdminClient(admin, token_file), backend, endpoint, "eject", lasts, reason)


@backends.command()
def uneject(
    backend: BackendArgument,
    endpoint: EndpointArgument,
    admin: AdminOption = DEFAULT_URL,
    token_file: TokenFileOption = None,
) -> None:
    """End an ejection, by hand or for failures seen."""
    _take_back(AdminClient(admin, token_file), backend, endpoint, "eject")


@backends.command()
def weight(
    backend: BackendArgument,
    endpoint: EndpointArgument,
    weight: Annotated[int, typer.Argument(min=0, max=65535, help="In place of the one that its source tells.")],
    lasts: ForOption = "1h",
    reason: ReasonOption = "",
    admin: AdminOption = DEFAULT_URL,
    token_file: TokenFileOption = None,
) -> None:
    """Give an endpoint another weight."""
    _set(AdminClient(admin, token_file), backend, endpoint, "weight", lasts, reason, weight)


@backends.command()
def unweight(
    backend: BackendArgument,
    endpoint: EndpointArgument,
    admin: AdminOption = DEFAULT_URL,
    token_file: TokenFileOption = None,
) -> None:
    """End a weight by hand."""
    _take_back(AdminClient(admin, token_file), backend, endpoint, "weight")


def _set(
    client: AdminClient, backend: str, endpoint: str, action: str, lasts: str, reason: str, weight: int | None = None
) -> Mapping[str, Json]:
    """Put it in force and say so; what the gateway answered."""
    body: dict[str, Json] = {
        "backend": backend,
        "endpoint": endpoint,
        "action": action,
        "for": lasts,
        "reason": reason,
    }
    if weight is not None:
        body["weight"] = weight
    told: Mapping[str, Json] = json.loads(client.send("POST", PATH, body=body))
    kept = "" if told["kept"] else "; a restart ends it, as nothing is kept in a state folder"
    what = f"{action} {weight}" if weight is not None else action
    sys.stdout.write(f"{what} of {told['endpoint']} of {told['backend']} for {told['secondsLeft']:.0f} s{kept}\n")
    return told


def _await(client: AdminClient, backend: str, endpoint: str, limit_s: float, *, serving: bool) -> None:
    waited_s = await_state(client, backend, endpoint, limit_s, serving=serving)
    now = "takes requests" if serving else "takes no request and has none in flight"
    sys.stdout.write(f"{endpoint} of {backend} {now} after {waited_s:.1f} s\n")


def _take_back(client: AdminClient, backend: str, endpoint: str, action: str) -> None:
    params = [("backend", backend), ("endpoint", endpoint), ("action", action)]
    told = json.loads(client.send("DELETE", PATH, params))
    sys.stdout.write(f"{action} of {told['endpoint']} of {told['backend']} is over\n")


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
    return rows or [(*about, "none" if backend.get("ready") else "not known yet", "", "", "", "", "", error)]


def _endpoint(endpoint: Mapping[str, Json]) -> tuple[str, ...]:
    address, tags = str(endpoint.get("address", "")), endpoint.get("tags")
    return (
        f"{f'[{address}]' if ':' in address else address}:{endpoint.get('port')}",
        str(endpoint.get("weight", "")),
        str(endpoint.get("zone", "")),
        str(endpoint.get("state") or ("serving" if endpoint.get("serving") else "draining")),
        "; ".join(texts(endpoint.get("reasons"))),
        ",".join(f"{name}={value}" for name, value in tags.items()) if isinstance(tags, Mapping) else "",
    )
