"""Bytes to text to a tree to lines, on good pages and on hostile ones."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notices.text.html import MAX_CHARACTERS, absolute, base_url, clean, decode, line_of, parse, text_of
from tests.support.cpu import cpu_within

HAN = "关于镕㎡〇﹝的通知"


def lines(html: str) -> list[str]:
    return text_of(parse(html)).split("\n")


@pytest.mark.parametrize(
    ("body", "content_type", "encoding"),
    [
        (b"\xef\xbb\xbf" + HAN.encode(), None, "utf-8"),
        (b"\xff\xfe" + HAN.encode("utf-16-le"), None, "utf-16-le"),
        (b"\xfe\xff" + HAN.encode("utf-16-be"), "text/html; charset=gbk", "utf-16-be"),
        (HAN.encode(), "text/html; charset=gb2312", "utf-8"),
        (HAN.encode("gb18030"), "text/html; charset=GB2312", "gb18030"),
        (HAN.encode("gb18030"), "text/html; charset=iso-8859-1", "gb18030"),
        (HAN.encode("gb18030"), "text/html; charset=utf-8", "gb18030"),
        (HAN.encode("gb18030"), "text/html; charset=no-such-thing", "gb18030"),
        (b"<meta charset='gbk'>" + HAN.encode("gb18030"), None, "gb18030"),
        (HAN.encode("gb18030"), None, "gb18030"),
    ],
)
def test_text_survives_whatever_the_labels_say(body: bytes, content_type: str | None, encoding: str) -> None:
    text, name = decode(body, content_type)
    assert text.endswith(HAN)
    assert name == encoding


def test_big5_needs_its_label() -> None:
    assert decode("繁體中文公告".encode("big5"), "text/html; charset=big5") == ("繁體中文公告", "big5hkscs")


def test_euro_sign_of_gbk_pages_is_read() -> None:
    assert decode("价格€".encode("gb18030"), "charset=gbk")[0] == "价格€"


def test_page_cut_inside_a_character_is_still_utf8() -> None:
    assert decode("通知公告".encode()[:-1]) == ("通知公", "utf-8")


def test_few_broken_bytes_do_not_turn_utf8_into_gb18030() -> None:
    text, encoding = decode(("通知公告" * 50).encode() + b"\xff" + ("通知公告" * 50).encode())
    assert encoding == "utf-8"
    assert text.count("通知公告") == 100


def test_invisible_characters_vanish() -> None:
    assert clean("通\x00知\u200b公\ufeff告\ud800\x1b\u202e\r\n一\r二\u2028三") == "通知公告\n一\n二\n三"
    assert text_of(parse("<p>通&#8203;知&#x200f;公&#xfeff;告</p>")) == "通知公告"


def test_paragraphs_breaks_and_rows_are_lines() -> None:
    html = "<body>头<p>第一<b>段</b>\n续</p><div>二<br>三</div><table><tr><td>甲</td><td>乙\n<p>丙</p><p>丁</p></td></tr><tr><td>戊</td></tr></table>尾</body>"
    assert lines(html) == ["头", "第一段 续", "二", "三", "甲\t乙 丙 丁", "戊", "尾"]


def test_layout_tables_break_into_lines() -> None:
    assert lines("<table><tr><td><table><tr><td>标题</td></tr></table><p>一</p><p>二</p></td><td>旁</td></tr></table>")[:3] == [
        "标题",
        "一",
        "二",
    ]


def test_scripts_styles_forms_and_hidden_parts_are_silent() -> None:
    html = "<p>甲</p><script>乙</script><style>丙</style><select><option>丁</option></select><div style='DISPLAY : none'>戊</div><p hidden>己</p><p>庚</p>"
    assert lines(html) == ["甲", "庚"]


def test_preformatted_text_keeps_its_lines() -> None:
    assert lines("<pre>一\n二</pre>") == ["一", "二"]


def test_line_of_joins_lines() -> None:
    assert line_of(parse("<h1>关于<br>通知</h1>")) == "关于 通知"


def test_empty_pages_have_an_empty_body() -> None:
    for html in ("", "   ", "<!-- -->", "<!--", "\n", "<", "<html>", "<?xml"):
        assert text_of(parse(html)) in ("", "<")


def test_addresses_are_absolute_and_of_the_web() -> None:
    page = "http://www.a.example/x/y/index.html"
    assert absolute(page, "./202010/t1.html#top") == "http://www.a.example/x/y/202010/t1.html"
    assert absolute(page, "../../f.doc") == "http://www.a.example/f.doc"
    assert absolute(page, "//b.example/c") == "http://b.example/c"
    assert absolute(page, "..\\a b.doc") == "http://www.a.example/x/a%20b.doc"
    assert absolute(page, " /附件1.doc\n") == "http://www.a.example/附件1.doc"
    for href in (
        None,
        "",
        "#",
        "#a",
        "javascript:;",
        "JavaScript:void(0)",
        "mailto:a@b.example",
        "tel:1",
        "data:text/html,x",
        "file:///etc/passwd",
    ):
        assert absolute(page, href) is None
    for href in ("http://[::1", "http://a:99999/", "http:///x", "http://a b/", "x" * 5000):
        assert absolute("", href) is None


def test_base_element_moves_the_links() -> None:
    assert base_url(parse("<base href='/sub/'><p>x"), "http://a.example/i.html") == "http://a.example/sub/"
    assert base_url(parse("<base href='javascript:x'><p>x"), "http://a.example/i.html") == "http://a.example/i.html"


@pytest.mark.parametrize(
    "html",
    [
        "<div>" * 100_000 + "<p>正文",
        "<font>" * 100_000 + "<p>正文",
        "<table><tr><td>" * 40_000 + "正文",
        "<ul><li>" * 50_000 + "正文",
        "<div " + " ".join(f"a{n}=1" for n in range(60_000)) + "><p>正文",
        "<div>" * 250 + "</b>" * 300_000 + "<p>正文",
        "<a href='" * 100_000 + "正文'>正文",
        "&#x" * 300_000 + "<p>正文",
        '<!DOCTYPE a [<!ENTITY b "cccc"><!ENTITY d "&b;&b;&b;">]>' + "&d;" * 100_000 + "<p>正文",
    ],
    ids=["div", "font", "table", "list", "attributes", "ends", "quotes", "references", "entities"],
)
def test_hostile_markup_still_gives_its_text(html: str) -> None:
    with cpu_within(60):
        assert "正文" in text_of(parse(html)) or html.startswith("<a href")


def test_size_is_bounded_and_embedded_pictures_do_not_count() -> None:
    picture = "<img src='data:image/png;base64," + "A" * (MAX_CHARACTERS + 10) + "'>"
    assert text_of(parse(picture + "<p>正文")) == "正文"
    assert len(text_of(parse("<p>" + "字" * (MAX_CHARACTERS + 1000)))) <= MAX_CHARACTERS


@given(st.binary(max_size=400))
def test_any_bytes_decode_and_parse(body: bytes) -> None:
    text, _ = decode(body)
    assert not set(text) & set("\x00\r\u200b")
    assert "\x00" not in text_of(parse(text))


@given(st.text(max_size=300))
def test_any_text_has_lines_without_blank_ends(text: str) -> None:
    for line in text_of(parse(f"<p>{text}")).split("\n"):
        assert line == line.strip(" \u3000\t")
