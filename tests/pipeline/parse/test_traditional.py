"""Pages in traditional characters: labels are read, years of the Republic only where they are named or labelled on such a page."""

from __future__ import annotations

from datetime import date

import pytest

from notices.model import Notice
from pipeline.parse.detail import read_detail

TEXT = "<p>主旨：公告辦理堤防巡查，請各鄉鎮公所於期限內完成。</p><p>依據：水利法第七條及縣府會議決議。</p>"
PLAIN = "<p>各县区人民政府：请于汛期前完成堤防巡查工作，并将结果报送市防汛办公室。</p>"


def page(around: str, text: str = TEXT, url: str = "https://www.linshan.example/news/7.html") -> Notice:
    html = f"<html><head><title>臨杉縣政府</title></head><body><h1>臨杉縣政府公告辦理堤防巡查</h1>{around}<div class='content'>{text}</div></body></html>"
    return read_detail(html.encode(), url, content_type="text/html; charset=utf-8")


@pytest.mark.parametrize("label", ["發布日期", "發佈日期", "公告日期", "張貼日期", "更新日期", "發表時間"])
@pytest.mark.parametrize("day", ["115-09-01", "115/09/01", "115.9.1", "民國115年9月1日", "2026-09-01"])
def test_labelled_day_of_the_republic(label: str, day: str) -> None:
    assert page(f"<div>{label}：{day}　點閱次數：115</div>").published_date == date(2026, 9, 1)


def test_table_in_traditional_characters() -> None:
    rows = {
        "發文機關": "臨杉縣政府",
        "發文日期": "中華民國115年8月30日",
        "發文字號": "臨府水字第1150012345號",
        "公告日期": "115/09/01",
    }
    found = page("<table>" + "".join(f"<tr><th>{k}</th><td>{v}</td></tr>" for k, v in rows.items()) + "</table>")
    assert (found.published_date, found.written_date) == (date(2026, 9, 1), date(2026, 8, 30))
    assert (found.issuer, found.document_number) == ("臨杉縣政府", "臨府水字第1150012345號")
    assert found.text.startswith("主旨：公告辦理堤防巡查，請各鄉鎮公所")
    assert "發文" not in found.text


def test_text_keeps_its_characters() -> None:
    found = page("<div>發布日期：115-09-01</div>", TEXT + "<p>聯絡電話：略</p><p>來源：經費由縣府負擔，編號 115-09-01。</p>")
    assert "編號 115-09-01" in found.text
    assert "來源：經費" in found.text


def test_bare_day_counts_on_a_site_of_the_republic_alone() -> None:
    bare = "<div>115-09-01</div>"
    assert page(bare, url="https://www.linshan.gov.tw/news/7.html").published_date == date(2026, 9, 1)
    assert page(bare, TEXT + "<p>中華民國一百一十五年八月三十日</p>").published_date == date(2026, 9, 1)
    assert page(bare).published_date is None


def test_simplified_page_and_other_orders_are_no_years_of_the_republic() -> None:
    assert page("<div>发布日期：115-09-01</div>", PLAIN).published_date is None
    assert page("<div>發布日期：99-09-01</div>").published_date is None
    assert page("<div>編號：115-09-01</div>").published_date is None
    assert page("<div>發布日期：115-13-01</div>").published_date is None
    assert page("<div>發布日期：115-09-01-2</div>").published_date is None


HEADING = "公告「霞浦縣河川管理辦法」修正草案"
BODY = "<div class=content><p>主旨：公告修正草案，請各界於期限內提出意見。</p><p>依據：行政程序法第一百五十一條。</p><p>公告事項：詳如附件。</p></div>"
FIELDS = (
    ("發文機關", "霞浦縣政府水利處"),
    ("發文日期", "中華民國115年9月9日"),
    ("發文字號", "府水管(一)字第1150012345號"),
    ("公告日期", "2026-09-10"),
)


@pytest.mark.parametrize(
    "form",
    [
        "<table>{rows}</table>",
        "<div>{line}</div>",
        "<dl>{terms}</dl>",
        "{blocks}",
    ],
)
def test_labels_of_traditional_script_are_read(form: str) -> None:
    head = form.format(
        rows="".join(f"<tr><th>{label}</th><td>{value}</td></tr>" for label, value in FIELDS),
        line="　".join(f"{label}：{value}" for label, value in FIELDS),
        terms="".join(f"<dt>{label}</dt><dd>{value}</dd>" for label, value in FIELDS),
        blocks="".join(f"<div><b>{label}：</b><span>{value}</span></div>" for label, value in FIELDS),
    )
    page = f"<html><head><meta charset=utf-8><title>{HEADING}</title></head><body><h2>{HEADING}</h2>{head}{BODY}</body></html>"
    notice = read_detail(page.encode(), "http://www.xiapu.gov.tw/news?id=8")
    assert (notice.title, notice.issuer, notice.document_number) == (HEADING, "霞浦縣政府水利處", "府水管(一)字第1150012345號")
    assert (notice.written_date, notice.published_date) == (date(2026, 9, 9), date(2026, 9, 10))
    assert notice.text.split("\n")[0].startswith("主旨：")
