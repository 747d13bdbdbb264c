"""`weir test`: what is expected of requests, held against what the configuration does with them."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.failure import Failed
from gateway.cli.loading import in_policy_world, loaded_from
from gateway.cli.output import write_json

if TYPE_CHECKING:
    from gateway.policy_tests.run import CaseResult, Report
    from policies.environment import Environment

FAILED = 1


class Results(StrEnum):
    """The choices of `--output`."""

    TEXT = "text"
    JSON = "json"
    JUNIT = "junit"


def test(
    config: Annotated[
        list[Path],
        typer.Argument(metavar="PATH", help="Files and folders with a configuration and its PolicyTests."),
    ],
    output: Annotated[Results, typer.Option("-o", "--output", help="How to print it.")] = Results.TEXT,
    *,
    full_coverage: Annotated[
        bool, typer.Option("--full-coverage", help="A rule that no case reaches is a failure, too.")
    ] = False,
) -> None:
    """Carry out the PolicyTests of a configuration, and name the rules that none of their requests reaches.

    Each request is decided by the scanner, the routing tables and the policies that serve, as by `weir explain`, and
    nothing is sent. What differs from the expectation is shown with what came instead, and why.

    Exit codes: 0 all came as expected; 1 something did not, there is no PolicyTest, or the configuration has errors;
    2 a wrong command line.

    Examples:

        weir test /etc/weir

        weir test routes.yaml tests.yaml --full-coverage --output junit > report.xml
    """
    from gateway.policy_tests.run import run_tests

    loaded, snapshot = loaded_from(config)

    async def followed(environment: Environment) -> Report:
        return run_tests(loaded, snapshot, environment)

    report = in_policy_world(followed)
    if not report.results:
        raise Failed("there is no PolicyTest in the configuration")
    if output is Results.JSON:
        write_json(_as_json(report))
    elif output is Results.JUNIT:
        from gateway.policy_tests.junit import junit

        sys.stdout.write(junit(report))
    else:
        _write_text(report)
    if report.failed or (full_coverage and report.unreached):
        raise typer.Exit(FAILED)


def _write_text(report: Report) -> None:
    for result in report.results:
        sys.stdout.write(f"{'ok  ' if result.passed else 'FAIL'}  {result.resource}: {result.name}\n")
        if not result.passed:
            _write_failure(result)
    for rule in report.unreached:
        sys.stdout.write(f"not reached  {rule.place}: {rule.route}, rule {rule.rule}\n")
    passed = len(report.results) - report.failed
    reached = report.rules - len(report.unreached)
    sys.stdout.write(f"{passed} passed, {report.failed} failed; {reached} of {report.rules} rules reached\n")


def _write_failure(result: CaseResult) -> None:
    sys.stdout.write(f"      at        {result.place}\n      request   {result.request}\n")
    for mismatch in result.mismatches:
        sys.stdout.write(f"      {mismatch.field}\n        expected  {mismatch.expected}\n")
        sys.stdout.write(f"        came      {mismatch.came}\n")
        if mismatch.hint:
            sys.stdout.write(f"        hint      {mismatch.hint}\n")
    told = result.told
    if told is not None:
        taken = f", by {told.taken.route}, rule {told.taken.rule}" if told.taken is not None else ""
        reason = f": {told.reason}" if told.reason else ""
        sys.stdout.write(f"      outcome   {told.outcome}{taken}{reason}\n")


def _as_json(report: Report) -> dict[str, object]:
    import dataclasses

    return {
        "passed": len(report.results) - report.failed,
        "failed": report.failed,
        "rules": report.rules,
        "unreached": [dataclasses.asdict(rule) for rule in report.unreached],
        "cases": [
            {
                "place": result.place,
                "resource": result.resource,
                "name": result.name,
                "request": result.request,
                "passed": result.passed,
                "mismatches": [dataclasses.asdict(mismatch) for mismatch in result.mismatches],
                "explanation": result.told.model_dump(mode="json") if result.told is not None else None,
            }
            for result in report.results
        ],
    }
