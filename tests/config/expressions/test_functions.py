"""A function takes what it takes, and its constants are tried when the file is loaded."""

from __future__ import annotations

import cel
import pytest

from config.expressions.errors import ExpressionError
from config.expressions.functions import FUNCTIONS, result_of
from config.expressions.parser import parse
from config.expressions.syntax import Call
from config.expressions.types import BOOL, DYN, INT, IP, STRING, TIMESTAMP, Type

SAMPLES = {"int": "1", "uint": "1u", "double": "1.0", "string": '"1"', "bytes": 'b"1"', "dyn": "1"}


def call(text: str) -> Call:
    node = parse(text)
    assert isinstance(node, Call)
    return node


@pytest.mark.parametrize(
    ("text", "given", "result"),
    [
        ("size(a)", [STRING], INT),
        ("a.size()", [DYN], INT),
        ('a.startsWith("x")', [STRING, STRING], BOOL),
        ('a.matches("^x")', [STRING, STRING], BOOL),
        ('a.inCIDR("10.0.0.0/8")', [IP, STRING], BOOL),
        ('a.inCIDR("fd00::/8")', [IP, STRING], BOOL),
        ("a.getHours()", [TIMESTAMP], INT),
        ('a.getHours("UTC")', [TIMESTAMP, STRING], INT),
        ('a.getHours("Europe/Berlin")', [TIMESTAMP, STRING], INT),
    ],
)
def test_a_call_has_a_type(text: str, given: list[Type], result: Type) -> None:
    assert result_of(call(text), given) == result


@pytest.mark.parametrize(
    ("text", "given", "message", "suggestion"),
    [
        ("sise(a)", [STRING], "no function", 'did you mean "size"?'),
        ("a.startswith(b)", [STRING, STRING], "no function", 'did you mean "startsWith"?'),
        ("contains(a, b)", [STRING, STRING], "no function", "write value.contains(...)"),
        ("a.int()", [STRING], "no function", "write int(value)"),
        ('bool("true")', [STRING], "no function", ""),
        ("size(a)", [INT], "does not take \\(int\\)", None),
        ("a.startsWith(1)", [STRING, INT], "does not take", "it takes (string, string)"),
        ('a.inCIDR("10.0.0.0/8")', [STRING, STRING], "does not take", "it takes (ip, string)"),
        ("a.matches(b)", [STRING, STRING], "pattern as a constant", "write it in quotes"),
        ('a.matches("(")', [STRING, STRING], "regular expression is not valid", ""),
        ('a.matches("(?=a)")', [STRING, STRING], "not valid", "RE2 has no backreferences and no lookaround"),
        ('a.inCIDR("10.0.0.1/8")', [IP, STRING], "is no network", 'write "10.0.0.0/8"'),
        ('a.inCIDR("10.0.0/8")', [IP, STRING], "is no network", "a network is as 10.0.0.0/8 or fd00::/8"),
        ("a.inCIDR(b)", [IP, STRING], "network as a constant", "write it in quotes"),
        ('a.getHours("Nowhere")', [TIMESTAMP, STRING], "no time zone", "a zone is as Europe/Berlin"),
        ('a.getHours("../passwd")', [TIMESTAMP, STRING], "no time zone", None),
        ("a.getHours(b)", [TIMESTAMP, STRING], "time zone as a constant", None),
    ],
)
def test_a_wrong_call_is_refused(text: str, given: list[Type], message: str, suggestion: str | None) -> None:
    with pytest.raises(ExpressionError, match=message) as refused:
        result_of(call(text), given)
    if suggestion is not None:
        assert refused.value.suggestion == suggestion


@pytest.mark.parametrize("name", ["int", "uint", "double", "string", "bytes", "dyn", "type"])
def test_the_library_has_every_conversion(name: str) -> None:
    for (wanted,), _ in FUNCTIONS[name]:
        if wanted.name in SAMPLES:
            cel.evaluate(f"{name}({SAMPLES[wanted.name]})")
