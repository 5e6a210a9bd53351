"""Two revisions of a notice side by side: fields, paragraphs with the changed characters marked, files. Personal data is masked."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from sqlalchemy import Engine, select
from sqlalchemy.orm import selectinload

from notices.errors import UnknownName
from notices.text.display import masked
from notices.text.language import _
from pipeline.sql import tables
from pipeline.sql.withheld import reading, withheld

_FIELDS = (
    "title", "document_number", "issuer", "kind", "published_date", "written_date", "effective_date", "expiry_date", "index_number",
    "theme", "addressees", "validity",
)  # fmt: skip
_ALIKE = 0.5  # of the characters of two paragraphs, in order: below it one was removed and another added
_MOST_PAIRS, _MOST_CHARACTERS = 2_500, 4_000_000  # compared at most, in a row of paragraphs and within two of them


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A changed paragraph: `sign` is - or +, `marks` are [start, end) of the characters that differ from its counterpart.

    `masked` is set where all that differs is personal data that the shown text hides.
    """

    sign: str
    text: str
    marks: tuple[tuple[int, int], ...] = ()
    masked: bool = False

    def as_json(self) -> dict[str, object]:
        """`masked` only where it is set."""
        return {"sign": self.sign, "text": self.text, "marks": [list(m) for m in self.marks]} | ({"masked": True} if self.masked else {})


class NamedFile(NamedTuple):
    """A file that only one of the revisions has; its address where the bytes were not archived."""

    name: str
    digest: str | None


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """A file of both revisions with other bytes: the digests before and after, and the changed paragraphs of its text."""

    name: str
    digests: tuple[str | None, str | None]
    text: tuple[Paragraph, ...]


@dataclass(frozen=True, slots=True)
class FileChanges:
    """The files that differ."""

    removed: tuple[NamedFile, ...]
    added: tuple[NamedFile, ...]
    changed: tuple[ChangedFile, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """The difference of revisions `old` and `new`; `fields` maps a name to its values before and after."""

    notice: int
    old: int
    new: int
    fields: Mapping[str, tuple[object, object]]
    text: tuple[Paragraph, ...]
    attachments: FileChanges


def difference(database: Engine, notice_id: int, old: int | None = None, new: int | None = None) -> Difference:
    """The difference of two revisions: N and M, N and the one after it, or the last two. Raises UnknownName or TakenDown."""
    before, after = _two_revisions(database, notice_id, old, new)
    return Difference(
        notice=before.notice_id,
        old=before.n,
        new=after.n,
        fields={f: (_shown(before, f), _shown(after, f)) for f in _FIELDS if getattr(before, f) != getattr(after, f)},
        text=tuple(paragraphs(before.text, after.text)),
        attachments=_files(before.attachments, after.attachments),
    )


def _two_revisions(database: Engine, notice_id: int, old: int | None, new: int | None) -> tuple[tables.RevisionRow, tables.RevisionRow]:
    load = selectinload(tables.RevisionRow.attachments)
    with reading(database) as session:
        withheld(session).refuse(notice_id)
        mine = tables.RevisionRow.notice_id == notice_id
        rows = {r.n: r for r in session.scalars(select(tables.RevisionRow).where(mine).options(load))}
    last = max(rows)
    if last == 1 and old is None:
        raise UnknownName(
            _("notice {notice_id} has one revision: it has not changed since it was first archived").format(notice_id=notice_id)
        )
    second = new if new is not None else old + 1 if old is not None else last
    first = old if old is not None else second - 1
    for n in (first, second):
        if n not in rows:
            raise UnknownName(_("notice {notice_id} has revisions 1 to {last}, no {n}").format(notice_id=notice_id, last=last, n=n))
    return rows[first], rows[second]


def _shown(revision: tables.RevisionRow, field: str) -> object:
    value: object = getattr(revision, field)
    return value.isoformat() if isinstance(value, date) else masked(value) if isinstance(value, str) else value


def _files(old: Sequence[tables.AttachmentRow], new: Sequence[tables.AttachmentRow]) -> FileChanges:
    """Files by name; one whose name stayed and whose bytes did not is changed."""
    before, after = ({(a.name, a.digest or a.url or ""): a for a in files} for files in (old, new))
    removed, added = ([a for key, a in mine.items() if key not in others] for mine, others in ((before, after), (after, before)))
    changed = [(a, b) for a in removed for b in added if a.name == b.name]
    gone, come = ([a for a in files if not any(a in pair for pair in changed)] for files in (removed, added))
    return FileChanges(
        removed=tuple(NamedFile(masked(a.name), a.digest or a.url) for a in gone),
        added=tuple(NamedFile(masked(a.name), a.digest or a.url) for a in come),
        changed=tuple(ChangedFile(masked(a.name), (a.digest, b.digest), tuple(paragraphs(a.text or "", b.text or ""))) for a, b in changed),
    )


def paragraphs(old: str, new: str) -> Iterator[Paragraph]:
    """Changed paragraphs in order."""
    before, after = old.split("\n"), new.split("\n")
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag != "equal":
            for a, b in _aligned(before[i1:i2], after[j1:j2]):
                yield from _changed(a, b)


def _aligned(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[str | None, str | None]]:
    """Each old paragraph with the new one that it most likely became, in order; None where there is no counterpart."""
    at = 0
    few = len(before) * len(after) <= _MOST_PAIRS
    for old in before:
        found = _most_alike(old, after[at:]) if few else None
        if found is None:
            yield old, None
            continue
        yield from ((None, text) for text in after[at : at + found])
        yield old, after[at + found]
        at += found + 1
    yield from ((None, text) for text in after[at:])


def _most_alike(old: str, candidates: Sequence[str]) -> int | None:
    best, found = _ALIKE, None
    matcher = difflib.SequenceMatcher(None, "", old, autojunk=False)
    for n, text in enumerate(candidates):
        matcher.set_seq1(text)
        if len(text) * len(old) <= _MOST_CHARACTERS and matcher.quick_ratio() > best and (ratio := matcher.ratio()) > best:
            best, found = ratio, n
    return found


def _changed(old: str | None, new: str | None) -> Iterator[Paragraph]:
    a, b = (None if text is None else masked(text) for text in (old, new))
    marks = _marks(a, b) if a is not None and b is not None else _Marks((), ())
    for sign, text, mine in (("-", a, marks.old), ("+", b, marks.new)):
        if text is not None:
            yield Paragraph(sign, text, mine, masked=a == b)


class _Marks(NamedTuple):
    old: tuple[tuple[int, int], ...]
    new: tuple[tuple[int, int], ...]


def _marks(a: str, b: str) -> _Marks:
    if len(a) * len(b) > _MOST_CHARACTERS:
        return _Marks((), ())
    codes = [c for c in difflib.SequenceMatcher(None, a, b, autojunk=False).get_opcodes() if c[0] != "equal"]
    return _Marks(tuple((c[1], c[2]) for c in codes if c[2] > c[1]), tuple((c[3], c[4]) for c in codes if c[4] > c[3]))
