"""What verification reports: a finding names its subject as a value, so that repair and restore never read displayed text back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from notices.text.language import _

Area = Literal["warc", "sql", "log", "index"]


@dataclass(frozen=True, slots=True)
class WarcPlace:
    """A file of the WARC folder, or the record at `offset` of it."""

    file: str
    offset: int | None = None


@dataclass(frozen=True, slots=True)
class DatabaseFile:
    """The database file itself."""

    path: str


@dataclass(frozen=True, slots=True)
class RowSubject:
    """A row of any table, by its rowid."""

    table: str
    id: int


@dataclass(frozen=True, slots=True)
class SnapshotSubject:
    """A snapshot row; `record` is where the row says that its record is, when the row can be read."""

    id: int
    record: WarcPlace | None = None


@dataclass(frozen=True, slots=True)
class NoticeSubject:
    """A notice: its row in SQL, or its document in the index; `page` is the snapshot of a page of it that no revision was read from."""

    id: int
    page: int | None = None


@dataclass(frozen=True, slots=True)
class RevisionSubject:
    """Revision `n` of a notice; `id` is that of its row."""

    notice_id: int
    n: int
    id: int


@dataclass(frozen=True, slots=True)
class AttachmentSubject:
    """An attachment of a revision, by its position."""

    revision: RevisionSubject
    position: int


@dataclass(frozen=True, slots=True)
class CheckpointSubject:
    """A checkpoint row; `made_on` (UTC) when the row can be read."""

    id: int
    made_on: date | None = None


@dataclass(frozen=True, slots=True)
class CheckpointFile:
    """A signed note in the folder of checkpoints."""

    name: str


@dataclass(frozen=True, slots=True)
class CheckpointLog:
    """The log of snapshots as a whole."""


@dataclass(frozen=True, slots=True)
class IndexFile:
    """A file of the index."""

    name: str


@dataclass(frozen=True, slots=True)
class WholeIndex:
    """The index at this address."""

    url: str


Subject = (
    WarcPlace
    | DatabaseFile
    | RowSubject
    | SnapshotSubject
    | NoticeSubject
    | RevisionSubject
    | AttachmentSubject
    | CheckpointSubject
    | CheckpointFile
    | CheckpointLog
    | IndexFile
    | WholeIndex
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it was written. `kind` is one of the area's kinds (docs/operate.md); `detail` is for a reader only."""

    area: Area
    kind: str
    subject: Subject
    detail: str

    @property
    def place(self) -> str:
        """The subject as verify displays it."""
        return display(self.subject)


def display(subject: Subject) -> str:  # noqa: C901, PLR0911 (one line for each subject)
    """The subject as a reader sees it, in text and in JSON; stable, because readers search for it."""
    match subject:
        case WarcPlace(file, None) | IndexFile(file):
            return file
        case WarcPlace(file, offset):
            return f"{file} offset {offset}"
        case DatabaseFile(path):
            return path
        case RowSubject(table, ident):
            return f"{table} {ident}"
        case SnapshotSubject(ident, record):
            return f"snapshot {ident}" + (f" ({display(record)})" if record else "")
        case NoticeSubject(ident, _):
            return f"notice {ident}"
        case RevisionSubject(notice_id, n, _):
            return _("revision {n} of notice {notice_id}").format(n=n, notice_id=notice_id)
        case AttachmentSubject(revision, position):
            return f"{display(revision)}, attachment {position}"
        case CheckpointSubject(ident, made_on):
            return f"checkpoint {ident}" + (f" ({made_on:%Y-%m-%d})" if made_on else "")
        case CheckpointFile(name):
            return f"checkpoints/{name}"
        case CheckpointLog():
            return "checkpoints"
        case WholeIndex(url):
            return url
