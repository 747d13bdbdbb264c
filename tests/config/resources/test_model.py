"""The base of every model: frozen, strict, closed, and rules that name what is wrong."""

from __future__ import annotations

from typing import Annotated

import pytest
from pydantic import Field, ValidationError

from config.resources.model import DISTINCT, Model, exactly_one, unique_by, violation
from config.resources.scalars import Items


class Pet(Model):
    name: str
    pet_age: int = 0
    tame: bool = False


class Shop(Model):
    pets: Annotated[Items[Pet], unique_by("name")] = Field(())
    words: Annotated[Items[str], DISTINCT] = Field(())


def test_reads_camel_case_and_is_frozen() -> None:
    """YAML's names are camelCase; Python's snake_case; nothing can be changed."""
    pet = Pet.model_validate({"name": "a", "petAge": 3})
    assert pet == Pet(name="a", pet_age=3)
    with pytest.raises(ValidationError):
        pet.name = "b"  # type: ignore[misc]


@pytest.mark.parametrize(
    "field", [{"petAge": "3"}, {"petAge": True}, {"petAge": 1.0}, {"tame": 1}, {"tame": "yes"}, {"agee": 1}]
)
def test_takes_no_other_type_and_no_unknown_field(field: dict[str, object]) -> None:
    """Nothing is converted in silence."""
    with pytest.raises(ValidationError):
        Pet.model_validate({"name": "a", **field})


def test_lists_become_tuples_and_keep_their_rules() -> None:
    """Equal keys and equal items are refused by name."""
    assert Shop.model_validate({"pets": [{"name": "a"}, {"name": "b"}]}).pets == (Pet(name="a"), Pet(name="b"))
    with pytest.raises(ValidationError, match="duplicate name: a"):
        Shop.model_validate({"pets": [{"name": "a"}, {"name": "a", "petAge": 1}]})
    with pytest.raises(ValidationError, match="duplicate value: x"):
        Shop.model_validate({"words": ["x", "y", "x"]})


def test_exactly_one_names_what_was_given() -> None:
    """None and two are refused, in the names of the YAML."""
    exactly_one(Pet(name="a", tame=True, pet_age=0), "tame")
    with pytest.raises(Exception, match="exactly one of name, tame must be set, not name and tame"):
        exactly_one(Pet(name="a", tame=True), "name", "tame")
    with pytest.raises(Exception, match="exactly one of tame must be set, not none"):
        exactly_one(Pet(name="a"), "tame")


def test_a_violation_keeps_braces() -> None:
    """Messages that quote a regular expression stand as they are."""
    assert str(violation("[0-9]{1,2}")) == "[0-9]{1,2}"
