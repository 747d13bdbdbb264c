"""Tags that a policy sets: each where its condition holds and its draw falls so."""

from __future__ import annotations

from collections.abc import Sequence

from config.resources.tags import Tag, TagSource
from policies.environment import Environment
from policies.expressions.named_values import named_value
from policies.expressions.values import Identity, Tenant, Value
from policies.step import Step
from policies.sticky import StickyDraw
from policies.subject import Subject
from policies.tags.baggage import is_value


class Mark:
    """One entry of `tags`."""

    __slots__ = ("_allowed", "_condition", "_default", "_fixed", "_reader", "_share", "_sticky", "in_metrics", "name")

    def __init__(self, spec: Tag, environment: Environment) -> None:
        self.name = spec.name
        self.in_metrics = spec.in_metrics
        self._condition = environment.condition(spec.when) if spec.when is not None else None
        self._share = None if spec.percent is None else spec.percent / 100.0
        self._sticky = StickyDraw(spec.sticky, f"{spec.name}={spec.value or ''}") if spec.sticky else None
        self._fixed = spec.value
        self._reader = _reader(spec.value_from) if spec.value_from is not None else None
        self._allowed = frozenset(spec.allowed)
        self._default = spec.default

    def value(self, subject: Subject) -> str | None:
        """What it is for `subject`, None where it does not apply."""
        if self._condition is not None and not self._condition.holds(subject):
            return None
        if self._share is not None:
            drawn = subject.draw() if self._sticky is None else self._sticky.number(subject)
            if drawn >= self._share:
                return None
        if self._reader is None:
            return self._fixed
        found = _text(self._reader.read(subject))
        if found is None or not is_value(found) or (self._allowed and found not in self._allowed):
            return self._default
        return found


class Marks(Step):
    """Sets tags in their order: of a name the first that applies counts, and what a trusted client said before all."""

    __slots__ = ("_marks", "_shown")
    name = "tags"

    def __init__(self, marks: Sequence[Mark]) -> None:
        self._marks = tuple(marks)
        self._shown = tuple(dict.fromkeys(mark.name for mark in marks if mark.in_metrics))

    def decide(self, subject: Subject) -> None:
        subject.metric_tags = self._shown
        tags = subject.tags
        for mark in self._marks:
            if mark.name not in tags:
                value = mark.value(subject)
                if value is not None:
                    tags[mark.name] = value


def compile_tags(tags: tuple[Tag, ...], environment: Environment) -> Marks | None:
    """Marks a request, for those after it, for endpoint selection and for the services behind."""
    return Marks([Mark(tag, environment) for tag in tags]) if tags else None


def _reader(source: TagSource) -> Value:
    named = named_value(header=source.header, cookie=source.cookie, query=source.query, claim=source.claim)
    return named or (Identity() if source.identity else Tenant())


def _text(value: object) -> str | None:
    """Octets as Latin-1, as conditions see them; of claims also numbers and booleans, as JSON writes them."""
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int) else None
