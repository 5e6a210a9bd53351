"""`notices verify` and `notices repair`: an intact archive raises no alarm, damage is named, and repaired where it can be derived."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from tests.support.archive_home import ROOT, Home
from tests.support.faults.damages import WARC_BYTES, added_record, config_of, document_rewritten, lines
from tests.support.quick_home import QuickHome


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of imported notices, with sealed files; each test damages a copy."""
    home = Home(tmp_path_factory.mktemp("whole") / "home")
    home.environment["NOTICES_WARC_MAX_BYTES"] = str(WARC_BYTES)
    home.run("import", "-", stdin=lines(90))
    assert len(list((home.path / "warc").glob("*.warc.gz"))) >= 1
    return home.path


@pytest.fixture
def home(whole: Path, tmp_path: Path) -> Home:
    """A copy of the archive."""
    shutil.copytree(whole, tmp_path / "home")
    made = QuickHome(tmp_path / "home")
    made.environment["NOTICES_WARC_MAX_BYTES"] = str(WARC_BYTES)
    return made


def change(home: Home, statement: str) -> None:
    """Rewrite rows behind the program's back."""
    with sqlite3.connect(home.path / "notices.db") as raw:
        raw.execute(statement)
    raw.close()


def sealed(home: Home) -> Path:
    """The first sealed file."""
    return min((home.path / "warc").glob("*.warc.gz"))


def flip(path: Path, at: int) -> None:
    """One bit of a file."""
    data = bytearray(path.read_bytes())
    data[at] ^= 4
    path.write_bytes(data)


def files(home: Home) -> dict[str, str]:
    """Every file of the archive, with its digest."""
    found = sorted(path for path in home.path.rglob("*") if path.is_file())
    return {path.relative_to(home.path).as_posix(): sha256(path.read_bytes()).hexdigest() for path in found}


def damages(home: Home, check: int) -> list[str]:
    """The lines of verify."""
    return home.run("verify", "--no-progress", check=check).stdout.splitlines()


def test_whole_archive_has_no_damage(home: Home) -> None:
    assert damages(home, 0)[0].startswith("0 damages: ")


def forged_document(home: Home) -> str:
    return document_rewritten(config_of(home.path), random.Random(1))[0]


def flipped_bit(home: Home) -> str:
    flip(sealed(home), 5000)
    return sealed(home).name


def forged_title(home: Home) -> str:
    change(home, "update revision set title = '伪' where id = 7")
    return "revision 1 of notice 7"


def forged_root(home: Home) -> str:
    change(home, "update checkpoint set root = replace(root, substr(root, 1, 1), 'x')")
    return "checkpoint 1"


@pytest.mark.parametrize(
    ("area", "damage"), [("warc", flipped_bit), ("sql", forged_title), ("log", forged_root), ("index", forged_document)]
)
def test_damage_is_named_and_ends_with_four(home: Home, area: str, damage: Callable[[Home], str]) -> None:
    name = damage(home)
    assert any(line.startswith(area) and name in line for line in damages(home, 4))


def test_json_tells_each_damage_and_then_the_counts(home: Home) -> None:
    change(home, "update revision set title = '伪' where id = 7")
    *found, summary = map(json.loads, home.run("verify", "--json", "--no-progress", check=4).stdout.splitlines())
    assert {each["area"] for each in found} == {"sql", "index"}
    assert all(set(each) == {"area", "kind", "place", "detail"} for each in found)
    assert summary["damages"] == len(found) == summary["sql"] + summary["index"]
    assert set(summary) == {"damages", "sql", "index", "bytes", "seconds"}
    (clean,) = map(json.loads, home.run("verify", "--json", "--no-index", "--no-progress", check=4).stdout.splitlines()[-1:])
    assert "index" not in clean


def test_archive_that_is_being_written_raises_no_alarm(home: Home, tmp_path: Path) -> None:
    runs = 0
    for seed in (2, 3):
        (tmp_path / "more.jsonl").write_text(lines(250, seed=seed))
        more = home.command("import", str(tmp_path / "more.jsonl"))
        with subprocess.Popen(more, env=home.environment, cwd=ROOT, stdout=subprocess.DEVNULL) as busy:
            while busy.poll() is None:
                assert damages(home, 0)[0].startswith("0 damages: ")
                runs += 1
        assert busy.returncode == 0
    assert runs >= 2
    assert damages(home, 0)[0].startswith("0 damages: ")


def test_repair_without_apply_changes_no_byte(home: Home) -> None:
    forged_title(home)
    flip(sealed(home), 5000)
    (home.path / "warc" / "stray").write_bytes(b"?")
    before = files(home)
    done = Home.run(home, "repair", "--no-progress", check=4)  # a process of its own closes the database, which leaves files beside it
    assert "nothing was changed" in done.stdout
    assert "would: read the revision again from its bytes" in done.stdout
    assert files(home) == before


def test_repair_restores_what_can_be_derived_and_deletes_nothing(home: Home) -> None:
    forged_title(home)
    change(home, "update snapshot set url = 'http://forged.example/' where id = 9")
    change(home, "update notice set revisions = 0 where id = 11")
    change(home, f"delete from snapshot where warc_file != '{sealed(home).name}' and id = (select max(id) from snapshot)")
    added_record(config_of(home.path), random.Random(1))
    (home.path / "warc" / "stray").write_bytes(b"stray")
    forged_document(home)
    before = files(home)
    change_free = home.rows("select count(*) from correction")
    done = home.run("repair", "--apply", "--no-progress", check=None)
    print(done.stdout)
    assert home.rows("select title from revision where id = 7") == [("关于第7号河段防汛工作的通知",)]
    assert home.rows("select url from snapshot where id = 9") == [("http://a.example/1/n9.html",)]
    assert home.rows("select revisions from notice where id = 11") == [(1,)]
    assert home.rows("select count(*) from snapshot where url = 'http://forged.example/'") == [(1,)]
    assert home.rows("select count(*) from correction") == [(change_free[0][0] + 1,)]
    (moved,) = (home.path / "warc" / "quarantine").iterdir()
    assert moved.read_bytes() == b"stray"
    kept = {name for name in before if not name.startswith(("index/", "notices.db")) and name != "warc/stray"}
    assert kept <= files(home).keys()
    assert not [line for line in done.stdout.splitlines() if line.startswith(("remains: index", "remains: warc"))]


def test_repair_of_rows_and_index_leaves_no_damage(home: Home) -> None:
    forged_title(home)
    change(home, "update attachment set text = '伪' where id = 3")
    change(home, "delete from alias where id = 5")
    change(home, "update snapshot set fetched_at = '2020-01-01 00:00:00.000000' where id = 9")
    forged_document(home)
    assert home.run("repair", "--apply", "--no-progress").stdout.splitlines()[-1].endswith("0 remain")
    assert damages(home, 0)[0].startswith("0 damages: ")
    assert home.search("标题:伪")["total"] == 0


@pytest.mark.parametrize("damage", ["flip", "cut", "removed"])
def test_repair_rebuilds_a_damaged_index(home: Home, damage: str) -> None:
    path = max((home.path / "index" / "g-000001").glob("*.seg"), key=lambda each: each.stat().st_size)
    if damage == "removed":
        path.unlink()
    elif damage == "cut":
        path.write_bytes(path.read_bytes()[:100])
    else:
        flip(path, path.stat().st_size // 2)
    assert any(line.startswith("index") for line in damages(home, 4))
    home.run("repair", "--apply", "--no-progress")
    assert damages(home, 0)[0].startswith("0 damages: ")
    assert home.search("第7号河段")["total"] == 1


def test_record_that_cannot_be_read_remains_a_damage_and_its_row_is_marked(home: Home) -> None:
    (row,) = home.rows('select id, "offset", length from snapshot where id = 20')
    flip(sealed(home), row[1] + row[2] // 2)
    done = home.run("repair", "--apply", "--no-progress", check=4)
    assert "remains: warc" in done.stdout
    assert "not repaired" in done.stdout
    ((note,),) = home.rows("select note from snapshot where id = 20")
    assert "damaged" in json.loads(note)
    assert home.run("repair", "--apply", "--no-progress", check=4).stdout.splitlines()[-1].endswith(" remain")


def test_lost_revision_is_read_again_and_never_counted_away(home: Home) -> None:
    query = "select revisions, n, title, text from notice join revision on notice_id = notice.id where notice.id = 5"
    before = home.rows(query)
    change(home, "delete from revision where notice_id = 5")
    home.run("verify", check=4)
    home.run("repair", "--apply", "--no-progress", check=None)
    assert home.rows(query) == before


@pytest.mark.parametrize(
    ("statement", "place"),
    [
        ("update revision set published_date = '二月三十日' where id = 7", "notice 7"),
        ("update revision set written_date = '2026-02-30' where id = 7", "notice 7"),
        ("update revision set anatomy = '{' where id = 7", "notice 7"),
        ("update revision set text = x'789c' where id = 7", "notice 7"),
        ("update attachment set text = x'789c' where id = 3", "notice"),
        ("update snapshot set fetched_at = 'yesterday' where id = 9", "snapshot 9"),
    ],
)
def test_unreadable_value_is_named_and_read_again_from_the_bytes(home: Home, statement: str, place: str) -> None:
    change(home, statement)
    done = home.run("verify", "--no-progress", check=4)
    assert place in done.stdout
    assert "unreadable" in done.stdout
    done = home.run("repair", "--apply", "--no-progress")
    assert ", 0 remain" in done.stdout
    home.run("verify", "--no-progress")


def test_value_that_no_bytes_tell_stays_a_damage(home: Home) -> None:
    change(home, "update notice set first_seen_at = 'never' where id = 5")
    assert "notice 5" in home.run("repair", "--apply", "--no-progress", check=4).stdout


def test_text_that_is_not_utf8_is_a_damage(home: Home) -> None:
    change(home, "update revision set issuer = cast(x'ff41' as text) where id = 3")
    assert "notice 3" in home.run("verify", "--no-progress", check=4).stdout
