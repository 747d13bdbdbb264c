"""What the steps of access get their keys and passwords from is what the gateway has for them."""

from __future__ import annotations

import inspect

from gateway.policy_world import PolicyWorld
from policies.access.credentials import Credentials


def test_the_gateways_are_of_that_form() -> None:
    for name in (
        "keys_of_file",
        "keys_of_url",
        "keys_of_secret",
        "passwords_of_file",
        "passwords_of_secret",
        "api_keys_of_file",
    ):
        asked, given = (inspect.signature(getattr(kind, name)) for kind in (Credentials, PolicyWorld))
        assert asked == given, name
