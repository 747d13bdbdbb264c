"""The list of modelled fields without effect only shrinks, and each of its paths is a field that there is."""

from __future__ import annotations

from pathlib import Path

from config.resources import CLASSES
from config.resources.honoured import NOT_YET
from tests.config.resources.crd_pairs import field_named, model_in

RECORD = Path(__file__).with_name("not_yet_honoured.txt")


def listed() -> set[str]:
    return {f"{kind} {path}" for kind, paths in NOT_YET.items() for path in paths}


def recorded() -> set[str]:
    return {line for line in RECORD.read_text().splitlines() if line and not line.startswith("#")}


def test_the_list_only_shrinks() -> None:
    """A field that works keeps working: nothing enters the list that the record does not hold."""
    assert not listed() - recorded(), "a new field without effect: carry it out, or leave it out of the models"


def test_what_works_now_leaves_the_record() -> None:
    """A field that was made to work is struck from the record too, or it could come back unseen."""
    assert not recorded() - listed(), f"strike these from {RECORD.name}"


def test_every_path_is_a_field() -> None:
    """A renamed field cannot linger under its old name."""
    models = {kind.KIND: kind for kind in CLASSES}
    for kind, paths in NOT_YET.items():
        assert list(paths) == sorted(paths), f"{kind}: keep the paths sorted"
        for path in paths:
            model = models[kind]
            for name in path.partition("=")[0].split("."):
                found = field_named(model, name.removesuffix("[]")) if model is not None else None
                assert found is not None, f"{kind}: {path} has no field {name}"
                model = model_in(found[1].annotation)
