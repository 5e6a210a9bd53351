"""Files made to exhaust or break their reader: read in the bounded process, each ends within its limits and costs nobody else."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from typing import NoReturn

import py7zr
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cli.demo.files import docx, pdf
from pipeline.attachments import Extractor
from pipeline.attachments.read import read_attachment
from tests.pipeline.attachments.test_read import MHT, READABLE, seven
from tests.support import made_files as made
from tests.support.cpu import children_cpu_within


def nested(levels: int, body: bytes = b"x") -> bytes:
    for _ in range(levels):
        body = made.zipped({f"{n}.zip" if body[:2] == b"PK" else "a.txt": body for n in range(1)})
    return body


def tree_of_zips(width: int, levels: int) -> bytes:
    body = b"x" * 1000
    for level in range(levels):
        body = made.zipped({f"{n}.{'zip' if level else 'txt'}": body for n in range(width)})
    return body


def overlapping_zip(entries: int, size: int) -> bytes:
    """Every entry of the directory names the same packed bytes."""
    packed = zlib.compressobj(9, zlib.DEFLATED, -15)
    data = packed.compress(b"\0" * size) + packed.flush()
    crc = zlib.crc32(b"\0" * size)
    local = struct.pack("<IHHHHHIIIHH", 0x04034B50, 20, 0, 8, 0, 0, crc, len(data), size, 1, 0) + b"a" + data
    entry = struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 20, 20, 0, 8, 0, 0, crc, len(data), size, 1, 0, 0, 0, 0, 0, 0) + b"a"
    return local + entry * entries + struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, entries, entries, len(entry) * entries, len(local), 0)


def lying_zip(size: int) -> bytes:
    """A member that says it is small."""
    body = bytearray(made.zipped({"word/document.xml": b"0" * size}))
    for sign, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", body, body.find(sign) + at, 100)
    return bytes(body)


def zeros_7z(size: int) -> bytes:
    buffer = io.BytesIO()
    with py7zr.SevenZipFile(buffer, "w", filters=[{"id": py7zr.FILTER_LZMA2, "preset": 1}]) as archive:
        archive.writestr(b"\0" * size, "zeros.txt")
    return buffer.getvalue()


def pdf_bomb() -> bytes:
    once = zlib.compress(b"0 0 m " * 20_000_000, 9)
    return made.pdf(zlib.compress(once, 9), extra=b"/Filter [/FlateDecode /FlateDecode]")


def entities() -> bytes:
    rows = "".join(f'<!ENTITY {chr(98 + n)} "{("&" + chr(97 + n) + ";") * 10}">' for n in range(9))
    return made.zipped(
        {"word/document.xml": f'<!DOCTYPE w [<!ENTITY a "aaaaaaaaaa">{rows}]><w:document {made.W}><w:p><w:t>&j;</w:t></w:p></w:document>'}
    )


BOMBS = {
    "zip of zeros": lambda: made.zipped({"a.txt": b"\0" * (150 << 20)}),
    "docx of zeros": lambda: made.zipped({"word/document.xml": b"0" * (150 << 20)}),
    "lying docx": lambda: lying_zip(150 << 20),
    "many members": lambda: made.zipped({f"{n}.txt": b"x" for n in range(2500)}),
    "zip in zip": lambda: nested(8),
    "tree of zips": lambda: tree_of_zips(16, 4),
    "overlapping zip": lambda: overlapping_zip(1900, 10 << 20),
    "7z of zeros": lambda: zeros_7z(60 << 20),
    "rar that says it is large": lambda: made.rar4({"a.txt": b"x"}).replace(struct.pack("<II", 1, 1), struct.pack("<II", 1, 0x7FFFFFFF)),
    "sheet with a far cell": lambda: made.xlsx(
        '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    ),
    "deep xml": lambda: made.zipped({"word/document.xml": f"<w:document {made.W}>" + "<w:p>" * 100_000}),
    "pdf of paths": pdf_bomb,
    "pdf that is its own parent": lambda: made.pdf(b"").replace(b"/Kids [5 0 R]", b"/Kids [2 0 R]"),
    "rtf of braces": lambda: b"{\\rtf1" + b"{" * 3_000_000,
    "doc of one piece again and again": lambda: doc_of_pieces(200_000),
    "mht in mht": lambda: mime_in_mime(5000),
}


def doc_of_pieces(count: int) -> bytes:
    fib = bytearray(0x400)
    struct.pack_into("<HHHHHH", fib, 0, 0xA5EC, 0xC1, 0, 0x804, 0, 0x0200)
    plan = struct.pack(f"<{count + 1}I", *(n * 1000 for n in range(count + 1))) + struct.pack("<HIH", 0, 0x40000000, 0) * count
    table = b"\x02" + struct.pack("<I", len(plan)) + plan
    struct.pack_into("<II", fib, 0x01A2, 0, len(table))
    return made.ole({"1Table": table, "WordDocument": bytes(fib)})


def mime_in_mime(levels: int) -> bytes:
    return b"MIME-Version: 1.0\r\n" + b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(levels)
    )


@pytest.fixture(scope="module")
def extractor():
    with Extractor(seconds=10) as one:
        yield one


@pytest.mark.parametrize("name", BOMBS)
def test_bomb_ends_within_its_bounds(name: str, extractor: Extractor) -> None:
    body = BOMBS[name]()
    with children_cpu_within(15):
        found = extractor.extract(body, f"{name}.bin")
    harmless = found.outcome == "ok" and found.detail == "no text"
    assert harmless or found.outcome in ("too_large", "broken"), (found.outcome, found.detail, [p[:50] for p in found.pages])
    assert sum(map(len, found.pages)) < 1_000_000
    assert extractor.extract("丙".encode()).pages == ("丙",)


def test_entities_are_not_expanded() -> None:
    assert "aaaaaaaaaa" not in "".join(read_attachment(entities()).pages)


def test_external_entities_are_not_read(tmp_path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("geheim")
    body = f'<!DOCTYPE w [<!ENTITY a SYSTEM "{secret.as_uri()}">]><w:document {made.W}><w:p><w:t>&a;x</w:t></w:p></w:document>'
    assert "geheim" not in "".join(read_attachment(made.zipped({"word/document.xml": body})).pages)


def test_good_member_beside_a_bomb_is_read() -> None:
    found = read_attachment(made.zipped({"a.txt": b"\0" * (20 << 20), "b.txt": b"text"}))
    assert (found.outcome, found.pages) == ("ok", ("a.txt", "b.txt\ntext"))
    assert (found.detail or "").startswith("1 of 2 members without text: a.txt too_large (a.txt unpacks from ")


def test_zips_three_deep_are_read() -> None:
    assert read_attachment(nested(3)).pages == ("0.zip\n0.zip\na.txt\nx",)


def test_members_of_nested_archives_share_one_bound() -> None:
    inner = made.zipped({f"{n}.txt": b"x" for n in range(900)})
    found = read_attachment(made.zipped({f"{n}.zip": inner for n in range(4)}))
    assert sum(page.endswith("\nx") for page in found.pages) < 2000
    assert "too_large" in (found.detail or "")


def test_text_beyond_the_bound_is_cut_and_said_so() -> None:
    found = read_attachment(b"x" * 20_000_100)
    assert (found.outcome, len(found.pages[0])) == ("too_large", 20_000_000)


def test_packed_text_of_an_ordinary_ratio_is_read() -> None:
    rows = "".join(f'<row r="{n}"><c r="A{n}"><v>{n}</v></c></row>' for n in range(1, 60_000))
    assert read_attachment(made.xlsx(rows)).outcome == "ok"
    stored = made.zipped({"a.bin": b"\0\1" * 20_000_000, "b.txt": b"x"}, zipfile.ZIP_STORED)
    assert read_attachment(stored).pages == ("a.bin", "b.txt\nx")


class Panic(BaseException):
    """What pyo3 raises when a reader written in Rust panics: not an Exception."""


def panicking(*_: object) -> NoReturn:
    raise Panic("range start index 65540 out of range\x00 for slice of length 512")


PANICS = ("broken", (), "Panic: range start index 65540 out of range for slice of length 512")
READERS = {
    "pdf": "pdf.pdf", "docx": "word.docx", "doc": "doc.doc", "rtf": "rtf.rtf", "xlsx": "office.sheets", "xls": "office.sheets",
    "pptx": "office.slides", "ppt": "ppt.ppt", "ofd": "ofd.ofd", "html": "markup.html", "mht": "markup.mht", "txt": "markup.plain",
}  # fmt: skip
BODIES = {"pdf": pdf("流程", "申请"), "mht": MHT, **{name: body for name, (body, _, _) in READABLE.items()}}


@pytest.mark.parametrize("kind", READERS)
def test_panic_of_a_native_reader_is_a_broken_file(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"pipeline.attachments.formats.{READERS[kind]}", panicking)
    found = read_attachment(BODIES[kind])
    assert (found.outcome, found.pages, found.detail) == PANICS
    assert found.media_type == kind


@pytest.mark.parametrize("kind", ["zip", "7z", "rar"])
def test_panic_while_an_archive_is_opened_is_a_broken_file(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.attachments.packed.members", panicking)
    body = {"zip": made.zipped({"a.txt": b"x"}), "7z": seven({"a.txt": b"x"}), "rar": b"Rar!\x1a\x07\x01\x00"}[kind]
    found = read_attachment(body)
    assert (found.outcome, found.pages, found.detail) == PANICS


def test_panic_over_one_member_costs_that_member_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    body = made.zipped({"a.xls": BODIES["xls"], "b.txt": b"text"})
    monkeypatch.setattr("pipeline.attachments.formats.office.sheets", panicking)
    found = read_attachment(body)
    assert (found.outcome, found.pages) == ("ok", ("a.xls", "b.txt\ntext"))
    monkeypatch.undo()
    monkeypatch.setattr("pipeline.attachments.packed.member", panicking)
    assert read_attachment(body).pages == ("a.xls", "b.txt")


@pytest.mark.parametrize("ending", [KeyboardInterrupt, SystemExit])
def test_what_ends_a_process_is_not_taken_for_a_damaged_file(ending: type[BaseException], monkeypatch: pytest.MonkeyPatch) -> None:
    def ends(_: bytes) -> NoReturn:
        raise ending

    monkeypatch.setattr("pipeline.attachments.formats.markup.plain", ends)
    with pytest.raises(ending):
        read_attachment(b"text")


DAMAGED = given(
    st.sampled_from([BODIES["pdf"], docx("自查表", "一、制度"), made.pdf(made.SCAN), seven({"a.txt": b"x"}), *BODIES.values()]),
    st.integers(0, 9000),
    st.binary(min_size=1, max_size=4),
)


def _has_an_outcome_when_damaged(body: bytes, at: int, damage: bytes) -> None:
    place = at % len(body)
    for damaged in (body[:place] + damage + body[place + len(damage) :], body[:place]):
        assert read_attachment(damaged).outcome in ("ok", "encrypted", "scanned", "unsupported", "broken", "too_large")


@settings(max_examples=200)
@DAMAGED
def test_damaged_file_has_an_outcome(body: bytes, at: int, damage: bytes) -> None:
    _has_an_outcome_when_damaged(body, at, damage)


@pytest.mark.long
@settings(max_examples=20_000)
@DAMAGED
def test_damaged_file_has_an_outcome_at_any_place(body: bytes, at: int, damage: bytes) -> None:
    _has_an_outcome_when_damaged(body, at, damage)


@settings(max_examples=100)
@given(
    st.sampled_from([b"", b"PK\x03\x04", b"%PDF-1.7\n", b"{\\rtf1", b"Rar!\x1a\x07\x01\x00", b"<?xml?>", b"MIME-Version: 1\r\n"]),
    st.binary(max_size=200),
)
def test_any_bytes_have_an_outcome(sign: bytes, rest: bytes) -> None:
    assert read_attachment(sign + rest).outcome in ("ok", "encrypted", "scanned", "unsupported", "broken", "too_large")
