"""Every expression has a type, or an error at the place that is wrong."""

from __future__ import annotations

import pytest

from config.expressions.checker import type_of
from config.expressions.errors import ExpressionError
from config.expressions.parser import parse


@pytest.mark.parametrize(
    ("text", "type_"),
    [
        ("request.method", "string"),
        ("request.headers", "map(string, string)"),
        ('request.headers["x-a"]', "string"),
        ("request.query.page", "string"),
        ("source.port + 1", "int"),
        ("source.ip", "ip"),
        ('source.ip == "10.0.0.1" && source.ip in ["fd00::1"]', "bool"),
        ("source.claims.groups", "dyn"),
        ("source.claims.realm.roles[0]", "dyn"),
        ("source.claims.n + 1", "dyn"),
        ("source.claims.n > 1", "bool"),
        ("-source.claims.n", "dyn"),
        ("tags.lane", "string"),
        ("now - duration('1h')", "timestamp"),
        ("now - now", "duration"),
        ("now.getHours() + 1", "int"),
        ('"a" + "b"', "string"),
        ("5 % 2", "int"),
        ("1u * 2u", "uint"),
        ('b"a" + b"b"', "bytes"),
        ("[1] + [2]", "list(int)"),
        ('[1, "a"]', "list(dyn)"),
        ('{"a": 1}', "map(string, int)"),
        ("true ? 1 : 2", "int"),
        ('true ? 1 : "a"', "dyn"),
        ("null", "null_type"),
        ("type(1) == int", "bool"),
        ("has(tags.lane)", "bool"),
        ("!has(source.claims.a.b)", "bool"),
        ("tags.exists(k, tags[k] == k)", "bool"),
        ("[1, 2].map(x, x * 2)", "list(int)"),
        ("[1, 2].map(x, x > 1, string(x))", "list(string)"),
        ("tags.filter(k, k != 'a')", "list(string)"),
        ("source.claims.groups.exists(g, g == 'a')", "bool"),
        ('"x-a" in request.headers', "bool"),
        ('"a" in source.claims.groups', "bool"),
    ],
)
def test_an_expression_has_a_type(text: str, type_: str) -> None:
    assert str(type_of(parse(text))) == type_


@pytest.mark.parametrize(
    ("text", "column", "message", "suggestion"),
    [
        ("reqest.path", 1, 'no variable "reqest"', 'did you mean "request"?'),
        ("path", 1, 'no variable "path"', 'did you mean "request.path"?'),
        ("request.heders", 9, "request has no field", 'did you mean "headers"?'),
        ("source.ip.host", 11, "ip has no field", ""),
        ("request.path.size", 14, "string has no field", "write size()"),
        ("request", 1, "no value by itself", "write a dot and a field of it"),
        ('request["path"]', 1, "no value by itself", "write a dot and a field of it"),
        ('request.headers["X-A"]', 17, "lower case", 'write "x-a"'),
        ("request.headers.Host", 17, "lower case", 'write "host"'),
        ('"X-A" in request.headers', 1, "lower case", 'write "x-a"'),
        ("has(request.headers.Host)", 21, "lower case", 'write "host"'),
        ("request.headers[1]", 17, "takes string, not int", ""),
        ("request.path[0]", 13, "string has no", ""),
        ("has(request.path)", 13, "always there", 'compare it with ""'),
        ("has(request.pat)", 13, "has no field", 'did you mean "path"?'),
        ("source.port == '1'", 13, "cannot be compared", "write int(...) around the string"),
        ("source.port == 1.5", 13, "cannot be compared", "convert one of them, as by double(...)"),
        ("source.ip == 'localhost'", 14, "is no address", ""),
        ("source.ip == '10.0.0.0/8'", 14, "is no address", 'write source.ip.inCIDR("10.0.0.0/8")'),
        ("'FD00::1' == source.ip", 1, "never the address", 'write "fd00::1"'),
        ("source.ip in ['::1', '1.2']", 22, "is no address", ""),
        ("1 < 'a'", 3, "does not take int and string", "write int(...) around the string"),
        ("null < null", 6, "does not take", ""),
        ("now + now", 5, "does not take", ""),
        ("1 + 'a'", 3, "does not take", None),
        ("1.5 % 2.0", 5, "does not take", None),
        ("-'a'", 2, "takes a number, not string", ""),
        ("-1u", 2, "takes a number, not uint", ""),
        ("!1", 2, "takes bool, not int", ""),
        ("true && 1", 9, "takes bool, not int", ""),
        ("1 || true", 1, "takes bool, not int", ""),
        ("1 ? true : false", 1, "takes bool, not int", ""),
        ("1 in 'abc'", 6, "takes a list or a map", ""),
        ("1 in ['a']", 3, "int is never in list", ""),
        ("{null: 1}", 2, "a key of a map", ""),
        ("'abc'.all(x, true)", 7, "is of a list or a map", ""),
        ("[1].all(x, x)", 12, "takes bool, not int", ""),
        ("[1].all(tags, true)", 5, "has a meaning already", "take another name"),
        ("[1].map(x, y)", 12, "no variable", None),
        ("[1].map(x, x) == x", 18, "no variable", None),
    ],
)
def test_what_is_wrong_is_refused_at_its_place(text: str, column: int, message: str, suggestion: str | None) -> None:
    with pytest.raises(ExpressionError, match=message) as refused:
        type_of(parse(text))
    assert refused.value.column == column
    if suggestion is not None:
        assert refused.value.suggestion == suggestion
