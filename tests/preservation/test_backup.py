"""Backups that somebody else may have made: restored whole or refused, and nothing outside the home, nothing half is left."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import sqlite3
import stat
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from notices.config import Config
from notices.errors import ArchiveLocked, BadInput, DamageFound, DiskFull
from pipeline.work_folder import MARK
from preservation.backup import check_backup, make_backup, restoring
from preservation.backup_files import FILES, FOLDERS, copy_parts, is_part


@pytest.fixture
def copy(config: Config, tmp_path: Path) -> Path:
    make_backup(config, tmp_path / "copy")
    return tmp_path / "copy"


def stated_again(folder: Path) -> None:
    """Make the manifest agree with the files, as an attacker would."""
    value = json.loads((folder / "backup.json").read_bytes())
    files = [p for p in sorted(folder.rglob("*")) if p.is_file() and p.name != "backup.json" and p.parent.name != "warc"]
    value["files"] = {str(p.relative_to(folder)): [p.stat().st_size, hashlib.sha256(p.read_bytes()).hexdigest()] for p in files}
    (folder / "backup.json").write_text(json.dumps(value))


def restore(source: Path, home: Path) -> None:
    with restoring(source, home):
        pass


def a_tar(path: Path, *members: tuple[str, bytes, str, bytes]) -> Path:
    """A tar file of members: name, type, link, bytes."""
    with tarfile.open(path, "w") as tar:
        for name, kind, link, data in members:
            info = tarfile.TarInfo(name)
            info.type, info.linkname, info.size = kind, link, len(data)
            tar.addfile(info, io.BytesIO(data))
    return path


def test_signing_key_stays_private_whatever_the_umask(config: Config, tmp_path: Path) -> None:
    (config.home / "keys" / "checkpoint.pem").chmod(0o644)
    before = os.umask(0)
    try:
        make_backup(config, tmp_path / "copy")
        make_backup(config, tmp_path / "copy.tar")
        restore(tmp_path / "copy.tar", tmp_path / "new")
    finally:
        os.umask(before)
    private = ["copy.tar", "copy/keys/checkpoint.pem", "new/keys/checkpoint.pem"]
    assert [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in private] == [0o600] * 3
    assert [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("copy", "new", "new/keys")] == [0o700] * 3
    loose = [path for name in ("copy", "new") for path in (tmp_path / name).rglob("*") if path.stat().st_mode & 0o022]
    assert loose == []


@pytest.mark.parametrize("name", ["copy", "copy.tar"])
def test_what_a_kill_left_does_not_stop_the_next_backup(config: Config, tmp_path: Path, name: str) -> None:
    left = tmp_path / f"{name}.partial"
    (left / "backup").mkdir(parents=True)
    (left / MARK).touch()
    (left / "backup" / "notices.db").write_bytes(b"half")
    assert make_backup(config, tmp_path / name) > 0
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(["home", name])


def test_folder_of_somebody_else_beside_the_target_is_kept(config: Config, tmp_path: Path) -> None:
    (tmp_path / "copy.partial").mkdir()
    (tmp_path / "copy.partial" / "thesis.txt").write_text("mine")
    with pytest.raises(BadInput, match="in the way"):
        make_backup(config, tmp_path / "copy")
    (tmp_path / "new.partial").mkdir()
    (tmp_path / "new.partial" / "thesis.txt").write_text("mine")
    make_backup(config, tmp_path / "other")
    restore(tmp_path / "other", tmp_path / "new")
    assert [p.read_text() for p in sorted(tmp_path.glob("*.partial/thesis.txt"))] == ["mine", "mine"]


def out_by_links(path: Path) -> Path:
    """CVE-2025-4517: names so long that realpath gives up, and the filter "data" no longer sees where a link leads."""
    long, letters, at, made = "n" * 247, "abcdefghijklmnop", "", []
    for letter in letters:
        made += [(os.path.join(at, long), tarfile.DIRTYPE, "", b""), (os.path.join(at, letter), tarfile.SYMTYPE, long, b"")]
        at = os.path.join(at, long)
    deep = os.path.join("/".join(letters), "x" * 254)
    made += [(deep, tarfile.SYMTYPE, "../" * len(letters), b""), ("out", tarfile.SYMTYPE, deep + "/../../..", b"")]
    return a_tar(path, *made, ("out/PWNED", tarfile.REGTYPE, "", b"x"))


HOSTILE: dict[str, Callable[[Path], Path]] = {
    "links with long names": out_by_links,
    "parent": lambda path: a_tar(path, ("sources/../../PWNED", tarfile.REGTYPE, "", b"x")),
    "absolute": lambda path: a_tar(path, (str(path.with_name("PWNED")), tarfile.REGTYPE, "", b"x")),
    "link": lambda path: a_tar(path, ("notices.toml", tarfile.SYMTYPE, "/etc/passwd", b"")),
    "hard link": lambda path: a_tar(path, ("notices.toml", tarfile.LNKTYPE, "../../etc/passwd", b"")),
    "folder link": lambda path: a_tar(path, ("sources", tarfile.SYMTYPE, "..", b""), ("sources/PWNED", tarfile.REGTYPE, "", b"x")),
    "pipe": lambda path: a_tar(path, ("notices.db", tarfile.FIFOTYPE, "", b"")),
    "device": lambda path: a_tar(path, ("notices.db", tarfile.CHRTYPE, "", b"")),
    "twice": lambda path: a_tar(path, ("notices.toml", tarfile.REGTYPE, "", b"a"), ("./notices.toml", tarfile.REGTYPE, "", b"b")),
    "file for a folder": lambda path: a_tar(path, ("sources/a.toml/b", tarfile.REGTYPE, "", b"a")),
    "no tar": lambda path: (path.write_bytes(b"x" * 2000), path)[1],
    "empty": lambda path: (path.touch(), path)[1],
    "zeros": lambda path: (path.write_bytes(b"\0" * 20480), path)[1],
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_tar_is_refused_and_leaves_nothing(tmp_path: Path, kind: str) -> None:
    room = tmp_path / "a" / "b"
    room.mkdir(parents=True)
    bad = HOSTILE[kind](room / "bad.tar")
    with pytest.raises((BadInput, DamageFound)):
        restore(bad, room / "home")
    assert not list(tmp_path.rglob("PWNED"))
    assert [p.name for p in room.iterdir()] == ["bad.tar"]


@pytest.mark.parametrize("name", ["notices.toml", "sources/x.toml", "warc/x", "keys", "backup.json", "notices.db"])
@pytest.mark.parametrize("kind", ["link", "pipe"])
def test_folder_with_links_and_pipes_is_refused(copy: Path, tmp_path: Path, name: str, kind: str) -> None:
    path = copy / name
    path.parent.mkdir(exist_ok=True)
    if path.is_dir():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    path.symlink_to("/etc/passwd") if kind == "link" else os.mkfifo(path)
    with pytest.raises((BadInput, DamageFound)):
        restore(copy, tmp_path / "new")
    with pytest.raises((BadInput, DamageFound)):  # as `repair --from` reads it
        check_backup(copy)
    assert not (tmp_path / "new").exists()


def test_folders_that_no_backup_contains_do_not_come_along(copy: Path, tmp_path: Path) -> None:
    for name in ("other/g-000001", "sources/other/g-000001", "index/g-000001"):
        (copy / name).mkdir(parents=True)
        (copy / name / "_MAIN_1.toc").write_bytes(b"pickled")
        (copy / name).with_name("current").write_text("g-000001")
    (copy / ".bashrc").write_text("evil")
    stated_again(copy)
    restore(copy, tmp_path / "new")
    assert not [p for p in (tmp_path / "new").rglob("*") if p.name in ("_MAIN_1.toc", ".bashrc")]
    assert set(os.listdir(tmp_path / "new")) <= FILES | FOLDERS


def test_trigger_in_the_database_is_refused(copy: Path, tmp_path: Path) -> None:
    with sqlite3.connect(copy / "notices.db") as raw:
        raw.execute("create trigger t after insert on run begin delete from revision; end")
    raw.close()
    stated_again(copy)
    with pytest.raises(DamageFound, match="trigger"):
        restore(copy, tmp_path / "new")


@pytest.mark.parametrize(
    "manifest",
    [b"[" * 100_000, b'{"files": {"a": [Infinity, "x"]}, "made_at": "2026-01-01T00:00:00"}', b"[]", b"null", b"\xff", b'{"files": 1}'],
)
def test_false_manifest_is_refused(copy: Path, tmp_path: Path, manifest: bytes) -> None:
    (copy / "backup.json").write_bytes(manifest)
    with pytest.raises(BadInput, match="not a backup"):
        restore(copy, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_home_may_be_a_link_or_a_new_file_system(copy: Path, tmp_path: Path) -> None:
    (tmp_path / "real" / "lost+found").mkdir(parents=True)
    (tmp_path / "link").symlink_to("real")
    inode = (tmp_path / "real").stat().st_ino
    restore(copy, tmp_path / "link")
    assert (tmp_path / "real").stat().st_ino == inode  # filled, not replaced: a mount point could not be
    assert {"notices.db", "warc", "lost+found"} <= set(os.listdir(tmp_path / "real"))
    assert not (tmp_path / "real" / ".restoring").exists()


def test_error_after_the_files_are_in_place_leaves_the_home_empty(copy: Path, tmp_path: Path) -> None:
    (tmp_path / "mount").mkdir()
    for name in ("new", "mount"):
        with pytest.raises(DiskFull), restoring(copy, tmp_path / name):
            assert (tmp_path / name / "notices.db").is_file()
            raise DiskFull("no space for the index")
    assert not (tmp_path / "new").exists()
    assert os.listdir(tmp_path / "mount") == []
    restore(copy, tmp_path / "mount")


def killed(copy: Path, home: Path, *, placed: set[str]) -> None:
    """A home as a kill leaves it when these files were in their places."""
    work = home / ".restoring"
    (work / "backup").mkdir(parents=True)
    (work / MARK).touch()
    copy_parts(copy, work / "backup")
    for name in placed:
        os.replace(work / "backup" / name, home / name)


def test_restoration_killed_before_the_database_is_placed_begins_again(copy: Path, tmp_path: Path) -> None:
    killed(copy, tmp_path / "new", placed={"warc", "keys"})
    restore(copy, tmp_path / "new")
    assert set(os.listdir(tmp_path / "new")) == set(os.listdir(copy)) - {"backup.json"}


def test_restoration_killed_in_its_last_step_is_finished(copy: Path, tmp_path: Path) -> None:
    killed(copy, tmp_path / "new", placed=set(os.listdir(copy)) - {"backup.json"})
    (tmp_path / "new" / "warc" / "newer").touch()
    with restoring(copy, tmp_path / "new") as made_at:
        assert made_at == check_backup(copy)
    assert (tmp_path / "new" / "warc" / "newer").exists()
    assert not (tmp_path / "new" / ".restoring").exists()


@pytest.mark.parametrize("marked", [True, False])
def test_restoration_killed_while_its_work_folder_is_removed_is_finished(copy: Path, tmp_path: Path, *, marked: bool) -> None:
    home = tmp_path / "new"
    killed(copy, home, placed=set(os.listdir(copy)) - {"backup.json"})
    if not marked:
        (home / ".restoring" / MARK).unlink()
    with restoring(copy, home):
        pass
    assert set(os.listdir(home)) == set(os.listdir(copy)) - {"backup.json"}


def test_second_restoration_waits_for_no_one_and_disturbs_nobody(copy: Path, tmp_path: Path) -> None:
    with restoring(copy, tmp_path / "new"), pytest.raises(ArchiveLocked), restoring(copy, tmp_path / "new"):
        pass
    assert (tmp_path / "new" / "notices.db").is_file()


def test_restoration_killed_after_its_end_is_an_archive_and_leaves_nothing(copy: Path, tmp_path: Path) -> None:
    home = tmp_path / "new"
    killed(copy, home, placed=set(os.listdir(copy)) - {"backup.json"})
    (home / ".restoring" / "backup" / "backup.json").unlink()
    with pytest.raises(BadInput, match="not empty"):
        restore(copy, home)
    assert set(os.listdir(home)) == set(os.listdir(copy)) - {"backup.json"}


def test_home_that_was_used_after_the_kill_is_not_touched(config: Config, copy: Path, tmp_path: Path) -> None:
    killed(copy, tmp_path / "new", placed={"warc"})
    (tmp_path / "new" / "notices.db").write_bytes(b"of an import meanwhile")
    with pytest.raises(BadInput, match="not empty"):
        restore(copy, tmp_path / "new")
    assert (tmp_path / "new" / "notices.db").read_bytes() == b"of an import meanwhile"
    other = tmp_path / "another.tar"
    make_backup(config, other)
    killed(copy, tmp_path / "third", placed=set(os.listdir(copy)) - {"backup.json"})
    (tmp_path / "third" / ".restoring" / "backup" / "backup.json").write_text("{}")
    with pytest.raises(BadInput, match="not empty"):
        restore(other, tmp_path / "third")


@pytest.mark.parametrize("name", ["sources/a/b", "warc/../x", "/notices.db", "warc/a\x1b", "warc/x.tmp", "other", "..", "", "keys"])
def test_names_that_are_no_part(name: str) -> None:
    assert not is_part(name)
