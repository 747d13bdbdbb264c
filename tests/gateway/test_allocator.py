"""What is freed stays at hand: counted in the kernel's page faults."""

from __future__ import annotations

import subprocess
import sys

ROUNDS = 200
FAULTS = f"""
import resource
from gateway.allocator import keep_freed_memory

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range({ROUNDS}):
        blocks = [bytes(200_000) for _ in range(8)]
        del blocks
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

given_back = faults()
keep_freed_memory()
faults()
print(given_back, faults())
"""


def test_octets_that_come_again_and_again_cost_no_page_faults() -> None:
    found = subprocess.run([sys.executable, "-c", FAULTS], capture_output=True, check=True, text=True)
    given_back, kept = map(int, found.stdout.split())
    assert kept < ROUNDS / 10
    assert given_back > ROUNDS, "or the C library does so by itself, and `keep_freed_memory` can go"
