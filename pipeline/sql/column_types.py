"""Column types that tell damage from absence: a stored value that is not of its type raises DamageFound wherever it is read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import JSON, Date, DateTime, TypeDecorator
from sqlalchemy.engine import Dialect

from notices.errors import DamageFound

Processor = Callable[[Any], Any] | None


def _checked(processor: Processor, what: str) -> Processor:
    """The driver's own reading of a value. SQLite stores whatever it is given, so any value may come."""
    if processor is None:
        return None

    def read(value: Any) -> Any:
        try:
            return processor(value)
        except (ValueError, TypeError, RecursionError) as error:
            raise DamageFound(f"the database contains {str(value)[:80]!r} in place of {what}") from error

    return read


class Utc(TypeDecorator[datetime]):
    """An aware UTC datetime; SQLite would hand back a naive one."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The value in UTC; a naive one is a bug and raises ValueError."""
        if value is not None and value.tzinfo is None:
            raise ValueError(f"naive datetime {value!r}")
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The stored value, aware."""
        return value.replace(tzinfo=UTC) if value and value.tzinfo is None else value

    def result_processor(self, dialect: Dialect, coltype: object) -> Processor:
        """Raises DamageFound for a value that is not a time."""
        return _checked(super().result_processor(dialect, coltype), "a time")


class Day(TypeDecorator[date]):
    """A date, Asia/Shanghai."""

    impl = Date
    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: object) -> Processor:
        """Raises DamageFound for a value that is not a date."""
        return _checked(super().result_processor(dialect, coltype), "a date")


class Json(TypeDecorator[Any]):
    """A JSON value."""

    impl = JSON
    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: object) -> Processor:
        """Raises DamageFound for a value that is not JSON."""
        return _checked(super().result_processor(dialect, coltype), "JSON")
