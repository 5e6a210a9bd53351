"""Attached files: text where there is some, an outcome always, and no file that breaks the reader."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cli.demo.files import docx, pdf
from pipeline.attachments import Extractor, read_attachment

XLSX = {
    "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>',
    "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/_rels/workbook.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
    "xl/workbook.xml": '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="名单" sheetId="1" r:id="r1"/></sheets></workbook>',
    "xl/worksheets/sheet1.xml": '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>姓名</t></is></c><c r="B1"><v>3</v></c></row></sheetData></worksheet>',
}
PPTX = {
    "ppt/presentation.xml": "<p/>",
    "ppt/slides/slide2.xml": '<s xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><a:p><a:r><a:t>第二</a:t></a:r></a:p></s>',
    "ppt/slides/slide1.xml": '<s xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><a:p><a:r><a:t>第一</a:t></a:r><a:r><a:t>页</a:t></a:r></a:p></s>',
}
OFD = {
    "OFD.xml": '<ofd:OFD xmlns:ofd="http://www.ofdspec.org/2016"><ofd:DocBody><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>',
    "Doc_0/Document.xml": '<ofd:Document xmlns:ofd="http://www.ofdspec.org/2016"><ofd:Pages><ofd:Page ID="1" BaseLoc="Pages/P0.xml"/></ofd:Pages></ofd:Document>',
    "Doc_0/Pages/P0.xml": '<ofd:Page xmlns:ofd="http://www.ofdspec.org/2016"><ofd:TextObject Boundary="10 40 50 5"><ofd:TextCode>第二行</ofd:TextCode></ofd:TextObject><ofd:TextObject Boundary="10 20 50 5"><ofd:TextCode>第一行</ofd:TextCode></ofd:TextObject></ofd:Page>',
}


def packed(members: dict[str, str | bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("body", "kind", "pages"),
    [
        (docx("自查表", "一、制度\n二、设备"), "docx", ("自查表\n一、制度\n二、设备",)),
        (pdf("流程", "第一步 申请"), "pdf", None),
        (packed(XLSX), "xlsx", ("名单\n姓名\t3",)),
        (packed(PPTX), "pptx", ("第一页", "第二")),
        (packed(OFD), "ofd", ("第一行\n第二行",)),
        (b"{\\rtf1\\ansi\\ansicpg936 \\'cd\\'a8\\'d6\\'aa\\par \\u20004?\\u24863?}", "rtf", ("通知\n两感",)),
        ("通知全文".encode("gb18030"), "txt", ("通知全文",)),
        (b"<html><body><p>" + "公告".encode() + b"</p></body></html>", "html", ("公告",)),
        (
            packed({"附件/表.docx": docx("内表", "里面的字"), "读我.txt": "说明".encode()}),
            "zip",
            ("附件/表.docx\n内表\n里面的字", "读我.txt\n说明"),
        ),
    ],
    ids=["docx", "pdf", "xlsx", "pptx", "ofd", "rtf", "txt", "html", "zip"],
)
def test_text_is_read_by_the_bytes_not_the_name(body: bytes, kind: str, pages: tuple[str, ...] | None) -> None:
    found = read_attachment(body, "名字不算.jpg")
    assert (found.outcome, found.media_type) == ("ok", kind)
    assert found.pages == pages if pages else "第一步 申请" in found.pages[0]


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        (b"", "broken"),
        (b"PK\x03\x04 torn", "broken"),
        (b"%PDF-1.4 torn", "broken"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 torn", "broken"),
        (b"Rar!\x1a\x07\x00 anything", "broken"),
        (b"\x89PNG\r\n\x1a\n", "unsupported"),
        (b"\x00\x01\x02\x03", "unsupported"),
        (packed({"word/document.xml": b"0" * (250 << 20)}), "too_large"),
        (packed({f"{n}.txt": b"x" for n in range(2500)}), "too_large"),
    ],
    ids=["empty", "zip", "pdf", "ole", "rar", "png", "unknown", "bomb", "many"],
)
def test_every_file_has_an_outcome(body: bytes, outcome: str) -> None:
    assert read_attachment(body).outcome == outcome


def test_entities_of_a_member_are_not_expanded() -> None:
    bomb = '<!DOCTYPE w [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:p><w:t>&b;</w:t></w:p></w:document>'
    assert "aaaaaaaaaaaaaaaaaaaa" not in "".join(read_attachment(packed({"word/document.xml": bomb})).pages)


def test_zip_in_zip_ends_somewhere() -> None:
    body = packed({"a.txt": b"x"})
    for _ in range(6):
        body = packed({"inner.zip": body})
    assert read_attachment(body).outcome == "ok"


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([docx("自查表", "一、制度"), pdf("流程", "申请"), packed(XLSX), packed(OFD)]),
    st.integers(0, 4000),
    st.binary(min_size=1, max_size=4),
)
def test_damaged_files_never_raise(body: bytes, at: int, damage: bytes) -> None:
    place = at % len(body)
    read_attachment(body[:place] + damage + body[place + len(damage) :])
    read_attachment(body[:place])


def test_worker_reads_one_file_after_another_and_ends() -> None:
    with Extractor() as extractor:
        assert extractor.extract(docx("甲", "乙")).pages == ("甲\n乙",)
        first = extractor._worker
        assert extractor.extract("丙".encode()).pages == ("丙",)
        assert extractor._worker is first
    assert first is not None
    assert first.poll() is not None


def test_worker_that_overruns_is_killed_and_the_next_file_is_read() -> None:
    with Extractor(seconds=0.0) as extractor:
        slow = extractor.extract(packed({f"{n}.txt": os.urandom(50) for n in range(1900)}))
        assert slow.outcome == "broken"
    with Extractor(memory=300 << 20) as extractor:
        greedy = extractor.extract(packed({"word/document.xml": b"<a>" + b"x" * (190 << 20) + b"</a>"}))
        assert greedy.outcome in ("broken", "too_large")
        assert extractor.extract("丙".encode()).outcome == "ok"


@pytest.mark.shared
def test_real_attachments_are_read_or_classified(shared: Path) -> None:
    outcomes = {p.name: read_attachment(p.read_bytes(), p.name) for p in sorted((shared / "data/attachments").iterdir())}
    assert outcomes
    for name, found in outcomes.items():
        assert found.outcome == "ok", (name, found.outcome, found.detail)
        assert sum(map(len, found.pages)) > (
            20 if name.endswith(".rar") else 300
        )  # the RAR holds a scan: its member's name is what there is
