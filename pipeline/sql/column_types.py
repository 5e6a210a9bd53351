"""Column types that tell damage from absence: a stored value that is not of its type raises DamageFound wherever it is read.

SQLite keeps a long value of a packed type as a zlib stream (RFC 1950) of its UTF-8, and a short one as it is: the storage class of a value says
which. PostgreSQL compresses long values itself, so they are stored there as they are.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from functools import partial
from typing import Any

from sqlalchemy import JSON, BigInteger, Date, DateTime, Integer, Text, TypeDecorator
from sqlalchemy.engine import Dialect

from notices.errors import DamageFound
from notices.text.language import _

Processor = Callable[[Any], Any] | None
Section = Mapping[str, object]
NUMBER = Integer().with_variant(BigInteger(), "postgresql")
"""A number of 64 bits: SQLite's are, PostgreSQL's integer would end within a WARC file of 2 GB."""
LEAST_PACKED = 1000  # characters of a text: most short notices can be read with any program that opens SQLite's file
_LEAST_JSON = 300  # below that zlib saves little
_LEVEL = 6
_MOST = 1 << 28  # bytes; a stream that unpacks to more is damaged, or somebody's trap


def compact_json(value: object) -> str:
    """The JSON of a value without blanks and escapes; with escapes where a half of a surrogate pair could not be stored."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":"))
    return text


def packed(text: str, least: int = LEAST_PACKED) -> str | bytes:
    """A value as SQLite stores it."""
    if len(text) < least:
        return text
    plain = text.encode()
    data = zlib.compress(plain, _LEVEL)
    return data if len(data) < len(plain) else text


def unpacked(stored: object) -> object:
    """The value that was packed; one that is no stream is returned as it is. Raises ValueError."""
    if not isinstance(stored, bytes):
        return stored
    stream = zlib.decompressobj()
    try:
        plain = stream.decompress(stored, _MOST)
    except zlib.error as error:
        raise ValueError(str(error)) from error
    if not stream.eof or stream.unused_data:
        raise ValueError("a stream that is cut short or too long")
    return plain.decode()


def _checked(processor: Processor, what: str) -> Processor:
    """The driver's own reading of a value. SQLite stores whatever it is given, so any value may come."""
    if processor is None:
        return None

    def read(value: Any) -> Any:
        try:
            return processor(value)
        except (ValueError, TypeError, RecursionError) as error:
            raise DamageFound(_("the database contains {value!r} in place of {what}").format(value=str(value)[:80], what=what)) from error

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


class PackedText(TypeDecorator[str]):
    """A text that may be long."""

    impl = Text
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Processor:
        """See packed."""
        return _if_given(packed) if dialect.name == "sqlite" else super().bind_processor(dialect)

    def result_processor(self, dialect: Dialect, coltype: object) -> Processor:
        """Raises DamageFound for a value that cannot be unpacked, or is no text."""
        return _checked(_text_of, "a text") if dialect.name == "sqlite" else super().result_processor(dialect, coltype)


def _text_of(stored: object) -> str | None:
    text = unpacked(stored)
    if text is not None and not isinstance(text, str):
        raise TypeError(type(text))
    return text


class PackedJson(Json):
    """A JSON value that may be long."""

    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Processor:
        """See packed."""
        pack = partial(packed, least=_LEAST_JSON) if dialect.name == "sqlite" else None
        return _then(super().bind_processor(dialect), pack)

    def result_processor(self, dialect: Dialect, coltype: object) -> Processor:
        """Raises DamageFound for a value that cannot be unpacked, or is not JSON."""
        first = _checked(unpacked, "JSON") if dialect.name == "sqlite" else None
        return _then(first, super().result_processor(dialect, coltype))


def _then(first: Processor, second: Processor) -> Processor:
    if first is None or second is None:
        return first or second
    return lambda value: second(first(value))


def _if_given(processor: Callable[[str], object]) -> Processor:
    return lambda value: value if value is None else processor(value)


class AnatomyJson(PackedJson):
    """The anatomy of a text. A section is stored with the depth of its path: the headings above it are the sections before it."""

    cache_ok = True

    def process_bind_param(self, value: object, dialect: Dialect) -> object:
        """The value with depths in place of paths."""
        return with_depths(value)

    def process_result_value(self, value: object, dialect: Dialect) -> object:
        """The value with its paths."""
        return with_paths(value)


def with_depths(anatomy: object) -> object:
    """The anatomy as it is stored: in place of a section's path its depth, where the path follows from the sections before."""
    before: list[str] = []
    return _with_sections(anatomy, lambda section: _depth(section, before))


def with_paths(anatomy: object) -> object:
    """The anatomy as it was given. Raises TypeError for a value that cannot have been stored."""
    above: list[str] = []
    return _with_sections(anatomy, lambda section: _path(section, above))


def _with_sections(anatomy: object, path_of: Callable[[Section], object]) -> object:
    if not isinstance(anatomy, dict) or not anatomy.get("sections"):
        return anatomy
    try:
        return {**anatomy, "sections": [{**section, "path": path_of(section)} for section in anatomy["sections"]]}
    except LookupError as error:
        raise TypeError(f"sections without {error}") from error


def _depth(section: Section, before: list[str]) -> object:
    """The depth of a section's path, or the path if it does not follow from the one before, which it takes the place of."""
    path = _strings(section["path"])
    follows = path == [*before[: len(path) - 1], _heading(section)]
    before[:] = path
    return len(path) if follows else path


def _path(section: Section, before: list[str]) -> object:
    depth = section["path"]
    before[:] = [*before[: depth - 1], _heading(section)] if isinstance(depth, int) else _strings(depth)
    return list(before)


def _strings(value: object) -> list[str]:
    if not isinstance(value, list | tuple):
        raise TypeError(f"{value!r} in place of a path")
    return list(value)


def _heading(section: Section) -> str:
    return f"{section['number']}{section['heading']}"
