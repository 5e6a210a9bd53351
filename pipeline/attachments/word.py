"""Word files: docx, the binary doc (also WPS), and RTF."""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Iterator
from typing import Any

from pipeline.attachments.limits import MAX_TEXT, Encrypted, Unsupported, member, opened_zip, xml

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FIELD_CODE = re.compile("\x13[^\x13\x14\x15]*\x14?|\x15")


def docx(body: bytes) -> list[str]:
    """Paragraphs and tables in order, then headers, footers and notes."""
    with opened_zip(body) as archive:
        names = [
            "word/document.xml",
            *sorted(n for n in archive.namelist() if re.fullmatch(r"word/(?:header|footer|footnotes|endnotes)\d*\.xml", n)),
        ]
        texts = ["".join(_pieces(xml(member(archive, n)))) for n in names]
    return ["\n".join(line.strip() for text in texts for line in text.split("\n") if line.strip())]


def _pieces(root: Any) -> Iterator[str]:
    for node in root.iter(f"{_W}t", f"{_W}tab", f"{_W}br", f"{_W}p", f"{_W}tc", f"{_W}tr"):
        tag = node.tag[len(_W) :]
        if tag == "t":
            yield node.text or ""
        elif tag == "p":
            in_cell = node.getparent() is not None and node.getparent().tag == f"{_W}tc"
            yield " " if in_cell else "\n"
        else:
            yield {"tab": "\t", "br": "\n", "tc": "\t", "tr": "\n"}[tag]


def doc(body: bytes) -> list[str]:
    """The main text of a Word 97-2003 file, by its piece table."""
    import olefile

    with olefile.OleFileIO(io.BytesIO(body)) as ole:
        main = ole.openstream("WordDocument").read()
        magic, flags = struct.unpack_from("<H", main, 0)[0], struct.unpack_from("<H", main, 0x0A)[0]
        if magic != 0xA5EC:
            raise Unsupported("not Word 97 or later")
        if flags & 0x0100:
            raise Encrypted
        table = ole.openstream("1Table" if flags & 0x0200 else "0Table").read()
    text = "".join(_word_pieces(main, table))[: struct.unpack_from("<I", main, 0x4C)[0]]
    return [_word_clean(text[:MAX_TEXT])]


def _word_pieces(main: bytes, table: bytes) -> Iterator[str]:
    start, length = struct.unpack_from("<II", main, 0x01A2)
    pieces = table[start : start + length]
    at = 0
    while pieces[at] == 1:
        at += 3 + struct.unpack_from("<H", pieces, at + 1)[0]
    size = struct.unpack_from("<I", pieces, at + 1)[0]
    plan = pieces[at + 5 : at + 5 + size]
    count = (size - 4) // 12
    bounds = struct.unpack_from(f"<{count + 1}I", plan, 0)
    for n in range(count):
        place = struct.unpack_from("<I", plan, 4 * (count + 1) + 8 * n + 2)[0]
        characters = bounds[n + 1] - bounds[n]
        if place & 0x40000000:
            first = (place & 0x3FFFFFFF) // 2
            yield main[first : first + characters].decode("cp1252", "replace")
        else:
            yield main[place : place + 2 * characters].decode("utf-16-le", "replace")


def _word_clean(text: str) -> str:
    text = _FIELD_CODE.sub("", text).translate({13: "\n", 11: "\n", 12: "\n", 7: "\t", **dict.fromkeys([*range(1, 7), 8, *range(14, 32)])})
    return "\n".join(line.strip() for line in text.split("\n") if line.strip())


_RTF = re.compile(rb"\\'([0-9a-fA-F]{2})|\\u(-?\d{1,6}) ?|\\([a-zA-Z]{1,32})(-?\d{1,10})? ?|\\([^a-zA-Z])|([{}])|[\r\n]+|([^\\{}\r\n]+)")
_RTF_SILENT = {
    b"fonttbl",
    b"colortbl",
    b"stylesheet",
    b"info",
    b"pict",
    b"object",
    b"themedata",
    b"datastore",
    b"latentstyles",
    b"listtable",
    b"generator",
    b"xmlnstbl",
}


def rtf(body: bytes) -> list[str]:
    """The text of an RTF file; bytes are read as gb18030, \\u escapes as they stand."""
    pieces: list[str] = []
    raw = bytearray()
    stack, silent, skip = [], False, 0
    for match in _RTF.finditer(body):
        hexed, unicode_code, word, _number, symbol, brace, plain = match.groups()
        if skip and (hexed or plain):
            skip, plain = skip - 1, plain[1:] if plain else plain
            if hexed:
                continue
        if hexed and not silent:
            raw.append(int(hexed, 16))
            continue
        if plain and not silent:
            raw += plain
            continue
        pieces.append(raw.decode("gb18030", "replace"))
        raw.clear()
        if brace == b"{":
            stack.append(silent)
        elif brace == b"}":
            silent = stack.pop() if stack else False
        elif symbol == b"*" or word in _RTF_SILENT:
            silent = True
        elif unicode_code and not silent:
            pieces.append(chr(int(unicode_code) % 65536))
            skip = 1
        elif word in (b"par", b"line", b"row") and not silent:
            pieces.append("\n")
        elif word in (b"tab", b"cell") and not silent:
            pieces.append("\t")
    pieces.append(raw.decode("gb18030", "replace"))
    return ["".join(pieces).encode("utf-16", "surrogatepass").decode("utf-16", "replace")]
