"""`weir echo`: a service that says what reached it, for demos and tests."""

from __future__ import annotations

from typing import Annotated

import typer

from gateway.cli.failure import Failed


def echo(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one and prints it.")],
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    name: Annotated[str, typer.Option(help="What it calls itself in its answers; SERVICE-PORT when left out.")] = "",
    consul: Annotated[str, typer.Option(metavar="URL", help="Consul agent to register with.")] = "",
    service: Annotated[str, typer.Option(help="Name to register under; needs --consul.")] = "",
    tag: Annotated[
        list[str] | None, typer.Option(metavar="TAG", help="Tag of the registration; may be given several times.")
    ] = None,
    advertise: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS",
            help="Address to register: HOST when left out, or this machine's own as Consul's agent sees it where HOST "
            "is 0.0.0.0 or ::.",
        ),
    ] = "",
    delay: Annotated[float, typer.Option(min=0.0, metavar="SECONDS", help="Wait before each answer.")] = 0.0,
    drain: Annotated[
        float,
        typer.Option(min=0.0, metavar="SECONDS", help="How long it goes on serving after it left Consul."),
    ] = 1.0,
) -> None:
    """Answer every request with JSON that says who answered and what arrived.

    The answer has `name`, `method`, `path`, `query`, `headers`, `bodyBytes` and `client`; `/healthz` is 200 `ok`.

    With --consul and --service it registers itself with an HTTP check; CONSUL_HTTP_TOKEN is sent where it is set.
    SIGTERM and SIGINT take it out of Consul first; then it serves on for the time of --drain, finishes what is in
    flight and ends. A second signal ends it at once.

    Exit codes: 0 ended by a signal; 1 the port is taken, or the address cannot be told; 2 a wrong command line.

    Examples:

        weir echo --port 9001 --name a

        weir echo --port 0 --consul http://127.0.0.1:8500 --service orders --tag primary
    """
    if bool(consul) != bool(service):
        raise Failed("--consul and --service go together", code=2)
    if (tag or advertise) and not consul:
        raise Failed("--tag and --advertise need --consul and --service", code=2)

    import uvloop

    from gateway.cli.consul_registration import AgentURL
    from gateway.cli.echo_service import EchoSettings, serve

    try:
        agent = AgentURL.parse(consul) if consul else None
    except ValueError as error:
        raise Failed(f"--consul {consul}: {error}", code=2) from error
    settings = EchoSettings(host, port, name, delay, drain, agent, service, tuple(tag or ()), advertise)
    try:
        uvloop.run(serve(settings))
    except OSError as error:
        raise Failed(f"{host}:{port}: {error.strerror or error}") from error
