"""The format of a file by its bytes: names and media types of attachments are wrong too often to be asked."""

from __future__ import annotations

import io
import re
import zipfile

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_LEAD = b" \t\r\n\0\xef\xbb\xbf"
_SIGNATURES = (
    (b"{\\rtf", "rtf"),
    (b"Rar!\x1a\x07", "rar"),
    (b"7z\xbc\xaf'\x1c", "7z"),
    (b"PK\x05\x06", "zip"),
    (b"\x89PNG\r\n", "image"),
    (b"\xff\xd8\xff", "image"),
    (b"GIF8", "image"),
    (b"II*\x00", "image"),
    (b"MM\x00*", "image"),
    (b"BM", "image"),
)
_HTML = re.compile(rb"<(?:html|!doctype\s+html|head|body|table|div|p|meta)[\s>]", re.I)
_XHTML = re.compile(rb"<(?:html|!doctype\s+html)[\s>]", re.I)
_TAGS = re.compile(
    rb"<\0?(?:h\0?t\0?m\0?l|!\0?d\0?o\0?c\0?t\0?y\0?p\0?e|h\0?e\0?a\0?d|b\0?o\0?d\0?y|d\0?i\0?v|m\0?e\0?t\0?a|p)[\s>\0]", re.I
)
"""Of a page, in UTF-16 too."""
_TEXTS = frozenset(("html", "xml", "txt"))
_MIME = re.compile(rb"^MIME-Version:", re.I | re.M)
_PARTS = (
    (re.compile(r"word/document\d*\.xml"), "docx"),
    (re.compile(r"xl/workbook\d*\.(?:xml|bin)"), "xlsx"),
    (re.compile(r"ppt/presentation\d*\.xml"), "pptx"),
    (re.compile(r"OFD\.xml"), "ofd"),
)
_OPEN_DOCUMENTS = {
    b"application/vnd.oasis.opendocument.text": "odt",
    b"application/vnd.oasis.opendocument.spreadsheet": "ods",
}
_BINARY = bytes(c for c in range(32) if c not in b"\t\n\r\x0b\x0c\x1a\x1b") + b"\x7f"


def unprefixed(body: bytes) -> bytes:
    """The file without the line breaks or the BOM that a download script (PHP, ASP) prints before it; only before a signature of a binary file."""
    if body[:1] not in _LEAD:
        return body
    lead = len(body[:1024]) - len(body[:1024].lstrip(_LEAD))
    return body[lead:] if body.startswith((b"PK\x03\x04", _OLE, b"%PDF-", *(sign for sign, _ in _SIGNATURES)), lead) else body


def is_page(body: bytes) -> bool:
    """Whether an answer may be read as a page of text. Bytes that are neither text nor of a known format are a file: films, fonts, programs."""
    if unprefixed(body).startswith((b"PK\x03\x04", b"%PDF-", _OLE)):
        return False
    if not body or _TAGS.search(body[:4096]):
        return True
    return sniff(body) in _TEXTS


def sniff(body: bytes) -> str | None:
    """The format by its signature, None when it has none: pdf docx xlsx pptx ofd zip doc xls ppt rtf mht html xml txt rar 7z odt ods image …"""
    head = body[:1024].lstrip(_LEAD)
    if b"%PDF-" in body[:1024]:
        return "pdf"
    if body.startswith(b"PK\x03\x04"):
        return _zip_kind(body)
    if body.startswith(_OLE):
        return _ole_kind(body)
    for sign, kind in _SIGNATURES:
        if head.startswith(sign) and (kind != "image" or b"\0" in body[:64]):
            return kind
    return _text_kind(body)


def _text_kind(body: bytes) -> str | None:
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "html" if _HTML.search(body[:2048].replace(b"\0", b"")) else "txt"
    head = body[:4096]
    if not head or b"\0" in head or len(head.translate(None, _BINARY)) < 0.98 * len(head):
        return None
    if _MIME.search(head) and re.search(rb"^Content-Type:", head, re.I | re.M):
        return "mht"
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<?xml"):
        return "html" if _XHTML.search(head) else "xml"
    return "html" if _HTML.search(head) else "txt"


def _zip_kind(body: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            names = archive.namelist()
            mimetype = archive.read("mimetype")[:100].strip() if names[:1] == ["mimetype"] else b""
    except Exception:  # whatever is wrong with it, the reader will say so
        return "zip"
    if mimetype in _OPEN_DOCUMENTS:
        return _OPEN_DOCUMENTS[mimetype]
    found = (kind for pattern, kind in _PARTS if any(pattern.fullmatch(name) for name in names))
    return next(found, "zip")


def _ole_kind(body: bytes) -> str:
    import olefile

    try:
        with olefile.OleFileIO(io.BytesIO(body)) as ole:
            streams = {"/".join(s) for s in ole.listdir()}
    except Exception:  # a damaged container: the reader of the commonest kind reports it as broken
        return "doc"
    for stream, kind in (
        ("WordDocument", "doc"),
        ("Workbook", "xls"),
        ("Book", "xls"),
        ("EncryptedPackage", "encrypted"),
        ("PowerPoint Document", "ppt"),
    ):
        if stream in streams:
            return kind
    return "ole"
