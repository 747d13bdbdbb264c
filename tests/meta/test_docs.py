"""The hand-written pages hold: their YAML loads, their commands do what is shown, and what they name exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from config.load import load
from config.problems import errors_among
from config.resources.honoured import NOT_YET
from config.resources.weir import Limits, Timeouts
from config.sources.text import SourceText
from gateway.supervisor import Exit
from gateway.telemetry import metrics
from gateway.telemetry.access_line import FIELDS
from tests.support import commands
from tests.support.page_session import PageSession
from tests.support.pages import Block, blocks
from tests.support.programs import require_program
from tools.docs.kind_page import anchor
from tools.running import free_ports

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
HAND_WRITTEN = sorted(DOCS.glob("*.md"))
PAGES = [*HAND_WRITTEN, ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
EVERY = [*PAGES, *sorted((DOCS / "reference").glob("*.md"))]
OPERATIONS = (DOCS / "operations.md").read_text(encoding="utf-8")
LANGUAGES = {"yaml", "console", "sh", "ini", "text", "json"}
PORTS = (8080, 8081, 8500, 9001, 9002, 9003, 9004, 9901)
"""Those that pages name; each run has others in their place."""


def named(page: Path) -> str:
    return str(page.relative_to(ROOT))


def manifests(page: Path) -> list[Block]:
    return [block for block in blocks(page) if block.language == "yaml" and "fragment" not in block.flags]


@pytest.mark.parametrize("page", EVERY, ids=named)
def test_yaml_of_the_page_loads_as_it_stands(page: Path) -> None:
    later = {kind for kind, paths in NOT_YET.items() if paths == ("spec",)}
    for block in manifests(page):
        source = SourceText(f"{page.name}:{block.number}", block.text.encode())
        loaded = load([source], generation=1, previous=None)
        assert errors_among(loaded.problems) == [], block.number
        for problem in loaded.problems:
            # A file of a page may speak of what stands in another one.
            alone = "there is no" in problem.message and bool(block.title)
            of_later = problem.resource.partition(" ")[0] in later
            assert "this version" in problem.message or of_later or alone, str(problem)


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_fragments_are_yaml_and_blocks_have_a_known_language(page: Path) -> None:
    for block in blocks(page):
        assert block.language in LANGUAGES, f"line {block.number}: {block.language}"
        if "fragment" in block.flags:
            assert yaml.safe_load(block.text) is not None, block.number


@pytest.mark.slow
@pytest.mark.parametrize(
    "page", [page for page in HAND_WRITTEN if any(block.language == "console" for block in blocks(page))], ids=named
)
def test_commands_of_the_page_print_what_it_shows(page: Path, tmp_path: Path) -> None:
    ports = dict(zip(PORTS, free_ports(len(PORTS)), strict=True))
    programs = {"curl": require_program("curl")}
    if any("consul agent" in block.text for block in blocks(page)):
        programs["consul"] = consul_on_free_ports(require_program("consul"), ports[8500], tmp_path)
    with PageSession(tmp_path, ports, programs) as session:
        for block in blocks(page):
            session.take(block)


def consul_on_free_ports(consul: Path, http_port: int, folder: Path) -> Path:
    """A program that runs Consul with the arguments that it is given, on ports that nobody has."""
    server, lan, wan = free_ports(3)
    options = f"-http-port {http_port} -server-port {server} -serf-lan-port {lan} -serf-wan-port {wan}"
    wrapper = folder / "consul-on-free-ports"
    wrapper.write_text(f'#!/bin/sh\nexec {consul} "$@" {options} -dns-port -1 -grpc-port -1\n', encoding="utf-8")
    wrapper.chmod(0o755)
    return wrapper


@pytest.mark.parametrize("page", EVERY, ids=named)
def test_links_lead_to_files_and_headings(page: Path) -> None:
    text = re.sub(r"^```.*?^```$|`[^`\n]*`", "`", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    for link in re.findall(r"\]\(([^)]+)\)", text):
        place, _, fragment = link.partition("#")
        if "://" in place:
            continue
        target = (page.parent / place).resolve() if place else page
        assert target.exists(), link
        if fragment and target.suffix == ".md":
            assert fragment in headings(target), link


def headings(page: Path) -> set[str]:
    """The fragments of a page's headings, as GitHub makes them."""
    found = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {anchor(heading).replace(" ", "-") for heading in found}


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_weir_command_of_the_page_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    lines = [
        command.line for block in blocks(page) if block.language == "console" for command in block.commands
    ] + re.findall(r"`(weir [a-z][^`\n]*)`", text)
    for line in lines:
        for call in re.findall(r"(?:^|[;|&] *)weir ([a-z][^;|&\n]*)", line):
            assert commands.problems(call.split()) == [], line


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_metric_of_the_page_exists(page: Path) -> None:
    known = {family.name for family in metrics.FAMILIES} | {metric.name for metric in metrics.PROCESS_METRICS}
    histogram = {f"{family.name}_{part}" for family in metrics.FAMILIES for part in ("bucket", "sum", "count")}
    assert set(re.findall(r"\bweir_[a-z0-9_]+", page.read_text(encoding="utf-8"))) <= known | histogram


def test_operations_name_every_path_of_the_admin_api() -> None:
    source = (ROOT / "gateway" / "admin" / "server.py").read_text(encoding="utf-8")
    paths = re.findall(r'web\.\w+\("([^"]+)"', source)
    assert paths
    for path in paths:
        assert f"`{path}" in OPERATIONS, path


def test_operations_name_every_limit_timeout_log_field_and_exit_code() -> None:
    for model in (Limits, Timeouts):
        for field in model.model_fields.values():
            assert f"| `{field.alias}`" in OPERATIONS, field.alias
    for name in FIELDS:
        assert f"`{name}`" in OPERATIONS, name
    for code in Exit:
        assert f"| {code.value} |" in OPERATIONS, code.name


def test_service_unit_starts_what_there_is() -> None:
    (unit,) = (block.text for block in blocks(DOCS / "operations.md") if block.language == "ini")
    (start,) = re.findall(r"^ExecStart=\S*/weir (.+)$", unit, re.MULTILINE)
    assert commands.problems(start.split()) == []
    assert "Type=notify" in unit


def test_concepts_explain_every_condition() -> None:
    concepts = (DOCS / "concepts.md").read_text(encoding="utf-8")
    sources = "\n".join(file.read_text(encoding="utf-8") for file in (ROOT / "config" / "binding").glob("*.py"))
    for path in sorted((ROOT / "examples").rglob("*.yaml")):
        loaded = load([SourceText(path.name, path.read_bytes())], generation=1, previous=None)
        for status in loaded.statuses:
            conditions = [*status.conditions, *(found for parent in status.parents for found in parent.conditions)]
            conditions += [found for listener in status.listeners for found in listener.conditions]
            for condition in conditions:
                assert f"| `{condition.type}` |" in concepts, condition.type
    for name in re.findall(r"^\| `([A-Z]\w+)` \|", concepts, re.MULTILINE):
        assert f'"{name}"' in sources, name


def test_index_names_every_page() -> None:
    index = (DOCS / "README.md").read_text(encoding="utf-8")
    for page in HAND_WRITTEN:
        assert page.name == "README.md" or f"({page.name})" in index
    assert "(reference/README.md)" in index
