"""`python -m tools.docs` writes the reference pages; with `--check` it only says which are out of date."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from config.resources import CLASSES
from tools.docs import cli_page, index_page, kind_page, metrics_page, policies_page

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "reference"


def pages() -> Mapping[str, str]:
    """Every page of the reference by file name."""
    return {
        "README.md": index_page.render(),
        "cli.md": cli_page.render(),
        "metrics.md": metrics_page.render(),
        "policies.md": policies_page.render(),
        **{kind_page.file_name(kind): kind_page.render(kind) for kind in CLASSES},
    }


def out_of_date(folder: Path = FOLDER) -> list[str]:
    """Names of pages that differ from what the code says, of missing ones, and of files that are no page."""
    wanted = pages()
    present = {file.name: file.read_text(encoding="utf-8") for file in folder.glob("*")} if folder.is_dir() else {}
    return sorted(name for name in wanted.keys() | present.keys() if wanted.get(name) != present.get(name))


def write(folder: Path = FOLDER) -> list[str]:
    """Bring the folder up to date; returns the names of what was written or removed."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = pages()
    changed = out_of_date(folder)
    for name in changed:
        if name in wanted:
            (folder / name).write_text(wanted[name], encoding="utf-8")
        else:
            (folder / name).unlink()
    return changed


def main(arguments: list[str]) -> int:
    """Exit code 0, or 1 where `--check` found a page that is out of date."""
    parser = argparse.ArgumentParser(prog="tools.docs", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing, say what is out of date")
    if parser.parse_args(arguments).check:
        stale = out_of_date()
        for name in stale:
            print(f"docs/reference/{name} is out of date: make docs")
        return 1 if stale else 0
    for name in write():
        print(f"docs/reference/{name}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
