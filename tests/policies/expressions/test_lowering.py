"""Which conditions are lowered, and that those are what the library says they are."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.expressions.check import check
from policies.expressions.library import Evaluated
from policies.expressions.lowering import lower
from policies.subject import Subject
from tests.policies.expressions.subjects import subject

WORDS = ("", "a", "ab", "b", "canary", "\xe9", "\u20ac", "1")
NAMES = ("a", "b", "c")
TEXTS = st.sampled_from(WORDS)
QUOTED = TEXTS.map(lambda word: f'"{word}"')
MAPS = st.sampled_from(("request.headers", "request.query", "request.cookies", "source.claims", "tags"))
ENTRIES = st.builds(lambda owner, name: f'{owner}["{name}"]', MAPS, st.sampled_from(NAMES))
FIELDS = st.builds(lambda owner, name: f"{owner}.{name}", MAPS, st.sampled_from(NAMES))
PLAIN = st.sampled_from(
    ("request.method", "request.scheme", "request.host", "request.path", "source.identity", "source.tenant")
)
VALUES = st.one_of(ENTRIES, FIELDS, PLAIN)
TERMS = st.one_of(
    st.builds("{} {} {}".format, VALUES, st.sampled_from(("==", "!=")), QUOTED),
    st.builds("{} == {}".format, QUOTED, VALUES),
    st.builds("{}.{}({})".format, VALUES, st.sampled_from(("startsWith", "endsWith", "contains")), QUOTED),
    st.builds('{}.matches("{}")'.format, VALUES, st.sampled_from(("^a", "b$", "[ab]+", "^\\\\w*$", "\xe9"))),
    st.builds(lambda value, items: f"{value} in [{', '.join(items)}]", VALUES, st.lists(QUOTED, max_size=3)),
    st.builds('"{}" in {}'.format, st.sampled_from(NAMES), MAPS),
    FIELDS.map("has({})".format),
    st.sampled_from(("10.9.0.0/16", "10.9.3.4", "fd00::/8", "::/0")).map('source.ip.inCIDR("{}")'.format),
    st.sampled_from(('source.ip == "10.9.3.4"', 'source.ip in ["fd00::1"]')),
)
EXPRESSIONS = st.recursive(
    TERMS,
    lambda inner: st.one_of(
        inner.map("!({})".format),
        st.builds("({} && {})".format, inner, inner),
        st.builds("({} || {})".format, inner, inner),
    ),
    max_leaves=6,
)
ENCODED = TEXTS.map(lambda word: word.encode("latin-1", "ignore"))
LINES = st.builds(b"%b: %b".__mod__, st.tuples(st.sampled_from((b"a", b"B", b"c", b"x")), ENCODED))
COOKIES = st.builds(b"cookie: %b=%b; a=b".__mod__, st.tuples(st.sampled_from((b"a", b"b")), ENCODED))
CLAIMS = st.one_of(
    TEXTS, st.integers(-3, 3), st.none(), st.booleans(), st.lists(TEXTS, max_size=2), st.just({"a": "b"})
)
SUBJECTS = st.builds(
    lambda lines, query, address, tags, claims: subject(
        *lines, target=b"/" + query, address=address, tags=tags, claims=claims
    ),
    st.lists(st.one_of(LINES, COOKIES), max_size=4),
    st.sampled_from((b"", b"?a=a&b=%C3%A9", b"?c=%FF&c=a", b"a?b", b"ab?a=canary&a=b")),
    st.sampled_from(("10.9.3.4", "10.10.0.1", "fd00::1", "::ffff:10.9.3.4")),
    st.dictionaries(st.sampled_from(NAMES), TEXTS, max_size=2),
    st.dictionaries(st.sampled_from(NAMES), CLAIMS, max_size=3),
)


@settings(max_examples=100, deadline=None)
@given(EXPRESSIONS, st.lists(SUBJECTS, min_size=1, max_size=4))
def test_predicates_say_what_the_library_says(text: str, requests: list[Subject]) -> None:
    checked = check(text)
    lowered = lower(checked.root)
    library = Evaluated(checked)
    for request in requests:
        if lowered is not None:
            assert lowered.test(request) == library.test(request), text


@pytest.mark.parametrize(
    "text",
    [
        'request.headers["x-beta"] == "1" || source.ip.inCIDR("10.9.0.0/16")',
        '"/a" != request.path',
        'request.method in ["GET", "HEAD"]',
        '"x" in request.query && !has(tags.lane)',
        'source.claims.scope.contains("write") || source.tenant == "shop"',
        'request.host.endsWith(".example") && request.path.matches("^/v[0-9]+/")',
    ],
)
def test_simple_forms_are_lowered(text: str) -> None:
    assert lower(check(text).root) is not None


@pytest.mark.parametrize(
    "text",
    [
        "source.port > 1024",
        "request.path == request.host",
        'request.path in [request.host, "/"]',
        "request.path in [1, 2].map(x, string(x))",
        '"a" in source.claims.groups',
        'source.claims.realm.role == "a"',
        "size(request.headers) > 3",
        'request.path == "\\u20ac"',
        'request.path in ["\\u20ac"]',
        'request.path.startsWith("\\u20ac")',
        'has(request.headers.host) && request.path + "x" == "/x"',
        "!(now.getHours() > 5)",
        "source.claims.admin",
        'string(source.ip).startsWith("10.")',
        'request.headers["\\u20ac"] == "x"',
    ],
)
def test_anything_else_is_left_to_the_library(text: str) -> None:
    assert lower(check(text).root) is None
