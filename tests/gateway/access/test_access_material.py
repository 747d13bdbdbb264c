"""Steps, their keys and the answers to their questions, together: files on disk, a server, bcrypt."""

from __future__ import annotations

import asyncio
import gc
from base64 import b64encode
from collections import Counter
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path

import bcrypt
import pytest

from config.resources.access import APIKeyAccess, BasicAccess, JWTAccess, KeySet
from gateway.access import access_material
from gateway.access.access_material import AccessMaterial
from gateway.access.events import AccessEvent
from gateway.policy_world import nobody_serves
from gateway.runtime import Runtime
from policies.access.api_key import APIKeyStep
from policies.access.basic import BasicStep
from policies.access.jwt import JWTStep
from policies.access.key_set import KeySet as ReadKeySet
from policies.access.material import FixedMaterial
from policies.access.questions import RefreshKeys
from policies.step import Step
from policies.subject import Subject
from policies.verdict import Ask, Denial, Verdict
from tests.support.adjustable_clock import AdjustableClock
from tests.support.issuer import ISSUER, jwk, key_set, private_key, token
from tests.support.key_server import key_server
from tests.support.subjects import subject
from tests.support.waiting import until

OLD, NEW = private_key("P-256"), private_key("P-256", 1)
OLD_KEYS = key_set(jwk(OLD, kid="old"))
NEW_KEYS = key_set(jwk(OLD, kid="old"), jwk(NEW, kid="new"))


@pytest.fixture
async def material(runtime: Runtime, events: Counter[AccessEvent]) -> AsyncIterator[AccessMaterial]:
    material = AccessMaterial(runtime, lambda event: events.update([event]), nobody_serves)
    yield material
    await material.close()


async def judged(step: Step, request: Subject, material: AccessMaterial) -> Verdict | None:
    """As an exchange does it: what a step asks is answered, and the answer resumes it."""
    verdict = step.decide(request)
    while isinstance(verdict, Ask):
        verdict = step.resume(request, await material.answer(verdict.question))
    return verdict


def bearer(kid: str) -> Subject:
    text = token(OLD if kid == "old" else NEW, "ES256", kid=kid).decode()
    return subject(f"authorization: Bearer {text}")


async def test_keys_of_a_file_follow_the_file(
    material: AccessMaterial, tmp_path: Path, clock: AdjustableClock, events: Counter[AccessEvent]
) -> None:
    path = tmp_path / "keys.json"
    path.write_bytes(OLD_KEYS)
    step = JWTStep(JWTAccess(issuer=ISSUER, jwks=KeySet(file="keys.json")), material.keys_of_file(path))
    assert await judged(step, bearer("old"), material) is None
    verdict = await judged(step, bearer("new"), material)
    assert isinstance(verdict, Denial) and verdict.status == 401
    path.write_bytes(NEW_KEYS)
    await material.look()
    assert await judged(step, bearer("new"), material) is None
    path.write_bytes(b"{")
    await material.look()
    assert await judged(step, bearer("new"), material) is None
    assert events == {AccessEvent.FILE_READ: 2, AccessEvent.FILE_REFUSED: 1}


async def test_keys_of_a_url_come_with_the_first_token_and_the_unknown_one(
    material: AccessMaterial, clock: AdjustableClock
) -> None:
    async with key_server(OLD_KEYS) as server:
        keys = material.keys_of_url(server.url, 600.0, 5.0)
        step = JWTStep(JWTAccess(issuer=ISSUER, jwks=KeySet(url=server.url)), keys)
        assert await judged(step, bearer("old"), material) is None
        server.body = NEW_KEYS
        clock.ahead_s = 11.0
        assert await judged(step, bearer("new"), material) is None
        assert server.asked == 2
        assert material.keys_of_url(server.url, 600.0, 5.0) is keys


async def test_a_url_is_fetched_before_anyone_asks(
    material: AccessMaterial, monkeypatch: pytest.MonkeyPatch, runtime: Runtime
) -> None:
    monkeypatch.setattr(access_material, "LOOK_S", 0.01)
    async with key_server(OLD_KEYS) as server:
        running = runtime.spawn(material.run(), name="access material")
        keys = material.keys_of_url(server.url, 600.0, 5.0)
        await until(lambda: keys.current is not None)
        running.cancel()


async def test_users_of_a_file_are_checked(material: AccessMaterial, tmp_path: Path) -> None:
    path = tmp_path / "users"
    path.write_bytes(b"alice:" + bcrypt.hashpw(b"secret", bcrypt.gensalt(4)) + b"\n")
    step = BasicStep(BasicAccess(htpasswd_file="users"), material.passwords_of_file(path), b"k" * 32)
    good = f"authorization: Basic {b64encode(b'alice:secret').decode()}"
    request = subject(good)
    assert await judged(step, request, material) is None and request.identity == "alice"
    bad = await judged(step, subject(f"authorization: Basic {b64encode(b'alice:x').decode()}"), material)
    assert isinstance(bad, Denial) and bad.status == 401
    path.write_bytes(b"# nobody any more\n")
    await material.look()
    gone = await judged(step, subject(good), material)
    assert isinstance(gone, Denial) and gone.status == 401


async def test_owners_of_a_file_are_known(material: AccessMaterial, tmp_path: Path) -> None:
    path = tmp_path / "machines"
    path.write_bytes(b"shop:" + sha256(b"k1").hexdigest().encode() + b"\n")
    step = APIKeyStep(APIKeyAccess(), material.api_keys_of_file(path))
    request = subject("x-api-key: k1")
    assert await judged(step, request, material) is None and request.identity == "shop"


async def test_a_file_that_is_not_there_yet_is_found_when_it_comes(material: AccessMaterial, tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    step = JWTStep(JWTAccess(issuer=ISSUER, jwks=KeySet(file="keys.json")), material.keys_of_file(path))
    verdict = await judged(step, bearer("old"), material)
    assert isinstance(verdict, Denial) and verdict.status == 503
    path.write_bytes(OLD_KEYS)
    await material.look()
    assert await judged(step, bearer("old"), material) is None


async def test_what_no_step_has_is_let_go(material: AccessMaterial, tmp_path: Path) -> None:
    async with key_server(OLD_KEYS) as server:
        keys = material.keys_of_url(server.url, 600.0, 5.0)
        del keys
        gc.collect()
        await material.look()
        assert server.asked == 0


async def test_fixed_keys_have_nothing_newer(material: AccessMaterial) -> None:
    assert await material.answer(RefreshKeys(FixedMaterial(ReadKeySet.parse(OLD_KEYS)))) is None


async def test_questions_of_others_are_not_answered(material: AccessMaterial) -> None:
    with pytest.raises(TypeError, match="str is no question of access"):
        await material.answer("what?")


async def test_many_at_once_get_their_own_answers(material: AccessMaterial, tmp_path: Path) -> None:
    path = tmp_path / "users"
    users = {f"user{number}": f"secret{number}" for number in range(8)}
    lines = [f"{name}:{bcrypt.hashpw(secret.encode(), bcrypt.gensalt(4)).decode()}" for name, secret in users.items()]
    path.write_text("\n".join(lines))
    step = BasicStep(BasicAccess(htpasswd_file="users"), material.passwords_of_file(path), b"k" * 32)
    requests = [
        subject(f"authorization: Basic {b64encode(f'{name}:{secret}'.encode()).decode()}")
        for name, secret in users.items()
    ]
    verdicts = await asyncio.gather(*(judged(step, request, material) for request in requests))
    assert verdicts == [None] * 8
    assert [request.identity for request in requests] == list(users)
