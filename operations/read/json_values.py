"""The JSON form of typed results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date
from typing import Protocol, runtime_checkable


@runtime_checkable
class HasJson(Protocol):
    """A result whose JSON form is not simply its fields."""

    def as_json(self) -> dict[str, object]:
        """The JSON object."""
        ...


def json_object(result: object) -> dict[str, object]:
    """A result as a JSON object: field names are keys, dates and times are ISO 8601, tuples are arrays."""
    if isinstance(result, HasJson):
        return result.as_json()
    if is_dataclass(result):
        return {field.name: json_value(getattr(result, field.name)) for field in fields(result)}
    raise TypeError(f"{type(result).__name__} has no JSON form")


def json_value(value: object) -> object:
    """Any part of a result as JSON."""
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, date):  # a datetime too
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): json_value(item) for key, item in value.items()}
    if isinstance(value, Sequence):
        return [json_value(item) for item in value]
    return json_object(value)
