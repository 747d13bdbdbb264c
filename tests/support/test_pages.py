"""Blocks of pages: what is a file, what a command, and when its output is what the page shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.pages import Command, blocks, matches

PAGE = """# A page

```yaml title=shop/routes.yaml
kind: Gateway
```

Text with `code`.

```console eventually
$ first
output
of it
$ for each in a b; do
>   echo $each; done
a
$ silent
```
"""


def test_finds_files_and_commands_with_what_they_print(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(PAGE)
    file, console = blocks(page)
    assert (file.language, file.title, file.text, file.number) == ("yaml", "shop/routes.yaml", "kind: Gateway\n", 3)
    assert console.flags == {"eventually"}
    assert console.commands == [
        Command("first", "output\nof it"),
        Command("for each in a b; do\n  echo $each; done", "a"),
        Command("silent", ""),
    ]


@pytest.mark.parametrize(
    ("shown", "printed", "same"),
    [
        ("a b", "a b\n", True),
        ("a b", "a c", False),
        ("", "", True),
        ("", "something", False),
        ("begin ... end", "begin and go on\nfor lines, to the end", True),
        ("begin ... end", "begin and go on", False),
        ("NAME  AGE", "NAME     AGE", True),
        ("NAME  AGE", "NAMEAGE", False),
        ("a.b", "axb", False),
    ],
)
def test_compares_output_with_what_is_shown(shown: str, printed: str, same: bool) -> None:
    assert matches(shown, printed) is same
