"""Fetches the pinned programs of one or more sets into `.tools`, without root; what is there already is left alone."""

from __future__ import annotations

import argparse
import hashlib
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tools import debian, wheels
from tools.pins import PYPI, TOOLS_DIR, Program, pinned, programs

WRAPPER = """#!/bin/sh
root="$(dirname "$(dirname "$(readlink -f "$0")")")/{folder}"
LD_LIBRARY_PATH="$root/usr/lib/{triplet}:$root/lib/{triplet}{libraries}${{LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}}"
export LD_LIBRARY_PATH
{environment}exec "$root/{file}" "$@"
"""
TRIPLETS = {"amd64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu"}


def install(program: Program, architecture: str) -> bool:
    """Bring one program into `.tools`; False where it was there with these very pins. Raises FetchError, LookupError.

    Its packages go to a folder of their own, named by the pins, and a wrapper in `.tools/bin` runs each command with
    the libraries of that folder. The wrapper appears last, so an interrupted fetch is taken up again.
    """
    packages = pinned(program.name, architecture)
    digest = hashlib.sha256("".join(each.sha256 for each in packages).encode()).hexdigest()[:12]
    folder = f"{program.name}-{digest}"
    environment = "".join(f'export {name}="$root/{place}"\n' for name, place in program.environment.items())
    triplet = TRIPLETS[architecture]
    libraries = "".join(f":$root/usr/lib/{triplet}/{place}" for place in program.libraries)
    wrappers = {
        TOOLS_DIR / "bin" / command: WRAPPER.format(
            folder=folder, triplet=triplet, libraries=libraries, environment=environment, file=file
        )
        for command, file in program.commands.items()
    }
    if all(path.exists() and path.read_text(encoding="utf-8") == text for path, text in wrappers.items()):
        return False
    origin = wheels if program.suite == PYPI else debian
    with ThreadPoolExecutor(4) as pool:
        files = list(pool.map(lambda package: origin.download(package, TOOLS_DIR / "downloads"), packages))
    root = TOOLS_DIR / folder
    if root.exists():
        shutil.rmtree(root)
    for file in files:
        origin.unpack(file, root)
    for path, text in wrappers.items():
        _write_wrapper(path, text)
    return True


def _write_wrapper(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(text, encoding="utf-8")
    partial.chmod(0o755)
    partial.replace(path)


def main(arguments: list[str]) -> int:
    """Fetch all programs of the named sets; exit code 1 with the reason of each one that could not be had."""
    parser = argparse.ArgumentParser(prog="tools.fetch", description=__doc__)
    parser.add_argument("sets", nargs="+", choices=["demo", "test", "bench"], help="fetch the programs of these sets")
    wanted = frozenset(parser.parse_args(arguments).sets)
    failed = 0
    for program in programs():
        if not program.sets & wanted:
            continue
        try:
            new = install(program, debian.architecture())
        except (debian.FetchError, LookupError, OSError) as error:
            print(f"{program.name}: {error}", file=sys.stderr)
            failed += 1
        else:
            print(f"{program.name}: {'fetched' if new else 'ready'} ({', '.join(program.commands)})", flush=True)
    if failed:
        print(f"error: {failed} program(s) could not be fetched, see above", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
