"""Claims: times with leeway, issuer and audience, required values, and the texts that they are passed on as."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from config.resources.access import JWTAccess, KeySet
from config.resources.scalars import Duration
from policies.access.claims import ClaimRules, Claims, text_of_claim
from policies.access.refusal import TokenRefused
from tests.support.issuer import ISSUER, claims
from tests.support.subjects import NOW_S

JWKS = KeySet(file="keys.json")


def rules(audiences: tuple[str, ...] = ("orders", "billing"), **required: JsonValue) -> ClaimRules:
    return ClaimRules(
        JWTAccess(issuer=ISSUER, jwks=JWKS, audiences=audiences, leeway=Duration("30s"), require_claims=required)
    )


def fault(rules: ClaimRules, members: dict[str, object]) -> str:
    """What is wrong with a token that says this."""
    try:
        return rules.fault(Claims(members), NOW_S)
    except TokenRefused as error:
        return str(error)


def lack(rules: ClaimRules, members: dict[str, object]) -> str:
    """Which required claim is not in it."""
    return rules.lack(Claims(claims(**members)))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"exp": NOW_S - 29},
        {"exp": NOW_S + 0.5},
        {"nbf": NOW_S + 30},
        {"iat": NOW_S + 30},
        {"nbf": 0, "iat": None},
        {"aud": "billing"},
        {"aud": ["other", "orders"]},
        {"sub": None},
        {"sub": ""},
    ],
)
def test_takes(changes: dict[str, object]) -> None:
    assert fault(rules(), claims(**changes)) == ""


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"exp": None}, "no claim `exp`"),
        ({"exp": NOW_S - 30}, "a token that ended 30 s ago"),
        ({"exp": NOW_S - 3600}, "a token that ended 3600 s ago"),
        ({"exp": 0}, "a token that ended"),
        ({"exp": "2030-01-01"}, "a claim `exp` that is no time"),
        ({"exp": True}, "a claim `exp` that is no time"),
        ({"exp": -1}, "a claim `exp` that is no time"),
        ({"exp": [NOW_S + 60]}, "a claim `exp` that is no time"),
        ({"exp": float("inf")}, "a claim `exp` that is no time"),
        ({"exp": 10**400}, "a claim `exp` that is no time"),
        ({"exp": (NOW_S + 60) * 1000}, "a claim `exp` that is no time"),
        ({"nbf": NOW_S + 31}, "a token that begins in 31 s"),
        ({"nbf": "0"}, "a claim `nbf` that is no time"),
        ({"iat": NOW_S + 31}, "a token issued 31 s in the future"),
        ({"iat": False}, "a claim `iat` that is no time"),
        ({"iss": None}, "a token of the issuer None"),
        ({"iss": ISSUER + "/"}, f"a token of the issuer '{ISSUER}/'"),
        ({"iss": ISSUER.upper()}, "a token of the issuer"),
        ({"iss": [ISSUER]}, "a token of the issuer"),
        ({"aud": None}, "a token for the audience None"),
        ({"aud": "other"}, "a token for the audience 'other'"),
        ({"aud": "orders billing"}, "a token for the audience"),
        ({"aud": []}, "a token for the audience []"),
        ({"aud": ["orders", 1]}, "a token for the audience"),
        ({"aud": {"orders": 1}}, "a token for the audience"),
        ({"aud": "Orders"}, "a token for the audience"),
        ({"sub": 7}, "a claim `sub` that is no text"),
        ({"sub": ["alice"]}, "a claim `sub` that is no text"),
    ],
)
def test_refuses(changes: dict[str, object], message: str) -> None:
    assert fault(rules(), claims(**changes)).startswith(message)


def test_without_audiences_any_will_do() -> None:
    assert fault(rules(()), claims(aud="other")) == fault(rules(()), claims(aud=None)) == ""


def test_a_null_is_no_time() -> None:
    assert fault(rules(), {**claims(), "nbf": None}) == "a claim `nbf` that is no time"


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        ("admin", "admin"),
        (["user", "admin"], "admin"),
        (["user", "admin"], ["admin"]),
        (["user", "admin"], ["admin", "user"]),
        ("admin", ["admin"]),
        (7, 7),
        (7.0, 7),
        (True, True),
        (None, None),
        ({"a": [1, {"b": True}]}, {"a": [1, {"b": True}]}),
        ([{"a": 1}], {"a": 1}),
    ],
)
def test_a_claim_has_a_value_that_it_equals_or_contains(found: object, wanted: JsonValue) -> None:
    assert rules(role=wanted).lack(Claims({"exp": 1, "role": found})) == ""


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        ("not admin", "admin"),
        ("administrator", "admin"),
        ("Admin", "admin"),
        (["user"], ["admin", "user"]),
        ("admin", ["admin", "user"]),
        (["user admin"], "admin"),
        (1, True),
        (True, 1),
        ("true", True),
        ("7", 7),
        (None, False),
        (0, None),
        ({"a": 1}, {"a": True}),
        ({"a": 1, "b": 2}, {"a": 1}),
        ([[1]], [[True]]),
    ],
)
def test_a_claim_has_not_what_only_looks_like_it(found: object, wanted: JsonValue) -> None:
    assert rules(role=wanted).lack(Claims({"exp": 1, "role": found})) == "role"


def test_a_claim_must_be_there() -> None:
    assert lack(rules(role="admin"), {}) == "role"
    assert lack(rules(role=None), {}) == "role"
    assert lack(rules(a=1, b=2), {"a": 1, "b": 3}) == "b"


@pytest.mark.parametrize("name", ["scope", "scp"])
def test_a_scope_is_a_list_in_one_text(name: str) -> None:
    def missing(found: object, wanted: JsonValue) -> str:
        return lack(rules(**{name: wanted}), {name: found})

    assert missing("orders.read orders.write", "orders.write") == ""
    assert missing("orders.read orders.write", "orders.write orders.read") == ""
    assert missing("orders.read orders.write", ["orders.read", "orders.write"]) == ""
    assert missing(["orders.read", "orders.write"], "orders.read") == ""
    assert missing("orders.read", "orders.write orders.read") == name
    assert missing("orders.readonly", "orders.read") == name


@pytest.mark.parametrize(
    ("claim", "text"),
    [
        ("alice", "alice"),
        (" alice ", "alice"),
        ("Jürgen, head of IT", "Jürgen, head of IT"),
        (7, "7"),
        (1.5, "1.5"),
        (True, "true"),
        (["a", "b", 3, False], "a,b,3,false"),
        (["a"], "a"),
    ],
)
def test_a_claim_is_written_in_one_line(claim: object, text: str) -> None:
    assert text_of_claim(claim) == text


@pytest.mark.parametrize(
    "claim",
    [
        None,
        "",
        "  ",
        "a\r\nx-admin: yes",
        "a\nb",
        "a\rb",
        "a\0b",
        "a\tb",
        "a\x7fb",
        "a\x85b",
        ["a", "b\r\nc"],
        ["a,b", "c"],
        [["a"], "b"],
        ["a", None],
        ["a", {}],
        [],
        {"a": 1},
    ],
)
def test_a_claim_that_could_be_read_otherwise_is_not_passed_on(claim: object) -> None:
    assert text_of_claim(claim) is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
)


@given(json_values)
def test_no_claim_ends_a_line(claim: object) -> None:
    text = text_of_claim(claim)
    assert text is None or (text and not set("\r\n\0") & set(text))


def test_the_claims_of_every_token_are_read_once() -> None:
    read = Claims(claims(nbf=5, aud=["a", "b"]))
    assert (read.expires_s, read.begins_s, read.issued_s) == (NOW_S + 600, 5.0, NOW_S - 60)
    assert (read.issuer, read.audiences, read.subject) == (ISSUER, {"a", "b"}, "alice")
    assert read.members == claims(nbf=5, aud=["a", "b"])
    with pytest.raises(TypeError):
        read.members["sub"] = "mallory"  # type: ignore[index]
