"""What `notices diff` shows of a silent edit: paragraphs beside their counterparts, changed words, fields, files, hidden numbers."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from cli.verbs.read.diff import paragraphs
from tests.support.archive_home import Home
from tests.support.site_server import notice_page, notice_path, serving, small_site


def test_paragraph_stands_beside_what_it_became_though_others_were_added() -> None:
    old = "一、各县区于九月底前完成堤防巡查。\n二、结果报送市防汛办公室。"
    new = "一、各县区于十月底前完成堤防巡查。\n新增：落实二十四小时值班。\n二、结果报送市防汛办公室。\n三、逾期通报。"
    found = list(paragraphs(old, new))
    assert [(p["sign"], [p["text"][a:b] for a, b in p["marks"]]) for p in found] == [("-", ["九"]), ("+", ["十"]), ("+", []), ("+", [])]
    assert [p["text"][:2] for p in found] == ["一、", "一、", "新增", "三、"]


def test_paragraph_that_was_put_in_anothers_place_is_no_change_of_it() -> None:
    [gone, come] = paragraphs("请各单位按时报送统计表。", "附件：联系人名单")
    assert (gone["sign"], gone["marks"], come["sign"], come["marks"]) == ("-", [], "+", [])


def test_change_in_a_hidden_number_is_said_and_not_shown() -> None:
    [old, new] = paragraphs("联系人：闻小满 13900001111", "联系人：闻小满 13900101111")
    assert old["text"] == new["text"] == "联系人：闻小满 139****1111"
    assert old["masked"] is True
    assert new["masked"] is True


@given(
    st.lists(st.text("甲乙丙丁\n", max_size=12), max_size=8).map("\n".join),
    st.lists(st.text("甲乙丙丁", max_size=12), max_size=8).map("\n".join),
)
def test_removed_and_added_paragraphs_lead_from_the_old_text_to_the_new(old: str, new: str) -> None:
    found = list(paragraphs(old, new))
    for sign, text in (("-", old), ("+", new)):
        left = iter(text.split("\n"))
        assert all(p["text"] in left for p in found if p["sign"] == sign)  # each in its place
    assert len(old.split("\n")) - sum(p["sign"] == "-" for p in found) == len(new.split("\n")) - sum(p["sign"] == "+" for p in found)


def test_files_that_changed_are_compared_by_their_text(tmp_path: Path) -> None:
    home, site = Home(tmp_path / "home"), small_site(1)
    link = '<p>附件：<a href="/files/a.txt">巡查表.txt</a></p>'
    site.pages[notice_path(1)] = notice_page(1, link)
    site.pages["/files/a.txt"] = (200, {"Content-Type": "text/plain; charset=utf-8"}, "巡查表\n甲段：每日一次\n".encode())
    with serving(site):
        home.source(site.base)
        home.run("crawl")
        assert "has one revision" in home.run("diff", "1", check=2).stderr
        site.pages["/files/a.txt"] = (200, {"Content-Type": "text/plain; charset=utf-8"}, "巡查表\n甲段：每日二次\n".encode())
        home.run("crawl", "--again")
    value = json.loads(home.run("diff", "1", "--json").stdout)
    assert (value["text"], value["fields"], value["attachments"]["removed"]) == ([], {}, [])
    [changed] = value["attachments"]["changed"]
    assert (changed["name"], [p["text"] for p in changed["text"]]) == ("巡查表.txt", ["甲段：每日一次", "甲段：每日二次"])
    shown = home.run("diff", "1").stdout
    assert "~ attachment 巡查表.txt" in shown
    assert "每日«二»次" in shown
