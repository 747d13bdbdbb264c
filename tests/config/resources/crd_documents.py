"""Documents made from a CRD's schema: valid ones, and ones that are a step or two away from valid."""

from __future__ import annotations

import copy
from random import Random
from typing import Any

from tests.config.resources.crd_schemas import Schema, errors

STRINGS = (
    "a", "b", "edge", "shop", "Gateway", "Service", "Backend", "", "weir.dev", "gateway.networking.k8s.io",
    "example.com", "*.example.com", "*", "*.*.com", "a.*.com", "1.2.3.4", "::1", "fe80::1%eth0", "UPPER", "-a", "a_b",
    "a b", "a  b", "a\n", "é", "/", "/a", "a/b", "/a/", "/a//b", "/a/./b", "/a/../b", "/a/..", "/a/.", "/a%2fb",
    "/a%2Fb", "/a#b", "/a%zz", "/a|b", "[a-z]+", "1s", "0s", "500ms", "2h", "1h2m3s4ms", "100000s", "1.5s", "5",
    "-1s", "http", "https", "http://a.example", "https://*.a.example:443", "ftp://a", "GET", "POST", "x-header",
    "x header", "text/plain", "HTTP", "HTTPS", "TLS", "TCP", "UDP", "Terminate", "Passthrough", "IPAddress",
    "Hostname", "NamedAddress", "weir.dev/controller", "weir.dev/x", "System", "spiffe://a/b", "urn:x", "a.b.Service",
    ".a.b", "a..b", "1a", "Method", "a-b", "In", "weir.dev/tier", "x" * 64, "y" * 254, "z" * 300, "p" * 252 + "/x",
    "p" * 253 + "/x", "q" * 1025, "v" * 4097,
)  # fmt: skip
NUMBERS = (0, 1, 2, 80, 100, 101, 301, 302, 308, 399, 400, 503, 600, 65535, 65536, 1_000_000, 1_000_001, -1, 2**31)
TRIES = 8


class Documents:
    """A source of documents for `schema`, the same for the same `random`."""

    def __init__(self, schema: Schema, random: Random) -> None:
        self.schema = schema
        self.random = random
        self._fitting: dict[int, list[object]] = {}

    def valid(self) -> Any:
        """A document that the schema takes; None where none was found in a few tries."""
        document = self._made(self.schema, depth=0)
        return None if errors(self.schema, document) else document

    def spoiled(self, document: Any) -> Any:
        """A copy of `document` with one to three changes."""
        changed = copy.deepcopy(document)
        for _ in range(self.random.choice((1, 1, 1, 2, 3))):
            changed = self._changed(self.schema, changed)
        return changed

    def _made(self, schema: Schema, depth: int) -> Any:
        """A value for `schema`; whole objects and lists are made anew until they hold, at most TRIES times."""
        if "enum" in schema or schema.get("type") not in ("object", "array"):
            return self._scalar(schema)
        for _ in range(TRIES):
            value = self._items(schema, depth) if schema["type"] == "array" else self._object(schema, depth)
            if not errors(schema, value):
                break
        return value

    def _scalar(self, schema: Schema) -> Any:
        fitting = self._fitting.get(id(schema))
        if fitting is None:
            pool: tuple[object, ...] = (*schema.get("enum", ()), *STRINGS, *NUMBERS, True, False)
            fitting = self._fitting[id(schema)] = [item for item in pool if not errors(schema, item)]
        return self.random.choice(fitting)

    def _items(self, schema: Schema, depth: int) -> list[Any]:
        low = schema.get("minItems", 0)
        high = min(schema.get("maxItems", 3), low + self.random.choice((0, 1, 1, 2, 3)))
        return [self._made(schema["items"], depth + 1) for _ in range(self.random.randint(low, max(low, high)))]

    def _object(self, schema: Schema, depth: int) -> dict[str, Any]:
        if "properties" not in schema:
            values = schema.get("additionalProperties") or {"type": "string"}
            return {self.random.choice(STRINGS): self._scalar(values) for _ in range(self.random.randint(0, 2))}
        required = schema.get("required", ())
        chance = 0.75 if depth < 3 else 0.5
        value = {
            name: self._made(child, depth + 1)
            for name, child in schema["properties"].items()
            if name in required or self.random.random() < chance
        }
        self._choose_member(schema, value, depth)
        return value

    def _choose_member(self, schema: Schema, value: dict[str, Any], depth: int) -> None:
        """In a union, where `type` or `protocol` names one of the fields, keep that field alone."""
        for key in ("type", "protocol"):
            names = {name.lower(): name for name in schema["properties"]}
            members = [
                names[each.lower()]
                for each in schema["properties"].get(key, {}).get("enum", ())
                if each.lower() in names
            ]
            chosen = value.get(key)
            if not members or chosen is None:
                continue
            for name in members:
                if name.lower() != chosen.lower():
                    value.pop(name, None)
                elif name not in value:
                    value[name] = self._made(schema["properties"][name], depth + 1)

    def _changed(self, schema: Schema, value: Any) -> Any:
        """`value` with one change at a place of chance."""
        random = self.random
        if isinstance(value, dict) and value and random.random() < 0.85:
            name = random.choice(list(value))
            child = schema.get("properties", {}).get(name) or schema.get("additionalProperties") or {}
            if random.random() < 0.12:
                return {key: item for key, item in value.items() if key != name}
            return {**value, name: self._changed(child if isinstance(child, dict) else {}, value[name])}
        if isinstance(value, list) and value and random.random() < 0.8:
            position = random.randrange(len(value))
            action = random.random()
            if action < 0.1:
                return value[:position] + value[position + 1 :]
            if action < 0.3:
                return [*value, copy.deepcopy(value[position])]
            if action < 0.4:
                return [*value, self._changed(schema.get("items", {}), copy.deepcopy(value[position]))]
            if action < 0.43:
                return (value * (schema.get("maxItems", 8) + 1))[: schema.get("maxItems", 8) + 1]
            return [
                self._changed(schema.get("items", {}), item) if at == position else item
                for at, item in enumerate(value)
            ]
        if isinstance(value, dict) and "properties" in schema:
            absent = [name for name in schema["properties"] if name not in value]
            if absent and random.random() < 0.8:
                name = random.choice(absent)
                return {**value, name: self._made(schema["properties"][name], depth=3)}
            return {**value, "unknownField": 1} if random.random() < 0.5 else random.choice(({}, [], "a", 1))
        if isinstance(value, list):
            return (
                [] if random.random() < 0.5 else [self._made(schema["items"], depth=3)] if "items" in schema else value
            )
        kind = random.random()
        if kind < 0.5 and schema:
            return (
                self._scalar(schema) if schema.get("type") not in ("object", "array") else self._made(schema, depth=3)
            )
        if isinstance(value, int):
            return random.choice((*NUMBERS, value + 1, value - 1, str(value), True, 1.5))
        return random.choice((*STRINGS, 1, True, [], {}))
