"""YAML text as plain values, with the line and column of every key and value to be had when a problem needs them.

Values follow YAML 1.2's core schema: only `true` and `false` are bools, dates stay strings, `0o17` is octal. The text
is cut at document markers first (a `---` at the start of a line is one everywhere, YAML 1.2 9.1.2), so that a syntax
error in one document hides no error of the next, and so that an unchanged document need not be parsed again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import yaml

from config.problems import PathPart

MAX_FILE_BYTES = 32 * 1024 * 1024
"""Bytes of one file. 10,000 routes are about 8 MB; a file far beyond is a mistake, and parsing it stops the supervisor
for minutes and takes some 50 times its size in memory."""

MAX_ALIASED_NODES = 100_000
"""Nodes that aliases may add to one document: nine lines of nested anchors ("billion laughs") stand for 10^9 nodes."""

MAX_DEPTH = 100
"""Levels of nesting. No kind has more than 20; libyaml stops at 1000 by itself, where Python's own stack would end."""

_TAG = "tag:yaml.org,2002:"
_MAP_TAGS = frozenset((f"{_TAG}map", "!"))
_SEQ_TAGS = frozenset((f"{_TAG}seq", "!"))
_PLAIN = "plain"
_QUOTED = "quoted"
_MARKER = "---"
_AFTER_MARKER = frozenset((" ", "\t", "\r", "\n", ""))
_INT = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WORDS: Mapping[str, object] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
    ".inf": float("inf"), ".Inf": float("inf"), ".INF": float("inf"), "+.inf": float("inf"), "-.inf": float("-inf"),
    "-.Inf": float("-inf"), ".nan": float("nan"), ".NaN": float("nan"), ".NAN": float("nan"),
}  # fmt: skip
_MAYBE_NUMBER = frozenset("0123456789+-.")


@dataclass(frozen=True, slots=True)
class Place:
    """Line and column in the file, both from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Defect:
    """Something that YAML forbids, or that Weir refuses in any YAML; `path` leads to it in its document."""

    place: Place
    message: str
    suggestion: str = ""
    path: tuple[PathPart, ...] = ()


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a file between document markers; `first_line` is the number of its first line, from 1."""

    text: str
    first_line: int


@dataclass(frozen=True, slots=True)
class Document:
    """The value of one document, and which of its chunk it is, from 0; empty ones and broken ones count too."""

    number: int
    value: object


@dataclass(frozen=True, slots=True)
class Spot:
    """A place that is asked for: that of the value at `path` in a document of a chunk, with `key` that of its key."""

    document: int
    path: tuple[PathPart, ...]
    key: bool = False


class _Loader(yaml.CSafeLoader):
    """libyaml's composer, which leaves plain scalars to `plain_value`: a third of the time of the usual way."""

    def resolve(self, kind: type[yaml.Node], value: str | None, implicit: tuple[bool, bool]) -> str:
        """A word that says only whether the scalar was plain; called for nodes without an explicit tag."""
        if kind is yaml.ScalarNode:
            return _PLAIN if implicit[0] else _QUOTED
        return f"{_TAG}map" if kind is yaml.MappingNode else f"{_TAG}seq"

    def descend_resolver(self, current_node: object, current_index: object) -> None:
        """Nothing: paths have no part in the meaning of a node."""

    def ascend_resolver(self) -> None:
        """Nothing, as above."""


def decode(data: bytes) -> tuple[str, Defect | None]:
    """The text of a file: UTF-8 with or without byte order mark; with it the defect that makes it unusable, if any."""
    if len(data) > MAX_FILE_BYTES:
        size_mib, limit_mib = len(data) / 2**20, MAX_FILE_BYTES // 2**20
        return "", Defect(
            Place(1, 1), f"the file has {size_mib:.0f} MiB, more than {limit_mib} MiB", "split it into several files"
        )
    try:
        # In C at one stroke, as the codec `utf-8-sig` is not.
        text = data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = before.count(b"\n") + 1
        column = error.start - before.rfind(b"\n")
        return "", Defect(
            Place(line, column), f"byte 0x{data[error.start]:02x} is not UTF-8: {error.reason}", "save it as UTF-8"
        )
    return text, None


def split(text: str) -> Iterator[Chunk]:
    """The pieces of `text`, each with its `---`; a text with directives (`%YAML`, `%TAG`) stays whole."""
    if "%" in text and re.search(r"^%[A-Z]", text, re.MULTILINE):
        yield Chunk(text, 1)
        return
    start, line = 0, 1
    for marker in _markers(text):
        if marker > start:
            piece = text[start:marker]
            yield Chunk(piece, line)
            line += piece.count("\n")
        start = marker
    if start < len(text):
        yield Chunk(text[start:], line)


def _markers(text: str) -> Iterator[int]:
    """Where a `---` begins a line, alone or before white space; a regular expression takes ten times as long."""
    if text.startswith(_MARKER) and text[len(_MARKER) : len(_MARKER) + 1] in _AFTER_MARKER:
        yield 0
    at = text.find("\n" + _MARKER)
    while at >= 0:
        end = at + 1 + len(_MARKER)
        if text[end : end + 1] in _AFTER_MARKER:
            yield at + 1
        at = text.find("\n" + _MARKER, end)


def parse(chunk: Chunk) -> tuple[list[Document], list[Defect]]:
    """The documents in `chunk` (empty ones left out), and what is wrong with them.

    Keys are strings. A document with a defect is left out.
    """
    nodes, defects = _compose(chunk)
    documents: list[Document] = []
    for number, node in enumerate(nodes):
        if _is_empty(node):
            continue
        construction = _Construction(chunk.first_line)
        value = construction.build(node, ())
        if construction.defects:
            defects.extend(construction.defects)
        else:
            documents.append(Document(number, value))
    return documents, defects


def locate(chunk: Chunk, spots: Sequence[Spot]) -> list[Place]:
    """The place of each of `spots`, in their order; the chunk is composed once for all of them.

    A path that leads further than its document goes is followed as far as it can be.
    """
    nodes = _compose(chunk)[0]
    return [
        _place_of(nodes[spot.document], spot, chunk) if spot.document < len(nodes) else Place(chunk.first_line, 1)
        for spot in spots
    ]


def _place_of(node: yaml.Node, spot: Spot, chunk: Chunk) -> Place:
    mark = node.start_mark
    for part in spot.path:
        found = _child(node, part)
        if found is None:
            break
        key_node, node = found
        mark = key_node.start_mark if spot.key or _is_empty(node) else node.start_mark
    return Place(chunk.first_line + mark.line, mark.column + 1)


def _is_empty(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and not node.value and node.tag == _PLAIN


def _child(node: yaml.Node, part: PathPart) -> tuple[yaml.Node, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value == part:
                return key, value
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value == "<<":
                for source in value.value if isinstance(value, yaml.SequenceNode) else [value]:
                    if found := _child(source, part):
                        return found
    elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part], node.value[part]
    return None


def _compose(chunk: Chunk) -> tuple[list[yaml.Node], list[Defect]]:
    """The node trees of the documents, up to a syntax error."""
    nodes: list[yaml.Node] = []
    # libyaml stops at a NUL and takes the rest for absent; the reader of pyyaml itself refuses it, so this does.
    if (nul := chunk.text.find("\0")) >= 0:
        return [], [Defect(_place_at(chunk, nul), "a NUL byte is not allowed in YAML", "is this a text file?")]
    try:
        loader = _Loader(chunk.text)
        try:
            while loader.check_node():
                node = loader.get_node()
                if node is not None:
                    nodes.append(node)
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        return nodes, [_syntax_defect(error, chunk)]
    except yaml.YAMLError as error:
        return nodes, [Defect(Place(chunk.first_line, 1), str(error).partition("\n")[0])]
    return nodes, []


def _place_at(chunk: Chunk, offset: int) -> Place:
    line = chunk.text.count("\n", 0, offset)
    return Place(chunk.first_line + line, offset - chunk.text.rfind("\n", 0, offset))


def _syntax_defect(error: yaml.MarkedYAMLError, chunk: Chunk) -> Defect:
    """libyaml's words with the place, and what most often mends it."""
    mark = error.problem_mark or error.context_mark
    place = Place(chunk.first_line + mark.line, mark.column + 1) if mark else Place(chunk.first_line, 1)
    problem = error.problem or "it cannot be read as YAML"
    lines = chunk.text.split("\n")
    line = lines[place.line - chunk.first_line] if place.line - chunk.first_line < len(lines) else ""
    suggestion = ""
    if "\t" in line[: max(place.column, len(line) - len(line.lstrip()))]:
        problem, suggestion = "a tab is not allowed in indentation", "use blanks"
    elif "undefined alias" in problem:
        suggestion = "an anchor (&name) must stand before its alias (*name), in the same document"
    elif "mapping values are not allowed" in problem:
        suggestion = "check the indentation, and put a value that has a colon in quotes"
    elif "cannot start any token" in problem:
        suggestion = "put the value in quotes"
    elif error.context == "while parsing a flow node":
        suggestion = "a [ or { may be left open"
    elif error.context and error.context_mark:
        suggestion = f"{error.context}, begun on line {chunk.first_line + error.context_mark.line}"
    return Defect(place, f"YAML syntax: {problem}", suggestion)


class _Construction:
    """One document on its way from nodes to values; aliases are expanded, and counted."""

    def __init__(self, first_line: int) -> None:
        self._first_line = first_line
        self._seen: set[int] = set()
        self._open: set[int] = set()
        self._aliases_open = 0
        self._aliased_nodes = 0
        self._exhausted = False
        self._own: yaml.Node | None = None
        """The last node that no alias stands for: the mark of a node behind an alias is that of its anchor."""
        self.defects: list[Defect] = []

    def build(self, node: yaml.Node, path: tuple[PathPart, ...]) -> object:
        """The value of `node`; defects are noted."""
        if self._aliases_open:
            self._count_aliased(path)
        elif id(node) not in self._seen:
            self._own = node
        if self._exhausted:
            return None
        if type(node) is yaml.ScalarNode:
            return plain_value(node.value) if node.tag == _PLAIN else self._tagged(node, path)
        if len(path) > MAX_DEPTH:
            self._defect(node, f"more than {MAX_DEPTH} levels of nesting", path)
            return None
        identity = id(node)
        if identity in self._open:
            self._defect(node, "an alias must not stand inside of its own anchor", path)
            return None
        is_alias = identity in self._seen
        self._seen.add(identity)
        self._open.add(identity)
        self._aliases_open += is_alias
        value: object
        if type(node) is yaml.MappingNode:
            if node.tag not in _MAP_TAGS:
                self._defect(node, f"the tag {_short(node.tag)} is not allowed", path)
            value = self._mapping(node, path)
        else:
            if node.tag not in _SEQ_TAGS:
                self._defect(node, f"the tag {_short(node.tag)} is not allowed", path)
            value = [self.build(item, (*path, position)) for position, item in enumerate(node.value)]
        self._aliases_open -= is_alias
        self._open.discard(identity)
        return value

    def _mapping(self, node: yaml.Node, path: tuple[PathPart, ...]) -> dict[str, object]:
        mapping: dict[str, object] = {}
        merges: list[yaml.Node] = []
        first: dict[str, yaml.Node] = {}
        for key_node, value_node in node.value:
            if type(key_node) is not yaml.ScalarNode:
                self._defect(key_node, "a key must be a string", path)
                continue
            key = key_node.value
            if key_node.tag == _PLAIN:
                if key == "<<":
                    merges.append(value_node)
                    continue
                if not isinstance(plain_value(key), str):
                    self._defect(
                        key_node, f"a key must be a string, and {key or 'an empty one'} is none", path, f'write "{key}"'
                    )
            if key in first:
                line = self._first_line + first[key].start_mark.line
                self._defect(key_node, f'duplicate key "{key}", first on line {line}', (*path, key), "remove one")
                continue
            first[key] = key_node
            mapping[key] = self.build(value_node, (*path, key))
        for merge in merges:
            for source_node in merge.value if type(merge) is yaml.SequenceNode else [merge]:
                source = self.build(source_node, (*path, "<<"))
                if not isinstance(source, dict):
                    self._defect(source_node, "`<<` takes a mapping or a list of mappings", (*path, "<<"))
                    continue
                for key, value in source.items():
                    mapping.setdefault(key, value)
        return mapping

    def _tagged(self, node: yaml.Node, path: tuple[PathPart, ...]) -> object:
        """The value of a scalar in quotes or with a tag."""
        tag, value = node.tag, node.value
        if tag in (_QUOTED, f"{_TAG}str", "!"):
            return value
        if tag in (f"{_TAG}int", f"{_TAG}float", f"{_TAG}bool", f"{_TAG}null"):
            return plain_value(value)
        self._defect(node, f"the tag {_short(tag)} is not allowed", path, "write the value without it")
        return None

    def _count_aliased(self, path: tuple[PathPart, ...]) -> None:
        self._aliased_nodes += 1
        if self._aliased_nodes > MAX_ALIASED_NODES and not self._exhausted and self._own is not None:
            self._exhausted = True
            self._defect(
                self._own,
                f"aliases add more than {MAX_ALIASED_NODES} nodes to the document",
                path[:4],
                "write out what the anchors stand for",
            )

    def _defect(self, node: yaml.Node, message: str, path: tuple[PathPart, ...], suggestion: str = "") -> None:
        mark = node.start_mark
        place = Place(self._first_line + mark.line, mark.column + 1)
        self.defects.append(Defect(place, message, suggestion, path))


def _short(tag: str) -> str:
    return f"!!{tag.removeprefix(_TAG)}" if tag.startswith(_TAG) else tag


def plain_value(text: str) -> object:
    """What a scalar without quotes stands for: None, a bool, a number or the text itself."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _MAYBE_NUMBER:
        return text
    if _INT.fullmatch(text):
        # Python refuses to read a number of more than 4300 digits, as that takes quadratic time.
        return int(text) if len(text) < 40 else text
    if _FLOAT.fullmatch(text):
        return float(text)
    if text.startswith(("0x", "0o")):
        try:
            return int(text, 0)
        except ValueError:
            return text
    return text
