"""The blocks of a documentation page: files that it defines, fragments, and commands with what they print.

```yaml title=shop/routes.yaml     a file, whole; later blocks of the same title replace it
```yaml                            a complete manifest that no command uses
```yaml fragment                   part of a resource: parsed, not loaded
```console                         `$ command` lines, each followed by what it prints; `...` stands for any text
```console running                 one command that stays up; what it prints is waited for
```console eventually              asked again until it prints this: the change before takes a moment
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_FENCE = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Command:
    """One command line (continued ones joined by their newlines) and the output that the page shows for it."""

    line: str
    output: str


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block; `number` is its line in the page."""

    language: str
    flags: frozenset[str]
    title: str
    text: str
    number: int

    @property
    def commands(self) -> list[Command]:
        """The commands of a `console` block."""
        found: list[tuple[list[str], list[str]]] = []
        for line in self.text.splitlines():
            if line.startswith("$ "):
                found.append(([line[2:]], []))
            elif line.startswith("> ") and found and not found[-1][1]:
                found[-1][0].append(line[2:])
            elif found:
                found[-1][1].append(line)
            else:
                raise ValueError(f"line {self.number}: output before any command")
        return [Command("\n".join(words), "\n".join(output)) for words, output in found]


def blocks(page: Path) -> list[Block]:
    """All fenced blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    found = []
    for match in _FENCE.finditer(text):
        words = match.group(2).split()
        title = next((word.removeprefix("title=") for word in words if word.startswith("title=")), "")
        flags = frozenset(word for word in words if "=" not in word)
        number = text.count("\n", 0, match.start()) + 1
        found.append(Block(match.group(1), flags, title, match.group(3), number))
    return found


def matches(shown: str, printed: str) -> bool:
    """Whether what was printed is what the page shows.

    In it `...` stands for any text, also of several lines, and blanks for any number of them: columns are wider or
    narrower with other ports.
    """
    parts = (re.sub(r"(\\ )+", " +", re.escape(part)) for part in shown.strip().split("..."))
    return re.fullmatch(".*".join(parts), printed.strip(), re.DOTALL) is not None
