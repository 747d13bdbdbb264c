"""Questions of the commands to the admin API of a running gateway."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from gateway.cli.failure import Failed

DEFAULT_URL = "http://127.0.0.1:9901"
TIMEOUT_S = 10.0

Json: TypeAlias = bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"] | None


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would take the token elsewhere."""

    def redirect_request(self, *_: object, **__: object) -> None:
        return None


class AdminClient:
    """The API at `url`, asked with the token in `token_file` where there is one."""

    def __init__(self, url: str, token_file: Path | None = None) -> None:
        self._url = (url if "://" in url else f"http://{url}").rstrip("/")
        self._token_file = token_file

    def get(self, path: str, params: Sequence[tuple[str, str]] = ()) -> bytes:
        """The body of the answer. Raises Failed, in words for the operator, for whatever is not an answer with 200."""
        return self.send("GET", path, params)

    def send(self, method: str, path: str, params: Sequence[tuple[str, str]] = (), body: Json = None) -> bytes:
        """The same for any method; `body` goes as JSON, None without one."""
        query = f"?{urllib.parse.urlencode(params)}" if params else ""
        # No proxy of the environment: what is asked is a gateway that the operator named.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect())
        try:
            data = json.dumps(body).encode() if body is not None else None
            headers = {**self._headers(), **({"Content-Type": "application/json"} if data is not None else {})}
            url = f"{self._url}{path}{query}"
            request = urllib.request.Request(url, data, headers, method=method)  # noqa: S310
            with opener.open(request, timeout=TIMEOUT_S) as answer:
                told: bytes = answer.read()
                return told
        except urllib.error.HTTPError as error:
            with error:
                raise Failed(f"{self._url}{path} answered {error.code}: {_detail(error.read())}") from error
        except (OSError, ValueError, http.client.HTTPException) as error:
            reason = error.reason if isinstance(error, urllib.error.URLError) else error
            hint = "is `weir run` up, and is --admin its admin address?"
            raise Failed(f"the admin API at {self._url} does not answer: {reason} ({hint})") from error

    def get_objects(self, path: str, member: str) -> list[Mapping[str, Json]]:
        """The objects in the list `member` of the answer. Raises Failed."""
        try:
            whole = json.loads(self.get(path))
            return objects(whole[member])
        except (ValueError, TypeError, KeyError) as error:
            raise Failed(f"{self._url}{path} gave no list of {member}: is it the admin API of Weir?") from error

    def _headers(self) -> dict[str, str]:
        if self._token_file is None:
            return {}
        try:
            token = self._token_file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise Failed(f"the token file cannot be read: {error}") from error
        return {"Authorization": f"Bearer {token}"}


def objects(value: Json) -> list[Mapping[str, Json]]:
    """A list of objects. Raises TypeError for what is none."""
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise TypeError("not a list of objects")
    return value


def texts(value: Json) -> list[str]:
    """A list of strings; empty for what is none."""
    return [str(entry) for entry in value] if isinstance(value, list) else []


def _detail(body: bytes) -> str:
    """The detail of a problem document (RFC 9457), else the beginning of what came."""
    try:
        return str(json.loads(body)["detail"])
    except (ValueError, TypeError, KeyError):
        return body[:200].decode("utf-8", "replace").strip()
