"""Kinds of pages on which readers lost text or took the wrong value: each in several shapes, so that the kind is read and not the case."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notices.model import Notice
from pipeline.parse.detail import read_detail

URL = "http://www.qinghe.example/tzgg/202603/t20260302_17.html"
NAV = '<div class="nav"><ul><li><a href="/">首页</a></li><li><a href="/x/">新闻中心</a></li><li><a href="/t/">通知公告</a></li></ul></div>'
FOOT = '<div class="footer"><p>版权所有：青禾市林业局　电话：000-7654321　地址：青禾市东坡路2号</p><p>青ICP备00000000号</p></div>'
TITLE = "关于开展春季森林防火检查的通知"
FIRST = "为做好春季森林防火工作，市林业局定于近期开展检查，请各单位提前准备并相互转告。"
LAST = "检查由各县林业站具体实施，遇有火情要及时向市防火办报告，不得瞒报。"
BODY = f"<p>　　{FIRST}</p><p>　　{LAST}</p>"
SIGNED = '<p align="right">青禾市林业局</p><p align="right">2026年3月2日</p>'
INFO = '<div class="info">时间：2026-03-03　来源：青禾市林业局</div>'


def page(content: str, head: str = "", title: str = "青禾市林业局") -> str:
    return f'<!DOCTYPE html><html><head><meta charset="utf-8"><title>{title}</title>{head}</head><body>{NAV}{content}{FOOT}</body></html>'


def read(content: str, head: str = "", title: str = "青禾市林业局", **told: str) -> Notice:
    return read_detail(page(content, head, title).encode(), URL, listed_title=told.get("listed_title"))


def article(text: str, container: str = "article-content", info: str = INFO) -> str:
    return f'<h1>{TITLE}</h1>{info}<div class="{container}">{text}</div>'


# Text

MARKS = ["主办单位：青禾市林业局", "承办：青禾市森林公园", "大 中 小 打印", "【字体：大 中 小】", "联系我们", "分享到：", "技术支持：青禾市信息中心", "相关附件：",
         "免责声明", "浏览次数：12", "网站地图说明如下", "扫一扫在手机打开当前页"]  # fmt: skip
SENTENCES = [FIRST, LAST, "一、各县要在三月底前完成自查，并将结果报市防火办。", "第二条　本办法所称火情，是指森林和草原火情。"]


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(
    st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=5),
    st.lists(st.tuples(st.sampled_from(MARKS), st.sampled_from(SENTENCES)), max_size=3),
    st.sampled_from(["article-content", "TRS_Editor", "v_news_content", "nr", "box7"]),
)
def test_text_is_kept_below_lines_that_look_like_the_sites_part(above: list[str], below: list[tuple[str, str]], container: str) -> None:
    lines = [*above, *(line for pair in below for line in pair)]
    found = read(article("".join(f"<p>{line}</p>" for line in lines) + SIGNED, container))
    kept = found.text.split("\n")
    assert [line for line in lines if line not in MARKS] == [line for line in kept if line in SENTENCES]
    assert kept[-2:] == ["青禾市林业局", "2026年3月2日"]
    assert "版权所有" not in found.text
    assert found.written_date == date(2026, 3, 2)


@pytest.mark.parametrize(
    "foot", ["上一篇：没有了", "下一条：关于植树的通知", "延伸阅读", "版权所有：青禾市林业局", "网站标识码：0000000001"]
)
@pytest.mark.parametrize("container", ["article-content", "box7"])
def test_text_ends_where_neighbours_and_footer_begin(foot: str, container: str) -> None:
    rest = f"<p>{foot}</p><p>关于义务植树的通知</p><p>本站内容不得转载。</p>"
    assert read(article(BODY + SIGNED + rest, container)).text.split("\n") == [FIRST, LAST, "青禾市林业局", "2026年3月2日"]


def test_buttons_above_the_text_are_not_its_end() -> None:
    tools = "<div><span>大</span> <span>中</span> <span>小</span> <span>打印</span></div>"
    found = read(f'<div class="article"><h2>市级工程</h2><h1>{TITLE}</h1>{INFO}{tools}{BODY}</div>')
    assert (found.title, found.text) == (TITLE, f"{FIRST}\n{LAST}")


def test_short_lines_with_a_day_below_are_a_text() -> None:
    lines = ["一年级（1）班　甲一、乙二", "一年级（2）班　丙三", "青禾市第二小学教务处", "2026年3月2日"]
    found = read(
        f"<h4>{TITLE}</h4><span>2026-03-03　青禾市第二小学</span>" + f'<div class="TRS_Editor"><p>{"</p><p>".join(lines)}</p></div>'
    )
    assert found.text.split("\n") == lines
    assert (found.issuer, found.written_date) == ("青禾市第二小学教务处", date(2026, 3, 2))


@pytest.mark.parametrize("extra", [0, 4])
def test_order_above_a_regulation_is_kept(extra: int) -> None:
    order = ["青禾市人民代表大会常务委员会公告", "第7号", *["（第二次会议通过）"] * extra, "《青禾市护林条例》已经本届第四次会议通过，现予公布，自2026年5月1日起施行。",
             "青禾市人民代表大会常务委员会", "2026年2月17日"]  # fmt: skip
    lines = [*order, "青禾市护林条例", "第一条　为了保护森林，制定本条例。", "第二条　" + LAST]
    text = "".join(f"<p>{line}</p>" for line in lines)
    found = read(
        f'<h2>青禾市护林条例</h2><div>时间：2026-03-09　来源：青禾网</div><div class="nr">{text}</div>', title="青禾市护林条例_青禾网"
    )
    assert found.text.split("\n") == lines
    assert found.written_date == date(2026, 2, 17)
    assert found.issuer == "青禾市人民代表大会常务委员会"


@pytest.mark.parametrize("name", ["qh-page-set", "main-menu-box", "content search-page", "right side"])
def test_article_inside_a_block_named_like_a_menu(name: str) -> None:
    found = read(
        f'<div class="{name}"><div>当前位置：<a href="/">首页</a> &gt; <a href="/g/">公开</a></div><div class="k1"><h1>{TITLE}</h1>{BODY}{SIGNED}</div></div>'
    )
    assert found.title == TITLE
    assert found.text.split("\n") == [FIRST, LAST, "青禾市林业局", "2026年3月2日"]


def test_footer_of_the_same_class_is_not_the_text() -> None:
    foot = '<div class="TRS_Editor"><p>版权所有：青禾市林业局　电话：000-7654321</p><p>网站标识码：0000000001　青ICP备00000000号</p></div>'
    found = read(
        f'<div class="z1">{TITLE}</div>{INFO}<div class="TRS_Editor">详见附件</div><p><a href="./P020260302.pdf">报表.pdf</a></p>{foot}'
    )
    assert found.text.startswith("详见附件")
    assert "版权" not in found.text
    assert [file.name for file in found.attachments] == ["报表.pdf"]


@pytest.mark.parametrize("mark", ["附件", "附件1：", "附表"])
def test_annex_beside_the_text_is_kept(mark: str) -> None:
    rows = "".join(f"<tr><td>考生{n}号</td><td>青禾大学</td></tr>" for n in range(12))
    found = read(
        f'<div class="m"><h1>{TITLE}</h1><span>发布时间：2026-03-03</span><div>{BODY * 9}{SIGNED}</div><p>{mark}</p><p>名单</p><table>{rows}</table></div>'
    )
    assert "考生11号" in found.text


# Titles


@pytest.mark.parametrize(
    "above",
    [
        '<p>您当前的位置：<a href="/">首页</a>&nbsp;&gt;&nbsp;<a href="/t/">通知公告</a></p>',
        '<p>您现在所在的位置：<a href="/">首页</a> » <a href="/t/">通知公告</a></p>',
        '<p><a href="/x/">新闻中心</a> <a href="/t/">通知公告</a> <a href="/w/">为民办实事专题</a></p>',
        '<div>页面所在位置：<a href="/">首页</a>-&gt;<a href="/t/">通知公告</a></div>',
    ],
)
def test_way_to_the_page_is_not_its_title(above: str) -> None:
    title = "东坡片区林区道路检修期间注意事项"
    found = read(f'<div class="u">{above}<div class="b"><p align="center">{title}</p>{INFO}{BODY}</div></div>')
    assert found.title == title


@pytest.mark.parametrize(
    "behind", ["<span>日期：2026-03-03</span>", " <small>( 2026-03-03)</small>", "<span>发布时间：2026-03-03 10:00</span>"]
)
def test_day_in_the_heading_is_not_of_the_title(behind: str) -> None:
    found = read(f'<h2 class="a-title">{TITLE}{behind}</h2><div class="article-content">{BODY}</div>')
    assert found.title == TITLE


def test_day_that_the_title_itself_ends_with_is_kept() -> None:
    title = "东坡片区停水公告2026年03月03日"
    assert read(f'<h1>{title}</h1>{INFO}<div class="article-content">{BODY}</div>', title=f"{title}_青禾网").title == title


def test_longer_line_replaces_a_tag_only_where_it_was_cut() -> None:
    whole = "东坡森林体验馆春季开放日活动圆满举办五百名市民参加"
    tag = f'<meta name="ArticleTitle" content="{whole}">'
    assert read(f'<h3 class="t-title">{whole}<span>来源：青禾日报</span></h3><div class="article-content">{BODY}</div>', tag).title == whole
    cut = f'<meta name="ArticleTitle" content="{whole[:22]}">'
    assert read(f'<h3 class="t-title">{whole}</h3><div class="article-content">{BODY}</div>', cut).title == whole


@pytest.mark.parametrize("listed", ["东坡片区林区道路检修期间注意事项", "东坡片区林区道路检修期…"])
def test_title_of_the_list_decides_between_lines(listed: str) -> None:
    title = "东坡片区林区道路检修期间注意事项"
    tags = '<meta name="ArticleTitle" content="青禾市林业局关于网站改版的公告">'
    assert read(f'<p>{title}</p><div class="article-content">{BODY}</div>', tags, listed_title=listed).title == title


# Labels

VALUES = {
    "索取号": "QH0001/2026-00017",
    "发布机构": "青禾市林业局",
    "文件编号": "青林防〔2026〕5号",
    "备注": "",
    "公开日期": "2026-03-03",
    "密级": "无",
}


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(st.permutations(list(VALUES)), st.booleans(), st.booleans())
def test_row_of_values_under_a_row_of_labels(labels: list[str], inside: bool, thead: bool) -> None:
    row = "".join(f"<td>{label}</td>" for label in labels)
    head = f"<thead><tr>{row}</tr></thead>" if thead else f"<tr>{row}</tr>"
    table = f"<table>{head}<tr>{''.join(f'<td>{VALUES[label]}</td>' for label in labels)}</tr></table>"
    text = f'<h1>{TITLE}</h1><div class="Article_content">{table if inside else ""}<p>各县林业局：</p>{BODY}</div>'
    found = read(text if inside else table + text)
    assert (found.index_number, found.issuer, found.document_number) == ("QH0001/2026-00017", "青禾市林业局", "青林防〔2026〕5号")
    assert found.published_date == date(2026, 3, 3)
    assert found.text.split("\n") == ["各县林业局：", FIRST, LAST]


def test_list_of_files_is_not_a_table_of_values() -> None:
    rows = "".join(f"<tr><td>办法{n}</td><td>青林防〔2026〕{n}号</td><td>2026-03-0{n}</td></tr>" for n in range(1, 4))
    found = read(article(f"{BODY}<table><tr><td>名称</td><td>文号</td><td>发布日期</td></tr>{rows}</table>"))
    assert (found.document_number, found.title) == (None, TITLE)
    assert "青林防〔2026〕3号" in found.text


@pytest.mark.parametrize(
    "line",
    [
        "<span>来源：青禾日报</span><span>发布日期：2026-03-03 </span><span>【浏览字号 :<span>大</span> <span>小</span>】</span>",
        "<span>发布日期：2026-03-03</span><span>来源：青禾日报</span><span>作者：甲一</span>",
        "<span>文章来源：青禾日报</span><span>作者：甲一</span><span>发布时间：2026-03-03 10:11</span>",
        "来源：青禾日报　　2026-03-03 14:59:48　　【字体：大 中 小】",
        "来源：青禾日报 (2026/03/03)",
        "来源：青禾日报2026年3月3日",
    ],
)
def test_source_and_day_that_touch_are_two_values(line: str) -> None:
    found = read(article(BODY, info=f'<p class="ly">{line}</p>'))
    assert (found.issuer, found.published_date) == ("青禾日报", date(2026, 3, 3))
    assert found.text == f"{FIRST}\n{LAST}"


def test_issue_of_a_newspaper_is_not_the_day_of_publication() -> None:
    assert read(article(BODY, info="<p>来源：青禾日报 2026年1月5日 第3版　发布时间：2026-03-03</p>")).published_date == date(2026, 3, 3)


@pytest.mark.parametrize(
    "nobody",
    [
        "未知",
        "本网",
        "本网站",
        "本站",
        "原创",
        "网络",
        "admin",
        "佚名",
        "其他",
        "未知来源",
        "转自网络",
        "网站管理员",
        "本局",
        "本网综合讯",
        "test",
        "暂无",
    ],
)
@pytest.mark.parametrize("site", ["青禾市林业局", None])
def test_placeholder_of_a_cms_names_nobody(nobody: str, site: str | None) -> None:
    tags = f'<meta name="ContentSource" content="{nobody}">' + (f'<meta name="SiteName" content="{site}">' if site else "")
    for info, head in ((f"<p>时间：2026-03-03　来源：{nobody}</p>", tags.replace("ContentSource", "x")), ("<p>时间：2026-03-03</p>", tags)):
        assert read(article(BODY, info=info), head).issuer == site


@pytest.mark.parametrize("line", ["admin 发表于 2026-03-03 09:00", "发布于：2026-03-03", "由 办公室 发布于 2026/03/03"])
def test_posted_line_gives_the_day_and_no_title(line: str) -> None:
    found = read(f'<div class="b"><h2>{TITLE}</h2><div>{line}</div>{BODY}</div>')
    assert (found.title, found.published_date, found.text) == (TITLE, date(2026, 3, 3), f"{FIRST}\n{LAST}")


@pytest.mark.parametrize(("one", "two"), [("03", "2026年03月"), ("3日", "2026-3"), ("2026.03", "03")])
def test_day_in_one_element_and_month_in_the_next(one: str, two: str) -> None:
    found = read(
        f'<div class="det"><h5>{TITLE}</h5><div class="data"><div>{one}</div><div>{two}</div></div><div class="edit">{BODY}</div></div>'
    )
    assert (found.published_date, found.text) == (date(2026, 3, 3), f"{FIRST}\n{LAST}")


# Numbers and signatures


@pytest.mark.parametrize(
    "line", ["（青财林〔2025〕86号 2025年12月29日）", "(青财林[2025]86号，2025年12月29日)", "青财林〔2025〕86号　2025年12月29日"]
)
def test_number_and_day_on_one_line_under_the_title(line: str) -> None:
    found = read(article(f"<p>{line}</p><p>各县林业局：</p>{BODY}"))
    assert (found.document_number, found.written_date) == ("青财林〔2025〕86号", date(2025, 12, 29))


@pytest.mark.parametrize(("line", "number"), [("2025年 第6号", "2025年第6号"), ("（第37号）", "第37号"), ("第 6 号", "第6号")])
@pytest.mark.parametrize("repeated", [True, False])
def test_running_number_under_an_announcement(line: str, number: str, repeated: bool) -> None:
    title = "青禾市发展和改革委员会公告"
    found = read(
        f'<h1>{title}</h1>{INFO}<div class="news-content">{f"<p>{title}</p>" if repeated else ""}<p>{line}</p>{BODY}<p>现予公告。</p></div>'
    )
    assert found.document_number is not None
    assert found.document_number.endswith(number)


@pytest.mark.parametrize(
    ("lines", "issuer"),
    [
        (["中华人民共和国青禾海关", "2026年3月2日"], "中华人民共和国青禾海关"),
        (["青禾省第一监狱", "2026年3月2日"], "青禾省第一监狱"),
        (["青禾市第一中学", "2026年3月2日"], "青禾市第一中学"),
        (["4417青禾大学报考点", "2026年3月2日"], None),
        (["青禾大学研究生报考点", "2026年3月2日"], "青禾大学研究生报考点"),
        (["青禾市防指", "2026年3月2日"], "青禾市防指"),
        (["青禾县人力资源网", "2026年3月2日"], "青禾县人力资源网"),
        (["青禾省农药检定所", "（青禾省农药标准委员会秘书处）", "2026年3月2日"], "青禾省农药检定所"),
        (["发布人：青禾市林业局", "发布日期： 2026年 3月 2 日"], "青禾市林业局"),
        (["青禾省扶贫办综合处青禾省民政厅办公室", "2026年3月2日"], "青禾省扶贫办综合处、青禾省民政厅办公室"),
    ],
)
def test_signer_by_its_place(lines: list[str], issuer: str | None) -> None:
    found = read(
        article(BODY + "".join(f'<p align="right">{line}</p>' for line in lines), info='<div class="info">发布时间：2026-03-03</div>')
    )
    assert found.issuer == issuer
    assert found.written_date == date(2026, 3, 2)
    assert found.text.endswith(lines[-1].replace("： ", "： "))


def test_lines_that_are_not_a_signer() -> None:
    for line in ("会议议程安排表的说明", "附件：参加人员名单", "张三"):
        found = read(article(f"{BODY}<p>{line}</p><p>2026年3月2日</p>", info='<div class="info">发布时间：2026-03-03</div>'))
        assert found.issuer is None, line


def test_signature_without_a_day_after_contacts() -> None:
    text = f"<p>　　{FIRST}特此公示。</p><p>市防火办 000-76543210 000-76543211</p><p>市监察处 000-76543212</p><p>青禾大学研招办</p>"
    assert read(article(text, info='<div class="info">2026-03-03</div>')).issuer == "青禾大学研招办"


def test_bare_day_before_a_caption_is_the_day_of_signing() -> None:
    found = read(article(f'{BODY}<p>2026年3月2日</p><p><img src="/1.jpg"></p><p>{TITLE}</p>'))
    assert found.written_date == date(2026, 3, 2)


# Attachments


@pytest.mark.parametrize("quote", ["'", '"'])
@pytest.mark.parametrize("place", ["inside", "below"])
def test_link_that_a_script_writes(quote: str, place: str) -> None:
    link = "<a href=./P020260302.xlsx>裁量基准.xlsx</a>" if quote == '"' else '<a href="./P020260302.xlsx">裁量基准.xlsx</a>'
    script = f"<script>var fj=1;if(fj){{ document.write({quote}<p>附件：{link}</p>{quote}); }}</script>"
    text = f'<div class="TRS_Editor">{BODY}{script if place == "inside" else ""}</div>{script if place == "below" else ""}'
    found = read(f"<div class=z1>{TITLE}</div>{INFO}<div class=z3>{text}</div>")
    assert [(f.name, f.url) for f in found.attachments] == [("裁量基准.xlsx", "http://www.qinghe.example/tzgg/202603/P020260302.xlsx")]


@pytest.mark.parametrize("empty", ["", "<img src='/icon.gif'>", "&nbsp;"])
def test_empty_or_icon_link_before_the_named_one(empty: str) -> None:
    link = "/__local/F/BF/AD/BBBB2222_8E00.doc?e=.doc"
    found = read(article(f'{BODY}<p><b><a href="{link}">{empty}</a></b></p><p><a href="{link}"><b>森林防火规程</b></a></p>'))
    assert [f.name for f in found.attachments] == ["森林防火规程"]


@pytest.mark.parametrize("caption", ["附件：1.岗位表.xls", "附 件：岗位表", "附件2：岗位表.doc"])
def test_caption_of_attached_files_is_not_the_title_of_a_page_without_one(caption: str) -> None:
    text = f"<p>各县林业站：</p><p>现将春季森林防火检查的安排通知如下，请提前准备。</p><p>{caption}</p>{SIGNED}"
    notice = read(f'<div class="content">{text}</div>', title="")
    assert not (notice.title or "").startswith("附")


# A site's words, and sections


@pytest.mark.parametrize("heading", ["公　示", "通　告", "公告"])
def test_heading_that_is_a_kind_alone_is_the_title(heading: str) -> None:
    text = f"<p>　　{FIRST}</p><p>联系电话：000-7654321</p>{SIGNED}"
    found = read(
        f'<div class="title"><h1>{heading}</h1></div>{INFO}<div class="content"><font id="zoom">{text}</font></div>', title=heading
    )
    assert "".join((found.title or "").split()) == "".join(heading.split())


def test_owner_of_a_site_behind_the_pages_own_words_is_not_the_title() -> None:
    assert read(f'<div class="v_news_content">{BODY}</div>', title="馆长专栏-青禾市图书大学").title == "馆长专栏"


def test_sections_of_an_editor_are_one_text() -> None:
    short = f"<section><section><span>{FIRST}</span></section></section>"
    long = f"<section>{''.join(f'<p>　　{n}.{LAST}</p>' for n in range(2, 9))}</section>"
    found = read(f'<div class="article-info"><h1>{TITLE}</h1>{INFO}<div class="con">{short}{long}</div></div>')
    assert found.text.startswith(FIRST)
    assert found.text.count("\n") == 7


@pytest.mark.parametrize("text", ["（来源：青禾日报　制图：甲一　编辑：乙二）", "作者：甲一　制图：乙二"])
def test_container_is_never_cut_to_nothing(text: str) -> None:
    assert read(f'<h3 class="zw-title">{TITLE}</h3>{INFO}<div class="zw"><p>{text}</p></div>').text.replace("　", " ") == text.replace(
        "　", " "
    )


def test_day_that_an_editor_copied_is_not_the_pages() -> None:
    copied = f"<p>{TITLE}</p><p>青林防〔2026〕5号</p><p>信息发布时间：2025-11-25</p>"
    shown = "<div class='bar'>发布时间：<script>var pubdata='2026年03月03日'; document.write(pubdata);</script></div>"
    found = read(article(f"<font id='Zoom'>{copied}{BODY}</font>", info=shown, container="content"))
    assert found.published_date == date(2026, 3, 3)


def test_buttons_that_act_by_script_are_no_text_wherever_they_are() -> None:
    row = "<p>【<a href='javascript:window.print()'>打印本页</a>】【<a href='javascript:window.close()'>关闭窗口</a>】</p>"
    named = "<p>打印 关闭 两项服务</p>"
    found = read(article(f"<p>　　{FIRST}</p>{row}{named}<p>　　{LAST}</p>"))
    assert found.text.split("\n") == [FIRST, "打印 关闭 两项服务", LAST]


def test_bare_day_below_the_day_of_publication_begins_the_text() -> None:
    programme = f"<p>2026年3月9日</p><p>上午：报到</p><p>　　{LAST}</p>"
    assert read(article(programme)).text.startswith("2026年3月9日\n上午：报到")
    inside = f'<div class="news-content"><h1>{TITLE}</h1><p>2026-03-03 10:00　点击数：12</p>{programme}</div>'
    assert read(inside).text.startswith("2026年3月9日\n上午：报到")
