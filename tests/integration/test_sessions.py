"""Sessions over the workers of a process, and over a restart."""

from __future__ import annotations

import http.client
from pathlib import Path

from tests.support.recording_server import RecordingServer
from tests.support.supervised import free_port
from tests.support.weir_process import WeirProcess, route_to, static_backend


def ask(weir: WeirProcess, cookie: str = "") -> tuple[str, str]:
    """Who answers over a new connection, and the cookie that is given."""
    connection = http.client.HTTPConnection("127.0.0.1", weir.port, timeout=10)
    try:
        connection.request("GET", "/", headers={"Cookie": cookie} if cookie else {})
        answer = connection.getresponse()
        given = (answer.getheader("set-cookie") or "").partition(";")[0]
        return answer.read().decode(), given
    finally:
        connection.close()


def test_every_worker_knows_a_session_and_so_does_the_process_after_a_restart(tmp_path: Path) -> None:
    ports = free_port(), free_port()
    resources = (static_backend("orders", *ports), route_to("orders", sessionPersistence={"cookie": {"name": "sid"}}))
    process = {"stateDir": str(tmp_path / "state")}
    with RecordingServer("one", ports[0]), RecordingServer("two", ports[1]):
        weir = WeirProcess(tmp_path, *resources, workers=2, process=process)
        with weir:
            home, cookie = ask(weir)
            assert cookie.startswith("sid=")
            # The kernel spreads connections over the workers.
            assert {ask(weir, cookie) for _ in range(20)} == {(home, "")}
        with weir:
            assert {ask(weir, cookie) for _ in range(8)} == {(home, "")}
