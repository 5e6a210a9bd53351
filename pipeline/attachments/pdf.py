"""PDF text by pages."""

from __future__ import annotations

import re

from pipeline.attachments.limits import MAX_PAGES, MAX_TEXT, Encrypted, TooLarge

_WRAP = re.compile(r"(?<=[\u4e00-\u9fff，、；：“‘（《〔])\n(?=[\u4e00-\u9fff，。、；：”’）》〕])")


def pages(body: bytes) -> list[str]:
    """The text of each page, sentences joined where a line ended inside them."""
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(body)
    except pypdfium2.PdfiumError as error:
        if "assword" in str(error):
            raise Encrypted from error
        raise
    try:
        if len(document) > MAX_PAGES:
            raise TooLarge(f"{len(document)} pages")
        found, total = [], 0
        for page in document:
            textpage = page.get_textpage()
            found.append(_WRAP.sub("", textpage.get_text_bounded().replace("\r\n", "\n").replace("\ufffe", "")))
            textpage.close()
            page.close()
            total += len(found[-1])
            if total > MAX_TEXT:
                raise TooLarge(f"more than {MAX_TEXT} characters")
        return found
    finally:
        document.close()


def has_images(body: bytes) -> bool:
    """Whether one of the first pages shows an image: with next to no text that is a scan."""
    import pypdfium2
    from pypdfium2.raw import FPDF_PAGEOBJ_IMAGE

    document = pypdfium2.PdfDocument(body)
    try:
        pages = [document[n] for n in range(min(len(document), 5))]
        return any(next(page.get_objects(filter=[FPDF_PAGEOBJ_IMAGE]), None) is not None for page in pages)
    finally:
        document.close()
