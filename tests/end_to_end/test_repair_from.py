"""`notices repair --from`: losses are restored from a backup, and only bytes and rows that the archive's own records attest."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Iterable
from pathlib import Path

import pytest

from tests.end_to_end.test_verify import change, damages, files, flip
from tests.support.archive_home import Home
from tests.support.faults.damages import WARC_BYTES, lines
from tests.support.quick_home import QuickHome


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an archive of sealed files and its backup; each test damages a copy."""
    folder = tmp_path_factory.mktemp("whole")
    home = Home(folder / "home")
    home.environment["NOTICES_WARC_MAX_BYTES"] = str(WARC_BYTES)
    home.run("import", "-", stdin=lines(150))
    home.run("checkpoint")
    home.run("backup", str(folder / "backup"))
    assert len(list((home.path / "warc").glob("*.warc.gz"))) >= 2
    return folder


@pytest.fixture
def home(whole: Path, tmp_path: Path) -> Home:
    """A copy of the archive; its backup lies beside it."""
    shutil.copytree(whole / "home", tmp_path / "home")
    shutil.copytree(whole / "backup", tmp_path / "backup")
    made = QuickHome(tmp_path / "home")
    made.environment["NOTICES_WARC_MAX_BYTES"] = str(WARC_BYTES)
    return made


def sealed(home: Home, n: int = 0) -> Path:
    return sorted((home.path / "warc").glob("*.warc.gz"))[n]


def the_open(home: Home, suffix: str = ".open") -> Path:
    (path,) = (home.path / "warc").glob(f"*{suffix}")
    return path


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def beside(path: Path) -> Path:
    return path.with_name(f"{path.name}.json")


def remove(*paths: Path) -> None:
    for path in paths:
        path.unlink()


def swap(home: Home) -> None:
    one, two = sealed(home, 0), sealed(home, 1)
    data = one.read_bytes(), two.read_bytes()
    one.write_bytes(data[1])
    two.write_bytes(data[0])


BYTES: dict[str, Callable[[Home], None]] = {
    "bit of a sealed file": lambda home: flip(sealed(home), 5000),
    "sealed file cut": lambda home: cut(sealed(home, 1)),
    "sealed file removed": lambda home: remove(sealed(home)),
    "sealed file and manifest removed": lambda home: remove(beside(sealed(home, 1)), sealed(home, 1)),
    "bit of a manifest": lambda home: flip(beside(sealed(home)), 100),
    "manifest removed": lambda home: remove(beside(sealed(home, 1))),
    "two files swapped": swap,
    "bit of the open file": lambda home: flip(the_open(home), 3000),
    "open file cut": lambda home: cut(the_open(home)),
    "open file removed": lambda home: remove(the_open(home)),
    "open file and tail removed": lambda home: remove(the_open(home), the_open(home, ".tail")),
    "tail removed": lambda home: remove(the_open(home, ".tail")),
    "bit of the tail": lambda home: flip(the_open(home, ".tail"), 60),
    "the whole series removed": lambda home: shutil.rmtree(home.path / "warc"),
}
ROWS: dict[str, str] = {
    "snapshot deleted": "delete from snapshot where id = 20",
    "the last snapshots deleted": "delete from snapshot where id > 140",
    "revision deleted": "delete from revision where id = 12",
    "revision and what hangs on it deleted": "delete from attachment where revision_id = 12; delete from alias where revision_id = 12;"
    "delete from citation where revision_id = 12; delete from revision where id = 12",
    "notice deleted": "delete from notice where id = 12",
    "notice and all of it deleted": "delete from attachment where revision_id = 12; delete from alias where revision_id = 12;"
    "delete from citation where revision_id = 12; delete from revision where id = 12; delete from notice where id = 12",
    "attachment deleted": "delete from attachment where revision_id = 12",
    "revision rewritten": "update revision set title = '伪', text = '伪' where id = 12",
    "alias moved": "update alias set revision_id = 13 where revision_id = 12",
    "notice made unreadable": "update notice set first_seen_at = 'never' where id = 5",
    "checkpoint deleted": "delete from checkpoint",
    "source deleted": "delete from source",
    "runs deleted": "delete from run",
}


def repaired(home: Home, *options: str) -> str:
    """What repair says; afterwards verify finds nothing."""
    said = home.run("repair", "--from", str(home.path.parent / "backup"), "--apply", "--no-progress", *options).stdout
    assert damages(home, 0)[0].startswith("0 damages: ")
    return said


def some(kinds: Iterable[str], quick: Collection[str]) -> list[object]:
    return [pytest.param(kind, marks=() if kind in quick else pytest.mark.long) for kind in kinds]


@pytest.mark.parametrize("damage", some(BYTES, ("sealed file removed", "bit of the open file")))
def test_bytes_come_back_and_what_was_damaged_is_in_quarantine(home: Home, damage: str) -> None:
    before = files(home)
    BYTES[damage](home)
    left = {digest for name, digest in files(home).items() if name.startswith("warc/notices")}
    damages(home, 4)
    assert "restored: " in repaired(home)
    series = {name: digest for name, digest in before.items() if name.startswith("warc/notices")}
    after = files(home)
    assert {name: digest for name, digest in after.items() if name.startswith("warc/notices")} == series
    assert left <= set(after.values())


@pytest.mark.parametrize("damage", some(ROWS, ("snapshot deleted", "notice and all of it deleted")))
def test_rows_come_back_as_they_were(home: Home, damage: str) -> None:
    tables = ("source", "run", "snapshot", "notice", "revision", "attachment", "alias", "citation", "checkpoint")
    before = {table: home.rows(f"select * from {table} order by id") for table in tables}
    for statement in ROWS[damage].split(";"):
        change(home, statement)
    assert before != {table: home.rows(f"select * from {table} order by id") for table in tables}
    repaired(home)
    assert before == {table: home.rows(f"select * from {table} order by id") for table in tables}


@pytest.mark.long
def test_bytes_and_rows_that_were_lost_together_come_back(home: Home) -> None:
    BYTES["sealed file and manifest removed"](home)
    for statement in ROWS["notice and all of it deleted"].split(";"):
        change(home, statement)
    change(home, "delete from snapshot where id in (3, 60)")
    repaired(home)


@pytest.mark.parametrize("damage", some(["removed", "doctored"], ["doctored"]))
def test_signed_notes_come_back_as_files(home: Home, damage: str) -> None:
    (note,) = (home.path / "checkpoints").glob("*.txt")
    before = note.read_bytes()
    note.unlink() if damage == "removed" else note.write_bytes(before.replace(b"\n", b"0\n", 2))
    assert "the signed note" in repaired(home)
    assert note.read_bytes() == before


@pytest.mark.long
def test_file_that_grew_since_the_backup_is_put_together(home: Home) -> None:
    name = the_open(home).name.removesuffix(".open")
    home.environment["NOTICES_WARC_MAX_BYTES"] = str(2 * WARC_BYTES)  # sizes vary by the day's times: it must not be sealed now
    home.run("import", "-", stdin=lines(3, seed=2))
    before = files(home)
    assert the_open(home).name == f"{name}.open"
    flip(the_open(home), 3000)
    assert "as they are here" in repaired(home)
    assert files(home)[f"warc/{name}.open"] == before[f"warc/{name}.open"]


@pytest.mark.long
def test_file_that_was_sealed_since_the_backup_is_put_together(home: Home) -> None:
    name = the_open(home).name.removesuffix(".open")
    home.run("import", "-", stdin=lines(120, seed=2))
    before = files(home)
    flip(home.path / "warc" / name, 3000)
    assert "as they are here" in repaired(home)
    assert files(home)[f"warc/{name}"] == before[f"warc/{name}"]


def test_damage_to_what_came_after_the_backup_is_not_repaired_and_nothing_is_overwritten(home: Home) -> None:
    home.run("import", "-", stdin=lines(3, seed=2))
    path = the_open(home)
    flip(path, path.stat().st_size - 300)
    damaged = path.read_bytes()
    said = home.run("repair", "--from", str(home.path.parent / "backup"), "--apply", "--no-progress", check=4).stdout
    name = path.name.removesuffix(".open")
    if any((home.path.parent / "backup").rglob(f"{name}*")):
        assert "not repaired: it lacks the records that" in said or "does not contain all that its tail and the rows name" in said
    else:  # sizes vary by the day's times: what came later began a file of its own
        assert f"{name}: not repaired: the backup has no such file" in said
    assert path.read_bytes() == damaged


def test_without_apply_it_says_what_would_be_restored_and_changes_no_byte(home: Home) -> None:
    flip(sealed(home), 5000)
    change(home, ROWS["revision deleted"])
    change(home, "delete from snapshot where id > 140")
    before = files(home)
    # A process of its own closes the database, which leaves files beside it.
    said = Home.run(home, "repair", "--from", str(home.path.parent / "backup"), "--no-progress", check=4).stdout
    assert f"{sealed(home).name}: would restore: " in said
    assert "would restore: 1 rows of revision" in said
    assert "would restore: 10 rows of snapshot" in said
    assert files(home) == before


@pytest.mark.long
def test_backup_in_one_file_serves_too(home: Home) -> None:
    home.run("backup", str(home.path.parent / "backup.tar"))
    remove(sealed(home))
    home.run("repair", "--from", str(home.path.parent / "backup.tar"), "--apply", "--no-progress")
    damages(home, 0)


def test_doctored_backup_and_that_of_another_archive_are_refused(home: Home, tmp_path: Path) -> None:
    other = QuickHome(tmp_path / "other")
    other.run("import", "-", stdin=lines(20, seed=9))
    other.run("backup", str(tmp_path / "foreign"))
    remove(sealed(home))
    before = files(home)
    done = Home.run(home, "repair", "--from", str(tmp_path / "foreign"), "--apply", "--no-progress", check=2)
    assert "not a backup of this archive" in done.stderr
    flip(tmp_path / "backup" / "notices.db", 50_000)
    done = Home.run(home, "repair", "--from", str(tmp_path / "backup"), "--apply", "--no-progress", check=4)
    assert "notices.db is not what was written" in done.stderr
    assert files(home).keys() - {"locks/repair.lock"} == before.keys() - {"locks/repair.lock"}


@pytest.mark.long
def test_damaged_file_in_the_backup_is_not_restored(home: Home, tmp_path: Path) -> None:
    flip(sealed(home), 5000)
    flip(tmp_path / "backup" / "warc" / sealed(home).name, 6000)
    before = sealed(home).read_bytes()
    said = home.run("repair", "--from", str(tmp_path / "backup"), "--apply", "--no-progress", check=4).stdout
    assert f"{sealed(home).name}: not repaired: " in said
    assert sealed(home).read_bytes() == before
