"""Attached files: their text, whatever they are called, and an outcome always."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import py7zr
import pytest

from cli.demo.files import docx as demo_docx
from cli.demo.files import pdf as demo_pdf
from pipeline.attachments.read import read_attachment
from tests.support import made_files as made
from tests.support.made_files import paragraph, word

PAGE = "<html><body><p>公告全文</p></body></html>"
MHT = (
    b"From: <Saved by a browser>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=XX\r\n\r\n"
    b'--XX\r\nContent-Type: text/html; charset="gb2312"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    + base64.encodebytes(PAGE.encode("gb18030"))
    + b"\r\n--XX\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo=\r\n--XX--\r\n"
)
WORD_2003 = '<?xml version="1.0"?><w:wordDocument xmlns:w="http://schemas.microsoft.com/office/word/2003/wordml"><w:body><w:p><w:r><w:t>通知</w:t></w:r></w:p></w:body></w:wordDocument>'
EXCEL_2003 = '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet ss:Name="表"><Table><Row><Cell><Data>姓名</Data></Cell><Cell><Data>甲</Data></Cell></Row></Table></Worksheet></Workbook>'
ODT = {
    "mimetype": "application/vnd.oasis.opendocument.text",
    "content.xml": '<o xmlns:text="t"><text:h>标题</text:h><text:p>正<text:span>文</text:span></text:p></o>',
}
ROWS = '<row r="1"><c r="A1" t="inlineStr"><is><t>姓名</t></is></c><c r="C1"><v>3</v></c></row><row r="2"><c r="A2"><v>0.30000000000000004</v></c></row>'


def seven(members: dict[str, bytes], password: str | None = None) -> bytes:
    buffer = io.BytesIO()
    with py7zr.SevenZipFile(buffer, "w", password=password) as archive:
        for name, data in members.items():
            archive.writestr(data, name)
    return buffer.getvalue()


READABLE = {
    "docx": (demo_docx("自查表", "一、制度\n二、设备"), "docx", ["自查表\n一、制度\n二、设备"]),
    "doc": (made.doc("A notice\r通知正文\r"), "doc", ["A notice\n通知正文"]),
    "xlsx": (made.xlsx(ROWS), "xlsx", ["名单\n姓名\t\t3\n0.3"]),
    "xls": (made.xls("单元格"), "xls", ["表一\n单元格"]),
    "pptx": (
        made.pptx({"slide1": "第二页", "slide2": "第一页"}, ["slide2", "slide1"], {"slide1": "备注"}),
        "pptx",
        ["第一页", "第二页\n备注"],
    ),
    "ppt": (made.ppt(["大纲一", "大纲二"], ["box one", "box two"]), "ppt", ["大纲一\nbox one", "大纲二\nbox two"]),
    "ofd": (made.ofd(made.ofd_text(10, 40, "第二行"), made.ofd_text(9, 9, "次页")), "ofd", ["第二行", "次页"]),
    "rtf": (b"{\\rtf1\\ansi\\ansicpg936 \\'cd\\'a8\\'d6\\'aa\\par \\u20004?\\u24863?}", "rtf", ["通知\n两感"]),
    "txt": ("通知全文".encode("gb18030"), "txt", ["通知全文"]),
    "utf16": ("\ufeff通知全文".encode("utf-16-le"), "txt", ["通知全文"]),
    "html": (PAGE.encode(), "html", ["公告全文"]),
    "mht": (MHT, "mht", ["公告全文"]),
    "word2003": (WORD_2003.encode(), "xml", ["通知"]),
    "excel2003": (EXCEL_2003.encode(), "xml", ["表\n姓名\t甲"]),
    "odt": (made.zipped(ODT), "odt", ["标题\n正文"]),
    "zip": (
        made.zipped({"附件/表.docx": demo_docx("内表", "里面的字"), "读我.txt": "说明".encode(), "__MACOSX/读我.txt": b"x"}),
        "zip",
        ["附件/表.docx\n内表\n里面的字", "读我.txt\n说明"],
    ),
    "7z": (seven({"表.txt": "说明".encode(), "册/二.txt": "再说".encode()}), "7z", ["表.txt\n说明", "册/二.txt\n再说"]),
    "rar4": (made.rar4({"表.txt": "说明".encode(), "册/二.txt": "再说".encode()}), "rar", ["表.txt\n说明", "册/二.txt\n再说"]),
    "rar5": (made.rar5({"表.txt": "说明".encode()}), "rar", ["表.txt\n说明"]),
}


@pytest.mark.parametrize("name", READABLE)
def test_text_is_read_by_the_bytes_not_the_name(name: str) -> None:
    body, kind, pages = READABLE[name]
    found = read_attachment(body, "名字不算.jpg", "image/jpeg")
    assert (found.outcome, found.media_type, list(found.pages)) == ("ok", kind, pages)


def test_pdf_is_read_by_pages() -> None:
    found = read_attachment(made.pdf(made.pdf_line("first page"), made.pdf_line("second page")))
    assert (found.outcome, [p.strip() for p in found.pages]) == ("ok", ["first page", "second page"])
    assert "第一步 申请" in read_attachment(demo_pdf("流程", "第一步 申请")).pages[0]


CLASSIFIED = {
    "empty": (b"", "broken"),
    "zip": (b"PK\x03\x04 torn", "broken"),
    "no members": (made.zipped({}), "broken"),
    "pdf": (b"%PDF-1.4 torn", "broken"),
    "ole": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 torn", "broken"),
    "rar": (b"Rar!\x1a\x07\x00 anything", "broken"),
    "7z": (b"7z\xbc\xaf'\x1c torn", "broken"),
    "docx": (made.zipped({"word/document.xml": "<w:document"}), "broken"),
    "ofd": (made.zipped({"OFD.xml": "<o/>"}), "broken"),
    "picture": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "scanned"),
    "scan": (made.pdf(made.SCAN, made.SCAN), "scanned"),
    "ofd scan": (made.ofd("<ofd:ImageObject/>"), "scanned"),
    "packed scan": (made.zipped({"扫描.pdf": made.pdf(made.SCAN)}), "scanned"),
    "unknown": (b"\x00\x01\x02\x03", "unsupported"),
    "control characters": (bytes(range(1, 32)) * 20, "unsupported"),
    "word 95": (made.ole({"WordDocument": b"\xdc\xa5"}), "unsupported"),
    "other ole": (made.ole({"WPS": b"x"}), "unsupported"),
    "locked doc": (made.doc("密", flags=0x100), "encrypted"),
    "locked xls": (made.xls("密", locked=True), "encrypted"),
    "locked ppt": (made.ppt([], [], user=0xF3D1C4DF), "encrypted"),
    "locked docx": (made.ole({"EncryptedPackage": b"x", "EncryptionInfo": b"x"}), "encrypted"),
    "locked pdf": (made.pdf(b"", trailer=made.LOCK), "encrypted"),
    "locked zip": (made.locked_zip({"a.txt": b"x"}, "a.txt"), "encrypted"),
    "locked 7z": (seven({"a.txt": b"x"}, "secret"), "encrypted"),
    "locked rar": (made.rar4({"a.txt": b"x"}, locked=True), "encrypted"),
}


@pytest.mark.parametrize("name", CLASSIFIED)
def test_file_without_text_says_why(name: str) -> None:
    body, outcome = CLASSIFIED[name]
    found = read_attachment(body)
    assert found.outcome == outcome, found.detail


def test_docx_keeps_the_order_of_paragraphs_and_tables() -> None:
    cell = "<w:tc>" + paragraph("甲") + paragraph("乙") + "</w:tc><w:tc>" + paragraph("丙") + "</w:tc>"
    body = word(paragraph("前"), f"<w:tbl><w:tr>{cell}</w:tr><w:tr><w:tc>{paragraph('丁')}</w:tc></w:tr></w:tbl>", paragraph("后"))
    assert [line.split() for line in read_attachment(body).pages[0].split("\n")] == [["前"], ["甲", "乙", "丙"], ["丁"], ["后"]]


def test_docx_text_box_is_read_once_and_does_not_cut_the_sentence_around_it() -> None:
    box = f"<w:txbxContent>{paragraph('框里')}</w:txbxContent>"
    drawing = f"<w:r><mc:AlternateContent><mc:Choice>{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback></mc:AlternateContent></w:r>"
    body = word(f"<w:p><w:r><w:t>前半</w:t></w:r>{drawing}<w:r><w:t>后半</w:t></w:r></w:p>", paragraph("下一段"))
    assert read_attachment(body).pages == ("前半后半\n下一段\n框里",)


def test_docx_leaves_out_what_was_deleted_and_field_codes() -> None:
    body = word(
        "<w:p><w:r><w:t>留</w:t></w:r><w:del><w:r><w:delText>删</w:delText><w:t>删</w:t></w:r></w:del><w:ins><w:r><w:t>增</w:t></w:r></w:ins>"
        "<w:r><w:instrText> PAGE </w:instrText></w:r><w:r><w:tab/><w:t>尾</w:t></w:r></w:p>"
    )
    assert read_attachment(body).pages == ("留增\t尾",)


def test_docx_headers_and_notes_follow_the_text() -> None:
    parts = {name: f"<w:x {made.W}>{paragraph(name[:6])}</w:x>" for name in ("footnotes", "header1", "footer2", "endnotes", "comments")}
    members = {f"word/{name}.xml": part for name, part in parts.items()}
    members["word/document2.xml"] = f"<w:document {made.W}>{paragraph('正文')}</w:document>"
    assert read_attachment(made.zipped(members)).pages == ("正文\nendnot\nfooter\nfootno\nheader",)


def test_doc_fields_show_their_result_and_tables_their_rows() -> None:
    text = "见\x13 HYPERLINK \x13 QUOTE 内 \x14码\x15 \x14网站\x15。\r甲\x07乙\x07\x07丙\x07丁\x07\x07尾\r"
    assert read_attachment(made.doc(text)).pages == ("见网站。\n甲\t乙\n丙\t丁\n尾",)


def test_doc_footnotes_and_boxes_are_read() -> None:
    assert read_attachment(made.doc("正文\r", "\x02 脚注\r", "框\r")).pages == ("正文\n脚注\n框",)


def test_rtf_text_boxes_are_read_and_pictures_are_not() -> None:
    body = (
        b"{\\rtf1{\\fonttbl{\\f0 \\'cb\\'ce;}}{\\*\\generator x;}\\uc2 \\u20004\\'c1\\'bd\\'b8\\\r\n'd0"
        b"{\\pict\\bin6 {}{}\\}{\\shp{\\*\\shpinst{\\sp{\\sn n}}{\\shptxt \\'bf\\'f2\\par}}}{\\field{\\*\\fldinst X}{\\fldrslt Y}}}"
    )
    text = read_attachment(body).pages[0]
    assert "框" in text
    assert "Y" in text
    assert "宋" not in text
    assert "X" not in text


def test_rtf_paragraphs_have_their_automatic_numbers_and_marks() -> None:
    numbered = b"{\\listtext\\pard\\plain\\f0 \\'d2\\'bb\\'a1\\'a2\\tab}\\pard\\ls1\\ilvl0 \\'cd\\'a8\\'d6\\'aa\\par "
    older = b"{\\*\\pntext\\f0 2.\\tab}{\\*\\pn\\pnlvlbody\\pndec{\\pntxta .}}\\'cd\\'a8\\'d6\\'aa\\par "
    marked = b"{\\listtext\\f3\\'b7\\tab}\\'cd\\'a8\\'d6\\'aa\\par "
    lists = b"{\\*\\listtable{\\list{\\listlevel{\\leveltext\\'02\\'00.;}}}}"
    found = read_attachment(b"{\\rtf1\\ansi\\ansicpg936" + lists + numbered + older + marked + b"}")
    assert [line.split() for line in found.pages[0].split("\n")] == [["一、", "通知"], ["2.", "通知"], ["•", "通知"]]


def test_rtf_character_cut_by_a_line_end_is_whole() -> None:
    assert read_attachment(b"{\\rtf1 \\'cd\r\n\\'a8\\'d6\\'aa}").pages == ("通知",)


def test_pdf_joins_lines_inside_a_sentence() -> None:
    from pipeline.attachments.layout import joined_lines

    long = "为进一步做好全市公众安全感和执法满意度调查工作，现就有关事项通"
    assert joined_lines(f"标题\n{long}\n知如下。\n一、总体要求") == f"标题\n{long}知如下。\n一、总体要求"
    assert joined_lines(f"{long}\n附件1") == f"{long}\n附件1"


def test_pdf_with_some_scanned_pages_is_read_and_says_so() -> None:
    long = b" ".join(made.pdf_line("a line with rather a lot of text on it", y) for y in range(100, 700, 20))
    found = read_attachment(made.pdf(long, made.SCAN))
    assert (found.outcome, found.detail) == ("ok", "1 of 2 pages are images")


def test_ofd_lines_are_read_from_the_top_left() -> None:
    pieces = [made.ofd_text(60, 20.4, "右"), made.ofd_text(10, 40, "下"), made.ofd_text(10, 20, "左")]
    assert read_attachment(made.ofd("".join(pieces))).pages == ("左右\n下",)


@pytest.mark.parametrize("raw", ["附件一.txt".encode("gb18030"), "附件一.txt".encode()], ids=["gbk", "utf-8"])
def test_zip_names_without_a_flag_are_read(raw: bytes) -> None:
    assert read_attachment(made.zip_named(raw, b"x")).pages == ("附件一.txt\nx",)


def test_one_bad_member_does_not_cost_the_others() -> None:
    found = read_attachment(made.locked_zip({"a.txt": b"x", "b.txt": b"y", "c.bin": b"\0\1"}, "a.txt"))
    assert (found.outcome, found.pages) == ("ok", ("a.txt", "b.txt\ny", "c.bin"))
    assert found.detail == "2 of 3 members without text: a.txt encrypted, c.bin unsupported (unknown format)"


def test_text_holds_no_character_that_breaks_a_database_or_forges_a_page() -> None:
    found = read_attachment(word("<w:p><w:r><w:t>甲&#xFEFF;乙\u200b丙</w:t></w:r></w:p>"))
    assert found.pages == ("甲乙丙",)
    assert read_attachment("甲\x0c乙".encode()).pages == ("甲\n乙",)


@pytest.mark.shared
def test_real_attachments_are_read_or_classified(shared: Path) -> None:
    outcomes = {p.name: read_attachment(p.read_bytes(), p.name) for p in sorted((shared / "data/attachments").iterdir())}
    assert outcomes
    for name, found in outcomes.items():
        scanned = name.endswith(".rar")  # it holds one PDF of images
        assert found.outcome == ("scanned" if scanned else "ok"), (name, found.outcome, found.detail)
        assert sum(map(len, found.pages)) > (20 if scanned else 300)
