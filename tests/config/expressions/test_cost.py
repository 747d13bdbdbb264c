"""What could hold a worker up is refused before a request comes."""

from __future__ import annotations

import pytest

from config.expressions.cost import MAX_COST, check_cost
from config.expressions.errors import ExpressionError
from config.expressions.parser import parse


@pytest.mark.parametrize(
    "text",
    [
        'request.headers["x-a"] == "1" && request.path.startsWith("/a") && source.ip.inCIDR("10.0.0.0/8")',
        'request.headers.exists(k, k.startsWith("x-"))',
        "[1, 2, 3].all(x, [4, 5, 6].exists(y, x < y))",
        'request.path.matches("^/v[0-9]+/orders/[^/]+$")',
        '{"a": 1}.exists(k, k == tags.lane)',
    ],
)
def test_usual_conditions_cost_little(text: str) -> None:
    assert check_cost(parse(text)) <= MAX_COST / 10


@pytest.mark.parametrize(
    "text",
    [
        "request.headers.all(a, request.headers.all(b, a == b))",
        "request.headers.map(a, a).filter(a, tags.exists(b, b == a)).all(c, true)",
        "[1, 2].all(a, [1, 2].all(b, [1, 2].all(c, tags.all(d, tags.all(e, true)))))",
        'request.headers.all(k, request.headers[k].matches("(a|b|c|d)+"))',
        "(tags.map(a, a) + tags.map(a, a)).all(a, source.claims.x.all(b, a == b))",
        "(true ? tags : tags).all(a, tags.all(b, a + b == a))",
    ],
)
def test_macros_in_macros_over_maps_cost_too_much(text: str) -> None:
    with pytest.raises(ExpressionError, match=r"could cost [0-9]+ steps, more than"):
        check_cost(parse(text))


def test_each_step_is_counted() -> None:
    assert check_cost(parse("true")) == 1
    assert check_cost(parse("1 + 2 == 3")) == 7
    assert check_cost(parse("1 in [1, 2]")) == 7
    assert check_cost(parse("size(1)")) == 3
