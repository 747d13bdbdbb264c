"""Debian packages without root: the machine's own mirrors, downloads checked by SHA-256, unpacking into a folder.

No address of a mirror is written down here: it is read from the apt configuration of the machine at run time, and apt's
own downloader is used where it is there, so that proxies and certificates set up for apt hold here too.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

from tools.pins import Package

SUITES = frozenset({"stable", "oldstable", "oldoldstable", "testing", "sid", "bullseye", "bookworm", "trixie", "forky"})
APT_HELPER = Path("/usr/lib/apt/apt-helper")
ATTEMPTS = 4
TIMEOUT_S = 120


class FetchError(Exception):
    """A package cannot be had or unpacked; the message says what to do."""


def architecture() -> str:
    """Debian's name of this machine's architecture. Raises FetchError where the machine is not a Debian one."""
    if not shutil.which("dpkg"):
        raise FetchError("this machine has no dpkg: put the programs on PATH by your system's own means instead")
    return _output(["dpkg", "--print-architecture"]).strip()


def mirrors() -> list[str]:
    """Base addresses of the Debian archive that apt is configured with, without the security archive, in order.

    `WEIR_DEBIAN_MIRRORS` (addresses separated by spaces) goes first. Raises FetchError where there is none.
    """
    found = os.environ.get("WEIR_DEBIAN_MIRRORS", "").split()
    sources = Path("/etc/apt/sources.list")
    folder = Path("/etc/apt/sources.list.d")
    files = [sources, *sorted(folder.glob("*.list")), *sorted(folder.glob("*.sources"))]
    for file in files:
        if file.is_file():
            text = file.read_text(encoding="utf-8", errors="replace")
            found += _deb822_addresses(text) if file.suffix == ".sources" else _one_line_addresses(text)
    bases = [address.rstrip("/") for each in found for address in _expand(each)]
    unique = list(dict.fromkeys(base for base in bases if "security" not in base))
    if not unique:
        raise FetchError("apt has no Debian mirror configured: set WEIR_DEBIAN_MIRRORS to the base address of one")
    return unique


def _one_line_addresses(text: str) -> list[str]:
    pattern = re.compile(r"^\s*deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s", re.MULTILINE)
    return [address for address, suite in pattern.findall(text) if suite in SUITES]


def _deb822_addresses(text: str) -> list[str]:
    found: list[str] = []
    for stanza in re.split(r"\n\s*\n", text):
        fields = dict(re.findall(r"^([A-Za-z-]+):[ \t]*(.*)$", stanza, re.MULTILINE))
        if SUITES.intersection(fields.get("Suites", "").split()):
            found += fields.get("URIs", "").split()
    return found


def _expand(address: str) -> list[str]:
    """The addresses in the file of a `mirror+file:` source, or the address itself."""
    if not address.startswith("mirror+file:"):
        return [address]
    listing = Path("/" + address.removeprefix("mirror+file:").lstrip("/"))
    return [line.split()[0] for line in listing.read_text(encoding="utf-8").splitlines() if line.strip()]


def download(package: Package, folder: Path) -> Path:
    """The package's file in `folder`, fetched from the first mirror that has it unless it is there already.

    Raises FetchError after `ATTEMPTS` rounds over all mirrors, or at once where a mirror serves other bytes.
    """
    target = folder / package.file_name
    if target.exists() and _sha256(target) == package.sha256:
        return target
    folder.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f"{target.name}.{os.getpid()}.partial")
    failures: list[str] = []
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(2**attempt)
        failures = []
        for mirror in mirrors():
            try:
                _retrieve(f"{mirror}/{package.path}", partial)
            except OSError as error:
                failures.append(f"  {mirror}/{package.path}: {error}")
                continue
            if _sha256(partial) != package.sha256:
                partial.unlink()
                raise FetchError(f"{mirror}/{package.path} does not have the pinned SHA-256 {package.sha256}")
            partial.replace(target)
            return target
    partial.unlink(missing_ok=True)
    raise FetchError(
        f"{package.name} {package.version} cannot be fetched:\n" + "\n".join(failures) + "\n"
        "If the mirror no longer has this version, `make lock-tools` pins the current one; another mirror can be set "
        "in WEIR_DEBIAN_MIRRORS."
    )


def _retrieve(address: str, target: Path) -> None:
    """Fetch one address into a file. Raises OSError with a one-line reason."""
    if APT_HELPER.exists():
        command = [str(APT_HELPER), "-o", f"APT::Sandbox::User={_user()}", "download-file", address, str(target)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
        if done.returncode == 0 and target.exists():
            return
        lines = (done.stderr or done.stdout).strip().splitlines() or ["apt-helper failed"]
        raise OSError(lines[-1])
    try:
        with urllib.request.urlopen(address, timeout=TIMEOUT_S) as answer, target.open("wb") as out:
            shutil.copyfileobj(answer, out)
    except urllib.error.URLError as error:
        raise OSError(str(error)) from None


def unpack(package_file: Path, folder: Path) -> None:
    """Unpack a .deb's files below `folder`; its maintainer scripts never run."""
    folder.mkdir(parents=True, exist_ok=True)
    _output(["dpkg-deb", "--extract", str(package_file), str(folder)])


def _output(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    if done.returncode != 0:
        raise FetchError(f"{' '.join(command)} failed: {done.stderr.strip()}")
    return done.stdout


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _user() -> str:
    return _output(["id", "-un"]).strip()
