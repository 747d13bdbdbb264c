"""Tests of the options that several commands share."""

from __future__ import annotations

import pytest

from tests.support.commands import options


@pytest.mark.parametrize("command", ["check", "explain", "routes", "backends", "version"])
def test_every_command_that_shows_something_takes_an_output(command: str) -> None:
    assert {"--output", "-o"} <= options(command)


@pytest.mark.parametrize("command", ["explain", "routes", "backends"])
def test_every_command_that_asks_a_gateway_takes_its_address_and_a_token(command: str) -> None:
    assert {"--admin", "--token-file"} <= options(command)
