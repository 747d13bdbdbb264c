"""Both forms live side by side, and the process around them sees but the one that it imported."""

from __future__ import annotations

import sys

from config.pure_mode import is_pure
from gateway.codec import http1
from tests.fuzz.forms import SCANNED, imported_form, source_form


def test_source_form_is_another_set_and_uncompiled() -> None:
    imported, source = imported_form(), source_form()
    assert imported.http1 is http1
    assert source.http1 is not http1 and source.http1.__name__ == http1.__name__
    assert imported.compiled is not is_pure() and not source.compiled
    assert source.http1.Http1ServerCodec is not http1.Http1ServerCodec
    # The source form refuses with its own errors, not with those of the process.
    assert source.errors.ProtocolError is not imported.errors.ProtocolError


def test_imports_of_the_process_stay_what_they_were() -> None:
    before = {name: sys.modules[name] for name in sys.modules if name.startswith("gateway")}
    finders = list(sys.meta_path)
    source_form()
    assert {name: sys.modules[name] for name in sys.modules if name.startswith("gateway")} == before
    assert sys.meta_path == finders
    assert all(name in before for name in SCANNED)
