"""Makes compact tables of the published OpenAPI documents: which fields, of what type, required, within what bounds.

    python docs/generate_published.py FOLDER

`FOLDER` holds the documents as their makers publish them (`DOCUMENTS` names files and sources). Prose, examples and
defaults are left out. Two things are made: a file for each document in `tests/emulator/published/`, which the tests
hold the emulator's replies and refusals against, and `azure_connector/emulator/shapes.json`, which holds the requests
of the operations that the emulator serves and is what it checks them by.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from azure_connector.emulator.served import SERVED

ROOT = Path(__file__).parents[1]
TABLES = ROOT / "tests/emulator/published"
SHAPES = ROOT / "azure_connector/emulator/shapes.json"
_AZURE = "Azure/azure-rest-api-specs: specification/cognitiveservices/data-plane/AzureOpenAI/inference"
DOCUMENTS = {
    "openai": ("openai.yml", "openai/openai-openapi, 2.3.0, of 2026-05-31"),
    "classic-stable": ("stable.json", f"{_AZURE}/stable/2024-10-21/inference.json"),
    "classic-preview": ("preview.json", f"{_AZURE}/preview/2025-04-01-preview/inference.json"),
}
_WORDS = (
    "type enum const required minimum maximum exclusiveMinimum exclusiveMaximum minLength maxLength minItems maxItems "
    "pattern"
)
_KEPT = tuple(_WORDS.split())
_PARTS = {"oneOf": "anyOf", "anyOf": "anyOf", "allOf": "allOf"}
Json = dict[str, Any]


class Table:
    """One document's operations and the schemas that they reach."""

    def __init__(self, document: Json, source: str) -> None:
        self.source = source
        self._all: Json = document["components"]["schemas"]
        self._paths: Json = document["paths"]
        self.schemas: Json = {}

    def made(self) -> Json:
        """The whole table."""
        operations: Json = {}
        for path, methods in self._paths.items():
            for method, operation in methods.items():
                key = served_key(method, path)
                if key and isinstance(operation, dict):
                    operations[key] = self._operation(operation)
        return {"source": self.source, "operations": operations, "schemas": dict(sorted(self.schemas.items()))}

    def _operation(self, operation: Json) -> Json:
        made: Json = {}
        for kind, media in operation.get("requestBody", {}).get("content", {}).items():
            made["form" if kind.startswith("multipart") else "body"] = self.compact(media.get("schema", {}))
        for status, reply in operation.get("responses", {}).items():
            for kind, media in reply.get("content", {}).items() if status.startswith("2") else ():
                if kind in ("application/json", "text/event-stream") and media.get("schema"):
                    made["reply" if kind == "application/json" else "events"] = self.compact(media["schema"])
        return made

    def compact(self, schema: Any, *, base: bool = False) -> Any:
        """A schema without prose, `nullable` and discriminators spelled as JSON Schema does."""
        if not isinstance(schema, dict):
            return schema
        if "$ref" in schema:
            return self._reference(schema["$ref"].rsplit("/", 1)[-1], base=base, nullable=schema.get("nullable"))
        if any(part == {"nullable": True} for part in schema.get("allOf", ())):
            parts = [part for part in schema["allOf"] if part != {"nullable": True}]
            schema = {**schema, "allOf": parts, "nullable": True}
        made: Json = {key: schema[key] for key in _KEPT if key in schema}
        if schema.get("format") == "binary":
            made["type"] = "string"
        for key in ("exclusiveMinimum", "exclusiveMaximum"):
            if made.get(key) is True:  # as OpenAPI 3.0 has it
                made[key] = made.pop(key[9:].lower())
            elif made.get(key) is False:
                del made[key]
        if "properties" in schema:
            made["properties"] = {name: self.compact(one) for name, one in schema["properties"].items()}
        if isinstance(schema.get("items"), dict):
            made["items"] = self.compact(schema["items"])
        if schema.get("additionalProperties") not in (None, {}, True):
            made["additionalProperties"] = self.compact(schema["additionalProperties"])
        for key, word in _PARTS.items():
            if key in schema:
                made[word] = [self.compact(one, base=key == "allOf") for one in schema[key]]
        return nulled(made) if schema.get("nullable") else made

    def _reference(self, name: str, *, base: bool, nullable: Any) -> Json:
        target = self._all[name]
        children = {one.rsplit("/", 1)[-1]: None for one in target.get("discriminator", {}).get("mapping", {}).values()}
        if not children and "discriminator" in target and not any(word in target for word in _PARTS):
            children = {child: None for child, one in self._all.items() if _derives(one, name)}
        plain = base or not children or any(word in target for word in ("oneOf", "anyOf"))
        label = name if plain else f"{name}*"
        if label not in self.schemas:
            self.schemas[label] = {}  # before its parts, which may name it again
            if plain:
                self.schemas[label] = self.compact(target)
            else:
                parts = [self._reference(child, base=True, nullable=None) for child in sorted(children)]
                self.schemas[label] = {"anyOf": parts}
        made = {"$ref": f"#/schemas/{label}"}
        return {"anyOf": [made, {"type": "null"}]} if nullable else made


def nulled(schema: Json) -> Json:
    """What also takes null."""
    if "enum" in schema and None not in schema["enum"]:
        schema = {**schema, "enum": [*schema["enum"], None]}
    if isinstance(schema.get("type"), str) and not any(word in schema for word in ("anyOf", "allOf")):
        return {**schema, "type": [schema["type"], "null"]}
    return {"anyOf": [schema, {"type": "null"}]}


def _derives(schema: Json, name: str) -> bool:
    return any(part.get("$ref", "").endswith(f"/{name}") for part in schema.get("allOf", ()))


def served_key(method: str, path: str) -> str:
    """The operation of the emulator's list, or nothing."""
    plain = re.sub(r"\{[^}]+\}", "{}", path.removeprefix("/deployments/{deployment-id}")).replace(
        "realtimeapi", "realtime"
    )
    return _KEYS.get(f"{method.upper()} {plain}", "")


_KEYS = {re.sub(r"\{[^}]+\}", "{}", one.key): one.key for one in SERVED if not one.inference}


def reached(value: Any, schemas: Json, found: Json) -> Iterator[str]:
    """The names of all schemas that a schema needs, once each."""
    if isinstance(value, dict):
        name = str(value.get("$ref", "")).rsplit("/", 1)[-1]
        if name and name not in found:
            found[name] = schemas[name]
            yield name
            yield from reached(schemas[name], schemas, found)
        for one in value.values():
            yield from reached(one, schemas, found)
    elif isinstance(value, list):
        for one in value:
            yield from reached(one, schemas, found)


def relaxed(schemas: Json) -> Json:
    """The schemas without what the service does not insist on, and with the words that came later."""
    made = dict(schemas)
    told = tomllib.loads((TABLES / "disagreements.toml").read_text())
    for one in told["newer"]:
        made[one["schema"]] = _with_words(made[one["schema"]], one["words"])
    for one in told["request"]:
        if one["schema"] not in made:  # of another document
            continue
        schema = made[one["schema"]]
        required = [name for name in schema["required"] if name not in one["optional"]]
        made[one["schema"]] = {**schema, "required": required}
    return made


def _with_words(schema: Json, words: list[str]) -> Json:
    """An enumeration with more words."""
    if "enum" in schema:
        return {**schema, "enum": [*schema["enum"], *words]}
    return {**schema, "anyOf": [_with_words(part, words) if "enum" in part else part for part in schema["anyOf"]]}


def shapes(table: Json, classic: Json) -> Json:
    """The requests alone, with the fields of chat that are Azure's own."""
    found: Json = {}
    classic = renamed(classic)
    chat = classic["schemas"]["createChatCompletionRequest~"]
    own = {name: _property(chat, name) for name in ("data_sources", "user_security_context")}
    table = {**table, "schemas": relaxed({**classic["schemas"], **table["schemas"]})}
    body = table["operations"]["POST /chat/completions"]["body"]
    sessions = ("POST /realtime/sessions", "POST /realtime/transcription_sessions")
    # The preview's sessions, of which the other document has the fields without the words.
    bodies = {key: [one["operations"][key]["body"] for one in (table, classic)] for key in sessions}
    previews = {key: {"body": {"allOf": both}} for key, both in bodies.items()}
    extended = {"allOf": [body, {"type": "object", "properties": own}]}
    table["operations"] = {**table["operations"], **previews, "POST /chat/completions": {"body": extended}}
    operations = {
        key: {k: v for k, v in one.items() if k in ("body", "form")} for key, one in table["operations"].items()
    }
    operations = {key: one for key, one in operations.items() if one}
    list(reached(operations, table["schemas"], found))
    return {"source": table["source"], "operations": operations, "schemas": dict(sorted(found.items()))}


def renamed(table: Json) -> Json:
    """A table whose schemas have names that no other document's have."""
    text = json.dumps(table["operations"]), json.dumps(table["schemas"])
    operations, schemas = (json.loads(re.sub(r'(#/schemas/[^"]+)"', r'\1~"', one)) for one in text)
    return {"operations": operations, "schemas": {f"{name}~": one for name, one in schemas.items()}}


def _property(schema: Json, name: str) -> Json:
    """A field of a schema or of one of its parts."""
    parts = [schema, *schema.get("allOf", ())]
    return next(part["properties"][name] for part in parts if name in part.get("properties", {}))


def lines(table: Json) -> str:
    """JSON with one operation or schema a line, so that a change shows where it is."""
    parts = [f'"source": {json.dumps(table["source"])}']
    for section in ("operations", "schemas"):
        rows = [f"{json.dumps(name)}: {json.dumps(one, separators=(',', ':'))}" for name, one in table[section].items()]
        parts.append(f'"{section}": {{\n' + ",\n".join(rows) + "\n}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def main() -> None:
    """Read the documents, write the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    made: Json = {}
    for name, (file, source) in DOCUMENTS.items():
        content = (folder / file).read_bytes()
        digest = hashlib.sha256(content).hexdigest()[:12]
        document = yaml.load(content, Loader=yaml.CSafeLoader)
        table = Table(document, f"{source} (sha256 {digest})").made()
        (TABLES / f"{name}.json").write_text(lines(table))
        made[name] = table
    SHAPES.write_text(lines(shapes(made["openai"], made["classic-preview"])))


if __name__ == "__main__":
    main()
