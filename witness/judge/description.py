"""The law: one published API description, as a judge of exchanges.

OpenAPI 3.0 becomes JSON Schema where the two differ: `nullable` beside `type` or `$ref` allows null, formats are not
judged (the vendor marks unix seconds as `date-time`, and request ids as `uuid` that are none), and a `$ref` to nowhere
(2.11: `custom_attributes`) allows anything. Beyond validation, keys and parameters that the description nowhere shows are
findings too, because a twin that invents fields would teach a client to rely on them. A key is shown by a schema, or by an
example of the same operation, or by any example of an object of the same `type`.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path

import yaml
from jsonschema import Draft202012Validator

from .record import Exchange

SHOWN_MAX = 160
ABSENT = object()
ANNOTATIONS = {"example", "examples", "description", "title", "format", "discriminator", "readOnly", "writeOnly", "xml", "default"}


@dataclass(frozen=True)
class Finding:
    """One disagreement between an exchange and the description."""

    version: str
    operation: str
    where: str  # path, header, query, request, status or response
    path: str
    keyword: str
    found: str  # JSON type of the offending value
    message: str

    def __str__(self) -> str:
        text = " ".join(self.message.split())
        text = text if len(text) <= SHOWN_MAX else text[: SHOWN_MAX - 1] + "…"
        return f"{self.version} {self.operation}: {self.where} {self.path} [{self.keyword}] {text}"


def kind(value) -> str:
    """The JSON type of a value."""
    names = {type(None): "null", bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return names.get(type(value), "")


def shape(path: str) -> str:
    """A path with its parameters by position: their names differ between versions."""
    return re.sub(r"\{[^}]*\}", "{}", path)


class Description:
    """A description, read once."""

    def __init__(self, version: str, file: Path) -> None:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        self.version = version
        self.document = yaml.load(file.read_text(encoding="utf-8"), Loader=loader)
        self.components = {name: self.schema(body) for name, body in self.document["components"]["schemas"].items()}
        # Literal segments win over parameters: /contacts/search is not /contacts/{id}.
        self.templates = sorted(self.document["paths"], key=lambda path: path.count("{"))
        self.validators = {}
        # The keys that examples show on objects of each `type`.
        self.shown: dict[str, set[str]] = {}
        for example in examples(self.document):
            for sub in objects(example):
                if isinstance(sub.get("type"), str):
                    self.shown.setdefault(sub["type"], set()).update(sub)

    # --- from OpenAPI 3.0 to JSON Schema -----------------------------------------------------------------------------

    def schema(self, node):
        """The JSON Schema of an OpenAPI schema."""
        if not isinstance(node, dict):
            return node
        if "$ref" in node:
            target = {"$ref": node["$ref"]} if self.is_known(node["$ref"]) else {}
            # 3.0 ignores what stands beside a $ref; the vendor writes `nullable` there and means it.
            return {"if": {"type": "null"}, "else": target} if node.get("nullable") else target
        plain = {}
        for key, value in node.items():
            if key in ANNOTATIONS or key == "nullable":
                continue
            if key == "properties":
                plain[key] = {name: self.schema(sub) for name, sub in value.items()}
            elif key in ("allOf", "anyOf", "oneOf"):
                plain[key] = [self.schema(sub) for sub in value]
            elif key in ("items", "not", "additionalProperties"):
                plain[key] = self.schema(value)
            elif key == "required" and not isinstance(value, list):
                continue
            else:
                plain[key] = value
        if node.get("nullable"):
            if "type" in plain:
                plain["type"] = [plain["type"], "null"]
            if "enum" in plain:
                plain["enum"] = [*plain["enum"], None]
            if not {"type", "enum"} & plain.keys():
                return {"if": {"type": "null"}, "else": plain}
        return plain

    def is_known(self, ref: str) -> bool:
        return ref.removeprefix("#/components/schemas/") in self.document["components"]["schemas"]

    def validator(self, key, schema) -> Draft202012Validator:
        if key not in self.validators:
            plain = self.schema(schema) | {"components": {"schemas": self.components}}
            self.validators[key] = Draft202012Validator(plain)
        return self.validators[key]

    # --- finding an operation ----------------------------------------------------------------------------------------

    def operation(self, method: str, path: str):
        """Shape and description of the operation behind a request; `None` where the version has none."""
        segments = path.strip("/").split("/")
        for template in self.templates:
            wanted = template.strip("/").split("/")
            fits = len(wanted) == len(segments) and all(w.startswith("{") or w == s for w, s in zip(wanted, segments))
            operation = self.document["paths"][template].get(method.lower()) if fits else None
            if operation:
                shared = self.document["paths"][template].get("parameters", [])
                return f"{method} {shape(template)}", operation, [*shared, *operation.get("parameters", [])]
        return None

    def resolve(self, node):
        """What a reference to a shared answer stands for."""
        if "$ref" not in node:
            return node
        section, name = node["$ref"].split("/")[-2:]
        return self.document["components"].get(section, {}).get(name, {})

    # --- judging -----------------------------------------------------------------------------------------------------

    def judge(self, said: Exchange) -> list[Finding]:
        """Everything about an exchange that the description does not say."""
        found = self.operation(said.method, said.path)
        if not found:
            operation = f"{said.method} {said.path}"
            if said.wrong:
                return list(self.judge_answer(said, operation, {}))
            return [Finding(self.version, operation, "path", "$", "undescribed", "", "no such operation in this version")]
        operation, described, parameters = found
        findings = [] if said.wrong else [*self.judge_request(said, operation, described, parameters)]
        return findings + [*self.judge_answer(said, operation, described)]

    def judge_request(self, said: Exchange, operation: str, described: dict, parameters: list):
        def finding(where, path, keyword, message, found=""):
            return Finding(self.version, operation, where, path, keyword, found, message)

        if not said.headers.get("authorization", "").startswith("Bearer "):
            yield finding("header", "authorization", "missing", "no bearer token")
        if said.headers.get("intercom-version") != self.version:
            yield finding("header", "intercom-version", "mismatch", f"sent {said.headers.get('intercom-version')}")
        declared = {p["name"]: p for p in parameters if p.get("in") == "query"}
        sent = dict(said.query)
        for name, value in sent.items():
            if name not in declared:
                yield finding("query", name, "undeclared", f"parameter {name}={value[:40]} is not described", "string")
            elif problem := self.parameter_problem(declared[name].get("schema", {}), value):
                yield finding("query", name, *problem, "string")
        for name in declared.keys() - sent.keys():
            if declared[name].get("required"):
                yield finding("query", name, "required", f"parameter {name} is missing")
        described_body = described.get("requestBody")
        if not said.body:
            if described_body and described_body.get("required"):
                yield finding("request", "$", "required", "a body is required")
            return
        if not described_body:
            yield finding("request", "$", "undeclared", "this operation takes no body")
            return
        if not said.headers.get("content-type", "").startswith("application/json"):
            yield finding("header", "content-type", "mismatch", f"sent {said.headers.get('content-type')}")
        content = described_body["content"]["application/json"]
        yield from self.judge_json((operation, "request"), content, said.body, operation, "request")

    def parameter_problem(self, schema: dict, value: str):
        if schema.get("type") == "integer" and not re.fullmatch(r"-?\d+", value):
            return "type", f"{value[:40]} is no integer"
        if schema.get("type") == "boolean" and value not in ("true", "false"):
            return "type", f"{value[:40]} is no boolean"
        if "enum" in schema and value not in schema["enum"]:
            return "enum", f"{value[:40]} is none of {schema['enum']}"
        return None

    def judge_answer(self, said: Exchange, operation: str, described: dict):
        responses = {str(status): body for status, body in described.get("responses", {}).items()}
        answer = responses.get(str(said.status))
        if answer is None:
            yield Finding(self.version, operation, "status", str(said.status), "undocumented", "", "status is not described")
            answer = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/error"}}}}
        content = self.resolve(answer).get("content", {})
        if not content:
            return
        if not said.answer_type.startswith("application/json"):
            yield Finding(self.version, operation, "response", "$", "content-type", "", f"sent {said.answer_type}")
            return
        yield from self.judge_json((operation, said.status), content["application/json"], said.answer, operation, "response")

    def judge_json(self, key, content: dict, body: bytes, operation: str, where: str):
        schema = content.get("schema", {})
        try:
            value = json.loads(body)
        except ValueError as error:
            yield Finding(self.version, operation, where, "$", "json", "", str(error))
            return
        for error in self.validator(key, schema).iter_errors(value):
            for path, keyword, bad, message in flat(error):
                yield Finding(self.version, operation, where, path, keyword, kind(bad), message)
        for path, bad in sorted(self.undeclared(schema, value, [*examples(content)])):
            yield Finding(self.version, operation, where, path, "undeclared", bad, "neither schema nor example shows this key")

    # --- keys that no schema names -----------------------------------------------------------------------------------

    def undeclared(self, schema, value, shown: list, path: str = "$") -> set[tuple[str, str]]:
        """Paths of keys that nothing shows on their object, with the type of their value; `shown` are examples of it."""
        views = [*self.views(schema)]
        if isinstance(value, list):
            items = {"anyOf": [view["items"] for view in views if "items" in view]}
            samples = [item for sample in shown if isinstance(sample, list) for item in sample]
            return {found for item in value for found in self.undeclared(items, item, samples, f"{path}[]")}
        named = [view["properties"] for view in views if view.get("properties")]
        if not isinstance(value, dict) or not named or any(view.get("additionalProperties") for view in views):
            return set()
        samples = [sample for sample in shown if isinstance(sample, dict)]
        keys = self.shown.get(value.get("type"), set()).union(*samples) if isinstance(value.get("type"), str) else set().union(*samples)
        found = set()
        for name, sub in value.items():
            choices = [properties[name] for properties in named if name in properties]
            if not choices and name not in keys:
                found.add((f"{path}.{name}", kind(sub)))
            inner = [sample[name] for sample in samples if name in sample]
            found |= self.undeclared({"anyOf": choices}, sub, inner, f"{path}.{name}")
        return found

    def views(self, schema, depth: int = 0):
        """Every schema that could describe a value: references followed, unions opened."""
        if not isinstance(schema, dict) or depth > 12:
            return
        if "$ref" in schema:
            name = schema["$ref"].removeprefix("#/components/schemas/")
            yield from self.views(self.document["components"]["schemas"].get(name), depth + 1)
            return
        yield schema
        for union in ("allOf", "anyOf", "oneOf"):
            for sub in schema.get(union, []):
                yield from self.views(sub, depth + 1)


def examples(node):
    """Every example below a node of the document."""
    if isinstance(node, list):
        for sub in node:
            yield from examples(sub)
    elif isinstance(node, dict):
        if "example" in node:
            yield node["example"]
        for named in node["examples"].values() if isinstance(node.get("examples"), dict) else ():
            yield named.get("value")
        for key, sub in node.items():
            if key not in ("example", "examples"):
                yield from examples(sub)


def objects(value):
    """A JSON value's objects, itself included."""
    if isinstance(value, dict):
        yield value
    for sub in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from objects(sub)


def flat(error):
    """The leaves of a validation error; of a union, the branch that comes closest."""
    if error.context:
        branches = {}
        for sub in error.context:
            branches.setdefault(sub.schema_path[0], []).append(sub)
        closest = min(branches.values(), key=lambda subs: (len(subs), -max(len(sub.absolute_path) for sub in subs)))
        for sub in closest:
            yield from flat(sub)
        return
    path = "$" + "".join("[]" if isinstance(step, int) else f".{step}" for step in error.absolute_path)
    if error.validator == "required":
        missing = re.match(r"'(.*)' is a required property", error.message)
        path = f"{path}.{missing[1]}" if missing else path
    yield path, str(error.validator), ABSENT if error.validator == "required" else error.instance, error.message
