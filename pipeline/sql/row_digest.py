"""A digest over every value of a revision's rows, made when they are written: a row that is rewritten later is noticed.

A column that a later migration adds enters by a chain: the digest is made over the digest of the first columns and the values of the later ones.
So the migration extends each stored digest without reading the row again, and a row that was rewritten before it still does not match.
"""

from __future__ import annotations

import hashlib
import json

from pipeline.sql import tables
from pipeline.sql.base import Base

_LEFT_OUT = {"id", "notice_id", "row_digest", "revision_id", "target_id", "title_key"}  # a title's key is made of the title
_LATER = (("region", "region_provenance"), ("theme",))  # of migrations 0002 and 0010


def row_digest(revision: tables.RevisionRow) -> str:
    """sha256 hex over the revision's columns and its attachments', aliases' and citations' columns."""
    values = _values(revision)
    later = [{name: values.pop(name) for name in names} for names in _LATER]
    parts: list[object] = [values, [_values(a) for a in revision.attachments]]
    parts += [sorted(_plain(_values(each)) for each in rows) for rows in (revision.aliases, revision.citations)]
    digest = digest_of(parts)
    for each in later:
        digest = digest_of([digest, each])
    return digest


def recognition_digest(row: tables.RecognitionRow) -> str:
    """sha256 hex over a recognition's columns."""
    return digest_of(_values(row))


def _values(row: Base) -> dict[str, object]:
    return {column.key: getattr(row, column.key) for column in row.__table__.columns if column.key not in _LEFT_OUT}


def digest_of(value: object) -> str:
    """sha256 hex over a value as JSON, its keys in order; days and times in ISO form."""
    return hashlib.sha256(_plain(value).encode("utf-8", "replace")).hexdigest()


def _plain(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=_text)


def _text(value: object) -> str:
    return str(value.isoformat() if hasattr(value, "isoformat") else value)
