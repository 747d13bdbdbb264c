"""Loading of files for commands that serve nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.cli.failure import Failed
from gateway.cli.loading import in_policy_world, loaded_from
from policies.environment import Environment
from tests.support.weir_command import write_routes


def test_files_give_their_snapshot(tmp_path: Path) -> None:
    loaded, snapshot = loaded_from([write_routes(tmp_path)])
    assert loaded.snapshot is snapshot
    assert set(snapshot.backends) == {"shop/orders"}


def test_errors_are_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text("kind: [\n", encoding="utf-8")
    with pytest.raises(Failed, match="cannot be served"):
        loaded_from([file])
    assert "bad.yaml:" in capsys.readouterr().err


def test_policies_can_be_compiled_in_their_world() -> None:
    async def follow(environment: Environment) -> object:
        return environment.condition('request.method == "GET"')

    assert in_policy_world(follow) is not None
