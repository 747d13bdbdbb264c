"""Tests of the checks that the usual policies are carried out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.answer_check import WrongAnswer
from benchmarks.origin import Origin
from benchmarks.placement import Cores
from benchmarks.scenarios.policies import LOCATION, TRAFFIC, check_headers, check_log
from tests.support.programs import require_program


def test_response_must_have_what_is_added_and_nothing_hidden() -> None:
    check_headers({"X-Served-By": "edge"})
    with pytest.raises(WrongAnswer, match="x-served-by is None"):
        check_headers({})
    with pytest.raises(WrongAnswer, match="x-origin-secret was passed on"):
        check_headers({"x-served-by": "edge", "X-Origin-Secret": "s3cret"})


def test_origin_shows_a_request_whose_policies_were_not_carried_out(tmp_path: Path) -> None:
    require_program("nginx")
    with Origin(tmp_path, Cores.of_this_process().load, locations=LOCATION) as origin:
        # Nobody rewrites here, so that another path than the expected one is asked for.
        with pytest.raises(WrongAnswer, match=r"200 with b'endpoint 0000"):
            TRAFFIC.check(origin.ports[0])
        asked = replace(TRAFFIC, path="/v1/orders/42")
        with pytest.raises(WrongAnswer, match=r"/v1/orders/42\|forged\|1\|"):
            asked.check(origin.ports[0])
        replace(asked, headers={"x-environment": "bench"}).check(origin.ports[0])


def test_log_must_have_a_line_per_request_of_the_checks(tmp_path: Path) -> None:
    for name, file in (("nginx", "nginx-files/access.log"), ("haproxy", "haproxy/log")):
        with pytest.raises(WrongAnswer, match="0 lines"):
            check_log(tmp_path, name)
        path = tmp_path / file
        path.parent.mkdir()
        path.write_text('{"path":"/api/probe"}\n' + '{"path":"/api/orders/42"}\n' * 399)
        with pytest.raises(WrongAnswer, match="399 lines"):
            check_log(tmp_path, name)
        with path.open("a") as log:
            log.write('{"path":"/api/orders/42"}\n')
        check_log(tmp_path, name)
