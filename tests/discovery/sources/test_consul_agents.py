"""The way to the agents: tokens, TLS, bounds."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from config.resources.weir import ConsulAgent as AgentSettings
from discovery.sources import consul_agents
from discovery.sources.consul_agents import ConsulAgents
from discovery.sources.source import SourceFailed
from tests.support.scripted_consul import ScriptedConsul, answer, instance

PATH = "/v1/health/service/orders"


@asynccontextmanager
async def agents_of(**settings: object) -> AsyncIterator[ConsulAgents]:
    """Agents of these settings, closed at the end."""
    agents = ConsulAgents(AgentSettings.model_validate(settings))
    try:
        yield agents
    finally:
        await agents.close()


async def test_token_file_is_read_again_when_it_changes(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("first\n")
    async with (
        ScriptedConsul(answer([], 5), answer([], 6), answer([], 7)) as consul,
        agents_of(addresses=[consul.address], token="unused", tokenFile=str(file)) as agents,
    ):
        await agents.get(0, PATH, [])
        await agents.get(0, PATH, [])
        file.write_text("second\n")
        await agents.get(0, PATH, [])
        assert consul.tokens == ["first", "first", "second"]


async def test_token_of_the_settings_is_sent() -> None:
    async with (
        ScriptedConsul(answer([], 5)) as consul,
        agents_of(addresses=[consul.address], token="secret") as agents,
    ):
        await agents.get(0, PATH, [])
        assert consul.tokens == ["secret"]


async def test_unreadable_token_file_asks_nothing(tmp_path: Path) -> None:
    async with (
        ScriptedConsul() as consul,
        agents_of(addresses=[consul.address], tokenFile=str(tmp_path / "none")) as agents,
    ):
        with pytest.raises(SourceFailed) as failed:
            await agents.get(0, PATH, [])
        assert failed.value.reason == "token"
        assert consul.requests == []


async def test_endless_answer_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consul_agents, "ANSWER_LIMIT_BYTES", 1000)
    async with (
        ScriptedConsul(web.Response(body=b" " * 2000)) as consul,
        agents_of(addresses=[consul.address]) as agents,
    ):
        with pytest.raises(SourceFailed) as failed:
            await agents.get(0, PATH, [])
        assert failed.value.reason == "rubbish"


async def test_agents_are_numbered_round() -> None:
    async with (
        ScriptedConsul(answer([], 5)) as one,
        ScriptedConsul(answer([], 5)) as two,
        agents_of(addresses=[one.address, f"http://{two.address}"]) as agents,
    ):
        assert len(agents) == 2
        await agents.get(3, PATH, [("tag", "a"), ("tag", "b")])
        assert len(two.requests) == 1
        assert agents.address(2) == f"http://{one.address}"


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("consul.example:8501", "http://consul.example:8501"),
        ("consul.example", "http://consul.example:8500"),
        ("https://consul.example", "https://consul.example:8500"),
    ],
)
async def test_address_may_be_a_place_or_a_url(address: str, url: str) -> None:
    async with agents_of(addresses=[address]) as agents:
        assert agents.address(0) == url


@pytest.mark.parametrize("address", ["127.0.0.1:http", "127.0.0.1:99999", "ftp://127.0.0.1", "[::1"])
async def test_address_that_is_none_fails_when_it_is_asked(address: str) -> None:
    async with agents_of(addresses=[address]) as agents:
        with pytest.raises(SourceFailed) as failed:
            await agents.get(0, PATH, [])
        assert failed.value.reason == "rubbish"
        assert agents.address(0)


def certificate(folder: Path) -> tuple[Path, Path]:
    """A self-signed certificate for `consul.test` and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "consul.test")])
    now = datetime.datetime.now(datetime.UTC)
    names = [x509.DNSName("consul.test"), x509.IPAddress(ipaddress.ip_address("127.0.0.9"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    cert_file, key_file = folder / "cert.pem", folder / "key.pem"
    cert_file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return cert_file, key_file


@pytest.mark.parametrize(
    ("tls", "reason"),
    [
        ({"serverName": "consul.test"}, None),
        ({"serverName": "other.test"}, "tls"),
        ({}, "tls"),
        ({"verify": False}, None),
        ({"caFile": "/does/not/exist"}, "connect"),
    ],
)
async def test_certificate_of_the_agent_is_checked(tmp_path: Path, tls: dict[str, object], reason: str | None) -> None:
    cert_file, key_file = certificate(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(cert_file, key_file)
    async with (
        ScriptedConsul(answer([instance("a")], 5), tls=context) as consul,
        agents_of(addresses=[consul.address], tls={"caFile": str(cert_file), **tls}) as agents,
    ):
        if reason is None:
            assert (await agents.get(0, PATH, [])).headers["X-Consul-Index"] == "5"
        else:
            with pytest.raises(SourceFailed) as failed:
                await agents.get(0, PATH, [])
            assert failed.value.reason == reason
