"""How a workbook (xlsx) shows its numbers: 97.35% for 0.9735, 000123 for 123, 2026年3月5日 for a day (ECMA-376 part 1, §18.8.30)."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from datetime import date, datetime, timedelta

from lxml import etree

from pipeline.attachments.limits import MAX_XML, RELATION, member, relations, xml_member

CellFormats = Mapping[
    tuple[int, int], str
]  # row and column from 0 to the format's code; only of cells that are not shown as they are stored

_CELL = re.compile(rb"<(?:\w{1,20}:)?c\s([^<>]{1,200})>")
_PLACE, _STYLE = re.compile(rb'\br="([A-Z]{1,3})(\d{1,7})"'), re.compile(rb'\bs="(\d{1,6})"')
_MOST_CELLS = 1_000_000
# Built-in formats by number; those of 27-58 are the ones of a Chinese Excel.
_BUILT_IN = {
    9: "0%", 10: "0.00%", 27: "yyyy年m月", 28: "m月d日", 29: "m月d日", 31: "yyyy年m月d日", 36: "yyyy年m月", 50: "yyyy年m月", 51: "m月d日",
    52: "yyyy年m月", 53: "m月d日", 54: "m月d日", 57: "yyyy年m月", 58: "m月d日",
}  # fmt: skip
_QUOTED = re.compile(r'"([^"]*)"|\\(.)|_.|\*.|\[[^\]]*\]')
_PERCENT = re.compile(r"#?,?#*0*(?:\.(0+))?%")
_PADDED = re.compile(r"0{2,20}")
_DAY = re.compile(r"(?:(yy(?:yy)?)年)?(?:(mm?)月)?(?:(dd?)日)?")
_OASIS = "urn:oasis:names:tc:opendocument:xmlns:"
_TABLE, _OFFICE, _TEXT = (f"{{{_OASIS}{part}:1.0}}" for part in ("table", "office", "text"))
_EPOCH, _LAST_DAY = datetime(1899, 12, 30), 2_958_465  # 9999-12-31


class SheetFormats:
    """The formats of a workbook's cells, sheet by sheet; of ods what each cell shows; none for xls, whose formats are not read."""

    def __init__(self, body: bytes) -> None:
        self._archive: zipfile.ZipFile | None = None
        self._codes: dict[int, str] = {}
        self._places: dict[str, str] = {}
        self._shown: dict[str, dict[tuple[int, int], str]] = {}
        if body.startswith(b"PK"):
            archive = zipfile.ZipFile(io.BytesIO(body))
            if "content.xml" in archive.namelist() and archive.getinfo("content.xml").file_size <= MAX_XML:
                self._shown = _shown_by_ods(archive)
            if "xl/styles.xml" in archive.namelist() and "xl/workbook.xml" in archive.namelist():
                self._archive, self._codes = archive, _codes(archive)
                related = relations(archive, "xl/workbook.xml")
                sheets = xml_member(archive, "xl/workbook.xml").iter("{*}sheet")
                self._places = {sheet.get("name") or "": related.get(sheet.get(RELATION) or "", "") for sheet in sheets}

    def of(self, name: str) -> CellFormats:
        """The formats of a sheet's cells. A sheet too large to be read twice has no formats."""
        if name in self._shown:
            return self._shown[name]
        place = self._places.get(name, "")
        if not self._codes or self._archive is None or place not in self._archive.namelist():
            return {}
        if self._archive.getinfo(place).file_size > MAX_XML:
            return {}
        found: dict[tuple[int, int], str] = {}
        for cell in _CELL.finditer(member(self._archive, place)):
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


def shown_as(value: object, code: str) -> str | None:
    """The value as a format shows it; None where the format leaves it as it is. A code that begins with "=" is what the cell shows."""
    if code.startswith("="):
        return code[1:]
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        if match := _PERCENT.fullmatch(code):
            return f"{value * 100:.{len(match[1] or '')}f}%"
        if _PADDED.fullmatch(code):
            return f"{round(value):0{len(code)}d}" if value >= 0 else None
        if 0 < value <= _LAST_DAY:
            return _day(_EPOCH + timedelta(days=int(value)), code)
    return _day(value, code) if isinstance(value, date) else None


def _day(day: date, code: str) -> str | None:
    match = _DAY.fullmatch(code)
    if match is None or not any(match.groups()):
        return None
    year, month, of_month = match.groups()
    text = f"{day.year if year == 'yyyy' else day.year % 100:02d}年" if year else ""
    text += f"{day.month:0{len(month)}d}月" if month else ""
    return text + (f"{day.day:0{len(of_month)}d}日" if of_month else "")


def _codes(archive: zipfile.ZipFile) -> dict[int, str]:
    """A cell's style to the code of its format, for formats that change the look of a value; literals without their quotation marks."""
    root = xml_member(archive, "xl/styles.xml")
    own = {each.get("numFmtId") or "": (each.get("formatCode") or "")[:200] for each in root.iter("{*}numFmt")}
    found: dict[int, str] = {}
    for number, style in enumerate(root.iterfind("{*}cellXfs/{*}xf")):
        ident = style.get("numFmtId") or "0"
        code = own.get(ident) or _BUILT_IN.get(int(ident) if ident.isdigit() else 0, "")
        code = _QUOTED.sub(lambda part: part[1] or part[2] or "", code.split(";")[0]).strip().lower()
        if _PERCENT.fullmatch(code) or _PADDED.fullmatch(code) or (code and _DAY.fullmatch(code)):
            found[number] = code
    return found


def _column(name: bytes) -> int:
    number = 0
    for sign in name:
        number = number * 26 + sign - 64
    return number - 1
