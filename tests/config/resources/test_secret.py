"""Secrets: base64, and what a certificate needs."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from config.resources.secret import Secret


def secret(**fields: object) -> Secret:
    return Secret.read({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "x"}} | fields)


def test_decodes_values() -> None:
    """`stringData` goes before `data`, as an API server merges them; values are not shown in logs."""
    read = secret(data={"a": "aGk=", "b": "aGk="}, stringData={"b": "text"})
    assert (read.value("a"), read.value("b")) == (b"hi", b"text")
    assert "aGk=" not in repr(read)


def test_refuses_what_is_no_base64_and_half_a_certificate() -> None:
    """Both would otherwise be found only at the first handshake."""
    with pytest.raises(ValidationError, match=r"data\.a is not base64"):
        secret(data={"a": "a b"})
    with pytest.raises(ValidationError, match=r"tls\.key must be there"):
        secret(type="kubernetes.io/tls", data={"tls.crt": "aGk="})
