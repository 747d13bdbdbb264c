"""Keeps the cyclic garbage collector from halting traffic: a full collection visits every object that there is.

A configuration of 10,000 routes is half a million objects, in 0.1 s of standstill per collection, and building them
sets off several. Loads, snapshots and the data path make no reference cycles (tests count them), so reference counts
free them, and the collector need not see them.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

_lock = threading.Lock()
_holders = 0


def let_go(parts: Iterable[list[Any] | dict[Any, Any]]) -> None:
    """Empty each of `parts`, in the background: what is freed with a large whole is freed at one stroke.

    Whatever else holds their contents must be gone by then, so that these are freed one by one, with turns between.
    """
    for part in parts:
        take: Callable[[], object] = part.popitem if isinstance(part, dict) else part.pop
        while part:
            take()


@contextmanager
def collection_held() -> Iterator[None]:
    """No collection from here to the end, also where several hold it at once.

    All that is alive at the end is never visited again (`gc.freeze`): as young objects they would be at once, together.
    So that no garbage of others is kept with them, the young are collected before, which are few then.
    """
    global _holders
    with _lock:
        if _holders == 0:
            gc.collect(1)
        _holders += 1
        gc.disable()
    try:
        yield
    finally:
        with _lock:
            _holders -= 1
            gc.freeze()
            if _holders == 0:
                gc.enable()
