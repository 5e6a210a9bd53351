"""Automatic numbers of paragraphs in the binary Word file: lists, the styles and the paragraphs that name them ([MS-DOC] 2.4.6, 2.9.131-2.9.150)."""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from pipeline.attachments.word_numbers import Level, Numbering

_FIELDS = 0x9A  # FibRgFcLcb97: places and sizes in the table stream
_STYLES, _PARAGRAPHS, _LISTS, _NUMBERS = 1, 13, 73, 74
_LEVELS = 9
_MOST_PARAGRAPHS = 500_000  # those behind them have no numbers: a document has fewer, and each costs time
_PAGE = 512
_ILVL, _ILFO, _ROW_END, _INNER_ROW_END = 0x260A, 0x460B, 0x2417, 0x244C
_TABLE_DEFINITION, _TABS = 0xD608, 0xC615
_OPERANDS = (1, 1, 2, 4, 2, 2, None, 3)  # bytes, by the three highest bits of a property's code; None: its first byte counts the rest
_NO_BASE = 0xFFF
# The numbers of MSONFC ([MS-OSHARED] 2.2.1.3), by the names that a docx has for them; any other is written in digits.
_FORMS = {
    1: "upperRoman", 2: "lowerRoman", 3: "upperLetter", 4: "lowerLetter", 10: "ideographDigital", 11: "japaneseCounting", 14: "decimalFullWidth",
    16: "ideographLegalTraditional", 17: "japaneseDigitalTenThousand", 18: "decimalEnclosedCircle", 19: "decimalFullWidth", 22: "decimalZero",
    23: "bullet", 26: "decimalEnclosedFullstop", 27: "decimalEnclosedParen", 28: "decimalEnclosedCircleChinese", 29: "ideographEnclosedCircle",
    30: "ideographTraditional", 31: "ideographZodiac", 33: "taiwaneseCounting", 34: "ideographLegalTraditional", 35: "taiwaneseCountingThousand",
    36: "taiwaneseDigital", 37: "chineseCounting", 38: "chineseLegalSimplified", 39: "chineseCountingThousand", 40: "taiwaneseDigital",
    42: "koreanCounting", 255: "none",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mark:
    """A character that may end a paragraph: its place in the text, and where its bytes are in the main stream."""

    at: int
    place: int
    after: int
    surely: bool  # a form feed ends a paragraph only where a section ends
    changes: bytes = b""  # properties that a fast save noted beside the text (Prm), which come over the paragraph's own


@dataclass(slots=True)
class _Properties:
    """What a style or a paragraph says of its number; None where it says nothing."""

    number: int | None = None
    level: int | None = None
    row_end: bool = False

    def over(self, below: _Properties) -> _Properties:
        return _Properties(
            below.number if self.number is None else self.number, below.level if self.level is None else self.level, self.row_end
        )


def labels_of(main: bytes, table: bytes, marks: Iterable[Mark]) -> Mapping[int, str]:
    """The labels of numbered paragraphs by the place in the text where each begins; empty for a file that defines no lists.

    `marks` are all that may end a paragraph, in order. Raises what reading damaged tables raises (struct.error, IndexError).
    """
    numbers = _part(main, table, _NUMBERS)
    if not numbers or not _part(main, table, _LISTS):
        return {}
    numbering = _numbering(table, struct.unpack_from("<I", main, _FIELDS + 8 * _LISTS)[0], numbers)
    styles = _styles(_part(main, table, _STYLES))
    paragraphs = _Paragraphs(main, _part(main, table, _PARAGRAPHS))
    found: dict[int, str] = {}
    start = count = 0
    for mark in marks:
        style, own, end = paragraphs.at(mark.place)
        if not mark.surely and end != mark.after:
            continue
        properties = own.over(styles.get(style, _Properties()))
        if mark.changes:
            properties = _properties(mark.changes).over(properties)
        label = "" if properties.row_end else _label(numbering, properties)
        if label:
            found[start] = label
        start, count = mark.at + 1, count + 1
        if count >= _MOST_PARAGRAPHS:
            break
    return found


def _label(numbering: Numbering, of: _Properties) -> str:
    number, level = of.number or 0, of.level or 0
    if number > 0xF800:  # a number whose list does not move the paragraph's margins is stored negated
        number = 0x10000 - number
    return numbering.label_at(str(number), level) if number and level < _LEVELS else ""


def _part(main: bytes, table: bytes, which: int) -> bytes:
    start, size = struct.unpack_from("<II", main, _FIELDS + 8 * which)
    if start + size > len(table):
        raise ValueError("a table ends beyond its stream")
    return table[start : start + size]


def _numbering(table: bytes, lists_at: int, numbers: bytes) -> Numbering:
    found = Numbering()
    (count,) = struct.unpack_from("<H", table, lists_at)
    at = lists_at + 2 + 28 * count  # the levels of all lists are behind them, outside the size that the file states
    for n in range(count):
        ident, simple = struct.unpack_from("<I22xB", table, lists_at + 2 + 28 * n)
        levels = found.levels.setdefault(str(ident), {})
        for level in range(1 if simple & 1 else _LEVELS):
            levels[level], at = _level(table, at)
    _read_numbers(found, numbers)
    return found


def _read_numbers(found: Numbering, numbers: bytes) -> None:
    """Each number names a list, and may have levels or starts of its own."""
    (count,) = struct.unpack_from("<I", numbers, 0)
    at = 4 + 16 * count
    for n in range(count):
        ident, changed = struct.unpack_from("<I8xB", numbers, 4 + 16 * n)
        found.lists[str(n + 1)] = str(ident)
        at += 4
        for _ in range(changed):
            start, flags = struct.unpack_from("<II", numbers, at)
            at, place = at + 8, (str(n + 1), flags & 0xF)
            if flags & 0x20:
                found.own_levels[place], at = _level(numbers, at)
                start = found.own_levels[place].start
            if flags & 0x10:
                found.starts[place] = start


def _level(data: bytes, at: int) -> tuple[Level, int]:
    """A level, and where what follows it begins."""
    start, form, flags, characters, paragraph, limit = struct.unpack_from("<iBB18xBBBx", data, at)
    at += 28 + characters + paragraph
    (length,) = struct.unpack_from("<H", data, at)
    text = data[at + 2 : at + 2 + 2 * length].decode("utf-16-le", "replace")
    if len(text.encode("utf-16-le", "replace")) < 2 * length:
        raise ValueError("the pattern of a level ends beyond its table")
    pattern = "".join(f"%{ord(c) + 1}" if c < "\x09" else c for c in text[:50] if c < "\x09" or c >= " ")
    restart = limit if flags & 8 else _LEVELS
    return Level(min(max(start, 0), 0x7FFF), _FORMS.get(form, "decimal"), pattern, bool(flags & 4), restart), at + 2 + 2 * length


def _styles(sheet: bytes) -> dict[int, _Properties]:
    """The numbers of the paragraph styles, with what those say that they are based on."""
    found: dict[int, _Properties] = {}
    based: dict[int, int] = {}
    if not sheet:
        return found
    head, count, fixed = struct.unpack_from("<HHH", sheet, 0)
    at = 2 + head
    for style in range(count):
        if at + 2 > len(sheet):
            break
        (size,) = struct.unpack_from("<H", sheet, at)
        if size:
            based[style], found[style] = _style(sheet[at + 2 : at + 2 + size], fixed)
        at += 2 + size + size % 2
    return {style: _inherited(style, found, based) for style in found}


def _style(style: bytes, fixed: int) -> tuple[int, _Properties]:
    """The style that this one is based on, and what its own properties say."""
    (kind,) = struct.unpack_from("<H", style, 2)
    if kind & 0xF != 1:  # no style of paragraphs
        return _NO_BASE, _Properties()
    (length,) = struct.unpack_from("<H", style, fixed)
    at = fixed + 2 + 2 * length + 2
    (size,) = struct.unpack_from("<H", style, at + at % 2)
    at += at % 2 + 2
    return kind >> 4, _properties(style[at + 2 : at + size])


def _inherited(style: int, found: Mapping[int, _Properties], based: Mapping[int, int]) -> _Properties:
    properties = found[style]
    for _ in range(10):
        style = based.get(style, _NO_BASE)
        if style not in found:
            break
        properties = properties.over(found[style])
    return properties


@dataclass(slots=True)
class _Page:
    bounds: tuple[int, ...] = ()
    paragraphs: list[tuple[int, _Properties]] = field(default_factory=list)  # style and properties, by bound


class _Paragraphs:
    """The properties of paragraphs by the place of their last character in the main stream."""

    def __init__(self, main: bytes, plan: bytes) -> None:
        self._main = main
        count = max((len(plan) - 4) // 8, 0)
        self._bounds = struct.unpack_from(f"<{count + 1}I", plan, 0) if count else ()
        self._numbers = struct.unpack_from(f"<{count}I", plan, 4 * (count + 1)) if count else ()
        self._pages: dict[int, _Page] = {}

    def at(self, place: int) -> tuple[int, _Properties, int]:
        """The style, the properties, and where the paragraph's bytes end; the standard style where the file says nothing."""
        n = bisect_right(self._bounds, place) - 1
        if not 0 <= n < len(self._numbers):
            return 0, _Properties(), 0
        page = self._page(self._numbers[n] & 0x3FFFFF)
        n = bisect_right(page.bounds, place) - 1
        return (*page.paragraphs[n], page.bounds[n + 1]) if 0 <= n < len(page.paragraphs) else (0, _Properties(), 0)

    def _page(self, number: int) -> _Page:
        if number not in self._pages:
            page = self._main[_PAGE * number : _PAGE * (number + 1)]
            count = page[_PAGE - 1]
            bounds = struct.unpack_from(f"<{count + 1}I", page, 0)
            places = (page[4 * (count + 1) + 13 * n] * 2 for n in range(count))
            self._pages[number] = _Page(bounds, [_paragraph(page, place) for place in places])
        return self._pages[number]


def _paragraph(page: bytes, at: int) -> tuple[int, _Properties]:
    if not at:
        return 0, _Properties()
    size, at = (2 * page[at] - 1, at + 1) if page[at] else (2 * page[at + 1], at + 2)
    return struct.unpack_from("<H", page, at)[0], _properties(page[at + 2 : at + size])


def _properties(codes: bytes) -> _Properties:
    found = _Properties()
    for code, operand in _codes(codes):
        if code == _ILFO and len(operand) == 2:
            found.number = int.from_bytes(operand, "little")
        elif code == _ILVL and operand:
            found.level = operand[0]
        elif code in (_ROW_END, _INNER_ROW_END):
            found.row_end = operand[:1] == b"\x01"
    return found


def _codes(codes: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 3 <= len(codes):
        (code,) = struct.unpack_from("<H", codes, at)
        size = _OPERANDS[code >> 13]
        at += 2
        if size is None:
            size = 1 + codes[at]
            if code == _TABLE_DEFINITION:
                size = 1 + int.from_bytes(codes[at : at + 2], "little")
            elif code == _TABS and size == 256:
                size = _tabs_size(codes[at:])
        yield code, codes[at : at + size]
        at += size


def _tabs_size(operand: bytes) -> int:
    """The size of a change of tab stops that is longer than a byte can count: stops to delete (4 bytes each), then stops to add (3 bytes)."""
    deleted = operand[1]
    return 3 + 4 * deleted + 3 * operand[2 + 4 * deleted]
