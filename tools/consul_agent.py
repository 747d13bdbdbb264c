"""A real Consul agent on free ports of 127.0.0.1, for tests and the demo."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from tools.running import NotStarted, RunningProgram, free_ports

Json = None | bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"]
ATTEMPTS = 3
REQUEST_TIMEOUT_S = 10.0


class ConsulAgent:
    """One agent that is also the only server of its datacenter.

    The default is Consul's dev mode, in memory and ready in about a second: a restart comes back empty, on the same
    ports. With `persistent` it keeps its catalog in `folder` over a restart and takes a few seconds to elect itself.
    """

    def __init__(self, consul: Path, folder: Path, *, persistent: bool = False, datacenter: str = "dc1") -> None:
        """Keep the settings; nothing runs yet. `folder` exists and takes the log and the data."""
        self._consul = consul
        self._folder = folder
        self._persistent = persistent
        self._datacenter = datacenter
        self._program: RunningProgram | None = None
        self.http_port = 0

    @property
    def address(self) -> str:
        """`127.0.0.1:port` of its HTTP API."""
        return f"127.0.0.1:{self.http_port}"

    @property
    def url(self) -> str:
        """The base address of its HTTP API."""
        return f"http://{self.address}"

    @property
    def pid(self) -> int:
        """Its process id. Raises NotStarted where it does not run."""
        return self._running.pid

    @property
    def _running(self) -> RunningProgram:
        if self._program is None:
            raise NotStarted("the Consul agent was not started")
        return self._program

    def start(self) -> None:
        """Start on free ports and wait for a leader. Raises NotStarted; a port taken by others is tried again."""
        for attempt in range(ATTEMPTS):
            self.http_port, rpc_port, gossip_port = free_ports(3)
            self._program = self._configured(rpc_port, gossip_port)
            try:
                self._program.start(self.has_leader)
            except NotStarted as error:
                self._program.kill()
                if "address already in use" not in str(error) or attempt == ATTEMPTS - 1:
                    raise
            else:
                return

    def _configured(self, rpc_port: int, gossip_port: int) -> RunningProgram:
        ports = {"http": self.http_port, "server": rpc_port, "serf_lan": gossip_port}
        ports |= {"serf_wan": -1, "dns": -1, "grpc": -1, "https": -1}
        settings: dict[str, Json] = {
            "node_name": "weir-test",
            "datacenter": self._datacenter,
            "bind_addr": "127.0.0.1",
            "client_addr": "127.0.0.1",
            "ports": dict(ports),
            "disable_update_check": True,
            "enable_script_checks": False,
            "log_level": "warn",
            "performance": {"raft_multiplier": 1},
            "leave_on_terminate": False,
            "limits": {"http_max_conns_per_client": 500},
        }
        if self._persistent:
            settings |= {"server": True, "bootstrap_expect": 1, "data_dir": str(self._folder / "consul-data")}
        file = self._folder / "consul.json"
        file.write_text(json.dumps(settings), encoding="utf-8")
        mode = [] if self._persistent else ["-dev"]
        return RunningProgram([str(self._consul), "agent", *mode, f"-config-file={file}"], self._folder / "consul.log")

    def has_leader(self) -> bool:
        """Whether it answers, has elected a leader and shows itself in the catalog."""
        try:
            return bool(self.get("/v1/status/leader")) and bool(self.get("/v1/catalog/nodes"))
        except OSError:
            return False

    def kill(self) -> None:
        """kill -9."""
        self._running.kill()

    def stop(self) -> None:
        """End it in its own way; nothing where it does not run."""
        if self._program is not None:
            self._program.stop()

    def restart(self) -> None:
        """Start again on the same ports (after `kill` or `stop`, or while it runs) and wait for a leader."""
        self._running.stop()
        self._running.start(self.has_leader)

    def freeze(self) -> None:
        """Let it hang: connections are taken by the kernel and never answered."""
        self._running.freeze()

    def thaw(self) -> None:
        """Let a frozen one go on."""
        self._running.thaw()

    def register(
        self,
        service: str,
        port: int,
        *,
        instance: str = "",
        address: str = "127.0.0.1",
        tags: Sequence[str] = (),
        meta: Mapping[str, str] | None = None,
        weights: Mapping[str, int] | None = None,
        check: Mapping[str, Json] | None = None,
    ) -> str:
        """Register one instance with the agent and return its id (`service-port` where `instance` is left out)."""
        body: dict[str, Json] = {
            "ID": instance or f"{service}-{port}",
            "Name": service,
            "Address": address,
            "Port": port,
            "Tags": list(tags),
            "Meta": dict(meta or {}),
        }
        if weights is not None:
            body["Weights"] = dict(weights)
        if check is not None:
            body["Check"] = dict(check)
        self.put("/v1/agent/service/register", body)
        return str(body["ID"])

    def deregister(self, instance: str) -> None:
        """Take one instance out."""
        self.put(f"/v1/agent/service/deregister/{instance}", None)

    def get(self, path: str) -> Json:
        """The decoded JSON answer of a GET. Raises OSError (also for a status that is not 200)."""
        return self._ask("GET", path, None)

    def put(self, path: str, body: Json) -> Json:
        """The decoded JSON answer of a PUT with a JSON body (None: no body). Raises OSError."""
        return self._ask("PUT", path, None if body is None else json.dumps(body).encode())

    def put_key(self, key: str, value: bytes) -> None:
        """Set one key of the KV store."""
        self._ask("PUT", f"/v1/kv/{key}", value)

    def delete_key(self, key: str, *, recurse: bool = False) -> None:
        """Remove one key of the KV store, with all that it is a prefix of where `recurse`."""
        self._ask("DELETE", f"/v1/kv/{key}{'?recurse=true' if recurse else ''}", None)

    def _ask(self, method: str, path: str, data: bytes | None) -> Json:
        request = urllib.request.Request(self.url + path, data=data, method=method)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=REQUEST_TIMEOUT_S) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            with error:
                raise OSError(f"{method} {path}: {error.code} {error.read(500)!r}") from None
        decoded: Json = json.loads(text) if text.strip() else None
        return decoded

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
