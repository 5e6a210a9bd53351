"""Spreadsheets (xlsx, xls, et, ods) and slides (pptx)."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Protocol

from lxml import etree

from notices.attachment import AttachmentText
from notices.text.whitespace import collapse_whitespace
from pipeline.attachments.cells.number_formats import CellFormats, shown_as
from pipeline.attachments.cells.sheet_formats import SheetFormats
from pipeline.attachments.limits import (
    MAX_PAGES,
    MAX_TEXT,
    RELATION,
    Damage,
    Encrypted,
    joined,
    opened_zip,
    relations,
    text_result,
    xml_member,
)

_FILE_PASS, _BOUND_SHEET = 0x2F, 0x85
_HEAD = 1 << 16
_SLIDE = re.compile(r"ppt/slides/slide(\d{1,9})\.xml")


class _Sheet(Protocol):
    """A sheet as python-calamine gives it."""

    @property
    def start(self) -> tuple[int, int] | None: ...

    def iter_rows(self) -> Iterator[Sequence[object]]: ...


def sheets(body: bytes) -> AttachmentText:
    """Each sheet as a page: its name, then rows with cells parted by tabs."""
    import python_calamine

    if body.startswith(b"PK"):
        opened_zip(body).close()
    elif _is_locked(body):
        raise Encrypted
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(body))
    formats: SheetFormats | None = None
    damage = Damage()
    with damage.costs("number formats", counts=False):
        formats = SheetFormats(body)
    pages: list[str] = []
    left = MAX_TEXT
    for number, name in enumerate(book.sheet_names[: MAX_PAGES + 1]):
        pages.append(name)
        with damage.costs(f"sheet {name}"):
            pages[-1] = _sheet(name, book.get_sheet_by_name(name), formats.of(name, number) if formats else {}, left)
        left -= len(pages[-1])
        if left < 0:  # the reader of all formats cuts it and says so
            break
    return text_result(pages, damage.detail("parts"))


def _is_locked(body: bytes) -> bool:
    """Whether a binary workbook asks for a password: a record before its list of sheets says so ([MS-XLS] 2.4.117)."""
    import olefile

    with olefile.OleFileIO(io.BytesIO(body)) as ole:
        stream = ole.openstream("Workbook" if ole.exists("Workbook") else "Book").read(_HEAD)
    at = 0
    while at + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, at)
        if kind in (_FILE_PASS, _BOUND_SHEET):
            return bool(kind == _FILE_PASS)
        at += 4 + length
    return False


def _sheet(name: str, sheet: _Sheet, formats: CellFormats, most: int) -> str:
    """The sheet's lines; no further than the row in which the text exceeds `most` characters: a sheet may have a million rows."""
    lines, length = [name], len(name)
    first_row, first_column = (0, 0) if sheet.start is None else (0, sheet.start[1])
    for number, row in enumerate(sheet.iter_rows(), first_row):
        line = "\t".join(_cell(value, formats.get((number, column))) for column, value in enumerate(row, first_column)).strip("\t")
        if line:
            lines.append(line)
            length += len(line) + 1
            if length > most:
                break
    return "\n".join(lines)


def _cell(value: object, code: str | None) -> str:
    if code is not None and (shown := shown_as(value, code)) is not None:
        return shown
    if isinstance(value, str):
        return collapse_whitespace(value)
    if isinstance(value, float):
        return f"{value:.15g}" if abs(value) < 1e15 else f"{value:.0f}"  # as a spreadsheet shows it: 0.1+0.2 is 0.3
    if isinstance(value, datetime) and not (value.hour or value.minute or value.second):
        return value.date().isoformat()
    return str(value)


def slides(body: bytes) -> AttachmentText:
    """Each slide as a page, in the order of the presentation, with its speaker's notes."""
    pages: list[str] = []
    damage = Damage()
    with opened_zip(body) as archive:
        for name in _slide_names(archive)[:MAX_PAGES]:
            pages.append("")
            with damage.costs(name):
                pages[-1] = joined(_texts(archive, name))
                pages[-1] = joined([pages[-1], *_notes(archive, name)])
    return text_result(pages, damage.detail("slides"))


def _slide_names(archive: zipfile.ZipFile) -> list[str]:
    there = {n: int(m[1]) for n in archive.namelist() if (m := _SLIDE.fullmatch(n))}
    shown: list[str] = []
    with suppress(etree.XMLSyntaxError, KeyError, zipfile.BadZipFile, zlib.error):  # damaged: the slides' own numbers are their order
        places = relations(archive, "ppt/presentation.xml")
        order = xml_member(archive, "ppt/presentation.xml").iter("{*}sldId")
        shown = [place for item in order if (place := places.get(item.get(RELATION) or "")) in there and place]
    rest = sorted(there.keys() - set(shown), key=lambda name: there[name])
    return [*dict.fromkeys(shown), *rest]


def _notes(archive: zipfile.ZipFile, slide: str) -> list[str]:
    there = set(archive.namelist())
    places = [p for p in relations(archive, slide).values() if p.startswith("ppt/notesSlides/") and p in there]
    return [line for place in places[:1] for line in _texts(archive, place) if not line.isdigit()]


def _texts(archive: zipfile.ZipFile, name: str) -> list[str]:
    return ["".join(t.text or "" for t in p.iter("{*}t")) for p in xml_member(archive, name).iter("{*}p")]
