"""The reading room's pages: what they show, in which language, and that nothing archived is ever markup."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import html
from starlette.testclient import TestClient

from tests.support.quick_home import QuickHome
from tests.support.reading_room import EVIL, NOTICES, PADDING, PAGE, archive_in, line, links_of, reading_room
from web.language import language_named, translated
from web.pages import last_day
from web.words import LABELS, SENTENCES

TEMPLATES = Path(__file__).parents[2] / "web/templates"


@pytest.fixture(scope="module")
def room(home: QuickHome) -> Iterator[TestClient]:
    with reading_room(home, **{"accept-language": "zh-CN,zh;q=0.9"}) as client:
        yield client


def test_a_search_shows_hits_marks_facets_and_where_similar_ones_begin(room: TestClient) -> None:
    page = room.get("/search", params={"q": "河道巡查"}).text
    assert "找到 2 条" in page
    assert "<mark>河道巡查</mark>" in page
    assert 'href="/n/1"' in page
    assert "issuer=%E4%B8%B4" in page
    assert "没有完全匹配" in room.get("/search", params={"q": "河道巡查措施安排分工"}).text


def test_filters_are_chips_that_can_be_removed(room: TestClient) -> None:
    page = room.get("/search", params={"q": "检查", "issuer": "临杉市水利局"}).text
    assert "找到 2 条" in page
    chip = html.fromstring(page).xpath("//ul[@class='chips']//a")[0]
    assert "临杉市水利局" in chip.text_content()
    assert chip.get("href") == "/search?q=%E6%A3%80%E6%9F%A5"
    assert chip.get("rel") == "nofollow"


def test_more_results_continue_the_answer(room: TestClient) -> None:
    first = room.get("/search", params={"q": "检查", "limit": "1", "copies": "all"}).text
    more = html.fromstring(first).xpath("//p[@class='more']/a/@href")[0]
    second = room.get(more).text
    titles = [html.fromstring(page).xpath("//li[@class='hit']//h3//a/@href") for page in (first, second)]
    assert sorted([*titles[0], *titles[1]]) == ["/n/4", "/n/5"]


def test_every_link_of_every_page_leads_somewhere(room: TestClient) -> None:
    seen: set[str] = set()
    waiting = ["/", "/n/1", "/search?q=检查"]
    while waiting and len(seen) < 150:
        address = waiting.pop(0)
        if address in seen:
            continue
        seen.add(address)
        answer = room.get(address)
        unsigned = "/proof" in address and answer.status_code == 404
        assert answer.status_code in (200, 302, 403) or unsigned, (address, answer.text[:300])
        if answer.headers.get("content-type", "").startswith("text/html"):
            waiting += [link for link in links_of(answer.text) if link not in seen]
    assert any("/diff" in address for address in seen)


def test_archived_text_is_never_markup(room: TestClient) -> None:
    for address in ("/n/3", "/search?q=河道&copies=all", f"/search?q={EVIL}", "/n/3/r/1", f"/search?q=河道&issuer={EVIL}", f"/{EVIL}"):
        answer = room.get(address)
        tree = html.fromstring(answer.text)
        assert tree.xpath("//img") == []
        assert [script.get("src") for script in tree.xpath("//script")] == tree.xpath("//script/@src")
        assert not [name for element in tree.iter() for name in element.attrib if name.startswith("on") or name == "style"]
        assert "49" not in answer.text.replace(EVIL, "").split("恶意公文")[-1][:60]
        assert "\u202e" not in answer.text
        assert "\x1b" not in answer.text


def test_every_answer_has_the_headers(room: TestClient) -> None:
    for address in ("/", "/n/1", "/n/99", "/search?q=河道", "/complete?q=河道", "/static/style.css", "/nowhere", "/search?q=日期:2020-13"):
        answer = room.get(address)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "set-cookie" not in answer.headers


def test_personal_data_is_starred_out_everywhere(room: TestClient) -> None:
    for address in ("/n/1", "/n/1/r/1", "/n/1/diff", "/search?q=联系人电话", "/complete?q=联系人", "/n/1/r/1/original"):
        assert "13912345678" not in room.get(address).text, address
    assert "139****5678" in room.get("/n/1").text
    answer = room.get("/n/1/r/1/original")
    assert answer.status_code in (403, 404)


def test_a_notice_shows_its_text_outline_relations_and_revisions(room: TestClient) -> None:
    tree = html.fromstring(room.get("/n/1").text)
    assert tree.xpath("//h1")[0].text_content() == "临杉市人民政府关于加强河道巡查工作的通知"
    text = tree.text_content()
    assert "被废止于" in text
    assert "临政〔2020〕9号" in text
    assert "明确职责分工" in text
    assert tree.xpath("//a[starts-with(@href, '/n/1/diff')]")
    assert tree.xpath(f"//a[@href='{PAGE}1.html' and contains(@rel, 'noreferrer')]")
    assert "明确职责分工" not in room.get("/n/1/r/1").text
    assert "/n/1/r/1" in room.get("/n/1/r/1").text


def test_copies_are_named_with_their_source(tmp_path: Path) -> None:
    home = archive_in(tmp_path / "home")
    again = NOTICES[3] | {"url": "http://www.other.example/9.html", "source": "other"}
    file = tmp_path / "copy.jsonl"
    file.write_text(json.dumps(again, ensure_ascii=False), encoding="utf-8")
    home.run("import", str(file))
    with reading_room(home) as room:
        (copies,) = html.fromstring(room.get("/n/4").text).xpath("//section[@aria-labelledby='copies']")
        assert copies.xpath(".//a/@href") == ["/n/6"]
        assert "临杉市水利局关于汛前检查的通知" in copies.text_content()
        assert "other" in copies.text_content()
        home.run("takedown", "6", "--reason", "x")
        assert "/n/6" not in room.get("/n/4").text


def test_deadlines_go_into_a_calendar(room: TestClient) -> None:
    assert "/n/4/deadlines.ics" in room.get("/n/4").text
    answer = room.get("/n/4/deadlines.ics")
    assert answer.headers["content-type"].startswith("text/calendar")
    assert "DTSTART;VALUE=DATE:20240401" in answer.text
    assert room.get("/n/2/deadlines.ics").status_code == 404


def test_a_term_without_an_end_day_is_shown_with_its_sentence(tmp_path: Path) -> None:
    home, file = archive_in(tmp_path / "home"), tmp_path / "term.jsonl"
    text = "公示期限：自发布之日起5个工作日。" + PADDING
    file.write_text(json.dumps(line(6, "临杉市水利局关于堤防加固的公示", text), ensure_ascii=False), encoding="utf-8")
    home.run("import", str(file))
    with reading_room(home) as room:
        (periods,) = html.fromstring(room.get("/n/6").text).xpath("//section[@aria-labelledby='periods']")
        assert "5个工作日" in periods.text_content()
        assert "截至" not in periods.text_content()


def test_a_diff_shows_what_was_removed_and_added(room: TestClient) -> None:
    tree = html.fromstring(room.get("/n/1/diff").text)
    assert "明确分工" in tree.xpath("//del")[0].text_content()
    assert "职责" in tree.xpath("//ins//mark")[0].text_content()
    assert room.get("/n/2/diff").status_code == 404
    assert room.get("/n/1/diff?from=x").status_code == 400


def test_a_document_number_is_an_address(room: TestClient) -> None:
    assert room.get("/doc/临政/2018/5").headers["location"] == "/n/1"
    several = room.get("/doc/临水/2022/1")
    assert several.status_code == 200
    assert {"/n/4", "/n/5"} <= set(links_of(several.text))
    missing = room.get("/doc/临政/1999/77")
    assert missing.status_code == 404
    assert "临政〔1999〕77号" in missing.text


def test_the_language_is_accepted_or_chosen_and_stays(room: TestClient) -> None:
    assert 'lang="zh-Hans"' in room.get("/").text
    english = room.get("/search?q=检查", headers={"accept-language": "en-GB,en;q=0.9,zh;q=0.1"})
    assert "2 found" in english.text
    assert english.headers["content-language"] == "en"
    chosen = room.get("/search?q=检查&lang=en").text
    assert all("lang=en" in link for link in links_of(chosen) if link.startswith("/n/"))


@pytest.mark.parametrize(
    ("chosen", "accepted", "language"),
    [("", "", None), ("en", "zh", "en"), ("xx", "en", "en"), ("", "fr", None), ("", "en;q=0.2, zh;q=0.8", "zh"), ("", "en;q=x", None)],
)
def test_language_named(chosen: str, accepted: str, language: str | None) -> None:
    assert language_named(chosen, accepted) == language


def test_every_sentence_of_the_templates_has_its_chinese() -> None:
    texts = "\n".join(path.read_text(encoding="utf-8") for path in TEMPLATES.glob("*.html"))
    keys = {match[2] for match in re.finditer(r"""\bt\((["'])([^"']+|(?<=")[^"]+)\1(?! ~)""", texts)}
    assert keys - set(SENTENCES) - set(LABELS) == set()
    assert translated("{total} found", "zh", {"total": 3}) == "找到 3 条"
    assert {re.sub(r"[^{}a-z]", "", "".join(re.findall(r"\{\w+\}", k))) for k in SENTENCES}
    assert [k for k, v in SENTENCES.items() if set(re.findall(r"\{\w+\}", k)) != set(re.findall(r"\{\w+\}", v))] == []


def test_an_unchanged_page_is_not_sent_twice(room: TestClient) -> None:
    tag = room.get("/n/4").headers["etag"]
    again = room.get("/n/4", headers={"if-none-match": tag})
    assert again.status_code == 304
    assert again.content == b""


def test_a_page_is_small(room: TestClient) -> None:
    for address in ("/", "/search?q=检查", "/n/1"):
        assert int(room.get(address).headers["content-length"]) < 60_000


@pytest.mark.parametrize(
    ("end", "shown"),
    [
        ("2026-11-01T00:00:00", "2026-10-31"),
        ("2026-10-16T17:30:00", "2026-10-16 17:30"),
        ("", ""),
        ("soon", "soon"),
        ("0001-01-01T00:01:00", "0001-01-01 00:01"),
    ],
)
def test_a_period_ends_with_its_last_day(end: str, shown: str) -> None:
    assert last_day(end) == shown
