"""The reference pages agree with the code: made again they are the same, and no field is left out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from config.resources import CLASSES, Resource
from config.resources.honoured import NOT_YET
from gateway.telemetry import metrics
from policies.registry import ORDER, POLICIES
from tools.docs import kind_page
from tools.docs.__main__ import FOLDER, main, out_of_date, write


def test_pages_are_up_to_date() -> None:
    assert out_of_date() == [], "make docs"


def test_every_kind_has_a_page_and_the_index_names_it() -> None:
    index = (FOLDER / "README.md").read_text(encoding="utf-8")
    for kind in CLASSES:
        assert (FOLDER / kind_page.file_name(kind)).exists()
        assert f"[{kind.KIND}]({kind_page.file_name(kind)})" in index


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.KIND)
def test_page_has_every_field(kind: type[Resource]) -> None:
    page = kind_page.render(kind)
    for model in models(kind):
        for field in model.model_fields.values():
            if model is not kind or field.alias not in kind_page.COMMON:
                assert f"| `{field.alias}`" in page, f"{model.__name__}.{field.alias}"


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.KIND)
def test_links_of_a_page_lead_to_its_headings(kind: type[Resource]) -> None:
    page = kind_page.render(kind)
    headings = [kind_page.anchor(text.strip("`")) for text in re.findall(r"^## (.+)$", page, re.MULTILINE)]
    assert len(set(headings)) == len(headings)
    assert set(re.findall(r"\]\(#([^)]*)\)", page)) <= set(headings)


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.KIND)
def test_page_says_what_is_not_carried_out(kind: type[Resource]) -> None:
    page = kind_page.render(kind)
    not_yet = NOT_YET.get(kind.KIND, ())
    assert ("**Not carried out yet.**" in page) == bool(not_yet)
    for path in not_yet if not_yet != ("spec",) else ():
        assert f"- `{path.partition('=')[0]}`" in page


def test_every_metric_is_on_its_page() -> None:
    page = (FOLDER / "metrics.md").read_text(encoding="utf-8")
    names = {family.name for family in metrics.FAMILIES} | {metric.name for metric in metrics.PROCESS_METRICS}
    assert {name for name in names if f"| `{name}` |" in page} == names


def test_check_names_a_stale_page_and_writing_mends_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "reference"
    assert len(write(folder)) == len(CLASSES) + 4
    assert write(folder) == []
    (folder / "pod.md").write_text("stale")
    (folder / "gone.md").write_text("of a kind that there is no more")
    assert out_of_date(folder) == ["gone.md", "pod.md"]
    assert write(folder) == ["gone.md", "pod.md"]
    assert out_of_date(folder) == []
    assert main(["--check"]) == 0
    assert capsys.readouterr().out == ""


def models(kind: type[BaseModel]) -> set[type[BaseModel]]:
    """`kind` and every model inside of it, apart from what all kinds share."""
    found: set[type[BaseModel]] = set()
    waiting: list[type[BaseModel]] = [kind]
    while waiting:
        model = waiting.pop()
        if model in found:
            continue
        found.add(model)
        for field in model.model_fields.values():
            if field.alias not in ("metadata", "status"):
                waiting += inner_models(field.annotation)
    return found


def inner_models(annotation: object) -> list[type[BaseModel]]:
    """The models that an annotation is made of."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in getattr(annotation, "__args__", ()) for model in inner_models(part)]


def test_the_page_of_policies_has_all_of_them_in_their_order() -> None:
    page = (FOLDER / "policies.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| \d+ \| `([^`]+)`", page, re.MULTILINE) == list(ORDER)


def test_every_policy_says_what_it_does_and_has_its_part_of_the_page() -> None:
    for policy in POLICIES:
        assert (policy.compile.__doc__ or "").endswith("."), policy.name
    page = (FOLDER / "policies.md").read_text(encoding="utf-8")
    for folder in {policy.compile.__module__.rpartition(".")[0] for policy in POLICIES}:
        readme = FOLDER.parents[1].joinpath(*folder.split("."), "README.md")
        assert readme.read_text(encoding="utf-8") in page
