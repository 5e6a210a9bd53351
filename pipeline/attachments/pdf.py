"""PDF text by pages."""

from __future__ import annotations

import re
from typing import Any

from notices.attachment import AttachmentText
from notices.reference.headings import heading_of
from notices.text.whitespace import remove_whitespace
from pipeline.attachments.limits import MAX_PAGES, MAX_TEXT, Encrypted, TooLarge, text_result

SCANNED_BELOW = 50  # characters a page (reference/domain.md §4.6)
_BEFORE = re.compile(r"[\u3400-\u9fff，、；：“‘（《〔0-9A-Za-z]$")
_AFTER = re.compile(r"[\u3400-\u9fff，。、；：！？”’）》〕0-9A-Za-z]")
_HAN = re.compile(r"[\u3400-\u9fff\uff00-\uff5e\u3000-\u303f]")
_FULL = 0.75  # of the widest line: a shorter one ends its paragraph
_NARROW = 30  # columns: lines of headings, tables and forms, 15 characters wide


def pdf(body: bytes) -> AttachmentText:
    """The text of each page, sentences joined where a line ended inside them; scanned when there is next to none but images."""
    document = _opened(body)
    try:
        if len(document) > MAX_PAGES:
            raise TooLarge(f"{len(document)} pages")
        pages, images, failed = _pages(document)
    finally:
        document.close()
    if pages and failed == len(pages):
        raise ValueError("no page can be read")
    detail = f"{failed} of {len(pages)} pages cannot be read" if failed else None
    if images and sum(len(remove_whitespace(page)) for page in pages) < SCANNED_BELOW * len(pages):
        return AttachmentText(pages=tuple(pages), outcome="scanned", detail=detail)
    if images:
        detail = detail or f"{images} of {len(pages)} pages are images"
    return text_result(pages, detail)


def _opened(body: bytes) -> Any:
    import pypdfium2

    try:
        return pypdfium2.PdfDocument(body)
    except pypdfium2.PdfiumError as error:
        if re.search(r"password|security", str(error), re.I):
            raise Encrypted from error
        raise


def _pages(document: Any) -> tuple[list[str], int, int]:
    """The pages' texts, how many of them show images and next to no text, and how many cannot be read."""
    import pypdfium2

    pages: list[str] = []
    images = failed = total = 0
    for number in range(len(document)):
        try:
            text, is_image = _page(document[number])
        except pypdfium2.PdfiumError:
            text, is_image, failed = "", False, failed + 1
        pages.append(text)
        images += is_image
        total += len(text)
        if total > MAX_TEXT:
            raise TooLarge(f"more than {MAX_TEXT} characters")
    return pages, images, failed


def _page(page: Any) -> tuple[str, bool]:
    try:
        textpage = page.get_textpage()
        try:
            text = joined_lines(textpage.get_text_bounded().replace("\r\n", "\n").replace("\ufffe", ""))
        finally:
            textpage.close()
        return text, len(text) < SCANNED_BELOW and _has_pictures(page)
    finally:
        page.close()


def _has_pictures(page: Any) -> bool:
    """Whether the page shows images, or characters drawn as outlines."""
    from pypdfium2.raw import FPDF_PAGEOBJ_IMAGE, FPDF_PAGEOBJ_PATH

    if next(page.get_objects(filter=[FPDF_PAGEOBJ_IMAGE]), None) is not None:
        return True
    paths = page.get_objects(filter=[FPDF_PAGEOBJ_PATH])
    return sum(1 for _, _path in zip(range(100), paths, strict=False)) == 100


def joined_lines(text: str) -> str:
    """The text with a line joined to the next one where it is full and ends inside a Chinese sentence."""
    lines = text.split("\n")
    widths = [_width(line) for line in lines]
    full = max(_NARROW, _FULL * max(widths))
    out = [lines[0]]
    for before, after, width in zip(lines, lines[1:], widths, strict=False):
        if width >= full and _goes_on(before.rstrip(), after.lstrip()):
            out[-1] = out[-1].rstrip() + after.lstrip()
        else:
            out.append(after)
    return "\n".join(out)


def _width(line: str) -> int:
    return len(line) + len(_HAN.findall(line))


def _goes_on(before: str, after: str) -> bool:
    if not (_BEFORE.search(before[-1:]) and _AFTER.match(after)) or after.isdigit():
        return False
    is_han = _HAN.match(before[-1:]) or _HAN.match(after)
    return bool(is_han) and not _opens_paragraph(after)


def _opens_paragraph(line: str) -> bool:
    """Whether a line begins a heading or an attachment; 1. and （1） also begin the second half of a wrapped line."""
    heading = heading_of(line)
    return line.startswith("附件") or (heading is not None and not heading.is_counted_in_digits)
