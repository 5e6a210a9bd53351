"""Damaged, missing, foreign and unwritable indexes, and queries that take too long."""

from __future__ import annotations

import json
import os
import random
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from index.engine import Engine
from index.engines import open_engine, outdated, rebuild
from index.query.tree import Everything, Query
from notices.errors import ArchiveUnwritable, IndexUnusable
from tests.support.corpora import a_document


@pytest.mark.parametrize("damage", ["garbage", "empty", "missing", "version"])
def test_index_that_is_not_sound_says_so(engine: Engine, url: str, damage: str, tmp_path: Path) -> None:
    engine.write([a_document(random.Random(1), 1)])
    engine.close()
    for path in (tmp_path / "index").rglob("*"):
        if path.is_file() and damage == "missing":
            path.unlink()
        elif path.is_file() and damage != "version":
            path.write_bytes(b"garbage" if damage == "garbage" else b"")
        elif path.name == "version.json":
            path.write_text('{"version": 0}')
    with pytest.raises(IndexUnusable, match="index"):
        open_engine(url)


@pytest.mark.parametrize("folding", [1, None])
def test_index_folded_otherwise_is_read_and_rebuilt_before_it_is_written(
    engine: Engine, url: str, tmp_path: Path, folding: int | None
) -> None:
    engine.write([a_document(random.Random(1), 1)])
    engine.close()
    assert not outdated(url)
    (version,) = (tmp_path / "index").rglob("version.json")
    made_as = json.loads(version.read_text())
    made_as["folding"] = folding
    version.write_text(json.dumps({name: value for name, value in made_as.items() if value is not None}))
    assert outdated(url)
    open_engine(url).close()
    with pytest.raises(IndexUnusable, match="earlier version"):
        open_engine(url, write=True)
    assert rebuild(url, [a_document(random.Random(1), 1)]) == 1
    assert not outdated(url)
    open_engine(url, write=True).close()


def test_a_missing_index_says_so(url: str) -> None:
    with pytest.raises(IndexUnusable, match="index"):
        open_engine(url)


def test_an_unsound_index_is_replaced_by_a_rebuild(engine: Engine, url: str, tmp_path: Path) -> None:
    engine.close()
    for path in (tmp_path / "index").rglob("*"):
        if path.is_file():
            path.write_bytes(b"")
    assert rebuild(url, [a_document(random.Random(n), n) for n in (1, 2)]) == 2
    fresh = open_engine(url)
    assert fresh.search(Query("", Everything())).total == 2
    fresh.close()


def test_index_that_others_may_write_is_refused(engine: Engine, url: str, tmp_path: Path) -> None:
    engine.close()
    for path in (tmp_path / "index").glob("g-*"):
        path.chmod(0o777)
    with pytest.raises(IndexUnusable, match="writable by others"):
        open_engine(url)


def test_file_of_an_index_that_others_may_write_is_refused(engine: Engine, url: str, tmp_path: Path) -> None:
    engine.close()
    file = next(path for path in (tmp_path / "index").glob("g-*/*") if path.is_file())
    file.chmod(0o666)
    with pytest.raises(IndexUnusable, match="writable by others"):
        open_engine(url)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to another user")
@pytest.mark.parametrize("mode", [0o755, 0o777])
def test_index_of_the_user_whose_folder_it_is_in_can_be_read_by_others(
    engine: Engine, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int
) -> None:
    engine.close()
    archivist, reader = 61_111, 61_112
    for path in (tmp_path, *(tmp_path / "index").rglob("*"), tmp_path / "index"):
        os.chown(path, archivist, archivist)
    tmp_path.chmod(mode)
    for user, may in ((archivist, True), (reader, mode == 0o755), (0, False)):
        monkeypatch.setattr(os, "geteuid", lambda user=user: user)
        if may:
            open_engine(url).close()
        else:
            with pytest.raises(IndexUnusable, match="another user"):
                open_engine(url)
    os.chown(tmp_path / "index", reader + 1, 0)
    monkeypatch.setattr(os, "geteuid", lambda: reader)
    with pytest.raises(IndexUnusable, match="another user"):
        open_engine(url)


def test_index_made_without_a_umask_is_writable_by_its_owner_alone(url: str, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        rebuild(url.replace("/index", "/loose"), [a_document(random.Random(1), 1)])
    finally:
        os.umask(before)
    loose = [path for path in (tmp_path / "loose").rglob("*") if path.stat().st_mode & 0o022]
    assert loose == []
    open_engine(url.replace("/index", "/loose")).close()


def test_folder_that_contains_other_things_is_no_place_for_an_index(url: str, tmp_path: Path) -> None:
    (tmp_path / "other" / "g-photos").mkdir(parents=True)
    (tmp_path / "other" / "g-photos" / "1.jpg").write_text("mine")
    with pytest.raises(IndexUnusable, match="other files"):
        rebuild(url.replace("/index", "/other"), [a_document(random.Random(1), 1)])
    assert (tmp_path / "other" / "g-photos" / "1.jpg").read_text() == "mine"


def test_folder_of_somebody_else_in_an_index_is_kept(engine: Engine, url: str, tmp_path: Path) -> None:
    engine.close()
    for name in ("g-photos", "g-000009"):
        (tmp_path / "index" / name).mkdir()
        (tmp_path / "index" / name / "1.jpg").write_text("mine")
    rebuild(url, [a_document(random.Random(1), 1)])
    assert [(tmp_path / "index" / name / "1.jpg").read_text() for name in ("g-photos", "g-000009")] == ["mine", "mine"]


def test_one_generation_is_left_after_a_rebuild(engine: Engine, url: str, tmp_path: Path) -> None:
    (tmp_path / "index" / "g-000007").mkdir()
    rebuild(url, [a_document(random.Random(1), 1)])
    assert [path.name for path in (tmp_path / "index").glob("g-*")] == ["g-000008"]


def test_a_folder_that_cannot_be_made_says_so(url: str, tmp_path: Path) -> None:
    (tmp_path / "index").write_text("a file")
    with pytest.raises((ArchiveUnwritable, IndexUnusable), match="index"):
        rebuild(url, [])


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_FSIZE"), reason="no limits on files here")
def test_a_full_disk_is_named_and_the_index_stays(engine: Engine, url: str) -> None:
    engine.write([a_document(random.Random(1), 1)])
    program = f"""
import random, resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
from index.engines import open_engine, rebuild
from notices.errors import DiskFull
from tests.support.corpora import a_document
documents = [a_document(random.Random(n), n) for n in range(1, 400)]
engine = open_engine({url!r})
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
for work in (lambda: rebuild({url!r}, documents), lambda: engine.write(documents)):
    try:
        work()
    except DiskFull:
        print("full")
"""
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=root)
    assert done.stdout.split() == ["full", "full"], done.stderr
    fresh = open_engine(url)
    assert fresh.count() == 1
    fresh.close()
