"""The number formats of a workbook's cells: by their styles in xlsx and xls, as shown in ods."""

from __future__ import annotations

import io
import re
import zipfile

from lxml import etree

from pipeline.attachments.cells.number_formats import BUILT_IN, CellFormats, shape_of
from pipeline.attachments.cells.xls_formats import xls_formats
from pipeline.attachments.limits import MAX_XML, RELATION, member, relations, xml_member

_CELL = re.compile(rb"<(?:\w{1,20}:)?c\s([^<>]{1,200})>")
_PLACE, _STYLE = re.compile(rb'\br="([A-Z]{1,3})(\d{1,7})"'), re.compile(rb'\bs="(\d{1,6})"')
_MOST_CELLS = 1_000_000
_OASIS = "urn:oasis:names:tc:opendocument:xmlns:"
_TABLE, _OFFICE, _TEXT = (f"{{{_OASIS}{part}:1.0}}" for part in ("table", "office", "text"))


class SheetFormats:
    """The formats of a workbook's cells, sheet by sheet; of ods what each cell shows."""

    def __init__(self, body: bytes) -> None:
        self._archive: zipfile.ZipFile | None = None
        self._codes: dict[int, str] = {}
        self._places: dict[str, str] = {}
        self._in_order: list[dict[tuple[int, int], str]] = []
        self._shown: dict[str, dict[tuple[int, int], str]] = {}
        if not body.startswith(b"PK"):
            self._in_order = xls_formats(body, _MOST_CELLS)
        else:
            archive = zipfile.ZipFile(io.BytesIO(body))
            if "content.xml" in archive.namelist() and archive.getinfo("content.xml").file_size <= MAX_XML:
                self._shown = _shown_by_ods(archive)
            if "xl/styles.xml" in archive.namelist() and "xl/workbook.xml" in archive.namelist():
                self._archive, self._codes = archive, _codes(archive)
                related = relations(archive, "xl/workbook.xml")
                sheets = xml_member(archive, "xl/workbook.xml").iter("{*}sheet")
                self._places = {sheet.get("name") or "": related.get(sheet.get(RELATION) or "", "") for sheet in sheets}

    def of(self, name: str, number: int) -> CellFormats:
        """The formats of the cells of a sheet by its name; in xls by its number from 0, for names of Excel 95 may come out empty.

        A sheet too large to be read twice has no formats.
        """
        if number < len(self._in_order):
            return self._in_order[number]
        if name in self._shown:
            return self._shown[name]
        place = self._places.get(name, "")
        if not self._codes or self._archive is None or place not in self._archive.namelist():
            return {}
        if self._archive.getinfo(place).file_size > MAX_XML:
            return {}
        found: dict[tuple[int, int], str] = {}
        for cell in _CELL.finditer(member(self._archive, place)):
            if cell[1].endswith(b"/"):  # an empty one
                continue
            style, where = _STYLE.search(cell[1]), _PLACE.search(cell[1])
            if style and where and (code := self._codes.get(int(style[1]))):
                found[int(where[2]) - 1, _column(where[1])] = code
                if len(found) >= _MOST_CELLS:
                    break
        return found


def _shown_by_ods(archive: zipfile.ZipFile) -> dict[str, dict[tuple[int, int], str]]:
    """Of each sheet the cells that are not text, as they are shown (OpenDocument 1.3 part 3, §9.1.4: a cell contains its shown text too)."""
    found: dict[str, dict[tuple[int, int], str]] = {}
    left = _MOST_CELLS
    for table in xml_member(archive, "content.xml").iter(f"{_TABLE}table"):
        cells = found.setdefault(table.get(f"{_TABLE}name") or "", {})
        row = 0
        for line in table.iter(f"{_TABLE}table-row"):
            column, rows = 0, _repeated(line, "rows")
            for cell in line.iterchildren(f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"):
                columns = _repeated(cell, "columns")
                if cell.get(f"{_OFFICE}value-type", "string") != "string" and rows * columns <= left:
                    text = "=" + " ".join("".join(part.itertext()).strip() for part in cell.iterchildren(f"{_TEXT}p"))
                    places = ((r, c) for r in range(row, row + rows) for c in range(column, column + columns))
                    cells.update(dict.fromkeys(places, text) if text != "=" else {})
                    left -= rows * columns
                column += columns
            row += rows
    return found


def _repeated(node: etree._Element, what: str) -> int:
    count = node.get(f"{_TABLE}number-{what}-repeated") or "1"
    return int(count) if count.isdigit() and len(count) < 8 else 1


def _codes(archive: zipfile.ZipFile) -> dict[int, str]:
    """A cell's style to the code of its format, for formats that change the look of a value."""
    root = xml_member(archive, "xl/styles.xml")
    own = {each.get("numFmtId") or "": each.get("formatCode") or "" for each in root.iter("{*}numFmt")}
    found: dict[int, str] = {}
    for number, style in enumerate(root.iterfind("{*}cellXfs/{*}xf")):
        ident = style.get("numFmtId") or "0"
        code = own.get(ident) or BUILT_IN.get(int(ident) if ident.isdigit() else 0, "")
        if shape := shape_of(code):
            found[number] = shape
    return found


def _column(name: bytes) -> int:
    number = 0
    for sign in name:
        number = number * 26 + sign - 64
    return number - 1
