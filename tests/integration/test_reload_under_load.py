"""Two hundred edits of routing YAML under load, every fifth broken: none costs a request, none goes unnoticed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from tests.support.fleet import FleetEndpoint
from tests.support.load import Fields, Load
from tests.support.supervised import get
from tests.support.weir_process import WeirProcess, gateway_on, static_backend
from tests.support.wire import RawClient

EDITS = 200
BROKEN_EVERY = 5
ROUTE = """\
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: {name}}}
spec:
  parentRefs: [{{name: edge}}]
  rules:
  - matches: [{{path: {{type: PathPrefix, value: /{name}}}}}]
    filters:
    - {{type: ResponseHeaderModifier, responseHeaderModifier: {{set: [{{name: x-edit, value: "{number}"}}]}}}}
    backendRefs: [{{group: weir.dev, kind: Backend, name: echo}}]
"""


@dataclass(frozen=True, slots=True)
class Mistake:
    """What an operator types for `right`; the report points at the first `points_at`, and says `says`."""

    right: str
    wrong: str
    points_at: str
    says: str


MISTAKES = (
    Mistake("  rules:\n", "  rules: [\n", "- matches", ""),
    Mistake("  rules:\n", "\trules:\n", "\trules", "tab"),
    Mistake("    backendRefs:", "    backendRef:", "backendRef:", "backendRefs"),
    Mistake("type: PathPrefix, value: /", "type: RegularExpression, value: /(", "/(", "("),
    Mistake("type: PathPrefix", "type: PathPrefx", "PathPrefx", "PathPrefix"),
    Mistake("    filters:", "    timeouts: {request: 5 minutes}\n    filters:", "5 minutes", "duration"),
    Mistake("  rules:\n", "  rules: {}\n  rules:\n", "rules:\n", "duplicate"),
    Mistake("kind: HTTPRoute", "kind: HttpRoute", "HttpRoute", "HTTPRoute"),
)

# The ways in which files change.


def rename_over(file: Path, text: str) -> None:
    """As most editors save."""
    fresh = file.with_name(f".{file.name}.fresh")
    fresh.write_text(text)
    fresh.replace(file)


def write_in_place(file: Path, text: str) -> None:
    """As `cp` does, but in one write: a file that is empty for a while is a valid set without its routes."""
    with file.open("r+" if file.exists() else "w") as opened:
        opened.write(text)
        opened.truncate()


def flip_symlink(file: Path, text: str) -> None:
    """As the kubelet updates a mounted ConfigMap: a new folder, then one link to it renamed over the old one."""
    data = file.parent / "..data"
    old = data.readlink() if data.is_symlink() else None
    fresh = file.parent / f"..{0 if old is None else int(old.name[2:]) + 1}"
    fresh.mkdir()
    (fresh / file.name).write_text(text)
    link = file.parent / "..data_tmp"
    link.symlink_to(fresh.name)
    link.replace(data)
    if old is None:
        file.symlink_to(f"..data/{file.name}")
    else:
        (file.parent / old / file.name).unlink()
        (file.parent / old).rmdir()


WAYS: dict[str, Callable[[Path, str], None]] = {
    "renamed": rename_over,
    "in-place": write_in_place,
    "flipped": flip_symlink,
}


def requests() -> tuple[bytes, ...]:
    """A GET and a POST under each route."""
    return tuple(
        b"%b /%b/x HTTP/1.1\r\nHost: a.example\r\nContent-Length: %d\r\n\r\n%b"
        % (method, way.encode(), len(body), body)
        for way in WAYS
        for method, body in ((b"GET", b""), (b"POST", b"body"))
    )


class NeverBack:
    """Judges answers: on one connection, no route shows an edit that is older than one it has shown."""

    def __init__(self) -> None:
        self._seen: dict[tuple[int, bytes], int] = {}

    def __call__(self, client: int, request: bytes, fields: Fields) -> str:
        key, edit = (client, request), int(fields[b"x-edit"])
        before, self._seen[key] = self._seen.get(key, 0), edit
        return f"edit {edit} after edit {before}" if edit < before else ""


class Operator:
    """Edits the files of a running gateway and watches what it says of each edit."""

    def __init__(self, weir: WeirProcess) -> None:
        self.weir = weir
        self._clients: list[RawClient] = []

    def file(self, name: str) -> Path:
        folder = self.weir.config / name if name == "flipped" else self.weir.config
        return folder / f"{name}.yaml"

    def save(self, name: str, text: str) -> None:
        WAYS[name](self.file(name), text)

    async def good_edit(self, name: str, number: int) -> None:
        """Edit, wait until every worker has it, and find it in force on every connection."""
        before = (await asyncio.to_thread(self.weir.api, "config"))["generation"]
        self.save(name, ROUTE.format(name=name, number=number))
        await self.weir.until(lambda: self.generations() == {before + 1})
        for client in self._clients:
            status, fields, _ = await client.ask(b"GET /%b HTTP/1.1\r\nHost: a\r\n\r\n" % name.encode())
            assert (status, fields[b"x-edit"]) == (200, b"%d" % number)
        config = await asyncio.to_thread(self.weir.api, "config")
        assert config["lastReload"]["success"] and config["lastReload"]["problems"] == []

    async def __aenter__(self) -> Self:
        """Open a few connections, which the kernel spreads over the workers."""
        self._clients = [await RawClient.connect(self.weir.port) for _ in range(6)]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for client in self._clients:
            client.close()

    def generations(self) -> set[int]:
        workers = self.weir.api("workers")["workers"].values()
        assert len(workers) == 2
        return {worker["generation"] for worker in workers}

    async def broken_edit(self, name: str, number: int, mistake: Mistake) -> None:
        """Edit, wait until it is reported, with its place, everywhere; what was in force still is."""
        right = ROUTE.format(name=name, number=number)
        text = right.replace(mistake.right, mistake.wrong)
        assert text != right
        before = await asyncio.to_thread(self.weir.api, "config")
        log_bytes = len(self.weir.log)
        self.save(name, text)
        await self.weir.until(lambda: not self.weir.api("config")["lastReload"]["success"])
        after = await asyncio.to_thread(self.weir.api, "config")
        assert (after["generation"], after["digest"]) == (before["generation"], before["digest"])
        start = text.index(mistake.points_at)
        line, column = text.count("\n", 0, start) + 1, start - (text.rfind("\n", 0, start) + 1) + 1
        (problem,) = [each for each in after["lastReload"]["problems"] if each["severity"] == "error"]
        assert (problem["file"], problem["line"], problem["column"]) == (str(self.file(name)), line, column), problem
        assert mistake.says in problem["message"] + problem["suggestion"]
        assert f"{self.file(name)}:{line}:{column}: error: " in self.weir.log[log_bytes:]
        assert await asyncio.to_thread(self.weir.metric, "weir_config_last_reload_success") == 0

    async def repair(self, name: str, number: int) -> None:
        """What the next good edit does to the gauge."""
        await self.good_edit(name, number)
        assert await asyncio.to_thread(self.weir.metric, "weir_config_last_reload_success") == 1


@pytest.mark.slow
async def test_no_edit_costs_a_request_and_each_is_in_force_or_reported_with_its_place(tmp_path: Path) -> None:
    async with FleetEndpoint("echo") as echo:
        weir = WeirProcess(tmp_path, static_backend("echo", echo.port), workers=2)
        (weir.config / "flipped").mkdir()
        operator = Operator(weir)
        for name in WAYS:
            operator.save(name, ROUTE.format(name=name, number=0))
        with weir:
            async with operator, Load(weir.port, requests=requests(), wrong=NeverBack()) as load:
                names = list(WAYS)
                broken = 0
                for number in range(1, EDITS + 1):
                    name = names[number % len(names)]
                    if number % BROKEN_EVERY == 0:
                        await operator.broken_edit(name, number, MISTAKES[broken % len(MISTAKES)])
                        broken += 1
                        continue
                    if number % BROKEN_EVERY == 1 and number > 1:
                        # The file that the operator broke is mended before others are seen in force.
                        await operator.repair(names[(number - 1) % len(names)], number)
                    else:
                        await operator.good_edit(name, number)
                await load.stop()
            assert load.failures == [], load.report()
            assert weir.metric("weir_config_reloads_total", result="rejected") >= EDITS // BROKEN_EVERY
            assert weir.metric("weir_config_reloads_total", result="applied") == 1 + EDITS - EDITS // BROKEN_EVERY


async def test_a_reference_that_leads_nowhere_is_a_warning_and_costs_only_its_own_route(tmp_path: Path) -> None:
    async with FleetEndpoint("echo") as echo:
        with WeirProcess(tmp_path, static_backend("echo", echo.port), workers=2) as weir:
            operator = Operator(weir)
            async with operator:
                await operator.good_edit("renamed", 1)
                lost = ROUTE.format(name="lost", number=2).replace("name: echo", "name: ehco")
                async with Load(weir.port, requests=requests()[:2]) as load:
                    (weir.config / "lost.yaml").write_text(lost)
                    await weir.until(lambda: operator.generations() == {3})
                    await load.more(100)
                    await load.stop()
                assert load.failures == [], load.report()
                config = weir.api("config")["lastReload"]
                (problem,) = config["problems"]
                assert config["success"] and problem["severity"] == "warning"
                assert (problem["file"], problem["line"]) == (str(weir.config / "lost.yaml"), 10)
                assert "ehco" in problem["message"] and "echo" in problem["suggestion"]
                assert get(weir.port, "/lost")[0] == 500


@pytest.mark.parametrize("taken_by", ["the admin API", "another program"])
async def test_a_listener_on_a_taken_port_is_refused_whole_and_says_which(tmp_path: Path, taken_by: str) -> None:
    """The edit also changes a route, which must not come in force either."""
    async with FleetEndpoint("echo") as echo:
        with WeirProcess(tmp_path, static_backend("echo", echo.port), workers=2) as weir:
            async with Operator(weir) as operator:
                await operator.good_edit("renamed", 1)
                taken = weir.admin_port if taken_by == "the admin API" else echo.port
                weir.apply("gateway.yaml", gateway_on(weir.port, taken))
                await weir.until(lambda: not weir.api("config")["lastReload"]["success"])
                (problem,) = weir.api("config")["lastReload"]["problems"]
                assert str(taken) in problem["message"], problem
                weir.apply("gateway.yaml", gateway_on(weir.port))
                await weir.until(lambda: bool(weir.api("config")["lastReload"]["success"]))
                await operator.good_edit("renamed", 2)
                assert get(weir.admin_port, "/livez")[0] == 200
