"""Attached files as whoever opens them sees them: numbers, formats, templates, embedded parts, names."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime

import pytest

from notices.capture import Capture
from notices.model import AttachmentLink
from pipeline.attachments import word_numbers
from pipeline.attachments.cells.number_formats import shown_as
from pipeline.attachments.disposition import disposition_name
from pipeline.attachments.layout import with_private_codes
from pipeline.attachments.limits import text_result
from pipeline.attachments.read import read_attachment
from pipeline.reading import file_name
from tests.support import made_files as made
from tests.support.made_files import OOXML, RELATIONS, W, paragraph, word, zipped


def numbered(text: str, number: int = 1, level: int = 0) -> str:
    place = f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>'
    return f"<w:p><w:pPr>{place}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"


def level(n: int, form: str, text: str, more: str = "") -> str:
    return f'<w:lvl w:ilvl="{n}"><w:start w:val="1"/><w:numFmt w:val="{form}"/><w:lvlText w:val="{text}"/>{more}</w:lvl>'


def docx(blocks: str, levels: str = "", more: dict[str, str] | None = None) -> bytes:
    lists = f'<w:abstractNum w:abstractNumId="0">{levels}</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
    again = '<w:num w:numId="2"><w:abstractNumId w:val="0"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride></w:num>'
    return zipped(
        {
            "word/document.xml": f'<w:document {W} xmlns:r="{OOXML}"><w:body>{blocks}</w:body></w:document>',
            "word/numbering.xml": f"<w:numbering {W}>{lists}{again}</w:numbering>",
            **(more or {}),
        }
    )


def test_automatic_numbers_of_word_are_in_the_text() -> None:
    levels = level(0, "chineseCountingThousand", "第%1条") + level(1, "decimal", "（%2）") + level(2, "decimal", "%1.%2.%3", "<w:isLgl/>")
    blocks = [
        numbered("总则"),
        numbered("子项", level=1),
        numbered("细项", level=2),
        numbered("附则"),
        numbered("又一", level=1),
        numbered("再起", 2),
    ]
    text = read_attachment(docx("".join([*blocks, paragraph("无号")]), levels)).pages[0]
    assert text.split("\n") == ["第一条 总则", "（1） 子项", "1.1.1 细项", "第二条 附则", "（1） 又一", "第一条 再起", "无号"]


def test_number_of_a_style_and_no_number_where_it_is_switched_off() -> None:
    style = '<w:style w:styleId="T"><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>'
    based = '<w:style w:styleId="U"><w:basedOn w:val="T"/></w:style>'
    blocks = '<w:p><w:pPr><w:pStyle w:val="U"/></w:pPr><w:r><w:t>甲</w:t></w:r></w:p>' + numbered("乙", 0) + numbered("丙", 9)
    body = docx(blocks, level(0, "decimal", "%1."), {"word/styles.xml": f"<w:styles {W}>{style}{based}</w:styles>"})
    assert read_attachment(body).pages == ("1. 甲\n乙\n丙",)


def test_a_level_that_one_number_redefines() -> None:
    own = f'<w:lvlOverride w:ilvl="0">{level(0, "decimalEnclosedParen", "%1")}</w:lvlOverride>'
    numbers = "".join(f'<w:num w:numId="{n}"><w:abstractNumId w:val="0"/>{more}</w:num>' for n, more in ((1, ""), (2, own)))
    lists = f'<w:abstractNum w:abstractNumId="0">{level(0, "decimal", "%1.")}{level(1, "decimal", "%1.%2")}</w:abstractNum>{numbers}'
    blocks = numbered("甲") + numbered("乙", 2) + numbered("丙", 2, 1) + numbered("丁")
    body = docx(blocks, "", {"word/numbering.xml": f"<w:numbering {W}>{lists}</w:numbering>"})
    assert read_attachment(body).pages == ("1. 甲\n⑵ 乙\n⑵.1 丙\n3. 丁",)


def test_levels_that_do_not_begin_again_and_starts_of_a_number_that_do() -> None:
    """第一条 goes on through the chapters of a regulation; a number's own start counts each time its level begins again."""
    own = '<w:lvlOverride w:ilvl="2"><w:startOverride w:val="5"/></w:lvlOverride>'
    numbers = "".join(f'<w:num w:numId="{n}"><w:abstractNumId w:val="0"/>{more}</w:num>' for n, more in ((1, ""), (2, own)))
    levels = level(0, "chineseCounting", "第%1章") + level(1, "chineseCounting", "第%2条", '<w:lvlRestart w:val="0"/>')
    levels += level(2, "decimal", "%3.", '<w:lvlRestart w:val="1"/>')
    lists = f'<w:abstractNum w:abstractNumId="0">{levels}</w:abstractNum>{numbers}'
    blocks = [numbered(f"{n}", 2 if at == 2 else 1, at) for n, at in enumerate([0, 1, 2, 1, 2, 0, 1, 2])]
    body = docx("".join(blocks), "", {"word/numbering.xml": f"<w:numbering {W}>{lists}</w:numbering>"})
    assert read_attachment(body).pages == ("第一章 0\n第一条 1\n5. 2\n第二条 3\n6. 4\n第二章 5\n第三条 6\n5. 7",)


def test_damaged_numbering_costs_the_numbers_alone() -> None:
    body = docx(numbered("正文"), "", {"word/numbering.xml": "<w:numbering"})
    assert read_attachment(body).pages == ("正文",)


@pytest.mark.parametrize(
    ("count", "form", "written"),
    [
        (10, "chineseCountingThousand", "十"), (12, "chineseCounting", "十二"), (20, "chineseCountingThousand", "二十"),
        (105, "chineseCountingThousand", "一百零五"), (110, "chineseCountingThousand", "一百一十"), (3, "chineseLegalSimplified", "叁"),
        (27, "lowerLetter", "aa"), (4, "upperRoman", "IV"), (7, "decimalZero", "07"),
        (2, "decimalEnclosedCircle", "②"), (20, "decimalEnclosedCircle", "⑳"), (21, "decimalEnclosedCircle", "㉑"),
        (36, "decimalEnclosedCircle", "㊱"), (51, "decimalEnclosedCircle", "51"),
        (3, "ideographTraditional", "丙"), (12, "decimalFullWidth", "１２"), (5, "unheardOf", "5"),
    ],
)  # fmt: skip
def test_numbers_are_written_in_the_form_of_their_list(count: int, form: str, written: str) -> None:
    assert word_numbers.written(count, form) == written


def test_phonetic_guides_are_not_text() -> None:
    ruby = "<w:r><w:ruby><w:rt><w:r><w:t>xié</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>颉</w:t></w:r></w:rubyBase></w:ruby></w:r>"
    body = word(f"<w:p><w:r><w:t>关于</w:t></w:r>{ruby}<w:r><w:t>河的通知</w:t></w:r></w:p>")
    assert read_attachment(body).pages == ("关于颉河的通知",)


def with_part(name: str, body: str | bytes) -> bytes:
    related = f'<Relationships xmlns="{RELATIONS}"><Relationship Id="a1" Target="{name}"/></Relationships>'
    blocks = paragraph("主文") + '<w:altChunk r:id="a1"/>' + paragraph("文末")
    return docx(blocks, "", {"word/_rels/document.xml.rels": related, f"word/{name}": body})  # type: ignore[dict-item]


@pytest.mark.parametrize(
    "part", ["<html><body><p>嵌入部分</p></body></html>", word(paragraph("嵌入部分")), b"{\\rtf1 \\u23884?\\u20837?\\u-28440?\\u20998?}"]
)
def test_embedded_parts_are_read_where_they_are(part: str | bytes) -> None:
    found = read_attachment(with_part("chunk.dat", part))
    assert (found.pages, found.detail) == (("主文\n嵌入部分\n文末",), None)


def test_embedded_part_that_cannot_be_read_is_named() -> None:
    found = read_attachment(with_part("chunk.bin", b"\0\1\2\3"))
    assert (found.outcome, found.pages, found.detail) == ("ok", ("主文\n文末",), "embedded parts not read: word/chunk.bin")


def test_sheet_shows_percent_leading_zeros_and_days() -> None:
    values = [("B", 1, 0.9735), ("C", 2, 123), ("D", 3, 46086), ("E", 4, 0.5), ("F", 0, 0.5)]
    cells = "".join(f'<c r="{at}2" s="{style}"><v>{value}</v></c>' for at, style, value in values)
    day = "yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;;@"
    codes = f'<numFmts><numFmt numFmtId="170" formatCode="000000"/><numFmt numFmtId="171" formatCode="{day}"/></numFmts>'
    styles = "".join(f'<xf numFmtId="{n}"/>' for n in (0, 10, 170, 171, 9))
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    buffer = io.BytesIO(made.xlsx(f'<row r="2">{cells}</row>'))
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("xl/styles.xml", f'<styleSheet xmlns="{main}">{codes}<cellXfs>{styles}</cellXfs></styleSheet>')
    assert read_attachment(buffer.getvalue()).pages == ("名单\n97.35%\t000123\t2026年3月5日\t50%\t0.5",)


@pytest.mark.parametrize(
    ("value", "code", "shown"),
    [
        (1.25, "0%", "125%"),
        (-0.5, "0.0%", "-50.0%"),
        (7.0, "00", "07"),
        (True, "0%", None),
        ("x", "0%", None),
        (61.0, "m月d日", "3月1日"),
        (-3.0, "m月d日", None),
    ],
)
def test_value_is_shown_by_its_format(value: object, code: str, shown: str | None) -> None:
    assert shown_as(value, code) == shown


def test_sheet_beyond_the_bound_is_cut_and_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.attachments.formats.office.MAX_TEXT", 500)
    monkeypatch.setattr("pipeline.attachments.read.MAX_TEXT", 500)
    rows = "".join(f'<row r="{n}"><c r="A{n}" t="inlineStr"><is><t>第{n}行</t></is></c></row>' for n in range(1, 300))
    found = read_attachment(made.xlsx(rows))
    assert (found.outcome, len(found.pages[0])) == ("too_large", 500)
    assert found.detail
    assert found.detail.startswith("cut at")


def test_template_page_of_an_ofd_is_part_of_its_pages() -> None:
    body = made.ofd(made.ofd_text(10, 60, "关于防汛工作的通知"))
    source = zipfile.ZipFile(io.BytesIO(body))
    members = {name: source.read(name).decode() for name in source.namelist()}
    page = next(name for name in members if "Pages/" in name)
    template = members[page].replace("关于防汛工作的通知", "临杉市人民政府文件").replace("10 60", "10 20").replace("10.0 60", "10 20")
    members["Doc_0/Tpls/T.xml"] = template
    members[page] = members[page].replace("<ofd:Content>", '<ofd:Template TemplateID="2"/><ofd:Template TemplateID="7"/><ofd:Content>', 1)
    common = '<ofd:CommonData><ofd:TemplatePage ID="2" BaseLoc="Tpls/T.xml"/></ofd:CommonData>'
    members["Doc_0/Document.xml"] = members["Doc_0/Document.xml"].replace("<ofd:Pages>", common + "<ofd:Pages>")
    assert read_attachment(zipped(members)).pages == ("临杉市人民政府文件\n关于防汛工作的通知",)


@pytest.mark.parametrize("lead", [b"\r\n", b"\n\n", b"\xef\xbb\xbf", b" "])
def test_files_after_bytes_that_a_script_printed_are_read(lead: bytes) -> None:
    for body, kind in (
        (word(paragraph("通知")), "docx"),
        (made.doc("通知\r"), "doc"),
        (made.xls("单元格"), "xls"),
        (zipped({"a.txt": "通知"}), "zip"),
    ):
        found = read_attachment(lead + body)
        assert (found.outcome, found.media_type) == ("ok", kind)
        assert found.pages == read_attachment(body).pages


def test_text_in_private_codes_is_told_from_text() -> None:
    private = "".join(chr(0xE000 + n) for n in range(60))
    found = with_private_codes(text_result([private, "页"]))
    assert (found.outcome, found.detail) == ("scanned", "60 of 61 characters are in private codes")
    partly = with_private_codes(text_result([private[:30], "通知正文" * 50]))
    assert (partly.outcome, partly.detail) == ("ok", "30 of 230 characters are in private codes")
    bullets = text_result(["\uf06c一" * 10])
    assert with_private_codes(bullets) == bullets


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("attachment; filename*=UTF-8''%E7%BB%9F%E8%AE%A1%E8%A1%A8.docx", "统计表.docx"),
        ("attachment; filename=\"x.doc\"; filename*=gbk''%CD%B3%BC%C6.doc", "统计.doc"),
        ('attachment; filename="%E7%BB%9F%E8%AE%A1.doc"', "统计.doc"),
        ("attachment; filename=" + "统计表.docx".encode("gbk").decode("latin-1"), "统计表.docx"),
        ('attachment; filename="' + "统计表.docx".encode().decode("latin-1") + '"', "统计表.docx"),
        ('attachment; filename="..\\\\..\\\\a.doc"', "a.doc"),
        ("attachment; filename=/etc/a.doc", "a.doc"),
        ("inline", None),
        ("", None),
        (None, None),
    ],
)
def test_name_that_a_server_gives(header: str | None, name: str | None) -> None:
    assert disposition_name(header) == name


@pytest.mark.parametrize(
    ("link", "name"),
    [
        (AttachmentLink("download.do", "http://a.example/download.do?id=1"), "统计.doc"),
        (AttachmentLink("点击下载", "http://a.example/download.do?id=1"), "统计.doc"),
        (AttachmentLink("防汛物资表", "http://a.example/download.do?id=1"), "防汛物资表"),
        (AttachmentLink("a.doc", "http://a.example/a.doc"), "a.doc"),
    ],
)
def test_server_names_a_file_where_link_and_address_do_not(link: AttachmentLink, name: str) -> None:
    headers = (("Content-Disposition", 'attachment; filename="%E7%BB%9F%E8%AE%A1.doc"'),)
    assert file_name(link, made_capture(headers)) == name


def made_capture(headers: tuple[tuple[str, str], ...]) -> Capture:
    return Capture("http://a.example/x", 200, headers, b"", datetime(2026, 1, 1, tzinfo=UTC), "attachment", None, {})


def test_cells_of_an_ods_are_read_as_they_are_shown() -> None:
    names = " ".join(f'xmlns:{n}="urn:oasis:names:tc:opendocument:xmlns:{n}:1.0"' for n in ("office", "table", "text"))

    def cell(kind: str, value: str, shown: str, more: str = "") -> str:
        return f'<table:table-cell office:value-type="{kind}" office:{value} {more}><text:p>{shown}</text:p></table:table-cell>'

    rows = [
        cell("string", 'string-value="合格率"', "合格率") + cell("percentage", 'value="0.9735"', "97.35%"),
        '<table:table-cell table:number-columns-repeated="2"/>'
        + cell("float", 'value="123"', "000123", 'table:number-columns-repeated="2"'),
        cell("date", 'date-value="2031-03-05"', "2031年3月5日") + cell("currency", 'value="5"', "￥5.00"),
    ]
    lines = "".join(f"<table:table-row>{row}</table:table-row>" for row in rows)
    sheet = f'<table:table table:name="表一">{lines}</table:table>'
    content = f"<office:document-content {names}><office:body><office:spreadsheet>{sheet}</office:spreadsheet></office:body></office:document-content>"
    manifest = '<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    found = read_attachment(zipped({"mimetype": kind, "content.xml": content, "META-INF/manifest.xml": manifest}))
    assert (found.outcome, found.media_type) == ("ok", "ods"), found.detail
    assert [line.split() for line in found.pages[0].split("\n")] == [
        ["表一"],
        ["合格率", "97.35%"],
        ["000123", "000123"],
        ["2031年3月5日", "￥5.00"],
    ]
