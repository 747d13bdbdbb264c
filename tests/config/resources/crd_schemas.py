"""The CRDs of Gateway API as oracle: JSON Schema, list types and CEL rules decide whether a document holds."""

from __future__ import annotations

import copy
import functools
import ipaddress
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cel
import jsonschema
import pytest
import re2
import yaml
from jsonschema.validators import extend

Schema = dict[str, Any]

FOLDER = Path(__file__).resolve().parents[4] / "shared" / "gateway-api" / "crd"
FILES = {
    "GatewayClass": "gatewayclasses.yaml",
    "Gateway": "gateways.yaml",
    "ListenerSet": "listenersets.yaml",
    "HTTPRoute": "httproutes.experimental.yaml",
    "GRPCRoute": "grpcroutes.yaml",
    "TLSRoute": "tlsroutes.yaml",
    "TCPRoute": "tcproutes.yaml",
    "UDPRoute": "udproutes.yaml",
    "ReferenceGrant": "referencegrants.yaml",
    "BackendTLSPolicy": "backendtlspolicies.yaml",
}


@functools.cache
def crd(kind: str) -> Schema:
    """The CustomResourceDefinition of `kind`; skips the calling test where the CRDs are not beside the project."""
    path = FOLDER / FILES[kind]
    if not path.is_file():
        pytest.skip(
            f"NOT HELD AGAINST THE CRDs: {FOLDER.parent.parent.name}/gateway-api/crd is not beside the repository"
        )
    document: Schema = yaml.load(path.read_text(), yaml.CSafeLoader)
    return document


@functools.cache
def spec_schema(kind: str) -> Schema:
    """The schema of `spec` in version v1, closed: a field that it does not list is wrong."""
    version = next(each for each in crd(kind)["spec"]["versions"] if each["name"] == "v1")
    schema: Schema = copy.deepcopy(version["schema"]["openAPIV3Schema"]["properties"]["spec"])
    for part in parts(schema):
        if part.get("type") == "object" and "properties" in part:
            part.setdefault("additionalProperties", False)
        if part.get("format") == "int32":
            part["minimum"] = max(part.get("minimum", -(2**31)), -(2**31))
            part["maximum"] = min(part.get("maximum", 2**31 - 1), 2**31 - 1)
    return schema


def parts(schema: Schema) -> Iterator[Schema]:
    """`schema` and every schema within it."""
    yield schema
    for child in schema.get("properties", {}).values():
        yield from parts(child)
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            yield from parts(schema[key])


def rules(kind: str) -> set[str]:
    """The messages of all CEL rules of `kind` that look at one version of it (not at the change between two)."""
    found = set()
    for part in parts(spec_schema(kind)):
        found |= {rule["message"] for rule in part.get("x-kubernetes-validations", ()) if "oldSelf" not in rule["rule"]}
    return found


def with_defaults(schema: Schema, value: object) -> object:
    """`value` with what an API server fills in before it validates."""
    if isinstance(value, dict):
        filled = {}
        properties = schema.get("properties", {})
        extra = schema.get("additionalProperties")
        for name, item in value.items():
            child = properties.get(name) or (extra if isinstance(extra, dict) else {})
            filled[name] = with_defaults(child, item)
        for name, child in properties.items():
            if name not in filled and "default" in child:
                filled[name] = with_defaults(child, copy.deepcopy(child["default"]))
        return filled
    if isinstance(value, list):
        return [with_defaults(schema.get("items", {}), item) for item in value]
    return value


def _is_ip(text: object) -> bool:
    try:
        return isinstance(text, str) and "%" not in text and bool(ipaddress.ip_address(text))
    except ValueError:
        return False


_FUNCTIONS = {
    "split": lambda text, separator: text.split(separator),
    "substring": lambda text, start: text[start:],
    "isIP": _is_ip,
}


@functools.cache
def _program(rule: str) -> cel.Program:
    return cel.compile(rule)


def _for_cel(value: object) -> object:
    """`value` as CEL in Kubernetes sees it: the field `namespace`, a reserved word, is `__namespace__`."""
    if isinstance(value, dict):
        return {("__namespace__" if key == "namespace" else key): _for_cel(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_for_cel(item) for item in value]
    return value


def _check_rules(
    validator: jsonschema.Validator, given: list[dict[str, str]], instance: object, schema: Schema
) -> Iterator[jsonschema.ValidationError]:
    subject = _for_cel(instance)
    for rule in given:
        if "oldSelf" in rule["rule"]:
            continue
        try:
            holds = _program(rule["rule"]).execute(cel.Context(variables={"self": subject}, functions=_FUNCTIONS))
        except (RuntimeError, KeyError, TypeError, ValueError, IndexError):
            holds = False
        if holds is not True:
            yield jsonschema.ValidationError(rule["message"])


def _check_list_type(
    validator: jsonschema.Validator, kind: str, instance: object, schema: Schema
) -> Iterator[jsonschema.ValidationError]:
    if not isinstance(instance, list) or kind == "atomic":
        return
    if kind == "set":
        keys = [repr(item) for item in instance]
    else:
        names = schema["x-kubernetes-list-map-keys"]
        keys = [repr([item.get(name) for name in names]) for item in instance if isinstance(item, dict)]
    if len(set(keys)) < len(keys):
        yield jsonschema.ValidationError("Duplicate value")


def _check_pattern(
    validator: jsonschema.Validator, pattern: str, instance: object, schema: Schema
) -> Iterator[jsonschema.ValidationError]:
    if isinstance(instance, str) and not re2.search(pattern, instance):
        yield jsonschema.ValidationError(f"does not match {pattern}")


_Validator = extend(
    jsonschema.Draft202012Validator,
    {
        "pattern": _check_pattern,
        "x-kubernetes-list-type": _check_list_type,
        "x-kubernetes-validations": _check_rules,
    },
    type_checker=jsonschema.Draft202012Validator.TYPE_CHECKER.redefine(
        "integer", lambda _, value: isinstance(value, int) and not isinstance(value, bool)
    ),
)


def errors(schema: Schema, value: object) -> list[jsonschema.ValidationError]:
    """What is wrong with `value`, defaults filled in; errors by CEL have `validator` x-kubernetes-validations."""
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    return list(_Validator(schema, format_checker=checker).iter_errors(with_defaults(schema, value)))
