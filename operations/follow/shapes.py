"""What the archives say to each other, as the one that follows reads it: every value of its type, nothing beside."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec

FORMAT = "notices-replica/1"
Number = Annotated[int, msgspec.Meta(ge=0, lt=1 << 53)]
Digest = Annotated[str, msgspec.Meta(pattern="^sha256:[0-9a-f]{64}$")]
Text = Annotated[str, msgspec.Meta(max_length=4000)]
Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class Identity(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What names the other archive; `size` entries are signed, `changes` is the number of its newest change."""

    format: str
    archive: Annotated[str, msgspec.Meta(pattern="^[0-9a-f-]{36}$")]
    public_key: Text
    size: Number
    changes: Number


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An entry of the log: of one that was taken down only its hash, `leaf`."""

    snapshot: Number
    leaf: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")] | None = None
    url: str = ""
    fetched_at: Moment | None = None
    payload_digest: Digest | None = None
    length: Number = 0


class EntryPage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Entries in order of their snapshots."""

    entries: list[Entry]
    next: Number


class RecordLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The line before a record's bytes, or why it is left out."""

    snapshot: Number
    length: Number = 0
    withheld: Annotated[str, msgspec.Meta(pattern="^(taken_down|personal|unreadable)$")] | None = None


class Subject(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A notice's own columns, and those of its source."""

    notice: dict[str, object]
    source: dict[str, object]


class RevisionParts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A revision's columns and those of what belongs to it; `complete`: as they were written."""

    complete: bool
    revision: dict[str, object]
    attachments: list[dict[str, object]]
    citations: list[dict[str, object]]
    aliases: list[dict[str, object]]
    corrections: list[dict[str, object]]
    recognitions: list[dict[str, object]]


class Change(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A change; its notice is None when it was taken down, its row when the change brought none."""

    seq: Number
    kind: Annotated[str, msgspec.Meta(max_length=40)]
    notice: Number
    revision: Number
    at: Moment
    baseline: bool
    by: Number | None
    subject: Subject | None
    row: RevisionParts | None


class ChangePage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Changes in order, and the number of the newest of all."""

    changes: list[Change]
    newest: Number


class NoticeRows(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A notice with all its revisions."""

    subject: Subject
    rows: list[RevisionParts]


class Takedown(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A takedown in force; not `whole`: of a passage."""

    id: Number
    notice: Number
    whole: bool
    reason: Text
    legal: bool
    made_at: Moment


class Takedowns(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Those in force."""

    takedowns: list[Takedown]
