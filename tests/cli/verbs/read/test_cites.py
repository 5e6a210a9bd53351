"""notices cites: relations in both directions, resolved when asked, to instruments and not to pages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.archive_home import Home
from tests.support.quick_home import QuickHome

PADDING = "各县区人民政府要落实责任，按时完成，并将进展报送办公室，联系人电话13912345678。" * 4


def line(n: int, title: str, number: str | None, text: str, day: str) -> dict[str, Any]:
    value = {
        "url": f"http://www.linshan.example/{n}.html",
        "title": title,
        "text": f"{text}\n{PADDING}",
        "published_date": day,
        "issuer": "临杉市人民政府",
    }
    return value | ({"document_number": number} if number else {})


OLD = line(1, "临杉市人民政府关于加强河道巡查工作的通知", "临政〔2018〕5号", "现就河道巡查通知如下。", "2018-03-01")
NEWER = line(2, "临杉市人民政府关于进一步加强河道巡查工作的意见", "临政〔2020〕9号",
             "根据上级要求制定本意见。《关于加强河道巡查工作的通知》（临政〔2018〕5号）同时废止。", "2020-04-01")  # fmt: skip
NEWEST = line(3, "临杉市人民政府关于修改《关于进一步加强河道巡查工作的意见》的决定", "临政〔2023〕2号", "决定公布如下。", "2023-05-01")
PLAN = line(
    4, "临杉市人民政府关于印发《临杉市河湖管护办法》的通知", "临政〔2021〕7号", "现将《临杉市河湖管护办法》印发给你们。", "2021-01-05"
)
CITING = line(5, "临杉市水利局关于做好汛前检查的通知", "临水〔2022〕1号",
              "根据《临杉市河湖管护办法》和《关于加强河道巡查工作的通知》（临政〔2018〕5号）及《临杉市不存在的管理规定》，现通知如下。", "2022-03-01")  # fmt: skip
COPY = OLD | {"url": "http://xian.example/copy.html", "title": "关于加强河道巡查工作的通知"}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    made = QuickHome(tmp_path_factory.mktemp("cites"))
    # What cites comes first: its targets arrive later.
    lines = [CITING, NEWEST, NEWER, PLAN, OLD, COPY]
    made.run("import", _file(made.path / "in.jsonl", lines))
    return made


def _file(path: Path, lines: list[dict[str, Any]]) -> str:
    path.write_text("".join(json.dumps(value, ensure_ascii=False) + "\n" for value in lines), encoding="utf-8")
    return str(path)


def asked(home: Home, wanted: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(home.run("cites", wanted, "--json").stdout)
    return value


def numbers(links: list[dict[str, Any]]) -> set[tuple[str, str | None]]:
    return {(link["relation"], link["notice"] and link["notice"]["document_number"]) for link in links}


def test_targets_that_arrived_later_are_resolved_by_number_and_by_title(home: Home) -> None:
    value = asked(home, "临水〔2022〕1号")
    assert numbers(value["cites"]) == {("cites", "临政〔2021〕7号"), ("cites", "临政〔2018〕5号"), ("cites", None)}
    unknown = next(link for link in value["cites"] if link["notice"] is None)
    assert unknown["title"] == "临杉市不存在的管理规定"
    assert "现通知如下" in unknown["sentence"]


def test_what_cites_and_repeals_an_instrument_is_said_of_all_its_copies_once(home: Home) -> None:
    value = asked(home, "临政〔2018〕5号")
    assert numbers(value["cited_by"]) == {("cites", "临水〔2022〕1号"), ("repeals", "临政〔2020〕9号")}
    assert [n["document_number"] for n in value["repealed_by"]] == ["临政〔2020〕9号"]
    assert len(value["copies"]) == 1
    assert asked(home, str(value["copies"][0]))["cited_by"] == value["cited_by"]
    repeal = next(link for link in value["cited_by"] if link["relation"] == "repeals")
    assert "同时废止" in repeal["sentence"]


def test_the_newest_version_is_at_the_end_of_the_chain(home: Home) -> None:
    newest = asked(home, "临政〔2018〕5号")["newest_version"]
    assert newest["document_number"] == "临政〔2023〕2号"
    assert [step["relation"] for step in newest["through"]] == ["repeals", "amends"]
    assert asked(home, "临政〔2023〕2号")["newest_version"] is None


def test_a_text_issued_by_a_notice_is_cited_through_it(home: Home) -> None:
    value = asked(home, "临政〔2021〕7号")
    assert numbers(value["cited_by"]) == {("cites", "临水〔2022〕1号")}
    assert value["cites"] == []


def test_people_read_relation_title_number_date_and_sentence(home: Home) -> None:
    out = home.run("cites", "临政〔2018〕5号").stdout
    assert "repealed by: [" in out
    assert "临政〔2020〕9号  2020-04-01" in out
    assert "newest version: [" in out
    assert "13912345678" not in out


def test_what_is_not_archived_ends_as_show_does(home: Home) -> None:
    for wanted in ("999", "临政〔1999〕1号", "什么"):
        assert home.run("cites", wanted, check=None).returncode == home.run("show", wanted, check=None).returncode == 2


def test_instruments_that_repeal_each_other_do_not_go_round_for_ever(tmp_path: Path) -> None:
    home = QuickHome(tmp_path)
    one = line(
        1,
        "临杉市人民政府关于甲类河道管护的意见",
        "临政〔2020〕1号",
        "《关于乙类河道管护的意见》（临政〔2020〕2号）同时废止。",
        "2020-01-01",
    )
    two = line(
        2,
        "临杉市人民政府关于乙类河道管护的意见",
        "临政〔2020〕2号",
        "《关于甲类河道管护的意见》（临政〔2020〕1号）同时废止。",
        "2020-01-01",
    )
    home.run("import", _file(tmp_path / "in.jsonl", [one, two]))
    value = asked(home, "临政〔2020〕1号")
    assert [step["id"] for step in value["newest_version"]["through"]] == [value["newest_version"]["id"]]


def test_two_instruments_of_one_title_are_candidates_and_neither_is_chosen(tmp_path: Path) -> None:
    home = QuickHome(tmp_path)
    series = [line(n, "临杉市人民政府关于做好秋季植树工作的通知", f"临林〔{year}〕{n}号", f"{year}年植树{n * 1000}亩，{year}年完成。", f"{year}-09-01")
              for n, year in ((1, 2019), (2, 2020))]  # fmt: skip
    citing = line(3, "临杉市人民政府关于林长制的方案", "临林〔2021〕8号", "根据《关于做好秋季植树工作的通知》，制定本方案。", "2021-02-01")
    home.run("import", _file(tmp_path / "in.jsonl", [*series, citing]))
    (link,) = asked(home, "临林〔2021〕8号")["cites"]
    assert link["notice"] is None
    assert sorted(link["candidates"]) == [1, 2]
    assert asked(home, "1")["cited_by"][0]["candidates"] == link["candidates"]


def test_a_regulation_published_anew_as_amended_is_its_newest_version(tmp_path: Path) -> None:
    home = QuickHome(tmp_path / "home")
    first = line(1, "临杉市河道条例", "临杉市人民政府令第5号", "第一条 为了保护河道，制定本条例。", "2015-03-01")
    anew = line(2, "临杉市河道条例（2020年修订）", None,
                "（2015年3月1日临杉市人民政府令第5号公布 根据2020年4月2日《关于修改部分规章的决定》修订）\n第一条 为了保护河道，制定本条例。", "2020-04-02")  # fmt: skip
    home.run("import", _file(tmp_path / "in.jsonl", [first, anew]))
    value = asked(home, "临杉市人民政府令第5号")
    assert value["newest_version"]["title"] == "临杉市河道条例（2020年修订）"
    assert [step["relation"] for step in value["newest_version"]["through"]] == ["edition"]
