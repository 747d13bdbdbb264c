"""The kept corpus holds in both forms; it is read as it was written; the fewest inputs that do as much are chosen."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz import corpus
from tests.fuzz.forms import Form, imported_form, source_form
from tests.fuzz.targets import POLICY_TARGETS, TARGETS


@pytest.fixture(scope="module")
def forms() -> tuple[Form, Form]:
    return imported_form(), source_form()


@pytest.mark.parametrize("target", TARGETS)
def test_every_kept_input_holds_compiled_and_from_source(target: str, forms: tuple[Form, Form]) -> None:
    inputs = corpus.kept(target)
    assert len(inputs) >= (3 if target in POLICY_TARGETS else 20)
    for data in inputs:
        try:
            TARGETS[target](forms, data)
        except Exception as error:
            error.add_note(f"target {target}, input {data!r}")
            raise


@pytest.mark.parametrize("target", TARGETS)
def test_every_input_of_the_kept_corpus_does_what_no_other_does(target: str, forms: tuple[Form, Form]) -> None:
    kept = corpus.kept(target)
    assert sorted(corpus.smallest_cover(target, forms[1], kept)) == kept


def test_inputs_are_read_as_they_were_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpus, "FOLDER", tmp_path)
    inputs = [bytes(range(256)), b"", b"\\x41", b"two\r\nlines\n", b"\xff"]
    file = corpus.keep("requests", inputs)
    assert corpus.kept("requests") == sorted(inputs)
    assert file.read_text(encoding="ascii").count("\n") == len(inputs)


def test_what_adds_nothing_is_not_chosen(forms: tuple[Form, Form]) -> None:
    small, same, other = b"0\r\n\r\n", b"1\r\na\r\n0\r\n\r\n", b"x"
    assert set(corpus.smallest_cover("chunks", forms[1], [small, same, other, b"1\r\nb\r\n0\r\n\r\n"])) <= {
        small,
        same,
        other,
    }
    assert other in corpus.smallest_cover("chunks", forms[1], [small, same, other])
