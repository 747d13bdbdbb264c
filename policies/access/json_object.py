"""JSON objects of tokens and key sets, read so that no two readers could find different things in them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NoReturn


def parse_json_object(text: bytes) -> dict[str, object]:
    """The object that `text`, in UTF-8, is; every text in it is fit to be encoded again.

    Raises:
        ValueError: it is no object, names a member twice (RFC 7519 4, RFC 7515 4), has a number that JSON has not, a
            half of a surrogate pair, or is nested too deep.
    """
    try:
        found: object = json.loads(
            text.decode("utf-8"), object_pairs_hook=_without_duplicates, parse_constant=_no_constant
        )
        json.dumps(found, ensure_ascii=False).encode("utf-8")
    except UnicodeError as error:
        raise ValueError("not UTF-8") from error
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error.msg} at character {error.pos}") from error
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    if not isinstance(found, dict):
        raise ValueError("not a JSON object")
    return found


def _without_duplicates(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"a member twice: {next(name for name in names if names.count(name) > 1)!r}")
    return members


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"not JSON: {name}")
