"""Which policy sees a request first: the one place where their order is written down."""

from __future__ import annotations

ORDER = (
    "RequestHeaderModifier",
    "RequestRedirect",
    "URLRewrite",
    "RequestMirror",
    "ResponseHeaderModifier",
)
"""Filters of a rule and of the backendRef that was chosen, the rule's before the backendRef's. A mirror is given the
head as the filters before it left it; what a response header modifier does comes last, on the way back."""
