"""What policies are compiled with, and who answers them: made when somebody needs it, kept up to date, let go."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.access.events import AccessEvent
from gateway.policy_world import PolicyWorld
from gateway.runtime import Runtime
from policies.access.questions import RefreshKeys
from tests.support.issuer import jwk, key_set, private_key
from tests.support.subjects import subject
from tests.support.waiting import until


@pytest.fixture
async def tasks() -> list[asyncio.Task[object]]:
    return []


@pytest.fixture
async def world(tasks: list[asyncio.Task[object]]) -> AsyncIterator[tuple[PolicyWorld, Counter[AccessEvent]]]:
    loop = asyncio.get_running_loop()

    def spawn(work: object, *, name: str) -> asyncio.Task[object]:
        tasks.append(loop.create_task(work, name=name))  # type: ignore[arg-type]
        return tasks[-1]

    events: Counter[AccessEvent] = Counter()
    made = PolicyWorld(Runtime(loop, spawn), lambda event: events.update([event]))
    yield made, events
    await made.close()


async def test_conditions_are_those_of_cel(world: tuple[PolicyWorld, Counter[AccessEvent]]) -> None:
    condition = world[0].environment.condition('request.method == "GET"')
    assert condition.holds(subject())
    assert not condition.holds(subject(method="PUT"))


async def test_a_file_is_read_from_the_thread_that_compiles_and_followed_from_then_on(
    world: tuple[PolicyWorld, Counter[AccessEvent]], tasks: list[asyncio.Task[object]], tmp_path: Path
) -> None:
    made, events = world
    file = tmp_path / "keys.json"
    file.write_bytes(key_set(jwk(private_key("P-256"), kid="one")))
    keys = await asyncio.to_thread(made.environment.credentials.keys_of_file, file)
    assert keys.current is not None
    await until(lambda: len(tasks) == 1)
    file.write_bytes(b"not a key set")
    await until(lambda: events[AccessEvent.FILE_REFUSED] == 1)
    await made.close()
    assert tasks[0].cancelled()


async def test_questions_are_answered_by_the_same_material(
    world: tuple[PolicyWorld, Counter[AccessEvent]], tmp_path: Path
) -> None:
    made, _ = world
    file = tmp_path / "keys.json"
    file.write_bytes(key_set(jwk(private_key("P-256"), kid="one")))
    keys = made.environment.credentials.keys_of_file(file)
    # There is nothing newer than the file that was just read.
    assert await made.answers.answer(RefreshKeys(keys)) is None


async def test_what_was_never_used_closes(world: tuple[PolicyWorld, Counter[AccessEvent]]) -> None:
    await world[0].close()
    await world[0].close()


def test_without_access_no_cryptography_is_imported() -> None:
    program = (
        "import sys, gateway.worker\n"
        "print([name for name in ('bcrypt', 'cryptography', 'joserfc', 'celpy', 'aiohttp') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
