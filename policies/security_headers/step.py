"""Security headers on every answer that lacks them."""

from __future__ import annotations

from config.resources.shaping import SecurityHeaders
from policies.environment import Environment
from policies.step import Step
from policies.subject import Subject

_HSTS = b"strict-transport-security"


class SecurityHeadersStep(Step):
    """Adds `headers` (lower-case name and value); `hsts_s` seconds, None for none, to clients that came by https.

    Without TLS a browser must ignore that field, and a server must not send it (RFC 6797 7.2, 8.1).
    """

    name = "securityHeaders"
    __slots__ = ("_absent", "_absent_secure")

    def __init__(self, headers: dict[bytes, bytes], hsts_s: int | None) -> None:
        self._absent = tuple((name, b"%b: %b\r\n" % (name, value)) for name, value in headers.items())
        hsts = () if hsts_s is None else ((_HSTS, b"%b: max-age=%d\r\n" % (_HSTS, hsts_s)),)
        self._absent_secure = (*hsts, *self._absent)

    def decide(self, subject: Subject) -> None:
        subject.response_absent += self._absent_secure if subject.scheme == b"https" else self._absent


def compile_security_headers(spec: SecurityHeaders, _: Environment) -> SecurityHeadersStep | None:
    """Gives answers the headers that make browsers careful; None where all are switched off."""
    values = {
        b"x-content-type-options": "nosniff" if spec.content_type_options else None,
        b"x-frame-options": spec.frame_options,
        b"referrer-policy": spec.referrer_policy,
        b"content-security-policy": spec.content_security_policy,
    }
    headers = {name: value.encode("ascii") for name, value in values.items() if value is not None}
    hsts_s = None if spec.hsts is None else int(spec.hsts.seconds)
    return SecurityHeadersStep(headers, hsts_s) if headers or hsts_s is not None else None
