"""A notice as its readers see it: as archived, its history, and its relations to other instruments. Personal data is masked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from notices.text.display import masked
from operations.read.json_values import json_object, json_value
from pipeline.observe.observations import presence_of
from pipeline.observe.presence import Presence
from pipeline.recognised import recognised_pages, text_with_recognised
from pipeline.relations.citations import Instrument, Link, cited_by, cites, instrument_of
from pipeline.relations.copies import copies_of
from pipeline.relations.versions import Step, newest_version
from pipeline.sql import tables
from pipeline.sql.outbox import newest_revisions
from pipeline.sql.withheld import reading, withheld


@dataclass(frozen=True, slots=True)
class RecognisedView:
    """Text that was recognised from a file's pictures: by what, on which pages (from 1), and the lowest confidence of them."""

    recogniser: str
    pages: tuple[int, ...]
    confidence: float


@dataclass(frozen=True, slots=True)
class MemberView:
    """A member of an archive, and whether text was read or recognised from it; the archive's detail says why not."""

    path: str
    has_text: bool


@dataclass(frozen=True, slots=True)
class AttachmentView:
    """An attached file and what came of reading it."""

    name: str
    url: str | None
    outcome: str
    media_type: str | None
    digest: str | None
    size: int | None
    detail: str | None
    position: int
    recognised: RecognisedView | None
    members: tuple[MemberView, ...]


@dataclass(frozen=True, slots=True)
class ArchivedBytes:
    """Where the bytes are that a revision was read from."""

    warc_file: str
    offset: int
    length: int
    payload_digest: str
    status: int | None
    fetched_at: datetime


@dataclass(frozen=True, slots=True)
class PresenceView:
    """Since when a notice is missing, withdrawn or back, and by which evidence."""

    state: str
    since: datetime
    evidence: str
    dead_looks: int


@dataclass(frozen=True, slots=True)
class NoticeView:
    """The newest revision of a notice. `presence` is None while the source simply lists it; `copies` are ids of the same instrument elsewhere."""

    id: int
    url: str
    title: str
    source: str
    state: str
    revision: int
    content_digest: str
    document_number: str | None
    issuer: str | None
    kind: str | None
    published_date: date | None
    written_date: date | None
    effective_date: date | None
    expiry_date: date | None
    index_number: str | None
    theme: str | None
    validity: str | None
    addressees: Sequence[str]
    first_seen_at: datetime
    last_seen_at: datetime
    text: str
    attachments: tuple[AttachmentView, ...]
    anatomy: object
    provenance: Mapping[str, str]
    snapshot: ArchivedBytes | None
    copies: tuple[int, ...]
    presence: PresenceView | None


def notice_views(database: Engine, ids: Sequence[int]) -> Iterator[NoticeView]:
    """The notices of these ids."""
    for revision in newest_revisions(database, ids):
        with reading(database) as session:
            yield view_of(session, revision)


def view_of(session: Session, revision: tables.RevisionRow) -> NoticeView:
    """The notice as this revision of it shows it."""
    notice = revision.notice
    snapshot = session.get(tables.SnapshotRow, revision.snapshot_id) if revision.snapshot_id else None
    return NoticeView(
        id=notice.id,
        url=notice.url,
        title=masked(revision.title),
        source=notice.source.name,
        state=notice.state,
        revision=revision.n,
        content_digest=revision.content_digest,
        document_number=revision.document_number,
        issuer=revision.issuer,
        kind=revision.kind,
        published_date=revision.published_date,
        written_date=revision.written_date,
        effective_date=revision.effective_date,
        expiry_date=revision.expiry_date,
        index_number=revision.index_number,
        theme=revision.theme,
        validity=revision.validity,
        addressees=revision.addressees,
        first_seen_at=notice.first_seen_at,
        last_seen_at=notice.last_seen_at,
        text=masked(revision.text),
        attachments=tuple(map(_attachment, revision.attachments)),
        anatomy=_masked(revision.anatomy),
        provenance=revision.provenance,
        snapshot=_archived_bytes(snapshot) if snapshot else None,
        copies=tuple(copy.id for copy in copies_of(session, notice)),
        presence=_presence(presence_of(session, notice.id)),
    )


def _attachment(a: tables.AttachmentRow) -> AttachmentView:
    return AttachmentView(
        masked(a.name), a.url, a.outcome, a.media_type, a.digest, a.size, masked(a.detail) if a.detail else None, a.position,
        _recognised(a.recognition), _members(a),
    )  # fmt: skip


def _members(attachment: tables.AttachmentRow) -> tuple[MemberView, ...]:
    """The members in their order, each once: a member of several pages has text if one of them has."""
    read = text_with_recognised(attachment)
    found: dict[str, bool] = {}
    for number, page in enumerate(read.pages):
        if (member := read.member_of(number)) is not None:
            found[member] = found.get(member, False) or "\n" in page
    return tuple(MemberView(masked(path), has_text) for path, has_text in found.items())


def _recognised(row: tables.RecognitionRow | None) -> RecognisedView | None:
    if row is None or not (pages := recognised_pages(row)):
        return None
    return RecognisedView(row.recogniser, tuple(n + 1 for n in sorted(pages)), min(confidence for _, confidence in pages.values()))


def _masked(value: object) -> object:
    """A JSON value with personal data starred out in each of its strings."""
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, Mapping):
        return {key: _masked(item) for key, item in value.items()}
    return [_masked(item) for item in value] if isinstance(value, list | tuple) else value


def _archived_bytes(row: tables.SnapshotRow) -> ArchivedBytes:
    return ArchivedBytes(row.warc_file, row.offset, row.length, row.payload_digest, row.status, row.fetched_at)


def _presence(seen: Presence) -> PresenceView | None:
    if seen.state == "listed" or seen.since is None:
        return None
    return PresenceView(seen.state, seen.since, seen.evidence, seen.dead)


@dataclass(frozen=True, slots=True)
class Brief:
    """An instrument in a line; `date` is written or published."""

    id: int
    title: str
    document_number: str | None
    date: date | None
    state: str


@dataclass(frozen=True, slots=True)
class LinkView:
    """A relation that a text states: the other instrument, or the ids that it may be; title and number as the text writes them."""

    relation: str
    notice: Brief | None
    candidates: tuple[int, ...]
    title: str | None
    number: str | None
    sentence: str


@dataclass(frozen=True, slots=True)
class StepView:
    """One step towards the newest version."""

    relation: str
    id: int


@dataclass(frozen=True, slots=True)
class NewestVersion:
    """The newest version of an instrument and the steps that lead there."""

    instrument: Brief
    through: tuple[StepView, ...]

    def as_json(self) -> dict[str, object]:
        """The instrument's keys and `through`."""
        return {**json_object(self.instrument), "through": json_value(self.through)}


@dataclass(frozen=True, slots=True)
class Relations:
    """An instrument and all its relations. `newest_version` is None when the archive knows no later one."""

    instrument: Brief
    copies: tuple[int, ...]
    cites: tuple[LinkView, ...]
    cited_by: tuple[LinkView, ...]
    repealed_by: tuple[Brief, ...]
    amended_by: tuple[Brief, ...]
    replaced_by: tuple[Brief, ...]
    newest_version: NewestVersion | None

    def as_json(self) -> dict[str, object]:
        """The instrument's keys, then its relations."""
        names = ("copies", "cites", "cited_by", "repealed_by", "amended_by", "replaced_by", "newest_version")
        return {**json_object(self.instrument), **{name: json_value(getattr(self, name)) for name in names}}


def relations(database: Engine, ids: Sequence[int]) -> Iterator[Relations]:
    """The relations of the instruments that these notices are copies of, each instrument once. Raises TakenDown."""
    with reading(database) as session:
        for ident in ids:
            withheld(session).refuse(ident)
        for one in {found.group: found for found in (instrument_of(session, n) for n in ids)}.values():
            yield _relations(session, one)


def _relations(session: Session, one: Instrument) -> Relations:
    mentions = cited_by(session, one)
    steps = newest_version(session, one, mentions)
    return Relations(
        instrument=brief(one),
        copies=tuple(n for n in one.copies if n != one.id),
        cites=tuple(map(_link, cites(session, one))),
        cited_by=tuple(map(_link, mentions)),
        repealed_by=_others(mentions, "repeals"),
        amended_by=_others(mentions, "amends"),
        replaced_by=_others(mentions, "replaces"),
        newest_version=_newest(steps) if steps else None,
    )


def _others(mentions: Sequence[Link], relation: str) -> tuple[Brief, ...]:
    return tuple(brief(m.other) for m in mentions if m.relation == relation and m.other)


def _newest(steps: Sequence[Step]) -> NewestVersion:
    return NewestVersion(brief(steps[-1].instrument), tuple(StepView(s.relation, s.instrument.id) for s in steps))


def brief(one: Instrument) -> Brief:
    """The instrument in a line."""
    return Brief(one.id, masked(one.title), one.document_number, one.date, one.state)


def _link(link: Link) -> LinkView:
    return LinkView(
        relation=link.relation,
        notice=brief(link.other) if link.other else None,
        candidates=link.candidates,
        title=masked(link.title) if link.title else None,
        number=link.number,
        sentence=masked(link.sentence),
    )
