"""Whether a text may be the value of a header field (RFC 9110 5.5)."""

from __future__ import annotations

import re

_FORBIDDEN = re.compile("[\r\n\0]")
_VALUE = re.compile(r"[\t -~]*")
_NAME = r"[A-Za-z0-9!#$%&'*+\-.^_`|~]+"
_MEDIA_TYPE = re.compile(rf"{_NAME}/{_NAME}[ \t]*(;[\t -~]*)?")


def value_flaw(value: str) -> tuple[str, str]:
    """What is wrong with it and how to mend that, in words; two times "" where it is fit."""
    if found := _FORBIDDEN.search(value):
        return f"the value has {found[0]!r}, which would end the field (RFC 9110 5.5)", "remove it"
    if not _VALUE.fullmatch(value):
        message = "the value has characters beyond printable ASCII (RFC 9110 5.5)"
        return message, "encode them, in percent or base64"
    return "", ""


def media_type_flaw(value: str) -> tuple[str, str]:
    """The same of a value of Content-Type (RFC 9110 8.3.1)."""
    flaw = value_flaw(value)
    if flaw[0] or _MEDIA_TYPE.fullmatch(value):
        return flaw
    return f'"{value}" is no media type (RFC 9110 8.3.1)', "write it as text/html; charset=utf-8"
