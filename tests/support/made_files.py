"""Small files of every format, written by hand: no writer library has a say in what the readers are tested with."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
A = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
OOXML = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFD_NS = 'xmlns:ofd="http://www.ofdspec.org/2016"'


def zipped(members: Mapping[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def unzipped(body: bytes) -> dict[str, str]:
    """The members of a ZIP of texts."""
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def zip_named(raw_name: bytes, data: bytes) -> bytes:
    """A ZIP with one stored member whose name has no UTF-8 flag."""
    return zipped({"x" * len(raw_name): data}, zipfile.ZIP_STORED).replace(b"x" * len(raw_name), raw_name)


def locked_zip(members: Mapping[str, bytes], locked: str) -> bytes:
    """A ZIP in which one member is marked as encrypted."""
    body = bytearray(zipped(members))
    for sign, flags, name_length, name_at in ((b"PK\x03\x04", 6, 26, 30), (b"PK\x01\x02", 8, 28, 46)):
        at = body.find(sign)
        while at >= 0:
            length = struct.unpack_from("<H", body, at + name_length)[0]
            if body[at + name_at : at + name_at + length] == locked.encode():
                body[at + flags] |= 1
            at = body.find(sign, at + 4)
    return bytes(body)


def word(*blocks: str) -> bytes:
    """A docx whose body is the given WordprocessingML."""
    return zipped({"word/document.xml": f"<w:document {W}><w:body>{''.join(blocks)}</w:body></w:document>"})


def paragraph(text: str) -> str:
    return f"<w:p><w:r><w:t>{escape(text)}</w:t></w:r></w:p>"


def xlsx(cells: str, name: str = "名单") -> bytes:
    """A workbook of one sheet, whose sheetData is the given XML."""
    base = "http://schemas.openxmlformats.org"
    main = f"{base}/spreadsheetml/2006/main"
    sheet = f'<sheet name="{name}" sheetId="1" r:id="r1"/>'
    related = f'<Relationships xmlns="{RELATIONS}"><Relationship Id="r1" Type="{OOXML}/{{}}" Target="{{}}"/></Relationships>'
    return zipped(
        {
            "[Content_Types].xml": f'<Types xmlns="{base}/package/2006/content-types"/>',
            "_rels/.rels": related.format("officeDocument", "xl/workbook.xml"),
            "xl/_rels/workbook.xml.rels": related.format("worksheet", "worksheets/sheet1.xml"),
            "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{OOXML}"><sheets>{sheet}</sheets></workbook>',
            "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{cells}</sheetData></worksheet>',
        }
    )


def pptx(slides: Mapping[str, str], order: list[str], notes: Mapping[str, str]) -> bytes:
    """Slides by file name, shown in the given order."""
    members = {
        "ppt/presentation.xml": f'<p:p xmlns:p="p" {A}>' + "".join(f'<p:sldId r:id="{name}"/>' for name in order) + "</p:p>",
        "ppt/_rels/presentation.xml.rels": f'<Relationships xmlns="{RELATIONS}">'
        + "".join(f'<Relationship Id="{name}" Target="slides/{name}.xml"/>' for name in order)
        + "</Relationships>",
    }
    for name, text in slides.items():
        members[f"ppt/slides/{name}.xml"] = f"<s {A}><a:p><a:r><a:t>{text[:1]}</a:t></a:r><a:r><a:t>{text[1:]}</a:t></a:r></a:p></s>"
    for name, text in notes.items():
        members[f"ppt/notesSlides/n{name}.xml"] = f"<s {A}><a:p><a:t>{text}</a:t></a:p><a:p><a:t>1</a:t></a:p></s>"
        members[f"ppt/slides/_rels/{name}.xml.rels"] = (
            f'<Relationships xmlns="{RELATIONS}"><Relationship Id="r1" Target="../notesSlides/n{name}.xml"/></Relationships>'
        )
    return zipped(members)


def ofd(*pages: str, place: str = "Pages/P{}.xml") -> bytes:
    """An OFD file of one document; a page is the XML inside its content."""
    members = {
        "OFD.xml": f"<ofd:OFD {OFD_NS}><ofd:DocBody><ofd:DocRoot>/Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>",
        "Doc_0/Document.xml": f"<ofd:Document {OFD_NS}><ofd:Pages>"
        + "".join(f'<ofd:Page ID="{n}" BaseLoc="{place.format(n)}"/>' for n in range(len(pages)))
        + "</ofd:Pages></ofd:Document>",
    }
    for n, page in enumerate(pages):
        members[f"Doc_0/Pages/P{n}.xml"] = f"<ofd:Page {OFD_NS}><ofd:Content><ofd:Layer>{page}</ofd:Layer></ofd:Content></ofd:Page>"
    return zipped(members)


def ofd_text(x: float, y: float, text: str) -> str:
    return f'<ofd:TextObject Boundary="{x} {y} 50 5"><ofd:TextCode X="0" Y="4">{escape(text)}</ofd:TextCode></ofd:TextObject>'


def ole(streams: Mapping[str, bytes]) -> bytes:
    """A compound file ([MS-CFB]); every stream is padded to 4,096 bytes or more, so that none is a small one."""
    sector, free, end, fat_sector = 512, 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
    data, chains, starts = b"", [], {}
    for name, stream in streams.items():
        padded = stream.ljust(4096, b"\0")
        padded += b"\0" * (-len(padded) % sector)
        starts[name] = (len(data) // sector, len(padded))
        count = len(padded) // sector
        chains += [*range(len(chains) + 1, len(chains) + count), end]
        data += padded
    directory = _entry("Root Entry", 5, 1 if streams else free, end, 0)
    for n, (name, (start, size)) in enumerate(starts.items(), 1):
        directory += _entry(name, 2, n + 1 if n < len(starts) else free, start, size, left=False)
    directory += b"\0" * (-len(directory) % sector)
    first_directory = len(chains)
    count = len(directory) // sector
    chains += [*range(len(chains) + 1, len(chains) + count), end]
    fats = 1
    while (len(chains) + fats) * 4 > fats * sector:
        fats += 1
    first_fat = len(chains)
    table = struct.pack(f"<{len(chains) + fats}I", *chains, *[fat_sector] * fats).ljust(fats * sector, b"\xff")
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16 + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + b"\0" * 6
    header += struct.pack("<IIIIIIIII", 0, fats, first_directory, 0, 4096, end, 0, end, 0)
    header += struct.pack("<109I", *[first_fat + n for n in range(fats)], *[free] * (109 - fats))
    return header + data + directory + table


def _entry(name: str, kind: int, next_one: int, start: int, size: int, left: bool = True) -> bytes:
    """A directory entry; the streams hang below the root as a chain of right siblings."""
    raw = (name + "\0").encode("utf-16-le")
    siblings = (0xFFFFFFFF, 0xFFFFFFFF, next_one) if left else (0xFFFFFFFF, next_one, 0xFFFFFFFF)
    entry = raw.ljust(64, b"\0") + struct.pack("<HBB", len(raw), kind, 1) + struct.pack("<III", *siblings)
    return entry + b"\0" * 36 + struct.pack("<III", start, size, 0)


def doc(text: str, footnotes: str = "", boxes: str = "", flags: int = 0) -> bytes:
    """A Word 97 file with its text in two pieces, the first of one byte a character when it can be."""
    whole = text + footnotes + boxes + "\r"
    cut = next((n for n, c in enumerate(whole) if ord(c) > 126), len(whole))
    narrow, wide = whole[:cut].encode("cp1252"), whole[cut:].encode("utf-16-le")
    fib = bytearray(0x400)
    struct.pack_into("<HHHHHH", fib, 0, 0xA5EC, 0xC1, 0, 0x804, 0, 0x0200 | flags)
    struct.pack_into("<8I", fib, 0x4C, len(text), len(footnotes), 0, 0, 0, 0, len(boxes), 0)
    plan = struct.pack("<III", 0, cut, len(whole))
    plan += struct.pack("<HIH", 0, 0x40000000 | (2 * 0x400), 0) + struct.pack("<HIH", 0, 0x400 + len(narrow), 0)
    table = b"\x01\x02\x00ab" + b"\x02" + struct.pack("<I", len(plan)) + plan
    struct.pack_into("<II", fib, 0x01A2, 0, len(table))
    return ole({"1Table": table, "WordDocument": bytes(fib) + narrow + wide})


def ppt(outline: list[str], boxes: list[str], user: int = 0xE391C05F) -> bytes:
    """A binary presentation: a master (whose text is a prompt), an outline, and slides with a text box each."""
    master = _record(0x0F, 0x03F8, _atom("单击此处编辑母版标题样式"))
    listed = _record(0x0F, 0x0FF0, b"".join(_record(0, 0x03F3, b"\0" * 20) + _atom(text) for text in outline))
    masters = _record(0x1F, 0x0FF0, _record(0, 0x03F3, b"\0" * 20) + _atom("母版"))
    slides = b"".join(_record(0x0F, 0x03EE, _record(0x0F, 0x040C, _record(0, 0x0FA8, text.encode("cp1252")))) for text in boxes)
    document = _record(0x0F, 0x03E8, masters + listed) + master + slides
    return ole({"Current User": struct.pack("<HHIII", 0, 0x0FF6, 20, 20, user), "PowerPoint Document": document + _record(0, 0x1772, b"")})


def _record(version: int, kind: int, data: bytes) -> bytes:
    return struct.pack("<HHI", version, kind, len(data)) + data


def _atom(text: str) -> bytes:
    return _record(0, 0x0FA0, text.encode("utf-16-le"))


def xls(text: str, *, locked: bool = False) -> bytes:
    """A BIFF8 workbook of one sheet with one cell."""
    return xls_of(biff_text(0, 0, text), head=biff(0x2F, struct.pack("<HHH", 1, 1, 1) + b"\0" * 48) if locked else b"")


def xls_of(cells: bytes, *, head: bytes = b"") -> bytes:
    """A BIFF8 workbook of one sheet with these records of cells, after these records of the workbook."""
    name = "表一".encode("utf-16-le")
    head = biff(0x809, struct.pack("<HHHHII", 0x600, 5, 0, 0, 0, 0)) + head
    sheet = biff(0x809, struct.pack("<HHHHII", 0x600, 0x10, 0, 0, 0, 0)) + cells + biff(0x0A, b"")
    at = len(head) + 4 + 8 + len(name) + 4
    return ole({"Workbook": head + biff(0x85, struct.pack("<IBBBB", at, 0, 0, 2, 1) + name) + biff(0x0A, b"") + sheet})


def biff_styles(formats: Sequence[int | str]) -> bytes:
    """The styles of a workbook, each with a built-in format by number or one of its own."""
    own = [(164 + n, each) for n, each in enumerate(formats) if isinstance(each, str)]
    numbers = [164 + n if isinstance(each, str) else each for n, each in enumerate(formats)]
    records = [biff(0x41E, struct.pack("<HHB", n, len(code), 1) + code.encode("utf-16-le")) for n, code in own]
    return b"".join([*records, *(biff(0xE0, struct.pack("<HH", 0, n) + b"\0" * 16) for n in numbers)])


def biff_text(row: int, column: int, text: str) -> bytes:
    return biff(0x204, struct.pack("<HHHHB", row, column, 0, len(text), 1) + text.encode("utf-16-le"))


def biff_number(row: int, column: int, style: int, value: float) -> bytes:
    return biff(0x203, struct.pack("<HHHd", row, column, style, value))


def biff(kind: int, data: bytes) -> bytes:
    return struct.pack("<HH", kind, len(data)) + data


def rar4(members: Mapping[str, bytes], *, locked: bool = False, solid: bool = False) -> bytes:
    """A RAR 4 archive of stored members, with names in UTF-16 beside the old ones as WinRAR writes them."""
    out = b"Rar!\x1a\x07\x00" + _rar4_head(0x73, 0x08 if solid else 0, b"\0" * 6)
    for number, (name, data) in enumerate(members.items()):
        flags = 0x8000 | 0x20 | (0x04 if locked else 0) | 0x200 | (0x10 if solid and number else 0)
        raw = name.encode("ascii", "replace") + b"\0" + _rar4_name(name)
        fields = struct.pack("<IIBIIBBHI", len(data), len(data), 2, zlib.crc32(data), 0x5B771234, 29, 0x30, len(raw), 0x20) + raw
        out += _rar4_head(0x74, flags, fields) + data
    return out + _rar4_head(0x7B, 0x4000, b"")


def _rar4_head(kind: int, flags: int, fields: bytes) -> bytes:
    rest = struct.pack("<BHH", kind, flags, 7 + len(fields)) + fields
    return struct.pack("<H", zlib.crc32(rest) & 0xFFFF) + rest


def _rar4_name(name: str) -> bytes:
    """The encoded name: a zero high byte, then groups of four characters in two bytes each."""
    raw = name.encode("utf-16-le")
    groups = [raw[at : at + 8] for at in range(0, len(raw), 8)]
    return b"\0" + b"".join(b"\xaa" + group for group in groups)


def rar5(members: Mapping[str, bytes]) -> bytes:
    """A RAR 5 archive of stored members."""
    out = b"Rar!\x1a\x07\x01\x00" + _rar5_head(_vint(1) + _vint(0) + _vint(0))
    for name, data in members.items():
        raw = name.encode()
        fields = _vint(2) + _vint(2) + _vint(len(data)) + _vint(4) + _vint(len(data)) + _vint(0)
        fields += struct.pack("<I", zlib.crc32(data)) + _vint(0) + _vint(1) + _vint(len(raw)) + raw
        out += _rar5_head(fields) + data
    return out + _rar5_head(_vint(5) + _vint(0) + _vint(0))


def _rar5_head(fields: bytes) -> bytes:
    rest = _vint(len(fields)) + fields
    return struct.pack("<I", zlib.crc32(rest)) + rest


def _vint(number: int) -> bytes:
    out = b""
    while number > 0x7F:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])


def pdf(*contents: bytes, trailer: bytes = b"", extra: bytes = b"") -> bytes:
    """A PDF of pages with the given content streams; /F1 is Helvetica, /I1 a grey image."""
    pages = [
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R /Resources 3 0 R >>" % (6 + 2 * n)
        for n in range(len(contents))
    ]
    kids = b" ".join(b"%d 0 R" % (5 + 2 * n) for n in range(len(contents)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, len(contents)),
        b"<< /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> /XObject << /I1 4 0 R >> >>",
        b"<< /Type /XObject /Subtype /Image /Width 2 /Height 2 /ColorSpace /DeviceGray /BitsPerComponent 8 /Length 4 >>\nstream\n\0\x80\x80\0\nendstream",
    ]
    for page, content in zip(pages, contents, strict=True):
        objects += [page, b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(content), extra, content)]
    out, places = bytearray(b"%PDF-1.4\n"), []
    for n, data in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (n, data)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer << /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, trailer, start)
    return bytes(out)


SCAN = b"q 500 0 0 700 40 70 cm /I1 Do Q"
LOCK = b"/ID [<00><00>] /Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <" + b"41" * 32 + b"> /U <" + b"42" * 32 + b"> >>"


def pdf_line(text: str, y: int = 700) -> bytes:
    return b"BT /F1 12 Tf 72 %d Td (%s) Tj ET" % (y, text.encode("ascii"))
