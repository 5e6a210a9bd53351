"""A notice's newest revision, and those before it, as the index sees them."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import object_session

from index.engine import Document
from notices.hours import ZONE
from notices.reference.levels import level_of
from pipeline.anatomy.periods import deadline_of
from pipeline.recognised import text_with_recognised
from pipeline.sql import outbox, tables


def document(revision: tables.RevisionRow) -> Document:
    """The index document of a notice's newest revision."""
    notice, source = revision.notice, revision.notice.source
    attached = tuple(text_with_recognised(attachment) for attachment in revision.attachments)
    return Document(
        id=notice.id,
        revision=revision.n,
        url=notice.url,
        title=revision.title,
        text=revision.text,
        source=source.name,
        site=source.site,
        issuer=revision.issuer or "",
        document_number=revision.document_number or "",
        number_key=revision.number_key or "",
        number_loose=revision.number_loose or "",
        kind=revision.kind or "",
        region=revision.region or "",
        level=level_of(revision.title, revision.issuer or "", revision.region or ""),
        state=notice.state,
        published_date=revision.published_date,
        written_date=revision.written_date,
        effective_date=revision.effective_date,
        attachments=attached,
        aliases=tuple((a.short, a.long) for a in revision.aliases),
        group=notice.group_id,
        index_number=revision.index_number or "",
        theme=revision.theme or "",
        addressees=tuple(revision.addressees),
        validity=_validity(revision),
        archived=_day(notice.first_seen_at),
        changed=_day(revision.created_at),
        deadline=deadline_of(revision.anatomy.get("periods"), revision.published_date or revision.written_date),
    )


def past_document(past: outbox.PastRevision) -> Document:
    """The document of a revision that its source shows no longer, in the index of the past; copies are not counted there."""
    made = document(past.revision)
    return made._replace(id=past.revision.id, notice=made.id, went=past.went, gone=_day(past.at), group=None)


def _day(moment: datetime) -> date:
    return moment.astimezone(ZONE).date()


def _validity(revision: tables.RevisionRow) -> str:
    """What the notice or its site says; else repealed, when another notice says so."""
    session = object_session(revision)
    if revision.validity != "unknown" or session is None:
        return revision.validity
    repealed = select(tables.ChangeRow.seq).where(tables.ChangeRow.notice_id == revision.notice_id, tables.ChangeRow.kind == "repealed")
    return "unknown" if session.scalar(repealed.limit(1)) is None else "repealed"
