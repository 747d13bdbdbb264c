"""Dockerfile and docker-compose.yml held against the code: their paths, ports, commands and the settings they mount."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml

from config.resources.weir import WeirSpec
from tests.support.commands import problems
from tools.pins import pinned

ROOT = Path(__file__).resolve().parents[2]
Node = None | bool | int | float | str | Sequence["Node"] | Mapping[str, "Node"]
ADMIN_SOURCE = "\n".join(file.read_text(encoding="utf-8") for file in (ROOT / "gateway" / "admin").rglob("*.py"))


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions in order, continued lines joined."""
    text = re.sub(r"\\\n", " ", (ROOT / "Dockerfile").read_text(encoding="utf-8"))
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(name, rest.strip()) for name, _, rest in (line.partition(" ") for line in lines)]


def of_last_stage(name: str) -> list[str]:
    """The arguments of all instructions of that name in the image that is shipped."""
    found = instructions()
    start = max(index for index, (instruction, _) in enumerate(found) if instruction == "FROM")
    return [rest for instruction, rest in found[start:] if instruction == name]


def services() -> dict[str, dict[str, Node]]:
    """The services of docker-compose.yml by name."""
    document = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    found: dict[str, dict[str, Node]] = document["services"]
    return found


def words(service: str, key: str) -> list[str]:
    """A list of strings of a service, empty where it has none."""
    value = services()[service].get(key) or ()
    assert isinstance(value, Sequence)
    return [str(word) for word in value]


def settings() -> dict[str, dict[str, Node]]:
    """The `spec` of each resource that the compose example mounts, by kind."""
    folder = ROOT / "examples" / "compose" / "weir"
    documents = [each for file in sorted(folder.glob("*.yaml")) for each in yaml.safe_load_all(file.read_text())]
    return {document["kind"]: document["spec"] for document in documents}


def process() -> WeirSpec:
    """The process settings of the compose example."""
    return WeirSpec.model_validate(settings()["Weir"])


def test_every_copied_path_exists_and_is_not_ignored() -> None:
    allowed = [
        line.removeprefix("!")
        for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
        if line.startswith("!")
    ]
    for rest in (rest for name, rest in instructions() if name == "COPY" and not rest.startswith("--from")):
        for source in rest.split()[:-1]:
            assert (ROOT / source).exists(), source
            assert any(fnmatch(source, pattern) for pattern in allowed), f"{source} is in .dockerignore"


def test_image_is_built_from_all_packages_and_locked_requirements() -> None:
    copied = {word for name, rest in instructions() if name == "COPY" for word in rest.split()[:-1]}
    assert {"config", "discovery", "policies", "gateway", "requirements.lock", "requirements-build.lock"} <= copied
    for rest in (rest for name, rest in instructions() if name == "RUN"):
        for command in re.findall(r"pip install [^&]*-r \S+", rest):
            assert "--require-hashes" in command


def test_shipped_stage_has_no_compiler_and_no_root() -> None:
    assert [name for name, _ in instructions()].count("FROM") == 2
    assert not [rest for rest in of_last_stage("RUN") if "apt-get" in rest]
    (user,) = of_last_stage("USER")
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user)


def test_shipped_command_is_one_that_weir_has() -> None:
    (entry_point,) = of_last_stage("ENTRYPOINT")
    (command,) = of_last_stage("CMD")
    assert json.loads(entry_point) == ["weir"]
    assert problems(json.loads(command)) == []


def test_health_check_asks_the_admin_port_for_a_path_that_it_has() -> None:
    (check,) = of_last_stage("HEALTHCHECK")
    match = re.search(r"http://127\.0\.0\.1:(\d+)(/\w+)", check)
    assert match is not None
    assert int(match.group(1)) == WeirSpec().admin.port == process().admin.port
    assert match.group(2) == "/livez"
    assert '"/livez"' in ADMIN_SOURCE


def test_exposed_ports_are_those_of_the_example_and_the_admin_api() -> None:
    listeners = settings()["Gateway"]["listeners"]
    assert isinstance(listeners, Sequence)
    ports = {listener["port"] for listener in listeners if isinstance(listener, Mapping)}
    exposed = {int(port) for rest in of_last_stage("EXPOSE") for port in rest.split()}
    assert exposed == ports | {process().admin.port}
    published = {int(text.rpartition(":")[2]) for text in words("weir", "ports")}
    assert published == exposed


def test_stop_signal_is_the_one_that_drains() -> None:
    assert of_last_stage("STOPSIGNAL") == ["SIGTERM"]
    grace = str(services()["weir"]["stop_grace_period"])
    assert float(grace.removesuffix("s")) > process().shutdown_timeout.seconds


def test_compose_has_the_services_of_the_whole() -> None:
    assert {"weir", "consul", "redis", "echo-a", "echo-b", "prometheus"} == set(services())
    for name, service in services().items():
        depends = service.get("depends_on") or {}
        assert isinstance(depends, Mapping)
        assert set(depends) <= set(services()), name


@pytest.mark.parametrize("service", ["weir", "echo-a", "echo-b"])
def test_command_of_a_weir_container_exists(service: str) -> None:
    assert problems(words(service, "command")) == []


def test_mounted_paths_exist_and_are_read() -> None:
    for name in services():
        for mount in words(name, "volumes"):
            source, target = mount.split(":")[:2]
            if source.startswith("."):
                assert (ROOT / source).exists(), mount
                assert any(target in word for word in words(name, "command")), f"{name} does not read {target}"
    assert [mount.split(":")[1] for mount in words("weir", "volumes")] == ["/etc/weir", str(process().state_dir)]


def test_addresses_in_the_settings_are_services_of_compose() -> None:
    consul = process().consul
    redis = process().redis
    assert consul is not None
    assert redis is not None
    assert consul.addresses == ("http://consul:8500",)
    assert redis.address == "redis:6379"
    for name in ("echo-a", "echo-b"):
        command = words(name, "command")
        assert command[command.index("--consul") + 1] in consul.addresses
        source = settings()["Backend"]["consul"]
        assert isinstance(source, Mapping)
        assert command[command.index("--service") + 1] == source["service"]


def test_prometheus_scrapes_the_admin_port_on_a_path_that_it_has() -> None:
    document = yaml.safe_load((ROOT / "examples" / "compose" / "prometheus.yml").read_text(encoding="utf-8"))
    (job,) = document["scrape_configs"]
    assert job["static_configs"] == [{"targets": [f"weir:{process().admin.port}"]}]
    assert f'"{job["metrics_path"]}"' in ADMIN_SOURCE
    assert process().admin.address == "0.0.0.0"


def test_consul_is_the_version_that_tests_run() -> None:
    (package,) = pinned("consul", "amd64")
    assert package.version.startswith(str(services()["consul"]["image"]).removeprefix("consul:") + "+")
