"""`notices import`: a collection moves in, every character of it is findable."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from notices.text.fold import fold
from notices.urls import canonical_url
from pipeline.sql.column_types import unpacked
from tests.support.archive_home import Home

LINE = {"url": "http://a.example/1", "title": "关于防汛的通知", "text": "请做好“汛防”工作。\n第二段。", "published_date": "2026-10-16"}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def write(folder: Path, *lines: object) -> str:
    file = folder / "lines.jsonl"
    file.write_text("\n".join(line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in lines), encoding="utf-8")
    return str(file)


def test_bad_lines_are_named_and_skipped_the_rest_is_kept(home: Home, tmp_path: Path) -> None:
    bad = [
        "{",
        {**LINE, "url": "nowhere"},
        {**LINE, "published_date": "soon"},
        {"url": "http://a.example/2"},
        [1],
        {**LINE, "title": "", "text": " "},
    ]
    done = home.run("import", write(tmp_path, *bad, "", LINE), check=3)
    assert "new 1" in done.stdout
    assert "skipped 6" in done.stdout
    assert all(f"lines.jsonl:{n}: skipped" in done.stderr for n in range(1, 7))
    assert home.search("汛防")["total"] == 1


def test_same_line_again_changes_nothing_and_a_changed_one_is_a_revision(home: Home, tmp_path: Path) -> None:
    home.run("import", write(tmp_path, LINE))
    assert "unchanged 1" in home.run("import", write(tmp_path, LINE)).stdout
    assert "revised 1" in home.run("import", write(tmp_path, {**LINE, "text": "请做好“汛防”工作！"})).stdout
    assert home.search("工作！")["hits"][0]["revision"] == 2
    assert home.search("第二段")["total"] == 0


def test_keys_that_nothing_reads_are_named_once_with_the_one_that_is_meant(home: Home, tmp_path: Path) -> None:
    lines = [
        {"url": f"http://a.example/{n}", "title": "乙", "text": "丙", "date": "2026-01-03", "页码": 1, "issuer": None, "none": None}
        for n in (2, 3)
    ]
    file = write(tmp_path, *lines, {**LINE, "attachments": [{"name": "一.pdf", "urls": "http://a.example/1.pdf"}]})
    done = home.run("import", file)
    assert [line.split(": ", 1)[1] for line in done.stderr.splitlines()] == [
        "nothing reads the key 'date' (2 lines); is published_date meant?",
        "nothing reads the key '页码' (2 lines)",
        "nothing reads the key 'attachments.urls' (1 lines); is url meant?",
    ]
    assert "new 3" in done.stdout
    done = home.run("import", file, "--strict", check=3)
    assert "skipped 3" in done.stdout
    assert "lines.jsonl:1: skipped: unknown key date, 页码; is published_date meant?" in done.stderr


def test_second_line_of_an_address_is_skipped_so_that_no_import_revises_itself(home: Home, tmp_path: Path) -> None:
    file = write(tmp_path, LINE, {**LINE, "text": "另一个正文。"}, {**LINE, "url": "http://a.example/9"})
    for said in ("new 2, revised 0, unchanged 0, skipped 1", "new 0, revised 0, unchanged 2, skipped 1"):
        done = home.run("import", file, check=3)
        assert said in done.stdout
        assert "lines.jsonl:2: skipped: the same address as line 1, which was taken: http://a.example/1" in done.stderr
    assert home.rows("select count(*) from revision") == [(2,)]


def test_imported_bytes_are_kept(home: Home, tmp_path: Path) -> None:
    from pipeline.warc.series import read_capture

    home.run("import", write(tmp_path, LINE))
    [(file, offset)] = home.rows("select warc_file, offset from snapshot")
    assert json.loads(read_capture(home.path / "warc", file, offset).body) == LINE


def test_attached_text_is_searched_and_the_hit_says_where(home: Home, tmp_path: Path) -> None:
    files = [{"name": "附件1.pdf", "url": "http://a.example/1.pdf", "text": "第一页\f堤防名录在这里"}]
    home.run("import", write(tmp_path, {**LINE, "attachments": files}))
    [hit] = home.search("堤防名录", "--has", "attachment")["hits"]
    assert hit["where"] == {"attachment": "附件1.pdf", "page": 2}
    start, end = hit["snippet"]["marks"][0]
    assert hit["snippet"]["text"][start:end] == "堤防名录"


def test_missing_file_is_named(home: Home) -> None:
    assert "nowhere.jsonl" in home.run("import", "nowhere.jsonl", check=2).stderr


def test_second_import_is_refused_while_one_runs(home: Home, tmp_path: Path) -> None:
    from pipeline.sql.locks import hold

    with hold(home.path / "locks", "import"):
        home.run("import", write(tmp_path, LINE), check=6)


@pytest.mark.shared
def test_seed_notice_is_found(home: Home, shared: Path, tmp_path: Path) -> None:
    text = (shared / "data/seed/notice.txt").read_text(encoding="utf-8")
    title = text.strip().split("\n")[0]
    home.run("import", write(tmp_path, {"url": "http://seed.example/1", "title": title, "text": text}))
    queries = ("两感", "“两感”指数", "感指", "12340", "zfwwldc.dahe.cn", "致新乡市高校学子的一封信")
    assert {query: home.search(query)["total"] for query in queries} == dict.fromkeys(queries, 1)


@pytest.mark.shared
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("every", [6, pytest.param(1, marks=pytest.mark.long)])
def test_every_document_of_the_corpus_is_found_by_a_run_from_anywhere_in_it(home: Home, shared: Path, tmp_path: Path, every: int) -> None:
    from benchmarks.corpus import lines

    rows = list(lines(shared / "data/corpus"))
    assert len(rows) == 1475
    rows = rows[::every]
    done = home.run("import", write(tmp_path, *rows), timeout=900)
    assert f"new {len(rows)}" in done.stdout
    chance = random.Random(20261123)
    queries, wanted = [], []
    for row in rows:
        folded = fold(str(row["text"])) or fold(str(row["title"]))
        for length in (12,) if len(queries) % 3 else (12, chance.randint(1, 20)):
            at = chance.randrange(max(1, len(folded) - length + 1))
            queries.append(folded[at : at + length])
            wanted.append(row["url"])
    file = tmp_path / "queries.txt"
    file.write_text("\n".join(queries), encoding="utf-8")
    done = home.run("search", "--batch", str(file), "--json", "--limit", "5", timeout=900, check=None)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [a["query"] for a in answers] == queries
    columns = home.rows(
        "select n.url, r.title, r.text, coalesce(r.issuer, ''), coalesce(r.document_number, '') from revision r join notice n on n.id = r.notice_id"
    )
    texts = {canonical_url(url): [fold(str(unpacked(part))) for part in parts] for url, *parts in columns}
    for n, (answer, url) in enumerate(zip(answers, wanted, strict=True)):
        assert "error" not in answer, answer
        assert answer["total"] >= 1, answer["query"]
        if n % 6:
            continue  # the count of every sixth is compared with a scan of all texts
        holding = {u for u, parts in texts.items() if any(fold(answer["query"]) in part for part in parts)}
        assert canonical_url(str(url)) in holding
        assert answer["total"] >= len(holding), answer["query"]
        if not answer["understood"]:
            assert answer["total"] == len(holding) or " OR " in answer["query"] or not _plain(answer["query"]), answer["query"]
            assert {hit["url"] for hit in answer["hits"] if hit["exact"]} <= holding or not _plain(answer["query"])


def _plain(query: str) -> bool:
    """Whether nothing in the query can be read as an operator or a field."""
    return not any(sign in query for sign in ('"', "(", ")", "-", ":", "：", "OR", "AND", "NOT"))


def test_short_form_that_several_texts_define_finds_its_long_form_elsewhere(home: Home, tmp_path: Path) -> None:
    defines = {**LINE, "text": "群众安全感和执法工作满意度（以下简称“安满”）调查开始了。"}
    too = {**defines, "url": "http://a.example/3", "title": "关于防火的公告", "text": f"防火期到了，{defines['text']}请各村注意。"}
    other = {"url": "http://a.example/2", "title": "关于调查的通知", "text": "请做好群众安全感和执法工作满意度提升工作。"}
    home.run("import", write(tmp_path, defines, other))
    assert [hit["id"] for hit in home.search("安满")["hits"]] == [1], "what one notice calls so is its own matter"
    home.run("import", write(tmp_path, too))
    answer = home.search("安满")
    assert {(hit["id"], hit["exact"]) for hit in answer["hits"]} == {(1, True), (3, True), (2, False)}
    assert any("群众安全感和执法工作满意度" in u["meaning"] for u in answer["understood"])
    assert [hit["id"] for hit in home.search("安满", "--exact", "--sort", "date")["hits"]] == [1, 3]
