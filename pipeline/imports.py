"""An imported line to a reading: what `notices import` takes in, and `notices reparse` reads again. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING

import msgspec

from notices.attachment import AttachmentText, StoredAttachment
from notices.capture import Capture, payload_digest
from notices.errors import BadInput
from notices.model import AttachmentLink, Notice
from notices.reference.numbers import parse_number
from notices.reference.regions import locate
from notices.text.language import _
from notices.urls import canonical_url
from pipeline.anatomy import read_anatomy

if TYPE_CHECKING:
    from pipeline.store import Reading

# What collections of others call our keys (seen in published data sets of Chinese policy documents, 2020-2026).
_MEANT = {
    **dict.fromkeys(
        (
            "date",
            "day",
            "time",
            "pubdate",
            "pub_date",
            "pub_time",
            "publish_date",
            "publish_time",
            "date_published",
            "发布日期",
            "发布时间",
            "日期",
        ),
        "published_date",
    ),
    **dict.fromkeys(("content", "body", "正文", "内容"), "text"),
    **dict.fromkeys(("标题", "name", "题名"), "title"),
    **dict.fromkeys(("link", "href", "网址", "链接"), "url"),
    **dict.fromkeys(("agency", "department", "organ", "发文机关", "发布机构", "发文单位"), "issuer"),
    **dict.fromkeys(("number", "doc_number", "docno", "文号", "发文字号"), "document_number"),
    **dict.fromkeys(("files", "附件"), "attachments"),
}
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
    return line_of(decoded(raw), source)


def decoded(raw: bytes) -> object:
    """The JSON value of a line. Raises BadInput with the reason."""
    try:
        value: object = msgspec.json.decode(raw)
    except (msgspec.DecodeError, ValueError, RecursionError, OverflowError) as error:
        raise BadInput(str(error)) from error
    return value


def line_of(value: object, source: str | None) -> ImportedLine:
    """The notice that a line's value describes; see read_line."""
    try:
        line = msgspec.convert(_with_default_source(value, source), ImportedLine)
        url = canonical_url(line.url)
    except (msgspec.ValidationError, ValueError, RecursionError, OverflowError) as error:
        raise BadInput(str(error)) from error
    if not line.title.strip() and not line.text.strip():
        raise BadInput(_("title and text are both empty"))
    return msgspec.structs.replace(line, url=url)


def unread_keys(value: object) -> tuple[str, ...]:
    """The keys of a line, and of its attachments, that nothing reads; those of an attachment as "attachments.KEY". Null values do not count."""
    if not isinstance(value, dict):
        return ()
    files = value.get("attachments")
    inner = [file for file in files if isinstance(file, dict)] if isinstance(files, list) else []
    unread = [name for name, each in value.items() if name not in ImportedLine.__struct_fields__ and each is not None]
    unread += [f"attachments.{name}" for file in inner for name in file if name not in ImportedFile.__struct_fields__]
    return tuple(dict.fromkeys(unread))


def key_meant(unread: str) -> str | None:
    """The key that was probably meant by one that nothing reads: `date` and 发布日期 by published_date, `titel` by title."""
    name = unread.removeprefix("attachments.")
    known = (ImportedFile if unread.startswith("attachments.") else ImportedLine).__struct_fields__
    meant = _MEANT.get(name.lower().replace("-", "_"))
    if meant in known:
        return meant
    return next(iter(get_close_matches(name.lower(), known, 1, 0.75)), None)


def _with_default_source(value: object, source: str | None) -> object:
    """The decoded line without its null values (they mean the same as no value)."""
    if not isinstance(value, dict):
        return value
    return {"source": source or "import"} | {name: each for name, each in value.items() if each is not None}


def capture_of(raw: bytes, line: ImportedLine, now: datetime) -> Capture:
    """The line's exact bytes, as the archive keeps them."""
    return Capture(line.url, 200, (("Content-Type", "application/json; charset=utf-8"),), raw, now, "import", note={"source": line.source})


def reading_of(line: ImportedLine, source_region: str | None, snapshot_id: int | None, now: datetime) -> Reading:
    """What notice_of reads, ready to be stored."""
    from pipeline.store import Reading  # the processes that only read start without SQL

    return Reading(*notice_of(line, source_region), snapshot_id, now)


def notice_of(line: ImportedLine, source_region: str | None) -> tuple[Notice, list[StoredAttachment]]:
    """The notice that an imported line describes, and its files; the line's own value for a field goes before what its text says."""
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
    return notice, [_attachment(file) for file in line.attachments]


def _attachment(file: ImportedFile) -> StoredAttachment:
    if not file.text:
        return StoredAttachment(file.url, AttachmentText(file.name, outcome="missing", detail="the import gave no text"))
    text = AttachmentText(file.name, tuple(file.text.split("\f")), media_type="text/plain")
    return StoredAttachment(file.url, text, payload_digest(file.text.encode("utf-8", "replace")), len(file.text))
