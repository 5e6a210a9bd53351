"""Templates of many makers, one notice in each: the furniture around a text differs, the reading does not."""

from __future__ import annotations

import json
from datetime import date

import pytest

from pipeline.parse.detail import read_detail

OFFICE = "霞浦湾区人民政府办公室"
TITLE = f"{OFFICE}关于开展山洪灾害隐患排查整治工作的通知"
NUMBER = "霞湾政办〔2026〕14号"
LINES = [
    "各镇人民政府、街道办事处，区直各有关单位：",
    "一、请各镇（街道）于9月20日前将自查情况报送至区应急管理局，联系人：陆工，电话：0990-6630112。",
    "二、对检查中发现的隐患，要建立台账、逐项销号，确保2026年汛期安全度汛。",
    "特此通知。",
    OFFICE,
    "2026年8月31日",
]
TEXT = "".join(f"<p>{line}</p>" for line in LINES)
NUMBERED = f"<p style='text-align:center'>{NUMBER}</p>{TEXT}"
NAVIGATION = (
    "<ul>"
    + "".join(f"<li><a href='/{word}/'>{word}</a></li>" for word in ("首页", "政务要闻", "政务公开", "政务服务", "互动交流"))
    + "</ul>"
)
FOOTER = "<div class=footer><p>主办：霞浦湾区人民政府办公室　承办：霞浦湾区大数据中心</p><p>网站标识码：9901020003</p></div>"
DAY = "<div class=info>发布时间：2026-09-01 09:10 来源：区政府办 浏览：12次</div>"
CODE = {"title": TITLE, "publishTime": "2026-09-01 09:00:00", "fileNum": NUMBER, "content": TEXT}
TYPED = NUMBERED.replace("<", "&lt;").replace(">", "&gt;")

TEMPLATES = {
    "date written by a script": f"""<h1>{TITLE}</h1><div class=toolbar>发布时间：<script>var pubdata='2026年09月01日';document.write(pubdata);</script>
        字体：<span>小</span><span>中</span></div><div class=content><font id=Zoom>{NUMBERED}</font></div>""",
    "rows of a table": f"""<table><tr><td align=center><h2>{TITLE}</h2></td></tr><tr><td align=center>（{NUMBER}）</td></tr><tr><td><table><tr>
        <td>字号 <a>大</a> <a>中</a></td><td>文章来源：<span>办公室</span></td><td><span>2026-09-01 17:40:12</span></td></tr></table></td></tr>
        <tr><td><div id=zoom>{TEXT}</div></td></tr></table>""",
    "day in the heading": f"""<h2 id=ivs_title>{TITLE}<small>（2026年9月1日）</small></h2><div id=ivs_content>{NUMBERED}</div>""",
    "wrapped heading over the number": f"""<h1>{OFFICE}<br/>关于开展山洪灾害隐患排查<br/>整治工作的通知</h1><h2>{NUMBER}</h2>
        <ul><li>发布时间：<b>2026.09.01</b></li></ul><div class=xl_con><div>{TEXT}</div></div>""",
    "lines that a style makes": f"""<div id=bt>{TITLE}</div><div>来源：{OFFICE} 日期：2026年09月01日 点击：33</div><div id=wz>"""
    + "".join(f"<span style='display: block'>　　{line}</span>" for line in [NUMBER, *LINES])
    + "</div>",
    "fonts and buttons of an old site": f"""<table><tr><td>当前位置：<a href=index.asp>首页</a>-&gt;<a href=list.asp>通知公告</a></td></tr><tr><td align=center>
        <font size=5><b>{TITLE}</b></font></td></tr><tr><td>作者：admin　更新时间：2026-9-1 15:20:11<hr></td></tr><tr><td><font size=3>{NUMBER}<br>"""
    + "<br>　　".join(LINES)
    + "</font></td></tr><tr><td>【<a href=#>发表评论</a>】【<a href=#>告诉好友</a>】【<a href=#>打印此文</a>】【<a href=#>关闭窗口</a>】</td></tr></table>",
    "text in JSON of a script": f"""<h1 id=bt></h1><div id=nr></div><script>var detail={json.dumps(CODE)};
        document.getElementById('bt').innerHTML=detail.title;document.getElementById('nr').innerHTML=detail.content;</script>""",
    "text in a hidden box": f"""<h1>{TITLE}</h1>{DAY}<textarea id=src style="display:none">{TYPED}</textarea><div id=show></div>
        <script>document.getElementById('show').innerHTML=document.getElementById('src').value</script>""",
    "day and office parted by a bar": f"<article class=article><h1>{TITLE}</h1><p class=meta>2026-09-01 | {OFFICE}</p>{NUMBERED}</article>",
    "labels typed as lines": f"""<div class=cc><p><strong>标　　题：</strong>{TITLE}</p><p><strong>发文字号：</strong>{NUMBER}</p>
        <p><strong>成文日期：</strong>2026年8月31日</p><p><strong>发布日期：</strong>2026年9月1日</p><hr>{TEXT}</div>""",
    "day under the text": f"<h3>{TITLE}</h3><div class=cc>{NUMBERED}</div><div class=bb>发布日期：2026-09-01　编辑：小陆　浏览次数：9</div>",
    "number with the heading's lines in blocks": f"<div class=sv><p class=title>{TITLE}</p><p class=wh>{NUMBER}</p></div>{DAY}<div id=fontzoom>{TEXT}</div>",
}


def read(content: str, title: str = TITLE, head: str = "") -> object:
    page = f"<!DOCTYPE html><html><head><meta charset=utf-8><title>{title}</title>{head}</head><body>{NAVIGATION}{content}{FOOTER}</body></html>"
    return read_detail(page.encode(), "http://www.xpw.gov.cn/q/w1.html")


@pytest.mark.parametrize("name", TEMPLATES)
def test_notice_is_read_alike_in_every_template(name: str) -> None:
    notice = read(TEMPLATES[name])
    assert (notice.title, notice.document_number, notice.published_date) == (TITLE, NUMBER, date(2026, 9, 1))
    assert (notice.written_date, notice.issuer) == (date(2026, 8, 31), OFFICE)
    lines = notice.text.split("\n")
    assert [line for line in lines if line != NUMBER] == LINES


def test_number_in_a_tag_is_that_of_the_notice() -> None:
    notice = read(f"<h1>{TITLE}</h1>{DAY}<div class=cc>{TEXT}</div>", head=f'<meta name="filenum" content="{NUMBER}">')
    assert (notice.document_number, notice.provenance["document_number"]) == (NUMBER, "tag")


def test_labelled_day_of_signing_is_no_day_of_publication() -> None:
    notice = read(
        f"<p class=title>{TITLE}</p><div><span>全文有效</span> <span>成文日期：2026-08-31</span></div><div id=fontzoom>{NUMBERED}</div>"
    )
    assert (notice.published_date, notice.written_date) == (None, date(2026, 8, 31))


def test_order_is_issued_by_the_body_of_its_title() -> None:
    text = "<p>《霞浦湾区河道管理办法》已经区政府常务会议通过，现予公布，自2026年10月1日起施行。</p><p>区长　赵行舟</p><p>2026年8月31日</p>"
    notice = read(f"<h1>霞浦湾区人民政府令</h1><h2>第 6 号</h2>{DAY}<div class=cc>{text}</div>", title="霞浦湾区人民政府令")
    assert (notice.issuer, notice.document_number) == ("霞浦湾区人民政府", "第6号")


def test_link_that_downloads_is_an_attachment_whatever_its_address() -> None:
    notice = read(f"<h1>{TITLE}</h1>{DAY}<div class=cc>{TEXT}<p><a href='/down.jsp?id=8' download='汇总.xlsx'>点击下载</a></p></div>")
    assert [(file.name, file.url) for file in notice.attachments] == [("汇总.xlsx", "http://www.xpw.gov.cn/down.jsp?id=8")]


def test_message_in_a_script_is_no_text() -> None:
    warning = "您即将离开本网站，前往的网站不属于本网站管理范围，其内容与本网站无关，请注意个人信息安全，谨慎输入账号和密码，是否继续访问该网站，请选择确定或者取消。"
    notice = read(f'<h1>{TITLE}</h1>{DAY}<div class=cc><img src="scan.jpg"></div><script>var message = "{warning}";</script>')
    assert "离开本网站" not in notice.text


@pytest.mark.parametrize(
    ("line", "number"),
    [
        ("霞浦湾区人民政府令（第21号）", "霞浦湾区人民政府令（第21号）"),
        ("（霞浦湾区水利局公告2026年第3号）", "霞浦湾区水利局公告2026年第3号"),
    ],
)
def test_number_keeps_its_own_brackets_and_loses_those_around_it(line: str, number: str) -> None:
    text = "<p>现将有关事项公布如下，请遵照执行。</p><p>霞浦湾区人民政府</p><p>2026年8月31日</p>"
    assert read(f"<h1>公告</h1>{DAY}<div id=zoom><p>{line}</p>{text}</div>", title="公告").document_number == number


@pytest.mark.parametrize("day", ["2026年9月1日（星期二）", "2026-09-01 周二", "2026.9.1 10:00 星期二"])
def test_day_with_its_weekday_is_over_the_text(day: str) -> None:
    notice = read(f"<h1>{TITLE}</h1><div class=date>{day}</div><div>{TEXT}</div>")
    assert (notice.published_date, notice.text.split("\n")) == (date(2026, 9, 1), LINES)


@pytest.mark.parametrize(
    ("shown", "title"),
    [
        ("关 于 公 布 抽 检 结 果 的 通 知", "关于公布抽检结果的通知"),
        ("霞浦湾区人民政府<br>关于印发区国土空间规划的<br>通　　知", "霞浦湾区人民政府关于印发区国土空间规划的通知"),
    ],
)
def test_title_that_is_set_apart_or_wrapped_is_one(shown: str, title: str) -> None:
    notice = read(f"<div class=title>{shown}</div>{DAY}<div class=content><p>各县区：</p><p>现就有关事项通知如下。</p></div>", title="详情")
    assert notice.title == title


def test_code_keeps_its_part_in_brackets() -> None:
    notice = read(f"<h1>{TITLE}</h1>{DAY}<div class=cc><p>霞湾政（规）〔2026〕2号</p>{TEXT}</div>")
    assert notice.document_number == "霞湾政（规）〔2026〕2号"


FIELDS = (("发文机关", OFFICE), ("成文日期", "2026年8月31日"), ("发文字号", NUMBER), ("发布日期", "2026-09-01"))


@pytest.mark.parametrize("container", ["content", "TRS_Editor"])
@pytest.mark.parametrize(
    "form", ["<div>{label}</div><div>{value}</div>", "<p><span>{label}</span><span>{value}</span></p>", "<dt>{label}</dt><dd>{value}</dd>"]
)
def test_labels_without_colons_are_read_and_left_out_of_the_text(form: str, container: str) -> None:
    labels = "".join(form.format(label=label, value=value) for label, value in FIELDS)
    text = "<p>各镇人民政府：</p><p>现将有关事项通知如下，请遵照执行。</p>"
    notice = read(f"<h1>{TITLE}</h1>{labels}<div class={container}>{text}</div>")
    assert (notice.issuer, notice.document_number) == (OFFICE, NUMBER)
    assert (notice.written_date, notice.published_date) == (date(2026, 8, 31), date(2026, 9, 1))
    assert notice.text == "各镇人民政府：\n现将有关事项通知如下，请遵照执行。"
