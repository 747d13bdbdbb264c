"""From texts to resources: each file cut, parsed and checked, with the way back from every resource to its lines."""

from __future__ import annotations

import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import orjson
from pydantic import ValidationError

from config.identity_memo import IdentityMemo
from config.problems import PathPart, Problem, Severity, join_path, nearest
from config.refusals import refusals, shown
from config.resources import CLASSES, KINDS, Resource
from config.sources.text import SourceText
from config.yaml_positions import Chunk, Place, Spot, decode, locate, parse, split

MAX_KEPT_CHARACTERS = 64 * 1024 * 1024
"""Characters of the documents that are kept parsed from one load to the next; a set beyond it only loads slower."""

READINGS_KEPT = 8
"""A document that so many readings did not meet is forgotten; some, as an edit that is taken back is met again. Without
it, each edit of years would stay."""

_API_VERSIONS = {kind.KIND: kind.API_VERSIONS for kind in CLASSES}
_LIST_FIELDS = frozenset(("apiVersion", "kind", "metadata", "items"))


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong in a piece, whatever file the piece stands in."""

    document: int
    path: tuple[PathPart, ...]
    message: str
    suggestion: str = ""
    at_key: bool = False
    resource: str = ""


@dataclass(frozen=True, slots=True)
class Member:
    """A resource of a piece: `path` is () or, in a List, leads to the item. `digest` is the hash of its content."""

    resource: Resource
    digest: bytes
    document: int
    path: tuple[PathPart, ...]


@dataclass(eq=False, slots=True)
class Piece:
    """A text between document markers, read: the same for every file and line that it may stand at.

    The places that problems asked for are kept, relative to its first line; the tree that they were found in is not.
    """

    text: str
    members: tuple[Member, ...]
    faults: tuple[Fault, ...]
    _places: dict[Spot, Place] = field(default_factory=dict)

    def places(self, spots: Sequence[Spot]) -> list[Place]:
        """The place of each of `spots`, with lines counted from 1 in the piece."""
        missing = [spot for spot in dict.fromkeys(spots) if spot not in self._places]
        if missing:
            self._places.update(zip(missing, locate(Chunk(self.text, 1), missing), strict=True))
        return [self._places[spot] for spot in spots]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where something stands: a spot of a piece that begins on line `first_line` of `file`."""

    file: str
    first_line: int
    piece: Piece
    spot: Spot

    def under(self, path: tuple[PathPart, ...], *, at_key: bool = False) -> Origin:
        """The place of something within it."""
        return replace(self, spot=Spot(self.spot.document, self.spot.path + path, at_key))


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem whose line and column are not looked up yet; `first` is a place that the message ends with."""

    origin: Origin
    message: str
    suggestion: str = ""
    severity: Severity = "error"
    resource: str = ""
    first: Origin | None = None


@dataclass(frozen=True, slots=True)
class Located:
    """A resource of a file."""

    resource: Resource
    digest: bytes
    origin: Origin


@dataclass(frozen=True, slots=True)
class Documents:
    """All that a set of texts holds. `problems` have their place, `findings` still need one."""

    resources: tuple[Located, ...]
    findings: tuple[Finding, ...]
    problems: tuple[Problem, ...]


def read(texts: Iterable[SourceText]) -> Documents:
    """Read all of `texts`; what is wrong in one hides nothing of another. May be called by several threads at once."""
    _KEPT.begin()
    found = [_known(source) or _READ.keep(source, _read_one(source)) for source in texts]
    return Documents(
        tuple(each for documents in found for each in documents.resources),
        tuple(each for documents in found for each in documents.findings),
        tuple(each for documents in found for each in documents.problems),
    )


def _known(source: SourceText) -> Documents | None:
    documents = _READ.get(source)
    if documents is not None:
        origins = [located.origin for located in documents.resources] + [found.origin for found in documents.findings]
        _KEPT.meet(dict.fromkeys(origin.piece for origin in origins))
    return documents


def _read_one(source: SourceText) -> Documents:
    text, unusable = decode(source.data)
    if unusable is not None:
        place = unusable.place
        problem = Problem(source.name, place.line, place.column, "", unusable.message, unusable.suggestion)
        return Documents((), (), (problem,))
    resources: list[Located] = []
    findings: list[Finding] = []
    problems: list[Problem] = []
    for chunk in split(text):
        piece = _KEPT.get(chunk.text)
        if piece is None:
            piece, defects = _read(source.name, chunk)
            problems.extend(defects)
        for member in piece.members:
            origin = Origin(source.name, chunk.first_line, piece, Spot(member.document, member.path))
            resources.append(Located(member.resource, member.digest, origin))
        for fault in piece.faults:
            origin = Origin(source.name, chunk.first_line, piece, Spot(fault.document, fault.path, fault.at_key))
            findings.append(Finding(origin, fault.message, fault.suggestion, resource=fault.resource))
    return Documents(tuple(resources), tuple(findings), tuple(problems))


def placed(findings: Sequence[Finding]) -> list[Problem]:
    """The findings with line and column; each piece is looked through once, however many there are in it."""
    wanted: dict[Piece, list[Spot]] = {}
    for finding in findings:
        for origin in (finding.origin, finding.first):
            if origin is not None:
                wanted.setdefault(origin.piece, []).append(origin.spot)
    places = {piece: dict(zip(spots, piece.places(spots), strict=True)) for piece, spots in wanted.items()}
    problems: list[Problem] = []
    for finding in findings:
        origin, first, message = finding.origin, finding.first, finding.message
        place = places[origin.piece][origin.spot]
        if first is not None:
            message += f", first at {first.file}:{places[first.piece][first.spot].line + first.first_line - 1}"
        problems.append(
            Problem(
                origin.file,
                place.line + origin.first_line - 1,
                place.column,
                join_path(origin.spot.path),
                message,
                finding.suggestion,
                finding.severity,
                finding.resource,
            )
        )
    return problems


def label(resource: Resource) -> str:
    """`HTTPRoute shop/orders`; a kind without namespace goes by its name alone."""
    kind, namespace, name = resource.key
    return f"{kind} {namespace}/{name}" if namespace else f"{kind} {name}"


class _KeptPieces:
    """Pieces without syntax error by their text. Those are dropped that READINGS_KEPT readings did not meet, and, past
    MAX_KEPT_CHARACTERS, those that were met the longest ago."""

    def __init__(self) -> None:
        self._pieces: OrderedDict[str, Piece] = OrderedDict()
        self._met: dict[str, int] = {}
        self._reading = 0
        self._characters = 0
        self._lock = threading.Lock()

    def begin(self) -> None:
        """Another reading begins."""
        with self._lock:
            self._reading += 1
            while self._pieces and self._met[next(iter(self._pieces))] < self._reading - READINGS_KEPT:
                self._drop()

    def get(self, text: str) -> Piece | None:
        with self._lock:
            piece = self._pieces.get(text)
            if piece is not None:
                self._meet(text)
            return piece

    def meet(self, pieces: Iterable[Piece]) -> None:
        """The reading holds these."""
        with self._lock:
            for piece in pieces:
                if piece.text in self._pieces:
                    self._meet(piece.text)

    def put(self, piece: Piece) -> None:
        with self._lock:
            if piece.text not in self._pieces:
                self._pieces[piece.text] = piece
                self._characters += len(piece.text)
            self._meet(piece.text)
            while self._characters > MAX_KEPT_CHARACTERS:
                self._drop()

    def _meet(self, text: str) -> None:
        self._pieces.move_to_end(text)
        self._met[text] = self._reading

    def _drop(self) -> None:
        text, _ = self._pieces.popitem(last=False)
        del self._met[text]
        self._characters -= len(text)


_KEPT = _KeptPieces()
_READ: IdentityMemo[Documents] = IdentityMemo()
"""What is in a text, for as long as that is held: a reload looks into it twice."""


def _read(file: str, chunk: Chunk) -> tuple[Piece, list[Problem]]:
    """A piece read anew, with its YAML defects as problems."""
    documents, defects = parse(chunk)
    members: list[Member] = []
    faults: list[Fault] = []
    for document in documents:
        for found in _unfolded(document.number, document.value, ()):
            if isinstance(found, Member):
                members.append(found)
            else:
                faults.append(found)
    piece = Piece(chunk.text, tuple(members), tuple(faults))
    if not defects:
        # Defects say lines of the file, so a piece that has any is read again each time.
        _KEPT.put(piece)
    problems = [
        Problem(file, defect.place.line, defect.place.column, join_path(defect.path), defect.message, defect.suggestion)
        for defect in defects
    ]
    return piece, problems


def _unfolded(number: int, value: object, path: tuple[PathPart, ...]) -> Iterator[Member | Fault]:
    """The resources of a document or list item, or what is wrong with it."""
    if value is None:
        return
    if not isinstance(value, dict):
        message = f"a resource is expected, a mapping with apiVersion, kind and metadata, not {shown(value)}"
        yield Fault(number, path, message)
    elif value.get("kind") == "List" and value.get("apiVersion", "v1") == "v1":
        yield from _items(number, value, path)
    else:
        yield from _resource(number, value, path)


def _items(number: int, value: dict[str, object], path: tuple[PathPart, ...]) -> Iterator[Member | Fault]:
    for name in value:
        if name not in _LIST_FIELDS:
            message = f'unknown field "{name}"'
            yield Fault(number, (*path, name), message, nearest(name, _LIST_FIELDS), at_key=True, resource="List")
    items = value.get("items")
    if items is None:
        return
    if not isinstance(items, list):
        message = f"a list is expected, not {shown(items)}"
        yield Fault(number, (*path, "items"), message, "put `- ` before each item", resource="List")
        return
    for position, item in enumerate(items):
        yield from _unfolded(number, item, (*path, "items", position))


def _resource(number: int, value: dict[str, object], path: tuple[PathPart, ...]) -> Iterator[Member | Fault]:
    api_version, kind = value.get("apiVersion"), value.get("kind")
    named = _label_of(value)
    if not isinstance(kind, str) or not isinstance(api_version, str):
        for name, given in (("apiVersion", api_version), ("kind", kind)):
            if not isinstance(given, str):
                message = (
                    f'the required field "{name}" is missing'
                    if given is None
                    else f"a string is expected, not {shown(given)}"
                )
                known = _API_VERSIONS.get(kind, ()) if isinstance(kind, str) else ()
                suggestion = f"write {name}: {known[0]}" if known and name == "apiVersion" else ""
                yield Fault(number, (*path, name), message, suggestion, resource=named)
        return
    model = KINDS.get((api_version, kind))
    if model is None:
        if versions := _API_VERSIONS.get(kind):
            message = f'"{api_version}" is no apiVersion of {kind}'
            yield Fault(number, (*path, "apiVersion"), message, f"write {' or '.join(versions)}", resource=named)
        else:
            message = f'unknown kind "{kind}"'
            yield Fault(number, (*path, "kind"), message, nearest(kind, _API_VERSIONS), resource=named)
        return
    try:
        resource = model.read(value)
    except ValidationError as error:
        for refusal in refusals(error, model, value):
            place = (*path, *refusal.path)
            yield Fault(number, place, refusal.message, refusal.suggestion, refusal.at_key, named)
        return
    yield Member(resource, _digest(value), number, path)


def _label_of(value: dict[str, object]) -> str:
    """What a document that may be broken seems to be about."""
    kind, metadata = value.get("kind"), value.get("metadata")
    if not isinstance(kind, str) or not isinstance(metadata, dict):
        return kind if isinstance(kind, str) else ""
    name, namespace = metadata.get("name"), metadata.get("namespace")
    model = next((found for found in CLASSES if kind == found.KIND), None)
    if not isinstance(name, str):
        return kind
    if model is not None and not model.NAMESPACED:
        return f"{kind} {name}"
    return f"{kind} {namespace if isinstance(namespace, str) else 'default'}/{name}"


def _digest(value: dict[str, object]) -> bytes:
    """A hash of what a document says; `status` is left out, as a controller's writing changes nothing."""
    content = {name: part for name, part in value.items() if name != "status"}
    try:
        data = orjson.dumps(content, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:
        # Numbers beyond 64 bits, which JSON of free form (claims) may have.
        data = json.dumps(content, sort_keys=True).encode()
    return hashlib.blake2b(data, digest_size=16).digest()
