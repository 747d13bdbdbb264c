"""Cookies that Weir gives to clients (RFC 6265 4.1)."""

from __future__ import annotations

from policies.subject import Subject


def give_cookie(subject: Subject, name: str, value: str, path: str, max_age_s: float | None) -> None:
    """Set a cookie with the answer, for no script and no other site; without `max_age_s` it ends with the browser.

    Else it lives that long in whole seconds, one at least. It travels over TLS alone where it was given over TLS.
    """
    line = f"set-cookie: {name}={value}; Path={path}; HttpOnly; SameSite=Lax"
    if max_age_s is not None:
        line += f"; Max-Age={max(int(max_age_s), 1)}"
    if subject.scheme == b"https":
        line += "; Secure"
    subject.response_lines.append(f"{line}\r\n".encode("ascii"))
