"""Spreadsheets and slides."""

from __future__ import annotations

import io
import re

from pipeline.attachments.limits import MAX_TEXT, TooLarge, member, opened_zip, xml

_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"


def sheets(body: bytes) -> list[str]:
    """Each sheet as a page: its name, then rows with cells parted by tabs."""
    import python_calamine

    if body.startswith(b"PK"):
        opened_zip(body).close()
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(body))
    found, total = [], 0
    for name in book.sheet_names:
        rows = ["\t".join(_cell(c) for c in row).strip("\t") for row in book.get_sheet_by_name(name).to_python()]
        found.append("\n".join([name, *filter(None, rows)]))
        total += len(found[-1])
        if total > MAX_TEXT:
            raise TooLarge(f"more than {MAX_TEXT} characters")
    return found


def _cell(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return re.sub(r"\s+", " ", str(value)).strip()


def slides(body: bytes) -> list[str]:
    """Each slide's text as a page."""
    with opened_zip(body) as archive:
        names = sorted(
            (n for n in archive.namelist() if re.fullmatch(r"ppt/slides/slide\d+\.xml", n)), key=lambda n: int(re.findall(r"\d+", n)[-1])
        )
        return [_slide(member(archive, name)) for name in names]


def _slide(data: bytes) -> str:
    paragraphs = ("".join(t.text or "" for t in p.iter(f"{_A}t")) for p in xml(data).iter(f"{_A}p"))
    return "\n".join(p.strip() for p in paragraphs if p.strip())
