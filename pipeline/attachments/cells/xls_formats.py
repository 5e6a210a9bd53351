"""The number formats of a binary workbook's cells (xls, et: BIFF8 and BIFF5; [MS-XLS] 2.4.20, 2.4.28, 2.4.126, 2.4.353)."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator

import olefile

from pipeline.attachments.cells.number_formats import BUILT_IN, shape_of

_BOF, _EOF, _SHEET, _CODE_PAGE, _FORMAT, _STYLE = 0x809, 0x0A, 0x85, 0x42, 0x41E, 0xE0
_NUMBER, _FORMULA, _SMALL, _SMALLS = 0x203, 0x06, 0x27E, 0xBD
_BIFF8, _BIFF5 = 0x600, 0x500


def xls_formats(body: bytes, most: int) -> list[dict[tuple[int, int], str]]:
    """Of each sheet in their order the cells (row and column from 0) whose numbers are not shown as stored, with their format; `most` cells at most."""
    with olefile.OleFileIO(io.BytesIO(body)) as ole:
        stream = ole.openstream("Workbook" if ole.exists("Workbook") else "Book").read()
    version = struct.unpack_from("<H", stream, 4)[0]
    if version not in (_BIFF8, _BIFF5):
        return []
    places, codes = _globals(stream, wide=version == _BIFF8)
    found: list[dict[tuple[int, int], str]] = []
    for at in places:
        found.append(cells := {})
        for row, column, style in _cells(stream, at):
            if code := codes.get(style):
                cells[row, column] = code
                most -= 1
                if most <= 0:
                    return found
    return found


def _records(stream: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    """The records of one part of the workbook, without those of charts within it."""
    depth = 0
    while at + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, at)
        depth += (kind == _BOF) - (kind == _EOF)
        if depth <= 0:
            return
        if depth == 1:
            yield kind, stream[at + 4 : at + 4 + length]
        at += 4 + length


def _globals(stream: bytes, *, wide: bool) -> tuple[list[int], dict[int, str]]:
    """The places of the sheets, and the code of each style that changes the look of a number."""
    places: list[int] = []
    own: dict[int, str] = {}
    styles: list[int] = []
    charset = "gbk"
    for kind, data in _records(stream, 0):
        if kind == _CODE_PAGE and not wide:
            charset = _charset(data)
        elif kind == _SHEET:
            places.append(struct.unpack_from("<I", data)[0])
        elif kind == _FORMAT:
            own[struct.unpack_from("<H", data)[0]] = _text(data[2:], charset, wide=wide)
        elif kind == _STYLE:
            styles.append(struct.unpack_from("<H", data, 2)[0])
    codes = {n: shape_of(own.get(number) or BUILT_IN.get(number, "")) for n, number in enumerate(styles)}
    return places, {n: code for n, code in codes.items() if code}


def _charset(data: bytes) -> str:
    charset = f"cp{struct.unpack_from('<H', data)[0]}"
    try:
        b"".decode(charset)
    except LookupError:
        return "gbk"
    return charset


def _text(data: bytes, charset: str, *, wide: bool) -> str:
    """A string after its length (of one byte or, in BIFF8, two); a flag says whether its characters take two bytes."""
    if not wide:
        return data[1 : 1 + data[0]].decode(charset, "replace")
    count, flags = struct.unpack_from("<HB", data)
    return data[3 : 3 + 2 * count].decode("utf-16-le", "replace") if flags & 1 else data[3 : 3 + count].decode("latin-1")


def _cells(stream: bytes, at: int) -> Iterator[tuple[int, int, int]]:
    """Row, column and style of each cell with a number."""
    for kind, data in _records(stream, at):
        if kind in (_NUMBER, _FORMULA, _SMALL) and len(data) >= 6:
            yield struct.unpack_from("<HHH", data)
        elif kind == _SMALLS and len(data) >= 6:
            row, first = struct.unpack_from("<HH", data)
            for n in range((len(data) - 6) // 6):
                yield row, first + n, struct.unpack_from("<H", data, 4 + 6 * n)[0]
