"""Any attached file to its text: signature, reader, outcome."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence

from notices.html import decode, parse, text_of
from notices.model import AttachmentText
from pipeline.attachments.limits import MAX_PAGES, MAX_TEXT, Encrypted, TooLarge, Unsupported

Reader = Callable[[bytes], Sequence[str]]
_SCANNED_BELOW = 50  # characters a page


def read_attachment(body: bytes, name: str = "", media_type: str | None = None) -> AttachmentText:  # noqa: PLR0911 (a line an outcome)
    """The text of a file by pages (one page where the format has none). Never raises for what the file holds."""
    kind = sniff(body)
    if kind is None:
        return AttachmentText(
            "broken" if not body else "unsupported", media_type or "", detail="empty file" if not body else "unknown format"
        )
    try:
        pages = tuple(page[:MAX_TEXT] for page in _reader(kind)(body)[:MAX_PAGES])
    except Encrypted:
        return AttachmentText("encrypted", kind)
    except TooLarge as error:
        return AttachmentText("too_large", kind, detail=str(error))
    except Unsupported as error:
        return AttachmentText("unsupported", kind, detail=str(error))
    except Exception as error:  # a damaged file makes its reader raise anything at all
        return AttachmentText("broken", kind, detail=f"{type(error).__name__}: {error}"[:300])
    if kind == "pdf" and sum(map(len, pages)) < _SCANNED_BELOW * max(len(pages), 1) and _has_images(body):
        return AttachmentText("scanned", kind, pages)
    return AttachmentText("ok", kind, pages)


def sniff(body: bytes) -> str | None:
    """The format by its signature: pdf docx xlsx pptx ofd zip doc xls ppt rtf html txt rar 7z image."""
    head = body[:1024].lstrip()
    if b"%PDF-" in body[:1024]:
        return "pdf"
    if body.startswith(b"PK\x03\x04"):
        return _zip_kind(body)
    if body.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return _ole_kind(body)
    for sign, kind in (
        (b"{\\rtf", "rtf"),
        (b"Rar!\x1a\x07", "rar"),
        (b"7z\xbc\xaf'\x1c", "7z"),
        (b"\x89PNG", "image"),
        (b"\xff\xd8\xff", "image"),
        (b"GIF8", "image"),
    ):
        if head.startswith(sign):
            return kind
    if any(sign in head.lower() for sign in (b"<html", b"<!doctype html", b"<table", b"<body")):
        return "html"
    return "txt" if body and b"\0" not in body[:4096] else None


def _zip_kind(body: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return "zip"
    for member, kind in (
        ("word/document.xml", "docx"),
        ("xl/workbook.xml", "xlsx"),
        ("xl/workbook.bin", "xlsx"),
        ("ppt/presentation.xml", "pptx"),
        ("OFD.xml", "ofd"),
    ):
        if member in names:
            return kind
    return "xlsx" if "mimetype" in names and "content.xml" in names else "zip"


def _ole_kind(body: bytes) -> str:
    import olefile

    try:
        with olefile.OleFileIO(io.BytesIO(body)) as ole:
            streams = {"/".join(s) for s in ole.listdir()}
    except Exception:
        return "doc"
    if "WordDocument" in streams:
        return "doc"
    if streams & {"Workbook", "Book"}:
        return "xls"
    if "EncryptedPackage" in streams:
        return "encrypted"
    return "ppt" if "PowerPoint Document" in streams else "ole"


def _reader(kind: str) -> Reader:
    """The reader of a format; a module is imported when its format first comes."""
    from pipeline.attachments import ofd, office, packed, pdf, word

    readers: dict[str, Reader] = {
        "pdf": pdf.pages, "docx": word.docx, "doc": word.doc, "rtf": word.rtf, "xlsx": office.sheets, "xls": office.sheets, "pptx": office.slides,
        "ofd": ofd.pages, "zip": packed.zip_members, "7z": packed.seven_members,
        "rar": packed.rar_members, "html": _html, "txt": _plain, "encrypted": _encrypted,
    }  # fmt: skip
    return readers.get(kind, _unsupported)


def _has_images(body: bytes) -> bool:
    from pipeline.attachments.pdf import has_images

    return has_images(body)


def _html(body: bytes) -> list[str]:
    return [text_of(parse(decode(body)[0]))]


def _plain(body: bytes) -> list[str]:
    return [decode(body)[0]]


def _encrypted(body: bytes) -> list[str]:
    raise Encrypted


def _unsupported(body: bytes) -> list[str]:
    raise Unsupported("no reader for this format")
