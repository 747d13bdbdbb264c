"""`weir explain`: how a request is decided, in words."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.admin_client import AdminClient
from gateway.cli.conditions import COLUMNS as CONDITION_COLUMNS
from gateway.cli.conditions import condition_rows
from gateway.cli.failure import Failed
from gateway.cli.loading import in_policy_world, loaded_from
from gateway.cli.options import OutputOption, TokenFileOption
from gateway.cli.output import Output, write_table
from gateway.cli.run import DEFAULT_PATH

if TYPE_CHECKING:
    from gateway.explanation import Explanation, HeadChanges, SeenEndpoint, Share
    from gateway.question import Question
    from policies.environment import Environment


def explain(
    method: Annotated[str, typer.Argument(help="Method of the request.")],
    url: Annotated[str, typer.Argument(help="Its URL; or a path, with a Host header.")],
    header: Annotated[
        list[str] | None,
        typer.Option("-H", "--header", metavar="LINE", help="Header line `Name: value`; may be given several times."),
    ] = None,
    config: Annotated[
        list[Path] | None,
        typer.Option("-c", "--config", metavar="PATH", help="File or folder of YAML; /etc/weir when left out."),
    ] = None,
    admin: Annotated[
        str, typer.Option("--admin", metavar="URL", help="Ask this running gateway, in place of -c, by its admin API.")
    ] = "",
    token_file: TokenFileOption = None,
    source: Annotated[str, typer.Option(metavar="IP", help="Address that the request comes from.")] = "",
    output: OutputOption = Output.TEXT,
) -> None:
    """Show how a request is decided: port, listener, hostname, route, rule and match, and why no other took it.

    Then what follows: filters in their order, timeouts, backends with their shares, how each is used, and its
    endpoints. The request is judged by the scanner and the routing tables that serve, and nothing is sent. The
    endpoints of Consul and DNS backends are known to a running gateway alone: ask it with --admin.

    Exit codes: 0 explained, whatever the outcome; 1 the configuration has errors or the admin API does not answer; 2 a
    wrong command line, or what cannot be a request.

    Examples:

        weir explain GET http://api.shop.example/orders -c routes.yaml

        weir explain POST http://127.0.0.1:8080/orders -H 'Host: shop.example' --admin http://127.0.0.1:9901
    """
    from gateway.explanation import Explanation
    from gateway.question import BadQuestion, Question

    if config and admin:
        raise Failed("-c and --admin exclude each other", code=2)
    try:
        question = Question.of(method, url, header or (), source)
        if admin:
            params = [("method", method), ("url", url), ("source", source)]
            params += [("header", line) for line in question.headers]
            answer = AdminClient(admin, token_file).get("/api/v1/explain", params)
            try:
                explanation = Explanation.model_validate_json(answer)
            except ValueError as error:
                raise Failed(f"{admin} gave no explanation: is it the admin API of this version of Weir?") from error
        else:
            explanation = _from_files(config or [DEFAULT_PATH], question)
    except BadQuestion as error:
        raise Failed(str(error), code=2) from error
    if output is Output.JSON:
        sys.stdout.write(f"{explanation.model_dump_json(indent=2)}\n")
    else:
        write_explanation(explanation)


def _from_files(paths: Sequence[Path], question: Question) -> Explanation:
    """Raises Failed for a configuration with errors, after printing them."""
    from gateway.explain import explain as follow
    from gateway.explain import written_views

    _, snapshot = loaded_from(paths)

    async def followed(environment: Environment) -> Explanation:
        return follow(snapshot, question, await written_views(snapshot), environment)

    return in_policy_world(followed)


def write_explanation(explained: Explanation) -> None:
    """Print it in the order in which the gateway decides."""
    _write_facts(explained)
    for number, share in enumerate(explained.shares, 1):
        _write_share(number, share)
    if explained.considered:
        sys.stdout.write("\nmatches in order of precedence:\n")
        columns = ("taken", "hostname", "rule", "match", "why not")
        rows = [
            ("no" if each.reason else "yes", each.hostname, f"{each.route}/{each.rule}", each.match, each.reason)
            for each in explained.considered
        ]
        write_table(columns, rows)
    if explained.conditions:
        sys.stdout.write("\nconditions:\n")
        write_table(CONDITION_COLUMNS, condition_rows(explained.conditions))


def _write_facts(explained: Explanation) -> None:
    facts = [("request", explained.request)]
    if explained.source:
        trust = (
            "is a trusted proxy" if explained.trusted_source else "is not trusted: its forwarding headers are dropped"
        )
        facts.append(("source", f"{explained.source} {trust}"))
    facts.append(("outcome", _outcome(explained)))
    if explained.port:
        facts.append(("port", explained.port))
    if explained.listener:
        facts.append(("listener", f"{explained.listener} (hostname {explained.listener_hostname})"))
    taken = explained.taken
    if taken is not None:
        facts.append(("route", f"{taken.route}, rule {taken.rule}, hostname {taken.hostname}"))
        facts.append(("match", taken.match))
        facts += [("policy", f"{said.policy} {said.said}") for said in explained.policies]
        if explained.identity:
            facts.append(("identity", explained.identity))
        if explained.tags:
            facts.append(("tags", ", ".join(f"{name}={value}" for name, value in sorted(explained.tags.items()))))
        if explained.steered:
            facts.append(("steered", f"by {explained.steered}: weights and lanes do not count"))
        facts += [("filter", words) for words in explained.filters]
        facts += _header_facts("answer", explained.answer_headers)
        request, backend = _time(explained.request_timeout_s), _time(explained.backend_request_timeout_s)
        facts.append(("timeouts", f"request {request}, backend request {backend}"))
    _write_pairs(facts, "")


def _outcome(explained: Explanation) -> str:
    outcome = explained.outcome
    if outcome == "Forwarded":
        return ", but ".join(["forwarded", *_lost(explained.shares)])
    if outcome == "Redirected":
        return f"redirected: {explained.status} to {explained.location}"
    return f"{explained.status}: {explained.reason}" if explained.status else explained.reason


def _lost(shares: Sequence[Share]) -> list[str]:
    """What part of the requests goes to no endpoint, by what becomes of it."""
    parts: dict[str, float] = {}
    for share in shares:
        if not share.is_forwarded and share.percent:
            fate = f"answered {share.status}" if share.status else "for a policy to decide that must ask first"
            parts[fate] = parts.get(fate, 0.0) + share.percent
    return [f"{percent:.3g} % of such requests are {fate}" for fate, percent in parts.items()]


def _write_share(number: int, share: Share) -> None:
    title = f"500: {share.problem}" if share.outcome == "Misconfigured" else share.backend or "none"
    sys.stdout.write(f"\nbackend {number}: {title}, weight {share.weight} ({share.percent:.3g} %)\n")
    facts = [("filter", words) for words in share.filters]
    facts += [("policy", f"{said.policy} {said.said}") for said in share.policies]
    goes_on = share.is_forwarded or (share.outcome == "Undecided" and share.backend is not None)
    if not goes_on:
        facts += _header_facts("answer", share.answer_headers)
    else:
        facts += [
            ("asked for", f"{share.target}, host {share.host}"),
            *_header_facts("request", share.request_headers),
            *_header_facts("response", share.response_headers),
            ("endpoints", f"from {share.discovered_by}, protocol {share.protocol}"),
            *((("selects", share.selection),) if share.selection else ()),
            ("policy", ", ".join(_flat(share.policy))),
            ("timeouts", f"connect {_time(share.connect_timeout_s)}"),
        ]
    _write_pairs(facts, "  ")
    if not goes_on:
        return
    if share.endpoints:
        rows = [
            (
                f"  {f'[{each.address}]' if ':' in each.address else each.address}:{each.port}",
                str(each.weight),
                each.zone,
                _state(each),
                ",".join(f"{name}={value}" for name, value in each.tags.items()),
            )
            for each in share.endpoints
        ]
        write_table(("  endpoint", "weight", "zone", "state", "tags"), rows)
    else:
        unknown = "known to the running gateway alone (--admin)"
        sys.stdout.write(f"  endpoints: {'none' if share.endpoints is not None else unknown}\n")


def _state(endpoint: SeenEndpoint) -> str:
    if endpoint.eligible:
        return "serving" if endpoint.serving else "draining, asked all the same"
    return "not for this request" if endpoint.serving and endpoint.weight else "draining"


def _header_facts(what: str, changes: HeadChanges) -> list[tuple[str, str]]:
    told = [(what, f"{name}: {value}") for name, value in changes.set.items()]
    return [*told, *((what, f"without {name}") for name in changes.removed)]


def _write_pairs(facts: Sequence[tuple[str, str]], indent: str) -> None:
    width = max((len(name) for name, _ in facts), default=0)
    for name, value in facts:
        sys.stdout.write(f"{indent}{name.ljust(width)}  {value}\n")


def _time(seconds: float) -> str:
    return f"{seconds:g} s" if seconds else "none"


def _flat(value: object, path: str = "") -> list[str]:
    """`{"a": {"b": 1}}` as `a.b=1`."""
    if not isinstance(value, dict):
        return [f"{path}={value}"]
    return [part for name, inner in value.items() for part in _flat(inner, f"{path}.{name}" if path else str(name))]
