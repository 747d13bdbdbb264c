"""Load at a fixed rate: latencies that count from when each request was due, so that no stall hides (see open_loop.c).

The generator is C, as it shares its core with the origin; it is compiled when it is first used.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.placement import pinned
from benchmarks.programs import ProgramMissing
from benchmarks.wrk import LoadFailed, LoadReport

SOURCE = Path(__file__).with_name("open_loop.c")
BUILD_FOLDER = SOURCE.parent.parent / "build" / "benchmarks"
# How long answers are waited for after the last request was due.
GRACE_S = 5.0
SLACK_S = 20.0


@dataclass(frozen=True, slots=True)
class OpenLoopReport:
    """What the generator saw. Latencies are from when a request was due to the end of its answer, in milliseconds.

    What failed or had no answer counts with the time until then. `requests` were due, `answered` had a whole answer.
    `lag_p99_ms` and `lag_max_ms` say how late the generator itself was with requests for which a connection was free:
    latencies of that size are its own, or its core's.
    """

    requests: int
    answered: int
    unanswered: int
    not_2xx: int
    socket_errors: int
    answer_bytes: int
    seconds: float
    p50_ms: float
    p99_ms: float
    p999_ms: float
    max_ms: float
    lag_p99_ms: float
    lag_max_ms: float

    @property
    def errors(self) -> int:
        """Requests that had no right answer."""
        return self.unanswered + self.not_2xx + self.socket_errors

    @property
    def load(self) -> LoadReport:
        """The same as the figures of a closed loop have it; what had no answer counts as a failed connection."""
        return LoadReport(
            requests=self.answered,
            seconds=self.seconds,
            answer_bytes=self.answer_bytes,
            not_2xx=self.not_2xx,
            socket_errors=self.socket_errors + self.unanswered,
            p50_ms=self.p50_ms,
            p99_ms=self.p99_ms,
            p999_ms=self.p999_ms,
        )


def run(
    url: str,
    rate_per_s: float,
    duration_s: float,
    connections: int,
    *,
    headers: Sequence[str] = (),
    method: str = "GET",
    body: bytes = b"",
    cores: frozenset[int] | None = None,
    grace_s: float = GRACE_S,
) -> OpenLoopReport:
    """Send `rate_per_s * duration_s` requests to `url` (http, on 127.0.0.1) at that rate over so many kept connections.

    `headers` are lines `Name: value`; Host is the URL's where they have none. `cores` are those of the generator. After
    the last request was due, answers are waited for `grace_s` at most.
    Answers need a Content-Length. Raises LoadFailed where the server cannot be reached, or answers no HTTP/1.1;
    ProgramMissing without a C compiler. Answers that are wrong raise nothing: look at `errors`.
    """
    place = urlsplit(url)
    if place.scheme != "http" or place.hostname != "127.0.0.1" or place.port is None:
        raise ValueError(f"{url}: load goes to http://127.0.0.1:PORT/ only")
    count = max(1, round(rate_per_s * duration_s))
    target = f"{place.path or '/'}{'?' if place.query else ''}{place.query}"
    command = [str(generator()), str(place.port), repr(rate_per_s), str(count), str(connections), repr(grace_s)]
    limit_s = count / rate_per_s + grace_s + SLACK_S
    with pinned(cores or frozenset(os.sched_getaffinity(0))):
        started = subprocess.Popen(command, stdin=-1, stdout=-1, stderr=-1)
    try:
        output, said = started.communicate(_request(method, target, place.netloc, headers, body), timeout=limit_s)
    except subprocess.TimeoutExpired:
        raise LoadFailed(f"the generator did not end within {limit_s:g} s") from None
    finally:
        started.kill()
        started.wait()
    if started.returncode != 0:
        raise LoadFailed(said.decode("utf-8", "replace").strip())
    return parse(output.decode("ascii"))


def _request(method: str, target: str, host: str, headers: Sequence[str], body: bytes) -> bytes:
    lines = [f"{method} {target} HTTP/1.1", *headers]
    if not any(line.lower().startswith("host:") for line in headers):
        lines.insert(1, f"Host: {host}")
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def parse(output: str) -> OpenLoopReport:
    """The figures in the generator's line."""
    found = json.loads(output)
    return OpenLoopReport(
        requests=found["requests"],
        answered=found["answered"],
        unanswered=found["unanswered"],
        not_2xx=found["not_2xx"],
        socket_errors=found["socket_errors"],
        answer_bytes=found["answer_bytes"],
        seconds=found["seconds"],
        p50_ms=found["p50_us"] / 1e3,
        p99_ms=found["p99_us"] / 1e3,
        p999_ms=found["p999_us"] / 1e3,
        max_ms=found["max_us"] / 1e3,
        lag_p99_ms=found["lag_p99_us"] / 1e3,
        lag_max_ms=found["lag_max_us"] / 1e3,
    )


def generator() -> Path:
    """The compiled generator, named by its source's hash; compiled where it is not there. Raises ProgramMissing."""
    digest = hashlib.sha256(SOURCE.read_bytes()).hexdigest()[:12]
    file = BUILD_FOLDER / f"open_loop-{digest}"
    if file.exists():
        return file
    compiler = os.environ.get("CC") or shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise ProgramMissing("a C compiler is missing: apt-get install gcc libc6-dev")
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_name(f".{file.name}.{os.getpid()}.partial")
    command = [compiler, "-O2", "-Wall", "-Wextra", "-Werror", "-o", str(partial), str(SOURCE)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ProgramMissing(f"{SOURCE.name} does not compile:\n{done.stderr.strip()}")
    partial.replace(file)
    return file
