"""The last views of backends, kept in the state folder so that Weir starts with them while their source is down."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from urllib.parse import quote

import orjson

from discovery.endpoint import Endpoint, EndpointSet

log = logging.getLogger("weir.discovery")

FORMAT = 1
LIMIT_BYTES = 64 << 20
"""A larger file was not written by Weir; reading it whole would cost the start its memory."""


class KeptViews:
    """One JSON file per backend in `folder`, replaced by rename: a reader sees the old one or the new one, whole.

    `asked` is a text that identifies what the source was asked: a view kept for another question is not used.
    Nothing here raises for a folder that cannot be written; it is logged once, and Weir goes on without.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._broken = False

    def read(self, backend: str, asked: str) -> EndpointSet | None:
        """The kept view of `backend`, with source `kept`; None where there is none that can be used."""
        path = self._path(backend)
        try:
            if path.stat().st_size > LIMIT_BYTES:
                raise ValueError("too large")
            document = orjson.loads(path.read_bytes())
            if document["format"] != FORMAT or document["backend"] != backend or document["asked"] != asked:
                return None
            endpoints = tuple(_endpoint(entry) for entry in document["endpoints"])
            return EndpointSet(backend, endpoints, "kept", float(document["asOf"]))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            log.warning("the kept view of %s is not used: %s: %s", backend, type(error).__name__, error)
            return None

    def write(self, endpoint_set: EndpointSet, asked: str) -> None:
        """Keep a view. Blocks on the disk: to be called off the loop."""
        document = {
            "format": FORMAT,
            "backend": endpoint_set.backend,
            "asked": asked,
            "asOf": endpoint_set.as_of_s,
            "endpoints": [asdict(endpoint) for endpoint in endpoint_set.endpoints],
        }
        path = self._path(endpoint_set.backend)
        partial = path.with_suffix(f".{os.getpid()}-{threading.get_ident()}.partial")
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o750)
            partial.write_bytes(orjson.dumps(document))
            partial.replace(path)
            self._broken = False
        except OSError as error:
            if not self._broken:
                log.warning("views of backends cannot be kept in %s: %s", self._folder, error)
            self._broken = True

    def forget_others(self, backends: Iterable[str]) -> None:
        """Remove the files of all backends but these, also what a write left behind that was cut off."""
        known = {self._path(backend).name for backend in backends}
        with suppress(OSError):
            for path in self._folder.iterdir():
                if path.name not in known and path.suffix in (".json", ".partial"):
                    path.unlink(missing_ok=True)

    def _path(self, backend: str) -> Path:
        return self._folder / f"{quote(backend, safe='')}.json"


def _endpoint(entry: dict[str, object]) -> Endpoint:
    endpoint = Endpoint(**entry)  # type: ignore[arg-type]
    tags = endpoint.tags
    if not (
        isinstance(endpoint.id, str)
        and isinstance(endpoint.address, str)
        and isinstance(endpoint.port, int)
        and isinstance(endpoint.weight, int)
        and isinstance(endpoint.zone, str)
        and isinstance(endpoint.serving, bool)
        and isinstance(tags, dict)
        and all(isinstance(name, str) and isinstance(value, str) for name, value in tags.items())
    ):
        raise TypeError("an endpoint of wrong types")
    return endpoint
