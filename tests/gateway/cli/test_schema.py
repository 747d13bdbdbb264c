"""Tests of `weir schema`."""

from __future__ import annotations

import json

import jsonschema
import pytest

from config.resources import CLASSES
from tests.support.weir_command import weir


def test_prints_a_schema_that_knows_every_kind() -> None:
    schema = json.loads(weir("schema").stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["properties"]["kind"]["enum"] == [kind.KIND for kind in CLASSES]


def test_takes_only_the_kinds_that_are_asked_for() -> None:
    schema = json.loads(weir("schema", "-k", "HTTPRoute", "--kind", "Backend", "-k", "Backend").stdout)
    assert schema["properties"]["kind"]["enum"] == ["HTTPRoute", "Backend"]


@pytest.mark.parametrize(("written", "said"), [("HTTPRout", 'did you mean "HTTPRoute"?'), ("Zebra", "no kind Zebra")])
def test_unknown_kind_is_an_error_with_the_nearest_name(written: str, said: str) -> None:
    ended = weir("schema", "--kind", written)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert said in ended.stderr
