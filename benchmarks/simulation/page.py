"""Tables of results, and how they come into docs/simulation.md: each between two markers, the prose is left alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "simulation.md"


@dataclass(frozen=True, slots=True)
class Table:
    """What a scenario found: `about` says seed and sizes; each of `rows` has a cell per head."""

    about: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def markdown(self) -> str:
        """The line and the table."""
        lines = [self.heads, ("---", *["---:"] * (len(self.heads) - 1)), *self.rows]
        return "\n".join([f"{self.about}.", "", *("| " + " | ".join(line) + " |" for line in lines)])


def markers(scenario: str) -> tuple[str, str]:
    """Around the figures of one."""
    return f"<!-- {scenario}: written by `python -m benchmarks simulate --write` -->", f"<!-- end of {scenario} -->"


def replaced(page: str, scenario: str, table: Table) -> str:
    """The page with that table. Raises ValueError where it has not each marker once, in order."""
    begin, end = markers(scenario)
    if page.count(begin) != 1 or page.count(end) != 1 or page.index(begin) > page.index(end):
        raise ValueError(f"the page must have `{begin}` and after it `{end}`, each once")
    before, _, rest = page.partition(begin)
    return f"{before}{begin}\n\n{table.markdown()}\n\n{end}{rest.partition(end)[2]}"
