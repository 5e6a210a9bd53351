"""Dates in texts and addresses: reference/domain.md §5.1 and §4.3."""

from __future__ import annotations

import time
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notices.text.dates import date_line, find_dates, parse_date, url_date


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2020年10月16日", date(2020, 10, 16)),
        ("2020 年 10 月 16 日  ", date(2020, 10, 16)),
        ("2020年02月14日", date(2020, 2, 14)),
        ("２０２０年１０月１６日", date(2020, 10, 16)),
        ("二〇二〇年十月十六日", date(2020, 10, 16)),
        ("二○二○年八月七日", date(2020, 8, 7)),
        ("二0二O年八月七日", date(2020, 8, 7)),
        ("二零二零年十二月三十一日", date(2020, 12, 31)),
        ("二◯二◯年一月廿三日", date(2020, 1, 23)),
        ("一九九八年二月十日", date(1998, 2, 10)),
        ("2020-10-16", date(2020, 10, 16)),
        ("2020/10/16", date(2020, 10, 16)),
        ("2020.10.16", date(2020, 10, 16)),
    ],
)
def test_forms_of_a_date(text: str, expected: date) -> None:
    assert parse_date(text) == expected
    assert date_line(f"   {text}\u3000") == expected
    assert [found for _, _, found in find_dates(f"会议于{text}召开")] == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "2020-10-16 08:30",
        "2020-10-16 08:30:12",
        "2020/10/16 8:30",
        "2020-10-16T08:30:00+08:00",
        "2020-10-16 00:00:00.0",
        "发布时间：2020-10-16 08:30",
        "[发布日期] 2020-10-16",
        "（2020年10月16日）",
        "2020年10月16日 星期五",
        "20201016",
    ],
)
def test_times_labels_and_weekdays_are_allowed_in_a_field(text: str) -> None:
    assert parse_date(text) == date(2020, 10, 16)


@pytest.mark.parametrize(
    "text",
    [
        "2020年10月",
        "2020年度",
        "2020年以来",
        "2021—2025年",
        "109年5月6日",
        "2026-02-00018",
        "2020-02-30",
        "2020年13月1日",
        "二十一世纪",
        "",
        "12340",
        "2020年10月16日召开会议",
    ],
)
def test_other_spans_are_no_date(text: str) -> None:
    assert parse_date(text) is None
    assert date_line(text) is None


def test_time_of_day_or_label_is_no_date_line() -> None:
    assert date_line("2020-10-16 08:30") is None
    assert date_line("（2020年10月16日）") is None
    assert date_line("2020年10月16日印发") is None


def test_dates_come_in_order_with_their_places() -> None:
    text = "自2020-10-19起，至2020年10月29日止；二〇二一年一月一日施行"
    found = find_dates(text)
    assert [text[start:end] for start, end, _ in found] == ["2020-10-19", "2020年10月29日", "二〇二一年一月一日"]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/202010/t20201016_123456.html", date(2020, 10, 16)),
        ("/art/2020/2/3/art_11_22.html", date(2020, 2, 3)),
        ("/2020-02/11/content_5477191.htm", date(2020, 2, 11)),
        ("/2020-02/03/c_112.htm", date(2020, 2, 3)),
        ("/20200203/0af/c.html", date(2020, 2, 3)),
        ("/web/sec/202002031234567/index.shtml", date(2020, 2, 3)),
        ("/2020/02/03/ARTI1234.shtml", date(2020, 2, 3)),
        ("/2020-10-16/123.html", date(2020, 10, 16)),
        ("/safe/2020/1016/17.html", date(2020, 10, 16)),
        ("/20201016/1.html", date(2020, 10, 16)),
        ("/2020/1/6/0123456789abcdef0123456789abcdef.shtml", date(2020, 1, 6)),
        ("/columns/0a-1b/202010/16/2c-3d.html", date(2020, 10, 16)),
        ("/2020/10-16/841450.html", date(2020, 10, 16)),
        ("/11/2026052217462526593/index.html", date(2026, 5, 22)),
        ("/files/P020201029597065666501.pdf", date(2020, 10, 29)),
        ("/art/2020/art_0123456789abcdef0123456789abcdef.html", None),
        ("/202010/0123456789abcdef0123456789abcdef.shtml", None),
        ("/content/post_3255421.html", None),
        ("/sec/123456/index.html", None),
        ("/20201332/1.html", None),
        ("/20401016/1.html", None),
    ],
)
def test_day_in_an_address(path: str, expected: date | None) -> None:
    assert url_date("http://www.example.gov.cn" + path) == expected


@given(st.text(alphabet="0123456789２０年月日-/.二〇○一十廿 零\n：", max_size=60))
def test_any_text_is_read_without_error(text: str) -> None:
    parse_date(text)
    date_line(text)
    url_date(text)
    for start, end, found in find_dates(text):
        assert 0 <= start < end <= len(text)
        assert 1900 <= found.year <= 2099


@given(st.dates(date(1900, 1, 1), date(2099, 12, 31)))
def test_every_day_is_read_back(day: date) -> None:
    digits = "〇一二三四五六七八九"
    numbers = ["", "一", "二", "三", "四", "五", "六", "七", "八", "九"]
    small = [(["", "十", "二十", "三十"][n // 10] + numbers[n % 10]) for n in range(32)]
    chinese = "".join(digits[int(c)] for c in str(day.year)) + f"年{small[day.month]}月{small[day.day]}日"
    assert parse_date(f"{day.year}年{day.month}月{day.day}日") == parse_date(chinese) == parse_date(day.isoformat()) == day


@pytest.mark.parametrize("piece", ["2", "2020年", "2020-", "二", "2020年1 ", "-1", "2020.1.", "\u3000", "二〇二〇年十"])
def test_hostile_text_costs_linear_time(piece: str) -> None:
    text = piece * (200_000 // len(piece))
    began = time.process_time()
    find_dates(text)
    assert time.process_time() - began < 2


def test_run_of_blanks_behind_a_date_is_read_in_linear_time() -> None:
    began = time.process_time()
    for _ in range(200):
        parse_date("2020-10-16" + " " * 55 + "x")
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("中華民國115年9月9日", date(2026, 9, 9)),
        ("民國一百一十五年九月九日", date(2026, 9, 9)),
        ("中华民国九十九年十月一日", date(2010, 10, 1)),
        ("民國一百零一年1月2日", date(2012, 1, 2)),
        ("民国二十六年七月七日", date(1937, 7, 7)),
        ("民國一一五年九月九日", date(2026, 9, 9)),
        ("中華民國115年9月1日", date(2026, 9, 1)),
        ("民國一百一十五年九月一日", date(2026, 9, 1)),
        ("中华民国一百零五年十二月三十一日", date(2016, 12, 31)),
        ("民國 115/9/1", date(2026, 9, 1)),
        ("民國115.09.01", date(2026, 9, 1)),
    ],
)
def test_years_of_the_republic(text: str, day: date) -> None:
    for around in (f"於{text}公告", f"自{text}起施行"):
        assert [found for _, _, found in find_dates(around)] == [day]
    assert parse_date(text) == date_line(text) == day


@pytest.mark.parametrize("text", ["民國115年13月1日", "115年9月1日", "人民國115", "民国大学115-09-01"])
def test_no_year_of_the_republic(text: str) -> None:
    assert parse_date(text) is None


@pytest.mark.parametrize("text", ["民國0年9月9日", "民國115年13月9日", "民國三百年一月一日"])
def test_impossible_days_of_the_republic(text: str) -> None:
    assert find_dates(text) == []
