"""The origin behind every proxy: one nginx with a port per endpoint, whose answers say which endpoint it was."""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType
from typing import Self

from benchmarks.descriptors import descriptor_limit
from benchmarks.http_client import answers
from benchmarks.placement import pinned
from benchmarks.programs import program
from benchmarks.templates import rendered
from tools.running import RunningProgram, free_ports

SERVER = """\
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        location / {{ return 200 "{small}"; }}
        location /api/page {{ root {folder}; try_files /page.txt =500; }}
{locations}
    }}"""
SMALL_BYTES = 60
PAGE_BYTES = 16 * 1024
PAGE_PATH = "/api/page"


class Origin:
    """Runs while its `with` block does. Any path is answered with 60 bytes, `/api/page` with 16 KiB."""

    def __init__(
        self, folder: Path, cores: frozenset[int], *, endpoints: int = 1, locations: str = "", beside: str = ""
    ) -> None:
        """`folder` exists and takes configuration and log.

        `locations` are nginx's, of every endpoint; `beside` is what they need beside the endpoints' servers.
        """
        self._locations = locations
        self._beside = beside
        self._folder = folder
        self._cores = cores
        self._program: RunningProgram | None = None
        self.ports = free_ports(endpoints)

    @staticmethod
    def small_body(endpoint: int) -> bytes:
        """What the endpoint of that index answers: 60 bytes."""
        return f"endpoint {endpoint:04d} ".encode().ljust(SMALL_BYTES - 1, b".") + b";"

    @staticmethod
    def page_body() -> bytes:
        """What every endpoint answers at `PAGE_PATH`: 16 KiB."""
        return b"".join(b"%07d\n" % line for line in range(PAGE_BYTES // 8))

    def __enter__(self) -> Self:
        (self._folder / "page.txt").write_bytes(self.page_body())
        servers = "\n".join(
            SERVER.format(
                port=port, small=self.small_body(index).decode(), folder=self._folder, locations=self._locations
            )
            for index, port in enumerate(self.ports)
        )
        if self._beside:
            servers += f"\n{self._beside}"
        limit = descriptor_limit()
        file = self._folder / "origin.conf"
        text = rendered(
            "origin.conf", folder=str(self._folder), servers=servers, descriptors=limit, connections=limit // 2
        )
        file.write_text(text, encoding="utf-8")
        command = nginx_command(file, self._folder)
        self._program = RunningProgram(command, self._folder / "origin.log")
        with pinned(self._cores):
            self._program.start(lambda: answers(self.ports[-1], "/"))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._program is not None:
            self._program.stop()


def nginx_command(file: Path, folder: Path) -> list[str]:
    """The command for an nginx in the foreground, with everything that it writes in `folder`."""
    # Workers of a root master would else become nobody, who may not read the scratch folder.
    user = " user root;" if os.geteuid() == 0 else ""
    return [str(program("nginx")), "-p", str(folder), "-e", "stderr", "-c", str(file), "-g", f"daemon off;{user}"]
