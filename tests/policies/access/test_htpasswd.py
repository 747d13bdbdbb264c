"""Password files: bcrypt and nothing else, and for the rest the mend."""

from __future__ import annotations

import bcrypt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.access.htpasswd import PasswordFile

HASH = "$2y$05$" + "a" * 53


def test_gives_the_hash_of_a_user() -> None:
    file = PasswordFile.parse(f"# people\nalice:{HASH}\nJ\u00fcrgen:{HASH.replace('2y', '2b')}\n".encode())
    assert file.stored("alice") == HASH.encode()
    assert file.stored("J\u00fcrgen") == HASH.replace("2y", "2b").encode()
    assert file.stored("bob") is file.stored("") is None


def test_a_name_is_found_however_it_was_composed() -> None:
    assert PasswordFile.parse(f"Ju\u0308rgen:{HASH}\n".encode()).stored("J\u00fcrgen") == HASH.encode()


@pytest.mark.parametrize("kind", ["2a", "2b", "2y"])
def test_takes_the_kinds_of_bcrypt_that_are_sound(kind: str) -> None:
    assert PasswordFile.parse(f"a:{HASH.replace('2y', kind)}".encode()).stored("a") is not None


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("$apr1$abcdefgh$abc", "line 1: bob has an MD5 hash; make one with `htpasswd -B FILE bob`"),
        ("{SHA}qUqP5cyxm6YcTAhz05Hph5gvu9M=", "bob has a SHA-1 hash; make one with `htpasswd -B FILE bob`"),
        ("$6$salt$hash", "bob has a crypt hash"),
        ("$y$j9T$hash", "bob has a crypt hash"),
        ("rl0uE5HIr1yqY", "bob has no hash that is known"),
        ("secret", "bob has no hash that is known"),
        ("", "bob has no hash that is known"),
        (HASH[:-1], "bob has a bcrypt hash that is cut or of another kind"),
        (HASH + "a", "bob has a bcrypt hash that is cut or of another kind"),
        (HASH.replace("2y", "2x"), "bob has a bcrypt hash that is cut or of another kind"),
        (HASH + " ", "bob has a bcrypt hash that is cut"),
        (HASH.replace("$05$", "$15$"), "bob has the cost 15, not 4 to 14; use `htpasswd -B -C 10 FILE bob`"),
        (HASH.replace("$05$", "$31$"), "bob has the cost 31"),
        (HASH.replace("$05$", "$03$"), "bob has the cost 03"),
    ],
)
def test_other_hashes_are_refused_by_line_with_the_mend(value: str, message: str) -> None:
    with pytest.raises(ValueError, match=message.replace("$", r"\$")):
        PasswordFile.parse(f"bob:{value}\n".encode())


def test_all_lines_are_told() -> None:
    with pytest.raises(ValueError, match=r"line 1: .*; line 3: "):
        PasswordFile.parse(f"a:x\nb:{HASH}\nc:y\n".encode())


def test_an_unknown_user_costs_what_the_dearest_known_one_does() -> None:
    text = f"a:{HASH}\nb:{HASH.replace('$05$', '$06$')}\n".encode()
    assert PasswordFile.parse(text).dummy.startswith(b"$2b$06$")
    assert PasswordFile.parse(b"").dummy.startswith(b"$2b$10$")


@given(st.binary(max_size=40).filter(lambda text: b"\0" not in text))
def test_nothing_is_the_password_of_the_hash_for_nobody(password: bytes) -> None:
    assert not bcrypt.checkpw(password, PasswordFile({"a": HASH.replace("$05$", "$04$")}).dummy)


@given(st.binary(max_size=80))
def test_any_octets_are_taken_or_refused(text: bytes) -> None:
    try:
        PasswordFile.parse(text)
    except ValueError as error:
        assert str(error).startswith("line ")
