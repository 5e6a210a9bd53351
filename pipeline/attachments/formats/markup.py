"""Plain text, HTML and MHT (a page saved with its pictures)."""

from __future__ import annotations

import email

from notices.attachment import AttachmentText
from notices.text.html import decode, parse, text_of
from pipeline.attachments.limits import text_result


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
