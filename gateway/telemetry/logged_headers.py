"""Headers of a request as the access log shows them."""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from gateway.hot.head import RequestHead


def headers_text(head: RequestHead, names: Sequence[bytes]) -> bytes:
    """A JSON object of those of `names` (lower case) that `head` has; fields of one name are joined by `, `.

    Octets are read as Latin-1, so that any have a form. It is no longer than the heads that the process takes.
    """
    found = {
        name.decode("ascii"): b", ".join(values).decode("latin-1") for name in names if (values := head.get_all(name))
    }
    return orjson.dumps(found)
