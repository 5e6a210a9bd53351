"""An imported line to a reading: what `notices import` takes in, and `notices reparse` reads again. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import msgspec

from notices.attachment import AttachmentText, StoredAttachment
from notices.capture import Capture, payload_digest
from notices.errors import BadInput
from notices.model import AttachmentLink, Notice
from notices.reference.numbers import parse_number
from notices.reference.regions import locate
from notices.urls import canonical_url
from pipeline.anatomy import read_anatomy
from pipeline.store import Reading

_GIVEN = ("title", "published_date", "issuer", "document_number")


class ImportedFile(msgspec.Struct, frozen=True):
    """A file named in an imported line; `text` is its text if the collection has it."""

    name: str
    url: str | None = None
    text: str = ""


class ImportedLine(msgspec.Struct, frozen=True):
    """One imported notice."""

    url: str
    title: str
    text: str
    published_date: date | None = None
    issuer: str | None = None
    document_number: str | None = None
    source: str = "import"
    attachments: list[ImportedFile] = []


def read_line(raw: bytes, source: str | None = None) -> ImportedLine:
    """One line of an import file; `source` for a line that names none. Raises BadInput with the reason."""
    try:
        line = msgspec.convert(_with_default_source(msgspec.json.decode(raw), source), ImportedLine)
        url = canonical_url(line.url)
    except (msgspec.DecodeError, ValueError, RecursionError, OverflowError) as error:
        raise BadInput(str(error)) from error
    if not line.title.strip() and not line.text.strip():
        raise BadInput("title and text are both empty")
    return msgspec.structs.replace(line, url=url)


def _with_default_source(value: object, source: str | None) -> object:
    """The decoded line without its null values (they mean the same as no value)."""
    if not isinstance(value, dict):
        return value
    return {"source": source or "import"} | {name: each for name, each in value.items() if each is not None}


def capture_of(raw: bytes, line: ImportedLine, now: datetime) -> Capture:
    """The line's exact bytes, as the archive keeps them."""
    return Capture(line.url, 200, (("Content-Type", "application/json; charset=utf-8"),), raw, now, "import", note={"source": line.source})


def reading_of(line: ImportedLine, source_region: str | None, snapshot_id: int | None, now: datetime) -> Reading:
    """The notice that an imported line describes; the line's own value for a field goes before what its text says."""
    anatomy = read_anatomy(
        line.text,
        title=line.title,
        published_date=line.published_date,
        labelled_number=line.document_number,
        labelled_issuer=line.issuer,
    )
    number = anatomy.document_number or (parse_number(line.document_number, labelled=True) if line.document_number else None)
    issuer = line.issuer or anatomy.issuer
    place = locate(source_region, issuer, anatomy.issuer_full)
    notice = Notice(
        url=line.url,
        title=line.title,
        text=line.text,
        published_date=line.published_date,
        issuer=issuer,
        document_number=line.document_number or (number.display if number else None),
        written_date=anatomy.written_date,
        effective_date=anatomy.effective_date,
        expiry_date=anatomy.expiry_date,
        kind=anatomy.kind,
        addressees=anatomy.addressees,
        attachments=tuple(AttachmentLink(file.name, file.url) for file in line.attachments),
        region=place.region,
        region_provenance=place.provenance,
        anatomy=replace(anatomy, document_number=number),
        provenance={name: "import" for name in _GIVEN if getattr(line, name)},
    )
    return Reading(notice, [_attachment(file) for file in line.attachments], snapshot_id, now)


def _attachment(file: ImportedFile) -> StoredAttachment:
    if not file.text:
        return StoredAttachment(file.url, AttachmentText(file.name, outcome="missing", detail="the import gave no text"))
    text = AttachmentText(file.name, tuple(file.text.split("\f")), media_type="text/plain")
    return StoredAttachment(file.url, text, payload_digest(file.text.encode("utf-8", "replace")), len(file.text))
