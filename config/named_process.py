"""The Weir resource among some texts, to be had before the set as a whole is judged, or though it is broken."""

from __future__ import annotations

from collections.abc import Iterable

from config.documents import read
from config.resources.weir import Weir, WeirSpec
from config.sources.text import SourceText


def named_process(texts: Iterable[SourceText]) -> WeirSpec | None:
    """What the first Weir resource says, or the defaults where there is none.

    None where nobody can know, as there is no readable one but something that cannot be read.
    """
    documents = read(texts)
    for located in documents.resources:
        if isinstance(located.resource, Weir):
            return located.resource.spec
    return None if documents.problems or documents.findings else WeirSpec()
