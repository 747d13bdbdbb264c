"""The order of policies names each filter that is carried out, once."""

from __future__ import annotations

from typing import get_args

from config.resources.honoured import NOT_YET
from config.resources.http_filters import HTTPRouteFilter
from policies.registry import ORDER


def test_every_filter_that_is_carried_out_has_its_place() -> None:
    types = set(get_args(HTTPRouteFilter.model_fields["type"].annotation))
    waiting = {path.rpartition(".")[2].lower() for path in NOT_YET["HTTPRoute"] if ".filters[]." in path}
    assert set(ORDER) == {name for name in types if name.lower() not in waiting}
    assert len(ORDER) == len(set(ORDER))
