"""Every part of an archive names it: a restored, copied or moved archive neither answers from another's index nor repairs it."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path
from unittest.mock import patch

import pytest

from pipeline.sql.row_digest import _LEFT_OUT
from tests.support.archive_home import Home
from tests.support.quick_home import QuickHome

_WITHOUT_THEMES = patch("pipeline.sql.row_digest._LATER", (("region", "region_provenance"),))  # digests of migration 0002
_LATER_INDEXES = (
    "ix_notice_source_id_first_seen_at",
    "ix_revision_published",
    "ix_listing_column",
    "ix_listing_first_listed_at",
    "ix_observation_run_id",
    "ix_citation_title_key",
)
_EARLIER = patch("pipeline.warc.lane.read_marker", return_value="")  # the series of an earlier release names no archive


def _lines(first: int, last: int) -> str:
    return "\n".join(
        json.dumps({"url": f"http://a.example/{n}", "title": f"第{n}号公告", "text": f"第{n}号河段巡查"}, ensure_ascii=False)
        for n in range(first, last)
    )


@pytest.fixture
def live(tmp_path: Path) -> Home:
    """An archive whose index is outside its home, named by its absolute address."""
    home = QuickHome(tmp_path / "live")
    home.run("import", "-", stdin=_lines(0, 4))
    home.run("index", "--rebuild", "--to", f"tantivy://{tmp_path}/srv/tantivy")
    return home


def test_restored_archive_has_an_index_of_its_own(live: Home, tmp_path: Path) -> None:
    live.run("backup", str(tmp_path / "backup"))
    live.run("import", "-", stdin=_lines(4, 7))
    drill = QuickHome(tmp_path / "drill")
    said = drill.run("restore", str(tmp_path / "backup")).stdout
    assert f"index: tantivy:tantivy in place of tantivy://{tmp_path}/srv/tantivy" in said
    assert (drill.path / "notices.toml").read_text(encoding="utf-8") == 'index = "tantivy:tantivy"\n'
    assert drill.search("公告")["total"] == 4
    drill.run("verify")
    drill.run("repair", "--apply")
    drill.run("index", "--rebuild")
    assert live.search("公告")["total"] == 7
    live.run("verify")


def test_copied_archive_is_refused_the_index_of_the_first(live: Home, tmp_path: Path) -> None:
    copy = QuickHome(tmp_path / "copy")
    shutil.copytree(live.path, copy.path)
    live.run("import", "-", stdin=_lines(4, 7))
    for words in (["search", "公告"], ["verify"], ["index"], ["index", "--rebuild"], ["repair", "--apply"]):
        done = copy.run(*words, check=None)
        assert done.returncode in (2, 4), words
        assert f"in {live.path}" in done.stdout + done.stderr, words
        assert f"in {copy.path}" in done.stdout + done.stderr, words
    assert live.search("公告")["total"] == 7
    copy.run("index", "--rebuild", "--to", "tantivy:tantivy")
    assert copy.search("公告")["total"] == 4
    copy.run("verify")
    live.run("verify")


def test_moved_archive_takes_its_index_along(tmp_path: Path) -> None:
    home = QuickHome(tmp_path / "first")
    home.run("import", "-", stdin=_lines(0, 4))
    home.run("index", "--rebuild", "--to", "tantivy:fast/one")
    assert (home.path / "fast" / "one").is_dir()  # whatever the current folder is
    moved = QuickHome(tmp_path / "second")
    home.path.rename(moved.path)
    assert moved.search("公告")["total"] == 4
    moved.run("verify")


@pytest.mark.parametrize("part", ["warc", "keys", "index"])
def test_part_of_another_archive_is_refused_with_both_names(tmp_path: Path, part: str) -> None:
    homes = [QuickHome(tmp_path / name) for name in ("one", "other")]
    for home in homes:
        home.run("import", "-", stdin=_lines(0, 2))
    ids = [home.rows("select id from archive")[0][0] for home in homes]
    assert ids[0] != ids[1]
    shutil.rmtree(homes[0].path / part)
    shutil.copytree(homes[1].path / part, homes[0].path / part)
    done = homes[0].run("verify", check=None)
    assert done.returncode in (2, 4)
    assert all(ident in done.stdout + done.stderr for ident in ids)


def test_archive_without_an_id_gets_one_and_adopts_its_parts(tmp_path: Path) -> None:
    home = QuickHome(tmp_path / "home")
    with _EARLIER, _WITHOUT_THEMES, patch("pipeline.sql.row_digest._LEFT_OUT", _LEFT_OUT | {"theme"}):
        home.run("import", "-", stdin=_lines(0, 3))
    for marker in [*home.path.rglob("archive-id")]:
        marker.unlink()
    with sqlite3.connect(home.path / "notices.db") as raw:
        raw.executescript(
            "drop table archive; alter table revision add column folded text not null default '';"
            + "".join(f"drop table {later};" for later in ("change", "delivery", "watch_hit", "watch", "recognition", "takedown", "sketch"))
            + "".join(f"drop index {later};" for later in _LATER_INDEXES)
            + "create index ix_notice_source_id on notice (source_id); alter table notice drop column tallies; alter table revision drop column theme;"
            + "alter table citation drop column title_key;"
            + "alter table column_walk drop column began_at; alter table column_walk drop column completed_at;"
            + "update alembic_version set version_num = '0002'"
        )
    shutil.copytree(home.path, tmp_path / "twin")
    home.run("verify")
    home.run("index")
    home.run("verify")
    [(ident,)] = home.rows("select id from archive")
    assert {marker.read_text(encoding="utf-8").split()[0] for marker in home.path.rglob("archive-id")} == {ident}
    assert len(list(home.path.rglob("archive-id"))) == 3
    twin = QuickHome(tmp_path / "twin")
    twin.run("verify")
    assert twin.rows("select id from archive") == [(ident,)]  # as a backup of it would have


def test_series_of_another_archive_is_not_adopted(tmp_path: Path) -> None:
    homes = [QuickHome(tmp_path / name) for name in ("one", "other")]
    for home in homes:
        with _EARLIER:
            home.run("import", "-", stdin=_lines(0, 2))
        (home.path / "archive-id").unlink()
    (homes[0].path / "warc" / "notices-0-000001.warc.gz.open").unlink()
    (homes[0].path / "warc" / "notices-0-000001.warc.gz.tail").unlink()
    shutil.copyfile(homes[1].path / "warc" / "notices-0-000001.warc.gz.open", homes[0].path / "warc" / "notices-0-000009.warc.gz")
    homes[0].run("verify", check=4)
    assert not (homes[0].path / "archive-id").exists()
