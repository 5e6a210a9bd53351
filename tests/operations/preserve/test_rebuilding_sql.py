"""A lost database is rebuilt from the WARC bytes: every field as it was, but for those that the report names; the index is never emptied meanwhile."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.support.archive_home import Home
from tests.support.passing_days import crawl
from tests.support.quick_home import QuickHome
from tests.support.site_server import list_page, notice_page, notice_path, serving, small_site

_LOST = {
    "snapshot": ("run_id",),
    "listing": ("tries", "first_listed_at", "last_listed_at", "read_at", "read_again_at"),
    "notice": ("state", "last_seen_at"),
    "source": ("paused_until",),
    "checkpoint": ("timestamp_response",),
}
_TABLES = ("source", "snapshot", "notice", "revision", "attachment", "citation", "alias", "instrument_key", "listing", "checkpoint")


def _contents(home: Home) -> dict[str, list[dict[str, Any]]]:
    """Every row of the tables that are rebuilt, without the columns that cannot come back."""
    found = {}
    for table in _TABLES:
        columns = [row[1] for row in home.rows(f"pragma table_info({table})") if row[1] not in _LOST.get(table, ())]
        names = ", ".join(f'"{name}"' for name in columns)
        rows = home.rows(f"select {names} from {table}")
        if "tallies" in columns:  # of the digests of revisions; observations and corrections do not come back
            at = columns.index("tallies")
            rows = [(*row[:at], json.dumps(json.loads(row[at])["revisions"], sort_keys=True), *row[at + 1 :]) for row in rows]
        found[table] = sorted((dict(zip(columns, row, strict=True)) for row in rows), key=str)
    return found


def _lose(home: Home) -> None:
    for file in home.path.glob("notices.db*"):
        file.unlink()


def _line(n: int, text: str = "") -> str:
    files = [{"name": f"附件{n}.txt", "text": f"第{n}张"}, {"name": "乙表.txt"}] if n % 2 else []
    line = {"url": f"http://a.example/{n}", "title": f"关于第{n}批检查的通知", "text": f"第{n}批。{text}\n临杉市人民政府\n2026年9月1日"}
    return json.dumps(line | {"attachments": files}, ensure_ascii=False)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two crawls with files, a changed page, a dead one and pages that give 304; imports of two sources, one notice of them revised."""
    home = QuickHome(tmp_path_factory.mktemp("whole") / "home")
    home.environment["NOTICES_WARC_MAX_BYTES"] = str(1 << 16)
    site = small_site(7)
    file = '<p>附件：<a href="/files/1.txt">1.甲表.txt</a></p><p><a href="/files/1.txt">2.乙表.txt</a></p><p><a href="/files/none.doc">3.丙表.doc</a></p>'
    for n in (2, 3, 5):
        site.pages[notice_path(n)] = notice_page(n, file)
    site.pages["/files/1.txt"] = (200, {"Content-Type": "text/plain; charset=utf-8"}, "第一张表".encode())
    site.tags[notice_path(3)] = '"three"'
    site.tags["/files/1.txt"] = '"file"'
    site.pages[notice_path(6)] = (404, {}, b"not found")
    with serving(site):
        home.source(site.base)
        crawl(home, check=None)
        home.run("import", "-", "--source", "collection", stdin="\n".join(_line(n) for n in range(5)))
        site.pages[notice_path(2)] = notice_page(2, f"时间改为下月。{file}")
        site.pages[notice_path(4)] = (404, {}, b"not found")
        site.pages["/tzgg/"] = site.pages["/tzgg/index.html"] = list_page([7, 6, 5, 3], 0, 3)
        crawl(home, check=None, revisit=True)
    home.run("import", "-", stdin="\n".join([_line(2, "内容有改动。"), _line(9)]))
    home.run("checkpoint")
    assert home.rows("select max(n) from revision")[0][0] == 2
    return home.path


@pytest.fixture
def home(archive: Path, tmp_path: Path) -> Home:
    """A copy whose database a test may lose."""
    shutil.copytree(archive, tmp_path / "home", ignore=shutil.ignore_patterns("locks"))
    return QuickHome(tmp_path / "home")


def test_every_field_of_every_row_comes_back_but_the_named_ones(home: Home) -> None:
    before, [(ident,)] = _contents(home), home.rows("select id from archive")
    notes = {path.name: path.read_bytes() for path in (home.path / "checkpoints").iterdir()}
    found = home.search("通知")["total"]
    _lose(home)
    for words in (["verify"], ["repair", "--apply"], ["index"], ["index", "--rebuild"], ["reparse"], ["status"], ["crawl", "linshan"]):
        said = home.run(*words, check=4).stderr
        assert "notices repair --rebuild-sql" in said, words
    assert not (home.path / "notices.db").exists()
    assert home.search("通知")["total"] == found  # the index answers meanwhile, as before
    said = home.run("repair", "--rebuild-sql").stdout
    assert "not rebuilt: observations" in said
    after = _contents(home)
    for table in _TABLES:
        assert after[table] == before[table], table
    assert home.rows("select id from archive") == [(ident,)]
    assert {path.name: path.read_bytes() for path in (home.path / "checkpoints").iterdir()} == notes
    assert home.search("通知")["total"] == found
    home.run("verify")
    assert ", 0 would change" in home.run("reparse", "--dry-run").stdout


def test_without_an_index_ids_follow_the_captures(home: Home) -> None:
    before = _contents(home)
    _lose(home)
    shutil.rmtree(home.path / "index")
    assert "numbered again" in home.run("repair", "--rebuild-sql").stdout
    after = _contents(home)
    assert after["notice"] == before["notice"]
    assert after["revision"] == before["revision"]
    home.run("verify")


def test_database_with_notices_is_not_replaced(home: Home) -> None:
    before = _contents(home)
    assert "notices repair --apply adds what it lacks" in home.run("repair", "--rebuild-sql", check=2).stderr
    assert _contents(home) == before


def test_damaged_database_stays_beside_the_rebuilt_one(home: Home) -> None:
    before = _contents(home)
    _lose(home)
    (home.path / "notices.db").write_bytes(b"not a database" * 100)
    home.run("repair", "--rebuild-sql")
    assert _contents(home)["revision"] == before["revision"]
    assert [path.read_bytes()[:14] for path in home.path.glob("notices.db.lost-*")] == [b"not a database"]


def test_damaged_record_is_named_and_the_others_come_back(home: Home) -> None:
    before = _contents(home)["revision"]
    [(name, offset)] = home.rows("select warc_file, offset from snapshot where kind = 'import' order by id limit 1")
    path = next(each for each in (home.path / "warc" / name, home.path / "warc" / f"{name}.open") if each.exists())
    data = bytearray(path.read_bytes())
    data[offset + 40] ^= 1
    path.write_bytes(data)
    _lose(home)
    assert f"{name} offset {offset}: not rebuilt" in home.run("repair", "--rebuild-sql", check=4).stdout
    assert len(_contents(home)["revision"]) == len(before) - 1


def test_index_is_not_emptied_by_an_emptied_database(home: Home) -> None:
    documents = home.search("通知")["total"]
    _lose(home)
    empty = QuickHome(home.path.parent / "empty")
    empty.run("index")
    shutil.copyfile(empty.path / "notices.db", home.path / "notices.db")
    for words in (["index"], ["index", "--rebuild"], ["repair", "--apply"]):
        home.run(*words, check=None)
    assert home.search("通知")["total"] == documents
