# cython: boundscheck=False, wraparound=False
"""Simple conditions as trees of compiled predicates: each reads of a request just the value that it is about.

A predicate has three results, as an evaluation of CEL has: TRUE, FALSE, and ERROR where a key is missing or a claim is
of another type. Values of the head are compared as octets, which is the same as comparing their strings in Latin-1.
"""

from __future__ import annotations

import ipaddress

import re2  # type: ignore[import-untyped]

from policies.expressions.values import Value
from policies.subject import Subject

TRUE, FALSE, ERROR = 1, 0, -1
Text = str | bytes


class Predicate:
    """A question about a request."""

    def test(self, subject: Subject) -> int:
        """TRUE, FALSE or ERROR."""
        raise NotImplementedError


class AllOf(Predicate):
    """`&&`: FALSE where a term is, whatever the others are; else ERROR where one is."""

    def __init__(self, terms: tuple[Predicate, ...]) -> None:
        self._terms = terms

    def test(self, subject: Subject) -> int:
        """Up to the first FALSE."""
        result = 1
        for term in self._terms:
            found = term.test(subject)
            if found == 0:
                return 0
            if found < 0:
                result = -1
        return result


class AnyOf(Predicate):
    """`||`: TRUE where a term is, whatever the others are; else ERROR where one is."""

    def __init__(self, terms: tuple[Predicate, ...]) -> None:
        self._terms = terms

    def test(self, subject: Subject) -> int:
        """Up to the first TRUE."""
        result = 0
        for term in self._terms:
            found = term.test(subject)
            if found > 0:
                return 1
            if found < 0:
                result = -1
        return result


class Not(Predicate):
    """`!`, and `!=` around an Equals."""

    def __init__(self, term: Predicate) -> None:
        self._term = term

    def test(self, subject: Subject) -> int:
        """An ERROR stays one."""
        found = self._term.test(subject)
        return found if found < 0 else 1 - found


class Present(Predicate):
    """`"key" in map` and `has(map.key)`."""

    def __init__(self, value: Value) -> None:
        self._value = value

    def test(self, subject: Subject) -> int:
        """Never ERROR."""
        return 0 if self._value.read(subject) is None else 1


class Equals(Predicate):
    """A value that is `constant`; one of another type is not."""

    def __init__(self, value: Value, constant: Text) -> None:
        self._value = value
        self._constant = constant

    def test(self, subject: Subject) -> int:
        """ERROR where there is no value."""
        found = self._value.read(subject)
        if found is None:
            return -1
        return 1 if found == self._constant else 0


class OneOf(Predicate):
    """`value in [constants]`."""

    def __init__(self, value: Value, constants: frozenset[Text]) -> None:
        self._value = value
        self._constants = constants

    def test(self, subject: Subject) -> int:
        """ERROR where there is no value."""
        found = self._value.read(subject)
        if found is None:
            return -1
        # A claim may be a list, which cannot be looked up.
        return 1 if isinstance(found, str | bytes) and found in self._constants else 0


class Affix(Predicate):
    """`startsWith` and, with `at_end`, `endsWith`: a text that has `constant` there."""

    def __init__(self, value: Value, constant: Text, *, at_end: bool) -> None:
        self._value = value
        self._at_end = at_end
        self._octets = constant if isinstance(constant, bytes) else b""
        self._text = constant if isinstance(constant, str) else ""

    def test(self, subject: Subject) -> int:
        """ERROR where there is no value, or one that is no text."""
        found = self._value.read(subject)
        if isinstance(found, bytes):
            octets = found
            return 1 if (octets.endswith(self._octets) if self._at_end else octets.startswith(self._octets)) else 0
        if isinstance(found, str):
            text = found
            return 1 if (text.endswith(self._text) if self._at_end else text.startswith(self._text)) else 0
        return -1


class Contains(Predicate):
    """A text with `constant` in it."""

    def __init__(self, value: Value, constant: Text) -> None:
        self._value = value
        self._constant = constant

    def test(self, subject: Subject) -> int:
        """ERROR where there is no value, or one that is no text."""
        found = self._value.read(subject)
        if isinstance(found, str | bytes):
            return 1 if self._constant in found else 0  # type: ignore[operator]
        return -1


class Matches(Predicate):
    """A text in which the pattern is found, by RE2: in time linear in the text."""

    def __init__(self, value: Value, pattern: str) -> None:
        self._value = value
        self._search = re2.compile(pattern.encode()).search

    def test(self, subject: Subject) -> int:
        """ERROR where there is no value, or one that is no text."""
        found = self._value.read(subject)
        if isinstance(found, bytes):
            # A pattern for octets of UTF-8 spares the positions in characters, which take longer than the search.
            text = found if found.isascii() else found.decode("latin-1").encode()
        elif isinstance(found, str):
            try:
                text = found.encode()
            except UnicodeEncodeError:
                # Half a surrogate pair, which a token's JSON may hold.
                return -1
        else:
            return -1
        return 1 if self._search(text) is not None else 0


class Network(Predicate):
    """A client whose address is in a network, such as `10.0.0.0/8`; an IPv4 address in IPv6 form is taken as IPv4."""

    def __init__(self, network: str) -> None:
        self._network = ipaddress.ip_network(network)
        self._is_v4 = self._network.version == 4
        self._mask = int(self._network.netmask) if self._is_v4 else 0
        self._first = int(self._network.network_address) if self._is_v4 else 0

    def test(self, subject: Subject) -> int:
        """ERROR where the client has no address."""
        return self.holds(subject.address)

    def holds(self, address: str) -> int:
        """TRUE, FALSE, or ERROR for what is no address."""
        number = ipv4_number(address)
        if number >= 0:
            return 1 if self._is_v4 and number & self._mask == self._first else 0
        return self._holds_v6(address)

    def _holds_v6(self, text: str) -> int:
        try:
            address = ipaddress.IPv6Address(text)
        except ValueError:
            return -1
        if self._is_v4:
            mapped = address.ipv4_mapped
            return 1 if mapped is not None and mapped in self._network else 0
        return 1 if address in self._network else 0


def ipv4_number(address: str) -> int:
    """The 32 bits of an address in dotted form, -1 for what is none."""
    number = part = digits = dots = 0
    for letter in address:
        code = ord(letter)
        if 0x30 <= code <= 0x39:
            part = part * 10 + code - 0x30
            digits += 1
            if digits > 3 or part > 255:
                return -1
        elif code == 0x2E and digits and dots < 3:
            number = number * 256 + part
            part = digits = 0
            dots += 1
        else:
            return -1
    return number * 256 + part if dots == 3 and digits else -1


class Condition:
    """A compiled condition; make it by `compile_condition`.

    `text` is its source. `needs` says what it reads (as `config.expressions.check.Checked.needs`), so that what sets
    tags or claims comes before it. `is_lowered` is whether it is of the simple forms.
    """

    def __init__(self, text: str, needs: frozenset[str], predicate: Predicate, *, is_lowered: bool) -> None:
        self.text = text
        self.needs = needs
        self.is_lowered = is_lowered
        self._predicate = predicate

    def holds(self, subject: Subject) -> bool:
        """Whether `subject` is meant. An evaluation that ends in an error does not hold."""
        return self._predicate.test(subject) > 0

    def evaluate(self, subject: Subject) -> int:
        """TRUE, FALSE, or ERROR, by which an evaluation that ended in an error is told apart and counted."""
        return self._predicate.test(subject)
