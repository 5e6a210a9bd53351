"""A digest over everything a revision's rows say, made when they are written: a row rewritten behind our back is noticed."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from pipeline.sql import tables

_LEFT_OUT = {"id", "notice_id", "row_digest"}


def row_digest(revision: tables.RevisionRow) -> str:
    """sha256 hex over the revision's columns and its attachments', aliases' and citations' columns."""
    parts = [_values(revision), [_values(a) for a in revision.attachments]]
    parts += [sorted(_plain(_values(x)) for x in rows) for rows in (revision.aliases, revision.citations)]
    return hashlib.sha256(_plain(parts).encode("utf-8", "replace")).hexdigest()


def _values(row: Any) -> dict[str, Any]:
    names = [c.key for c in row.__table__.columns if c.key not in _LEFT_OUT | {"revision_id", "target_id"}]
    return {name: getattr(row, name) for name in names}


def _plain(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=_text)


def _text(value: Any) -> str:
    return str(value.isoformat() if hasattr(value, "isoformat") else value)
