"""JSON schemas in the words of people."""

from typing import Any

import pytest

from steelyard.web.schema import FieldView, Schemas

WORDS = {"Size": {"enum": ["small", "large"], "description": "how large"}, "Alias": {"$ref": "#/parts/Size"}}
SCHEMAS = Schemas({"parts": WORDS})
NULL = {"type": "null"}


@pytest.mark.parametrize(
    ("schema", "takes"),
    [
        ({"type": "string"}, "text"),
        ({"type": "integer", "minimum": 1, "maximum": 1000}, "whole number, 1 to 1000"),
        ({"type": "integer", "minimum": 0}, "whole number, at least 0"),
        ({"type": "number", "maximum": 2.5}, "number, at most 2.5"),
        ({"type": "boolean"}, "true or false"),
        ({"type": "string", "format": "date-time"}, "time (ISO 8601)"),
        ({"type": "array", "items": {"type": "string"}}, "list of text"),
        ({"type": "array"}, "list"),
        ({"$ref": "#/parts/Alias"}, "one of small, large"),
        ({"anyOf": [{"$ref": "#/parts/Size"}, NULL]}, "one of small, large"),
        ({"anyOf": [{"type": "string"}, {"type": "integer"}, NULL]}, "text or whole number"),
        ({}, "anything"),
    ],
)
def test_what_a_schema_takes(schema: dict[str, Any], takes: str) -> None:
    assert SCHEMAS.takes(schema) == takes


def test_a_reference_to_nothing_is_an_error() -> None:
    with pytest.raises(KeyError):
        SCHEMAS.takes({"$ref": "#/parts/Nowhere"})


def test_a_field_is_described_where_it_stands_or_where_it_points_to() -> None:
    schema = {"anyOf": [{"$ref": "#/parts/Size"}, NULL], "default": "small"}
    assert SCHEMAS.field("size", schema, required=False) == FieldView(
        "size", "one of small, large", required=False, default="small", description="how large"
    )
    assert SCHEMAS.field("size", {**schema, "description": "of the box"}, required=False).description == "of the box"
    assert SCHEMAS.field("size", schema, required=False, about="yours").description == "yours"


@pytest.mark.parametrize(
    ("default", "shown"), [(None, None), ([], None), ("", None), (0, "0"), (False, "false"), ("medium", "medium")]
)
def test_a_default_is_shown_where_it_says_something(default: object, shown: str | None) -> None:
    assert SCHEMAS.field("x", {"default": default}, required=False).default == shown


def test_the_fields_of_a_body_begin_with_what_must_be_given() -> None:
    body = {
        "required": ["user", "size"],
        "properties": {"note": {}, "size": {"$ref": "#/parts/Size"}, "user": {"type": "string"}},
    }
    assert [(field.name, field.required) for field in SCHEMAS.fields(body)] == [
        ("size", True),
        ("user", True),
        ("note", False),
    ]
    assert SCHEMAS.sample_body(body) == {"user": "USER", "size": "small"}


@pytest.mark.parametrize(
    ("schema", "sample"),
    [({"examples": ["gpt2", "x"]}, "gpt2"), ({"type": "integer"}, 1), ({"type": "array"}, []), ({}, "NAME")],
)
def test_a_value_to_try(schema: dict[str, Any], sample: object) -> None:
    assert SCHEMAS.sample("name", schema) == sample
