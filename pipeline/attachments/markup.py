"""Plain text, HTML, MHT (a page saved with its pictures) and Office files in one XML file."""

from __future__ import annotations

import email
from typing import Any

from lxml import etree

from notices.attachment import AttachmentText
from notices.text.html import decode, parse, text_of
from pipeline.attachments.limits import joined, text_result, xml
from pipeline.attachments.word import text_of_word


def plain(body: bytes) -> AttachmentText:
    """The text in whatever encoding it has."""
    return text_result([decode(body)[0]])


def html(body: bytes, content_type: str | None = None) -> AttachmentText:
    """The visible text of a page."""
    return text_result([text_of(parse(decode(body, content_type)[0]))])


def mht(body: bytes) -> AttachmentText:
    """The visible text of each HTML or text part."""
    pages: list[str] = []
    for part in email.message_from_bytes(body).walk():
        if part.get_content_type() not in ("text/html", "text/plain"):
            continue
        data, label = part.get_payload(decode=True), str(part.get("Content-Type", ""))
        if isinstance(data, bytes) and data.strip():
            pages += html(data, label).pages if part.get_content_type() == "text/html" else (decode(data, label)[0],)
    return text_result(pages)


def office_xml(body: bytes) -> AttachmentText:
    """Word 2003 XML, Excel 2003 XML, a docx in one XML file, or the text of any other XML."""
    root = xml(body)
    if next(root.iter("{*}Worksheet"), None) is not None:
        return text_result([_worksheet(sheet) for sheet in root.iter("{*}Worksheet")])
    if next(root.iter("{*}p"), None) is not None and next(root.iter("{*}t"), None) is not None:
        return text_result([text_of_word(root)])
    return text_result([joined([str(text) for text in root.itertext()])])


def _worksheet(sheet: Any) -> str:
    name = next((str(v) for k, v in sheet.attrib.items() if etree.QName(k).localname == "Name"), "")
    rows = ("\t".join("".join(cell.itertext()).strip() for cell in row.iter("{*}Cell")) for row in sheet.iter("{*}Row"))
    return joined([name, *rows])
