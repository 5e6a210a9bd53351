"""Lists in JSON are read by what their values are, whatever the keys are called."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import pytest

from crawler.list_page import read_list

URL = "https://www.linshan.example/api/list?page=1"
TITLES = ("关于开展堤防巡查的通知", "关于公布第三批名单的公告", "关于印发实施细则的通知", "关于征集路名意见的公告", "关于举办培训班的通知")
DAYS = tuple(date(2026, 10, 9 - n) for n in range(5))
WANTED = [(title, day, f"https://www.linshan.example/a/{n}.html") for n, (title, day) in enumerate(zip(TITLES, DAYS, strict=True))]


def read(answer: object) -> list[tuple[str, date | None, str]]:
    found = read_list(json.dumps(answer, ensure_ascii=False).encode(), URL, content_type="application/json")
    return [(entry.title, entry.date, entry.url) for entry in found.entries]


def rows(title: str = "title", address: str = "url", day: str = "pubDate", form: object = str, **more: object) -> list[dict[str, object]]:
    return [
        {"id": 2026_1000 + n, title: t, address: f"/a/{n}.html", day: form(d), "deptName": "临杉市水利局办公室", **more}  # type: ignore[operator]
        for n, (t, d) in enumerate(zip(TITLES, DAYS, strict=True))
    ]


@pytest.mark.parametrize("day", ["fbsj", "FBRQ", "crtTime", "addtime", "inputtime", "riqi", "shijian", "f_20", "displayDay", "publishOn"])
def test_a_day_is_read_under_any_key(day: str) -> None:
    assert read({"code": 200, "data": {"list": rows(day=day), "total": 50}}) == WANTED


@pytest.mark.parametrize("title", ["bt", "biaoti", "f_title", "wjbt", "topic", "mc", "XXMC", "f_3"])
def test_a_title_is_read_under_any_key(title: str) -> None:
    assert read(rows(title=title, summary="临杉市水利局发布的一条较长的摘要，说明了通知的主要内容和要求。")) == WANTED


@pytest.mark.parametrize("address", ["path", "filepath", "wapUrl", "lianjie", "f_7"])
def test_an_address_is_read_under_any_key(address: str) -> None:
    assert read({"rows": rows(address=address, imgUrl="/images/a.jpg")}) == WANTED


def _milliseconds(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() - timedelta(hours=8).total_seconds()) * 1000


@pytest.mark.parametrize(
    "form",
    [
        lambda day: day.strftime("%Y%m%d101112"),
        lambda day: [day.year, day.month, day.day, 9, 0],
        lambda day: {"year": day.year - 1900, "time": _milliseconds(day)},
        lambda day: f"/Date({_milliseconds(day)}+0800)/",
        lambda day: f"Oct {day.day}, 2026 9:00:00 AM",
        lambda day: f"{day.year}年{day.month}月{day.day}日",
        _milliseconds,
    ],
    ids=["14 digits", "parts", "Java", ".NET", "Gson", "Chinese", "milliseconds"],
)
def test_a_day_is_read_in_any_form(form: object) -> None:
    assert read({"rows": rows(form=form)}) == WANTED
    assert read({"rows": rows(day="fbsj", form=form)}) == WANTED


def test_an_answer_written_as_a_string_is_read() -> None:
    assert read({"code": 0, "data": json.dumps({"records": rows()}, ensure_ascii=False)}) == WANTED


def test_a_day_on_which_something_else_happened_is_not_that_of_publication() -> None:
    answer = rows(day="fbsj", updateTime="2026-11-20", endTime="2026-12-31", cwrq="2026-09-01", beginDate="2026-09-02")
    assert read(answer) == WANTED
    assert [day for _title, day, _url in read([{k: v for k, v in row.items() if k != "fbsj"} for row in answer])] == [
        date(2026, 11, 20)
    ] * 5
    assert [day for _title, day, _url in read(rows(day="cwrq"))] == [None] * 5


def test_a_number_is_no_day_unless_its_key_says_so() -> None:
    plain = [{key: value for key, value in row.items() if key != "pubDate"} for row in rows()]
    assert {day for _title, day, _url in read([row | {"uid": 1_790_000_000 + n} for n, row in enumerate(plain)])} == {None}


@pytest.mark.parametrize(
    "answer",
    [
        [{"mc": "首页", "dz": "/"}, {"mc": "政务公开", "dz": "/zwgk/"}],
        [{"a": title, "b": "/same.html"} for title in TITLES],
        [{"a": "同一个栏目的名称", "b": f"/a/{n}.html"} for n in range(5)],
        [{"a": title, "pic": f"/a/{n}.jpg"} for n, title in enumerate(TITLES)],
        [{"bt": TITLES[0], "dz": "/a/0.html"}],
    ],
)
def test_objects_that_are_no_entries_stay_unread(answer: object) -> None:
    assert read(answer) == []
