"""PDF text by pages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Protocol

from notices.attachment import AttachmentText
from notices.text.whitespace import remove_whitespace
from pipeline.attachments.layout import SCANNED_BELOW, is_private, joined_lines, with_private_codes
from pipeline.attachments.limits import MAX_PAGES, MAX_TEXT, Encrypted, text_result
from pipeline.attachments.recognition import Bitmap, Turn

_SCALE, _MOST_DOTS = 200 / 72, 3000.0


class _TextPage(Protocol):
    def get_text_bounded(self) -> str: ...
    def close(self) -> None: ...


class _Bitmap(Protocol):
    width: int
    height: int
    stride: int
    buffer: Iterable[int]


class _Page(Protocol):
    def get_textpage(self) -> _TextPage: ...
    def get_objects(self, filter: list[int]) -> Iterator[object]: ...
    def get_size(self) -> tuple[float, float]: ...
    def render(self, *, scale: float, rev_byteorder: bool, prefer_bgrx: bool) -> _Bitmap: ...
    def close(self) -> None: ...


class _Document(Protocol):
    """A document as pypdfium2 gives it."""

    def __len__(self) -> int: ...
    def __getitem__(self, number: int) -> _Page: ...
    def close(self) -> None: ...


def pdf(body: bytes, turn: Turn | None = None) -> AttachmentText:
    """The text of each page, sentences joined where a line ended inside them; scanned when there is next to none but images."""
    document = _opened(body)
    try:
        pages, images, failed = _pages(document)
        read = _result(pages, images, failed)
        if turn is not None:
            confidences = _recognised(document, pages, turn)
            read = read._replace(pages=tuple(pages), confidences=confidences)
    finally:
        document.close()
    return read


def _recognised(document: _Document, pages: list[str], turn: Turn) -> tuple[float | None, ...]:
    """Recognise what shows next to no text; its text takes the page's place."""
    found: list[float | None] = [None] * len(pages)
    for number, text in enumerate(pages):
        if len(remove_whitespace(text)) >= SCANNED_BELOW and not is_private(text):
            continue
        recognised = turn.recognise(lambda number=number: _rendered(document[number]))  # type: ignore[misc]
        if recognised is not None:
            pages[number], found[number] = recognised
    return tuple(found) if any(each is not None for each in found) else ()


def _rendered(page: _Page) -> Bitmap:
    """The page at 200 dots an inch, less where that would be more than the bound."""
    try:
        bitmap = page.render(scale=min(_SCALE, _MOST_DOTS / max(*page.get_size(), 1.0)), rev_byteorder=False, prefer_bgrx=False)
        data = bytes(bitmap.buffer)
        rows = (data[y * bitmap.stride : y * bitmap.stride + 3 * bitmap.width] for y in range(bitmap.height))
        return Bitmap(bitmap.width, bitmap.height, b"".join(rows))
    finally:
        page.close()


def _result(pages: list[str], images: int, failed: int) -> AttachmentText:
    if pages and failed == len(pages):
        raise ValueError("no page can be read")
    detail = f"{failed} of {len(pages)} pages cannot be read" if failed else None
    if images and sum(len(remove_whitespace(page)) for page in pages) < SCANNED_BELOW * len(pages):
        return AttachmentText(pages=tuple(pages), outcome="scanned", detail=detail)
    if images:
        detail = detail or f"{images} of {len(pages)} pages are images"
    return with_private_codes(text_result(pages, detail))


def _opened(body: bytes) -> _Document:
    import pypdfium2

    try:
        document: _Document = pypdfium2.PdfDocument(body)
        return document
    except pypdfium2.PdfiumError as error:
        if re.search(r"password|security", str(error), re.I):
            raise Encrypted from error
        raise


def _pages(document: _Document) -> tuple[list[str], int, int]:
    """The pages' texts, how many of them show images and next to no text, and how many cannot be read."""
    import pypdfium2

    pages: list[str] = []
    images = failed = total = 0
    for number in range(min(len(document), MAX_PAGES + 1)):
        try:
            text, is_image = _page(document[number])
        except pypdfium2.PdfiumError:
            text, is_image, failed = "", False, failed + 1
        pages.append(text)
        images += is_image
        total += len(text)
        if total > MAX_TEXT:  # the reader of all formats cuts it and says so
            break
    return pages, images, failed


def _page(page: _Page) -> tuple[str, bool]:
    try:
        textpage = page.get_textpage()
        try:
            text = joined_lines(textpage.get_text_bounded().replace("\r\n", "\n").replace("\ufffe", ""))
        finally:
            textpage.close()
        return text, len(text) < SCANNED_BELOW and _has_pictures(page)
    finally:
        page.close()


def _has_pictures(page: _Page) -> bool:
    """Whether the page shows images, or characters drawn as outlines."""
    from pypdfium2.raw import FPDF_PAGEOBJ_IMAGE, FPDF_PAGEOBJ_PATH

    if next(page.get_objects(filter=[FPDF_PAGEOBJ_IMAGE]), None) is not None:
        return True
    paths = page.get_objects(filter=[FPDF_PAGEOBJ_PATH])
    return sum(1 for _, _path in zip(range(100), paths, strict=False)) == 100
