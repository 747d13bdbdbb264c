"""Runs a documentation page as its reader would: its files in a folder, its commands in a shell, on free ports."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.pages import Block, Command, matches
from tools.running import free_ports

ROOT = Path(__file__).resolve().parents[2]
WAIT_S = 30.0
COMMAND_S = 60.0
POLL_S = 0.05


class PageSession:
    """One reading of one page. `ports` maps the port numbers that the page names to those that are used instead."""

    def __init__(self, folder: Path, ports: Mapping[int, int], programs: Mapping[str, Path] | None = None) -> None:
        """`programs` are put on the PATH by their names, before those of the system."""
        self._folder = folder / "page"
        self._folder.mkdir()
        self._ports = ports
        self._running: list[subprocess.Popen[bytes]] = []
        self._log = folder / "output.log"
        tools = folder / "programs"
        tools.mkdir()
        for name, program in {"weir": Path(sys.executable).with_name("weir"), **(programs or {})}.items():
            (tools / name).symlink_to(program)
        self._environment = {
            "PATH": f"{tools}:{os.environ['PATH']}",
            "HOME": str(self._folder),
            "LANG": "C.UTF-8",
            "COLUMNS": "200",
        }

    def take(self, block: Block) -> None:
        """Do what the block says. Raises AssertionError where something else comes of it."""
        if block.language == "yaml" and block.title:
            self._write(block)
        elif block.language == "console" and "running" in block.flags:
            for command in block.commands:
                self._start(command)
        elif block.language == "console":
            for command in block.commands:
                self._run(command, patient="eventually" in block.flags)

    def _write(self, block: Block) -> None:
        file = self._folder / block.title
        file.parent.mkdir(parents=True, exist_ok=True)
        # By rename, as an editor does: whoever watches the folder never sees half a file.
        fresh = file.with_name(f".{file.name}.new")
        fresh.write_text(self._own(block.text), encoding="utf-8")
        fresh.replace(file)

    def _own(self, text: str) -> str:
        """`text` with the ports of this session."""
        return re.sub(r"(?<![\d.])\d{2,5}(?![\d.])", lambda found: self._port(found.group()), text)

    def _port(self, number: str) -> str:
        return str(self._ports.get(int(number), number))

    def _start(self, command: Command) -> None:
        offset = self._log.stat().st_size if self._log.exists() else 0
        with self._log.open("ab") as log:
            process = subprocess.Popen(
                ["bash", "-c", f"exec {self._own(command.line)}"],
                cwd=self._folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self._running.append(process)
        expected = self._own(command.output)
        deadline_s = time.monotonic() + WAIT_S
        while not matches(f"...{expected}...", printed := self._printed(offset)):
            assert process.poll() is None, f"{command.line} ended with {process.returncode}:\n{printed}"
            assert time.monotonic() < deadline_s, f"{command.line} did not print\n{expected}\nbut\n{printed}"
            time.sleep(POLL_S)

    def _printed(self, offset: int) -> str:
        with self._log.open("rb") as log:
            log.seek(offset)
            return log.read().decode("utf-8", "replace")

    def _run(self, command: Command, *, patient: bool) -> None:
        expected = self._own(command.output)
        deadline_s = time.monotonic() + WAIT_S
        while True:
            done = subprocess.run(
                ["bash", "-c", self._own(command.line)],
                cwd=self._folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=COMMAND_S,
                check=False,
            )
            printed = done.stdout.decode("utf-8", "replace")
            if matches(expected, printed):
                return
            if not patient or time.monotonic() > deadline_s:
                log = self._printed(0) if self._log.exists() else ""
                raise AssertionError(f"$ {command.line}\nprinted\n{printed}\nand not\n{expected}\nlog:\n{log}")
            time.sleep(POLL_S)

    def close(self) -> None:
        """End what still runs, the last started first."""
        for process in reversed(self._running):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(15.0)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def ports_for(numbers: list[int]) -> dict[int, int]:
    """A free port for each number."""
    return dict(zip(numbers, free_ports(len(numbers)), strict=True))
