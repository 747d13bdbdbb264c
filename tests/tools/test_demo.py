"""The demo as `make demo` runs it, with real Consul, echo services and Weir."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.programs import require_program
from tools.demo import SERVICES

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_demo_sends_traffic_to_every_service_and_ends_at_sigterm() -> None:
    require_program("consul")
    demo = subprocess.Popen([sys.executable, "-m", "tools.demo"], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert demo.stdout is not None
    try:
        shown: list[str] = []
        for line in demo.stdout:
            shown.append(line)
            if "up until" in line:
                break
        text = "".join(shown)
        assert demo.poll() is None, text
        for _, name in SERVICES:
            assert name in text
        assert "(weir: 404)" in text
        demo.send_signal(signal.SIGTERM)
        assert demo.wait(30) == 0
    finally:
        demo.kill()
        demo.wait()
        demo.stdout.close()
