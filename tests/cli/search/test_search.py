"""The search command: shapes, exit codes, hostile text, and what it says when there is nothing to search."""

from __future__ import annotations

import csv
import io
import json
import os
import random
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from cli.search.command import main
from index.engine import Document
from index.engines import open_engine, rebuild
from notices.attachment import AttachmentText

HOSTILE = "\x1b]0;owned\x07\x1b[2J\u202egnp\u009b31m=1+1"
BODY = "各镇人民政府：\n一、目标\n提高“两感”指数，联系人电话13912345678。\n"


def document(ident: int, title: str, text: str = BODY, **more: Any) -> Document:
    return Document(id=ident, revision=1, url=f"https://a.example/{ident}", title=title, text=text, source="临杉", **more)


CORPUS = [
    document(1, "关于“两感”指数的通知", kind="通知", issuer="临杉市平安办", region="410700", published_date=date(2026, 10, 16), document_number="临平安办〔2026〕3号",
             number_key="临平安办|2026|3", number_loose="2026|3"),
    document(2, HOSTILE, "两感公告", kind="公告", issuer="=cmd|' /C calc'!A0", published_date=date(2026, 9, 1)),
    document(3, "得分公告", "见附件。", kind="公告", attachments=(AttachmentText("得分.pdf", ("封面", "河道巡查得分表")),), published_date=date(2025, 1, 1)),
    document(4, "有限空间作业安全提示", "严禁盲目施救。", state="withdrawn"),
]  # fmt: skip

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NOTICES_HOME", str(tmp_path))
    (tmp_path / "notices.db").touch()
    return tmp_path


@pytest.fixture
def archive(home: Path) -> Path:
    rebuild(f"whoosh://{home}/index", CORPUS)
    return home


@pytest.fixture
def search(capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*words: str) -> tuple[int, str, str]:
        code = main(words)
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


@pytest.fixture
def answer(archive: Path, search: Run) -> Callable[..., dict[str, Any]]:
    def ask(*words: str) -> dict[str, Any]:
        value: dict[str, Any] = json.loads(search(*words, "--json")[1])
        return value

    return ask


def ids(value: dict[str, Any]) -> list[int]:
    return [hit["id"] for hit in value["hits"]]


def test_json_has_the_documented_shape(answer: Callable[..., dict[str, Any]]) -> None:
    value = answer("两感指数")
    assert list(value)[:4] == ["query", "total", "relaxed", "hits"]
    hit = value["hits"][0]
    expected = "id url title source issuer document_number kind published_date written_date score exact snippet where"
    assert list(hit)[:13] == expected.split()
    assert (hit["id"], hit["exact"], hit["where"], hit["published_date"], hit["written_date"]) == (1, True, "text", "2026-10-16", None)
    assert [hit["snippet"]["text"][a:b] for a, b in hit["snippet"]["marks"]] == ["两感”指数"]
    assert hit["path"] == ["一、目标"]


def test_a_file_is_found_with_its_page(answer: Callable[..., dict[str, Any]]) -> None:
    assert answer("河道巡查")["hits"][0]["where"] == {"attachment": "得分.pdf", "page": 2}


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("--kind", "公告"), {2, 3}), (("--kind", "公告", "--since", "2026"), {2}), (("--until", "2025-01"), {3}), (("--has", "attachment"), {3}),
        (("--issuer", "平安"), {1}), (("--region", "河南"), {1}), (("--number", "临平安办2026年3号"), {1}), (("--state", "withdrawn"), {4}), (("--state", "已撤下"), {4}),
        (("两感", "--in", "title"), {1}), (("--source", "临杉"), {1, 2, 3, 4}), (("--limit", "5", "两感", "-公告"), {1}), (("两感", "--kind", "公告", "公告"), {2}),
        (("--since", "2026-09-02", "--date-field", "published"), {1}), (("--date-field", "written", "--since", "2020"), set()),
    ],
)  # fmt: skip
def test_filters(answer: Callable[..., dict[str, Any]], words: tuple[str, ...], found: set[int]) -> None:
    assert set(ids(answer("--exact", *words))) == found


def test_exit_codes(archive: Path, search: Run) -> None:
    assert search("两感")[0] == 0
    assert search("龘龘", "--exact")[0] == 1
    assert search("两感", "--limit", "-1")[0] == 2
    assert search("两感", "--offset", "10001")[0] == 2
    assert search("两感", "--after", "1.1")[0] == 2
    for words in (
        ("--sort", "size", "x"),
        (),
        ("x", "--json", "--csv"),
        ("x", "--batch", "f"),
        ("x", "--since", "yesterday"),
        ("x", "--after", "1.1", "--offset", "2"),
    ):
        with pytest.raises(SystemExit) as ended:
            search(*words)
        assert ended.value.code == 2


def test_a_filter_that_means_nothing_is_shown_with_its_place(archive: Path, search: Run) -> None:
    code, out, err = search("两感 日期:2026-13")
    assert (code, out) == (2, "")
    lines = err.splitlines()
    assert "2026-13" in lines[0]
    assert lines[1] == "  两感 日期:2026-13"
    assert lines[2] == "  " + " " * 5 + "^"


def test_such_a_filter_is_text_where_a_notice_holds_it(home: Path, search: Run) -> None:
    rebuild(f"whoosh://{home}/index", [document(1, "表", "日期:2026-13 状态:好")])
    assert search("日期:2026-13")[0] == 0
    assert search("状态:好")[0] == 0


def test_hostile_text_drives_neither_terminal_nor_spreadsheet(archive: Path, search: Run) -> None:
    for words in (
        ("两感",),
        ("两感", "--json"),
        ("两感", "--csv"),
        ("--complete", "1+1"),
        ("两感\x1b[2J\u202e", "--json"),
        ("两感\x1b[2J",),
    ):
        _, out, err = search(*words)
        assert not set(out + err) & set("\x1b\x07\u202e\u009b"), words
    table = list(csv.reader(io.StringIO(search("两感公告", "--csv")[1])))
    assert table[0][:2] == ["\ufeffid", "title"]  # after a byte order mark, for spreadsheets
    assert all(not cell.startswith(("=", "+", "-", "@")) for row in table for cell in row)


def test_json_keeps_what_it_writes_out(archive: Path, search: Run) -> None:
    assert json.loads(search("两感公告", "--json", "--exact")[1])["hits"][0]["title"] == HOSTILE


def test_personal_data_is_masked_unless_a_maintainer_asks(archive: Path, search: Run) -> None:
    for form in ((), ("--json",)):
        assert "139****5678" in search("联系人电话", *form)[1]
        assert "13912345678" not in search("联系人电话", *form)[1]
        assert "13912345678" in search("联系人电话", "--unmasked", *form)[1]
    assert search("13912345678")[0] == 0
    assert "13912345678" not in search("13912345679")[1]


def test_people_see_marks_where_exact_ends_total_and_time(archive: Path, search: Run) -> None:
    out = search("两感指数得分情况 OR 两感指数")[1]
    assert "«两感”指数»" in out
    assert "  2026-10-16  临杉市平安办  临平安办〔2026〕3号" in out
    assert "--- similar notices ---" in out
    assert "1 found, " in out.splitlines()[-1]
    assert " ms)" in out.splitlines()[-1]
    assert "not found as written" in search("盲目施救的安全提示有哪些")[1]


def test_a_hit_begins_with_its_id_and_the_end_says_how_to_see_the_rest(archive: Path, search: Run) -> None:
    lines = search("两感", "--exact", "--limit", "1")[1].splitlines()
    assert re.match(r"\[\d\] ", lines[0])
    assert re.fullmatch(r"2 found \(\d+ ms\); 1 shown: --limit N shows more, --offset N goes on", lines[-1])
    assert re.fullmatch(r"2 found \(\d+ ms\)", search("两感", "--exact")[1].splitlines()[-1])


def test_a_slip_gets_the_nearest_wording(answer: Callable[..., dict[str, Any]]) -> None:
    assert answer("有限空问作业")["did_you_mean"] == "有限空间作业"
    assert answer("限有空间作业")["did_you_mean"] == "有限空间作业"
    assert "did_you_mean" not in answer("有限空间作业")


def test_a_slip_is_mended_from_the_passage_that_is_shown_and_keeps_its_length(home: Path, answer: Callable[..., dict[str, Any]]) -> None:
    rebuild(f"whoosh://{home}/index", [document(1, "条例", "甲。" * 3000 + "河道巡查办法。"), document(2, "甲", "两感（指数")])
    assert answer("河道巡查办发")["did_you_mean"] == "河道巡查办法"
    assert "did_you_mean" not in answer("(两感指数表 OR")
    assert "did_you_mean" not in answer("河道巡查2019办法")
    assert "did_you_mean" not in answer("巡查龘")  # of three characters one is much: one notice is not enough


@pytest.mark.parametrize("engine", ["whoosh", "tantivy"])
def test_filters_alone_find_the_newest_first(home: Path, search: Run, engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"{engine}://{home}/index"
    monkeypatch.setenv("NOTICES_INDEX", url)
    days = {n: date(2026, 1, 1) + timedelta(days=n * 7 % 30) for n in range(1, 30)}
    rebuild(url, [document(n, "公告", kind="公告", published_date=day) for n, day in days.items()])
    newest = sorted(days, key=lambda n: -days[n].toordinal())
    for query in ("文种:公告", "日期:2026 文种:公告", "来源:杉 日期:2026-01"):
        assert ids(json.loads(search(query, "--json", "--limit", "100")[1])) == newest, query


def test_facets_count_what_is_found(answer: Callable[..., dict[str, Any]]) -> None:
    value = answer("公告", "--facets")
    assert value["facets"]["kind"] == [{"value": "公告", "count": 2}]
    assert value["facets"]["year"] == [{"value": "2025", "count": 1}, {"value": "2026", "count": 1}]
    assert value["facets"]["attachment"] == [{"value": "yes", "count": 1}]
    assert value["facets_counted"] == value["total"] == 2
    assert answer("两感指数", "--facets")["facets"]["region"] == [{"value": "河南省新乡市", "count": 1}]


def test_similar_and_completion(archive: Path, search: Run) -> None:
    value = json.loads(search("--similar", "1", "--json")[1])
    assert 1 not in ids(value)
    assert 2 in ids(value)
    assert search("--similar", "99")[0] == 2
    assert search("--complete", "有限")[1].splitlines() == ["有限空间作业安全提示"]
    assert search("--complete", "临平安办〔2026")[1].splitlines() == ["临平安办〔2026〕3号"]
    assert search("--complete", "龘")[0] == 1


def test_batch_answers_every_line_in_order(archive: Path, search: Run, tmp_path: Path) -> None:
    lines = ["两感", "日期:2026-13", "", "龘龘", "感" * 400, "得分"]
    (tmp_path / "queries.txt").write_bytes("\n".join(lines).encode() + b"\n\xff\xfe\n")
    code, out, _ = search("--batch", str(tmp_path / "queries.txt"), "--json", "--limit", "1")
    values = [json.loads(line) for line in out.splitlines()]
    assert code == 2
    assert [v["query"] for v in values[:6]] == lines
    assert ["error" in v for v in values[:6]] == [False, True, True, False, True, False]
    assert values[1]["position"] == 0
    assert len(values) == 7


def test_batch_of_answerable_lines_ends_like_a_search(archive: Path, search: Run, tmp_path: Path) -> None:
    for lines, code in (("两感\n龘\n", 0), ("龘\n", 1)):
        (tmp_path / "q.txt").write_text(lines, encoding="utf-8")
        assert search("--batch", str(tmp_path / "q.txt"), "--exact")[0] == code
    assert search("--batch", str(tmp_path / "none.txt"))[0] == 2


def test_every_run_typed_as_it_stands_finds_its_notice(archive: Path, search: Run, tmp_path: Path) -> None:
    chance = random.Random(11)
    texts = [
        '状态：良好（一）日期:待定 "两感" -不含 (甲 OR 乙)',
        "标题:无 has:nothing 地区:月球 \n文号：未定; AND NOT -“",
        "关于“两感”指数的【通知】()--【",
    ]
    rebuild(f"whoosh://{archive}/index", [document(n, "题", text) for n, text in enumerate(texts)])
    runs = []
    for _ in range(300):
        n = chance.randrange(len(texts))
        at = chance.randrange(len(texts[n]))
        run = texts[n][at : at + chance.randint(1, 20)].replace("\n", " ")
        if run.strip(' "“”'):
            runs.append((n, run))
    (tmp_path / "runs.txt").write_text("\n".join(run for _, run in runs), encoding="utf-8")
    out = search("--batch", str(tmp_path / "runs.txt"), "--limit", "10")[1]
    for (n, run), line in zip(runs, out.splitlines(), strict=True):
        assert n in ids(json.loads(line)), run


@pytest.mark.parametrize("engine", ["whoosh", "tantivy"])
def test_paging_by_cursor_neither_repeats_nor_skips_while_notices_arrive(
    home: Path, search: Run, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"{engine}://{home}/index"
    monkeypatch.setenv("NOTICES_INDEX", url)
    first = [document(n, "公告", published_date=date(2026, 1, 1) + timedelta(days=n % 7) if n % 5 else None) for n in range(1, 40)]
    rebuild(url, first)
    seen, cursor, fresh = [], None, 100
    while True:
        more = ("--after", cursor) if cursor else ()
        value = json.loads(search("公告", "--sort", "date", "--limit", "6", "--json", *more)[1])
        seen += ids(value)
        cursor = value["next"]
        if cursor is None:
            break
        writer = open_engine(url, write=True)
        writer.write([document(fresh, "公告", published_date=date(2026, 6, 1))])
        writer.close()
        fresh += 1
    assert sorted(seen) == list(range(1, 40))


def followed(search: Run, *words: str) -> list[dict[str, Any]]:
    """Every hit of an answer, page after page by `next`."""
    hits, cursor = [], None
    while True:
        value = json.loads(search(*words, "--json", *(("--after", cursor) if cursor else ()))[1])
        hits += value["hits"]
        cursor = value["next"]
        if not cursor:
            return hits


@pytest.mark.parametrize("engine", ["whoosh", "tantivy"])
def test_paging_by_cursor_goes_through_an_answer_by_relevance(
    home: Path, search: Run, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"{engine}://{home}/index"
    monkeypatch.setenv("NOTICES_INDEX", url)
    rebuild(url, [document(n, "公告" * (n % 4 + 1), "两感" * (n % 7) + "甲" * n, group=n // 3 if n < 9 else None) for n in range(1, 60)])
    whole = json.loads(search("公告两感", "--json", "--limit", "100")[1])
    assert len(whole["hits"]) > 40
    assert [hit["id"] for hit in followed(search, "公告两感", "--limit", "7")] == ids(whole)


def test_a_cursor_by_relevance_is_refused_in_another_state_of_the_index(archive: Path, search: Run) -> None:
    cursor = json.loads(search("公告", "--limit", "1", "--json")[1])["next"]
    assert search("公告", "--limit", "1", "--after", cursor)[0] == 0
    assert search("两感", "--limit", "1", "--after", cursor)[0] == 2
    engine = open_engine(f"whoosh://{archive}/index")
    engine.write([document(77, "又一公告")])
    engine.close()
    code, _, err = search("公告", "--limit", "1", "--after", cursor)
    assert code == 2
    assert "--sort date" in err


def test_copies_of_one_instrument_are_one_hit_with_a_count(home: Path, search: Run) -> None:
    copies = [document(n, "防汛公告", "堤防", group=1, published_date=date(2026, 1, n)) for n in (1, 2, 3)]
    rebuild(f"whoosh://{home}/index", [*copies, document(4, "防汛公告", "堤防")])
    value = json.loads(search("防汛", "--json")[1])
    assert (value["total"], [(hit["copies"]) for hit in value["hits"]]) == (4, [2, 0])
    assert "(and 2 more copies: --all-copies)" in search("防汛")[1]
    assert len(json.loads(search("防汛", "--json", "--all-copies")[1])["hits"]) == 4
    assert len(json.loads(search("--similar", "2", "--json")[1])["hits"]) == 1


def test_a_missing_archive_says_what_to_type(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, search: Run) -> None:
    monkeypatch.setenv("NOTICES_HOME", str(tmp_path / "none"))
    code, _, err = search("两感")
    assert code == 2
    assert "notices demo" in err
    assert not (tmp_path / "none").exists()


def test_a_damaged_index_says_how_to_mend_it(archive: Path, search: Run) -> None:
    for path in (archive / "index").rglob("*"):
        if path.is_file():
            path.write_bytes(b"garbage")
    code, _, err = search("两感")
    assert code == 2
    assert "notices index --rebuild" in err


def test_an_empty_archive_says_what_to_type(home: Path, search: Run) -> None:
    rebuild(f"whoosh://{home}/index", [])
    code, out, _ = search("两感")
    assert code == 1
    assert "notices crawl" in out


def command(*words: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "cli.search.command", *words], capture_output=True, check=False, env={**os.environ, **environment}
    )


def test_a_search_imports_neither_crawler_nor_database(archive: Path) -> None:
    code = "import sys; from cli.search.command import main; main(['两感 标题:通知']); sys.stderr.write(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    loaded = {name.split(".")[0] for name in done.stderr.decode().split()}
    assert "whoosh" in loaded
    assert not loaded & {"scrapy", "sqlalchemy", "rich", "msgspec", "typer", "lxml", "pipeline", "crawler", "asyncio"}


def test_an_ascii_terminal_is_no_obstacle(archive: Path) -> None:
    done = command("两感", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_reader_that_leaves_is_no_error(archive: Path) -> None:
    done = subprocess.run(
        f"{sys.executable} -m cli.search.command 公告 --json --limit 1000 | true", shell=True, capture_output=True, check=False
    )
    assert b"Traceback" not in done.stderr
