"""Automatic numbers of paragraphs in OpenDocument texts, as an office program shows them."""

from __future__ import annotations

from pipeline.attachments.read import read_attachment
from tests.support.made_files import zipped

ODF = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{where}:1.0"'
    for name, where in (("office", "office"), ("text", "text"), ("style", "style"))
)
LOEXT = 'xmlns:loext="urn:org:documentfoundation:names:experimental:office:xmlns:loext:1.0"'


def odt(blocks: str, levels: str = "", more: dict[str, str] | None = None) -> bytes:
    """An OpenDocument text with the list style L1."""
    styles = f'<office:automatic-styles><text:list-style style:name="L1">{levels}</text:list-style></office:automatic-styles>'
    content = f"<office:document-content {ODF} {LOEXT}>{styles}<office:body><office:text>{blocks}</office:text></office:body></office:document-content>"
    return zipped({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": content, **(more or {})})


def odt_level(n: int, form: str, more: str = "") -> str:
    return f'<text:list-level-style-number text:level="{n}" style:num-format="{form}" {more}/>'


def item(inner: str, more: str = "") -> str:
    return f"<text:list-item {more}>{inner}</text:list-item>"


def listed(*items: str, more: str = 'text:style-name="L1"') -> str:
    return f"<text:list {more}>{''.join(items)}</text:list>"


def p(text: str) -> str:
    return f"<text:p>{text}</text:p>"


def lines_of(body: bytes) -> list[str]:
    return read_attachment(body).pages[0].split("\n")


CHAPTERS = (
    odt_level(1, "一, 二, 三, ...", 'style:num-prefix="第" style:num-suffix="条"')
    + odt_level(2, "1", 'style:num-prefix="（" style:num-suffix="）"')
    + odt_level(3, "1", 'text:display-levels="2" style:num-suffix="."')
)


def test_automatic_numbers_of_an_opendocument_text() -> None:
    blocks = [
        listed(
            item(p("总则") + p("又一段") + listed(item(p("子项") + listed(item(p("细项")))), item(p("子项二")), more="")),
            item(p("附则") + listed(item(p("又一")), more="")),
        ),
        p("间隔"),
        listed(item(p("接着")), more='text:style-name="L1" text:continue-numbering="true" xml:id="a"'),
        listed(item(p("另起"))),
        listed(item(p("回到")), more='text:style-name="L1" text:continue-list="a"'),
        listed(item(p("从九起"), 'text:start-value="9"'), "<text:list-header><text:p>标题行</text:p></text:list-header>", item(p("其后"))),
    ]
    assert lines_of(odt("".join(blocks), CHAPTERS)) == [
        *("第一条 总则", "又一段", "（1） 子项", "1.1. 细项", "（2） 子项二", "第二条 附则", "（1） 又一", "间隔"),
        *("第三条 接着", "第一条 另起", "第四条 回到", "第九条 从九起", "标题行", "第十条 其后"),
    ]


def test_wrappers_of_deeper_items_are_not_counted_and_patterns_and_bullets_are_followed() -> None:
    deep = listed(item(p("一级")), item(listed(item(p("二级")), more="")), item(listed(item(p("二级又")), more="")), item(p("一级又")))
    levels = odt_level(1, "甲, 乙, 丙, ...", 'loext:num-list-format="[%1%]"') + odt_level(2, "a", 'loext:num-list-format="%1%-%2%)"')
    assert lines_of(odt(deep, levels)) == ["[甲] 一级", "甲-a) 二级", "甲-b) 二级又", "[乙] 一级又"]
    bullet = '<text:list-level-style-bullet text:level="1" text:bullet-char="•"/>'
    assert lines_of(odt(deep, bullet)) == ["一级", "二级", "二级又", "一级又"]


def test_numbers_of_headings_and_of_styles_in_the_template() -> None:
    outline = '<text:outline-style style:name="Outline">' + "".join(
        f'<text:outline-level-style text:level="{n}" style:num-format="{form}" style:num-suffix="{end}"/>'
        for n, form, end in ((1, "一", "、"), (2, "", ""))
    )
    own = f'<text:list-style style:name="L2">{odt_level(1, "①, ②, ③, ...")}</text:list-style>'
    styles = f"<office:document-styles {ODF}><office:styles>{outline}</text:outline-style>{own}</office:styles></office:document-styles>"
    heads = [
        f'<text:h text:outline-level="{n}" {more}>{text}</text:h>'
        for n, text, more in ((1, "总则", ""), (2, "小节", ""), (1, "不编号", 'text:is-list-header="true"'), (1, "附则", ""))
    ]
    blocks = "".join(heads) + listed(item(p("项")), more='text:style-name="L2"')
    assert lines_of(odt(blocks, "", {"styles.xml": styles})) == ["一、 总则", "小节", "不编号", "二、 附则", "① 项"]


def test_damaged_list_styles_of_an_opendocument_text_cost_the_numbers_alone() -> None:
    found = read_attachment(odt(listed(item(p("正文"))), CHAPTERS, {"styles.xml": "<office:styles"}))
    assert (found.outcome, found.pages) == ("ok", ("正文",))
    assert "automatic numbers" in str(found.detail)
