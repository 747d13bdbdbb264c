"""Questions say what they are about, and no password."""

from __future__ import annotations

from policies.access.key_set import KeySet
from policies.access.material import FixedMaterial
from policies.access.questions import CheckPassword, PasswordAnswer, PasswordChecked, RefreshKeys


def test_a_password_does_not_show() -> None:
    question = CheckPassword(b"hunter2", b"$2b$")
    assert "hunter2" not in f"{question}{question!r}"


def test_an_answer_is_about_a_hash() -> None:
    assert PasswordChecked(PasswordAnswer.RIGHT, b"$2b$").stored == b"$2b$"


def test_a_question_for_keys_names_where_they_are() -> None:
    keys: FixedMaterial[KeySet] = FixedMaterial(KeySet(()))
    assert RefreshKeys(keys).keys is keys
