"""Tests of the admin server before a gateway is ready, and of who may ask."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from config.resources.weir import Admin, WeirSpec
from gateway.admin.server import AdminServer
from gateway.sockets import PortUnavailable
from gateway.supervisor import Supervisor
from tests.support.supervised import OneFile, TinyLoad


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[AdminServer]:
    server = AdminServer(Supervisor([OneFile(tmp_path / "ports")], TinyLoad(WeirSpec())))
    yield server
    await server.close()


async def ask(
    server: AdminServer, path: str, token: str = "", method: str = "GET", body: bytes = b""
) -> tuple[int, str, str]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with (
        aiohttp.ClientSession() as session,
        session.request(
            method, f"http://127.0.0.1:{server.address[1]}{path}", headers=headers, data=body or None
        ) as answer,
    ):
        return answer.status, answer.content_type, await answer.text()


async def test_is_alive_but_not_ready_before_a_configuration(server: AdminServer) -> None:
    await server.start(Admin.model_validate({"port": 0}))
    assert await ask(server, "/livez") == (200, "text/plain", "ok\n")
    status, kind, body = await ask(server, "/readyz")
    assert (status, kind) == (503, "application/problem+json")
    assert "waiting for a first configuration" in body
    assert (await ask(server, "/api/v1/config"))[0] == 503
    assert (await ask(server, "/api/v1/explain?url=http://x/"))[0] == 503


async def test_tokens_guard_all_but_the_probes(server: AdminServer, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("secret\n")
    await server.start(Admin.model_validate({"port": 0, "tokens": [{"name": "ops", "file": str(file)}]}))
    assert (await ask(server, "/livez"))[0] == 200
    assert (await ask(server, "/api/v1/routes"))[0] == 401
    assert (await ask(server, "/api/v1/routes", "wrong"))[0] == 401
    assert (await ask(server, "/api/v1/routes", "secret"))[0] == 200


@pytest.mark.parametrize("method", ["POST", "DELETE"])
async def test_changes_need_a_token_that_may_write(server: AdminServer, tmp_path: Path, method: str) -> None:
    tokens = []
    for role in ("Read", "Write"):
        file = tmp_path / role
        file.write_text(f"{role}-secret")
        tokens.append({"name": role, "file": str(file), "role": role})
    await server.start(Admin.model_validate({"port": 0, "tokens": tokens}))
    assert (await ask(server, "/api/v1/by-hand", "", method))[0] == 401
    status, _, body = await ask(server, "/api/v1/by-hand", "Read-secret", method)
    assert status == 403
    assert "role: Write" in body
    assert (await ask(server, "/api/v1/by-hand", "Write-secret", method, b"{}"))[0] == 503, "no configuration yet"
    assert (await ask(server, "/api/v1/by-hand", "Read-secret"))[0] == 200


async def test_without_tokens_nobody_may_change_anything(server: AdminServer) -> None:
    await server.start(Admin.model_validate({"port": 0}))
    assert (await ask(server, "/api/v1/by-hand"))[0] == 200
    assert (await ask(server, "/api/v1/by-hand", "", "POST", b"{}"))[0] == 403


async def test_a_port_in_use_says_which_setting_changes_it(server: AdminServer) -> None:
    await server.start(Admin.model_validate({"port": 0}))
    with pytest.raises(PortUnavailable, match=r"admin API: .*another program has the port.*spec\.admin"):
        await AdminServer(server._supervisor).start(Admin.model_validate({"port": server.address[1]}))
