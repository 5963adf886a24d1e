"""JSON schemas of an OpenAPI document in the words of people. Pure."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_WORDS = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "array": "list",
    "object": "object",
}
_SAMPLES = {"integer": 1, "number": 1, "boolean": True, "array": [], "object": {}}


@dataclass(frozen=True, slots=True)
class FieldView:
    """One parameter or field: what it takes, and its default where it has one that says something."""

    name: str
    takes: str
    required: bool
    default: str | None
    description: str | None


@dataclass(frozen=True, slots=True)
class Schemas:
    """Reads schemas in the light of their document, which holds what ``$ref`` points to."""

    document: Mapping[str, Any]

    def resolve(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """The schema without ``$ref`` and without a choice of null. Raises KeyError: it points to nothing."""
        if "$ref" in schema:
            found: Any = self.document
            for step in schema["$ref"].removeprefix("#/").split("/"):
                found = found[step]
            return self.resolve(found)
        choices = [one for one in schema.get("anyOf", ()) if one.get("type") != "null"]
        if len(choices) == 1:
            return {**self.resolve(choices[0]), **{name: schema[name] for name in schema if name != "anyOf"}}
        return schema

    def takes(self, schema: Mapping[str, Any]) -> str:
        """What a schema takes, like ``whole number, 1 to 1000`` or ``list of text``."""
        plain = self.resolve(schema)
        if "enum" in plain:
            return f"one of {', '.join(str(word) for word in plain['enum'])}"
        if "anyOf" in plain:
            return " or ".join(self.takes(one) for one in plain["anyOf"] if one.get("type") != "null")
        if plain.get("format") == "date-time":
            return "time (ISO 8601)"
        word = _WORDS.get(plain.get("type", ""), "anything")
        if word == "list" and plain.get("items"):
            return f"list of {self.takes(plain['items'])}"
        return ", ".join([word, *_limits(plain)])

    def field(self, name: str, schema: Mapping[str, Any], *, required: bool, about: str | None = None) -> FieldView:
        """A parameter or field; ``about`` wins over the description in the schema."""
        plain = self.resolve(schema)
        about = about or plain.get("description")
        return FieldView(name, self.takes(plain), required, _default(plain.get("default")), about)

    def fields(self, schema: Mapping[str, Any]) -> tuple[FieldView, ...]:
        """The fields of an object, those that must be given first."""
        plain = self.resolve(schema)
        must = plain.get("required", ())
        views = (self.field(name, one, required=name in must) for name, one in plain.get("properties", {}).items())
        return tuple(sorted(views, key=lambda view: not view.required))

    def sample(self, name: str, schema: Mapping[str, Any]) -> Any:
        """A value to try: an example of the document, else its name in capitals or something of its type."""
        plain = self.resolve(schema)
        for known in ("examples", "enum"):
            if plain.get(known):
                return plain[known][0]
        return _SAMPLES.get(plain.get("type", ""), name.upper())

    def sample_body(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        """The smallest object that may be sent."""
        plain = self.resolve(schema)
        return {name: self.sample(name, plain["properties"][name]) for name in plain.get("required", ())}


def _limits(schema: Mapping[str, Any]) -> Iterator[str]:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        yield f"{low} to {high}"
    elif low is not None:
        yield f"at least {low}"
    elif high is not None:
        yield f"at most {high}"


def _default(value: Any) -> str | None:
    if value is None or value in ("", [], {}):
        return None
    return value if isinstance(value, str) else json.dumps(value)
