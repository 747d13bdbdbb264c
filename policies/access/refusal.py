"""Why a token is not good; its message is for the log alone."""

from __future__ import annotations


class TokenRefused(ValueError):
    """The token is not good."""


class KeyUnknown(TokenRefused):
    """It names a key that is not in the set, and may be in a newer one."""
