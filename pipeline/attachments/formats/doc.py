"""The binary Word file (Word 97-2003, and WPS files that are OLE): text by its piece table (reference/stack.md §4.1, [MS-DOC] 2.4.1)."""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from notices.attachment import AttachmentText
from pipeline.attachments.binary_word_numbers import Mark, labels_of
from pipeline.attachments.limits import MAX_TEXT, Damage, Encrypted, Unsupported, joined, text_result

_MAGIC = 0xA5EC
_ENCRYPTED, _TABLE_1 = 0x0100, 0x0200
_LENGTHS = 0x4C  # eight lengths: text, footnotes, headers, macros, comments, endnotes, boxes, boxes of headers
_SILENT_PARTS = (3, 4)
_PIECES = 0x01A2
_LEVEL_CHANGE, _LEVEL_CODE = 0x0C << 1, b"\x0a\x26"  # sprmPIlvl
_ENDS = re.compile("[\r\x07\f]")
_UNITS = re.compile("[\ud800-\udfff]")
_CHARACTERS = {13: "\n", 11: "\n", 12: "\n", 14: "\n", 7: "\t", 30: "-", **dict.fromkeys([*range(1, 7), 8, *range(15, 30), 31])}


@dataclass(frozen=True, slots=True)
class _Piece:
    """Characters that are one after another in the main stream, in bytes of `width` each; `text` has one for each UTF-16 unit, as Word counts."""

    text: str
    place: int
    width: int
    changes: bytes  # properties of its paragraphs, where a fast save noted them with the piece


def doc(body: bytes) -> AttachmentText:
    """The text with its automatic numbers, then footnotes, headers, endnotes and text boxes."""
    import olefile

    with olefile.OleFileIO(io.BytesIO(body)) as ole:
        main = ole.openstream("WordDocument").read()
        magic, flags = struct.unpack_from("<H", main, 0)[0], struct.unpack_from("<H", main, 0x0A)[0]
        if magic != _MAGIC:
            raise Unsupported("a Word file older than Word 97")
        if flags & _ENCRYPTED:
            raise Encrypted
        table = ole.openstream("1Table" if flags & _TABLE_1 else "0Table").read()
    pieces = list(_pieces(main, table))
    labels: Mapping[int, str] = {}
    damage = Damage()
    with damage.costs("automatic numbers"):
        labels = labels_of(main, table, _marks(pieces))
    lengths = struct.unpack_from("<8I", main, _LENGTHS)
    parts = enumerate(_parts("".join(piece.text for piece in pieces), lengths, labels))
    shown = [_shown(part) for n, part in parts if n not in _SILENT_PARTS]
    return text_result([joined(shown)], f"not read: {damage.failed[0]}" if damage.failed else None)


def _parts(text: str, lengths: Sequence[int], labels: Mapping[int, str]) -> Iterator[str]:
    """The parts of the text, with the label of each numbered paragraph where it begins."""
    places = sorted(labels)
    start = n = 0
    for length in lengths:
        end, at, shown = start + length, start, []
        while n < len(places) and places[n] < end:
            shown += [text[at : places[n]], labels[places[n]]]
            at, n = places[n], n + 1
        yield _whole("".join([*shown, text[at:end]]))
        start = end


def _whole(text: str) -> str:
    """Text whose characters beyond the first plane are one each, no longer two units of UTF-16."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass") if _UNITS.search(text) else text


def _marks(pieces: Sequence[_Piece]) -> Iterator[Mark]:
    start = 0
    for piece in pieces:
        for mark in _ENDS.finditer(piece.text):
            place = piece.place + mark.start() * piece.width
            yield Mark(start + mark.start(), place, place + piece.width, mark[0] != "\f", piece.changes)
        start += len(piece.text)


def _pieces(main: bytes, table: bytes) -> Iterator[_Piece]:
    start, length = struct.unpack_from("<II", main, _PIECES)
    plan, changes = _piece_plan(table[start : start + length])
    count = (len(plan) - 4) // 12
    bounds = struct.unpack_from(f"<{count + 1}I", plan, 0)
    total = 0
    for n in range(count):
        characters = min(max(0, bounds[n + 1] - bounds[n]), MAX_TEXT + 1 - total)
        total += characters
        place, change = struct.unpack_from("<IH", plan, 4 * (count + 1) + 8 * n + 2)
        yield _piece(main, place, characters, _changes(change, changes))
        if total > MAX_TEXT:  # the reader of all formats cuts it and says so
            return


def _piece_plan(pieces: bytes) -> tuple[bytes, list[bytes]]:
    """The plan of the pieces, and the lists of properties before it, which pieces name by number."""
    at, changes = 0, []
    while pieces[at] == 1:
        size = int(struct.unpack_from("<H", pieces, at + 1)[0])
        changes.append(pieces[at + 3 : at + 3 + size])
        at += 3 + size
    size = struct.unpack_from("<I", pieces, at + 1)[0]
    return pieces[at + 5 : at + 5 + size], changes


def _changes(change: int, changes: Sequence[bytes]) -> bytes:
    """The properties that a piece names (Prm, [MS-DOC] 2.9.209-2.9.214): a list of them, or one of a few that fit into a word."""
    if change & 1:
        return changes[change >> 1] if change >> 1 < len(changes) else b""
    return _LEVEL_CODE + bytes([change >> 8]) if change & 0xFF == _LEVEL_CHANGE else b""


def _piece(main: bytes, place: int, characters: int, changes: bytes) -> _Piece:
    if place & 0x40000000:
        first = (place & 0x3FFFFFFF) // 2
        return _Piece(main[first : first + characters].decode("cp1252", "replace"), first, 1, changes)
    units = main[place : place + 2 * characters]
    text = units.decode("utf-16-le", "surrogatepass")
    if 2 * len(text) < len(units):
        text = "".join(map(chr, struct.unpack(f"<{len(units) // 2}H", units[: len(units) // 2 * 2])))
    return _Piece(text, place, 2, changes)


def _shown(text: str) -> str:
    """Text without the codes of fields, which are between 0x13 and 0x14 and may be nested; a row ends with two cell marks."""
    kept: list[str] = []
    codes: list[bool] = []  # of each open field: still in its code
    for part in text.replace("\x13", "\0\x13").replace("\x14", "\0\x14").replace("\x15", "\0\x15").split("\0"):
        mark = part[:1]
        if mark == "\x13":
            codes.append(True)
        elif mark == "\x14" and codes:
            codes[-1] = False
        elif mark == "\x15" and codes:
            codes.pop()
        if not any(codes[-8:]):
            kept.append(part.lstrip("\x13\x14\x15"))
    return "".join(kept).replace("\x07\x07", "\n").translate(_CHARACTERS)
