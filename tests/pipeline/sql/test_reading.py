"""A user who may not write an archive reads it: show, history, diff, cites, runs and status change and need nothing."""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.support.archive_home import ROOT, Home

READS = [
    ("verify",),
    ("reparse", "--dry-run"),
    ("repair",),
    ("show", "1"),
    ("history", "1"),
    ("cites", "1"),
    ("runs",),
    ("runs", "1"),
    ("status",),
    ("search", "防汛"),
]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    folder = tmp_path_factory.mktemp("archive")
    made = Home(folder / "home")
    file = folder / "lines.jsonl"
    file.write_text(json.dumps({"url": "http://a.example/1", "title": "关于防汛的通知", "text": "正文"}), encoding="utf-8")
    made.run("import", str(file))
    return made


def _state(home: Home) -> dict[str, bytes]:
    return {str(path.relative_to(home.path)): path.read_bytes() for path in sorted(home.path.rglob("*")) if path.is_file()}


def _obey_permissions() -> None:
    """Between fork and exec: root without its capabilities (capabilities(7)) obeys the rights of files like anybody."""
    if os.geteuid() == 0:
        for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
            ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP


def _without_permission(home: Home, *words: str) -> subprocess.CompletedProcess[str]:
    every = [home.path, *home.path.rglob("*")]
    for path in every:
        path.chmod(path.stat().st_mode & ~0o222)
    try:
        return subprocess.run(
            home.command(*words), env=home.environment, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False,
            preexec_fn=_obey_permissions,
        )  # fmt: skip
    finally:
        for path in every:
            path.chmod(path.stat().st_mode | 0o200)


@pytest.mark.parametrize("words", READS, ids=" ".join)
def test_reading_needs_no_permission_to_write(home: Home, words: tuple[str, ...]) -> None:
    before = _state(home)
    done = _without_permission(home, *words)
    assert (done.returncode, [line for line in done.stderr.splitlines() if not line.startswith("not covered")]) == (0, [])
    assert done.stdout
    assert _state(home) == before


def test_reading_creates_no_archive(tmp_path: Path) -> None:
    home = Home(tmp_path / "nothing")
    for words in READS[:5]:
        assert "there is no archive in" in home.run(*words, check=2).stderr
    assert not home.path.exists()


@pytest.mark.parametrize("log", [False, True], ids=["at rest", "beside a writer"])
def test_a_folder_that_cannot_be_written_is_opened_read_only(home: Home, monkeypatch: pytest.MonkeyPatch, log: bool) -> None:
    """The same without another user: the rights are denied to us by name only."""
    from sqlalchemy import text

    from notices.config import load_config
    from pipeline.sql.database import open_database, open_for_reading

    config = load_config(home.environment)
    writer = open_database(config)
    beside = writer.connect() if log else None
    if beside is not None:
        beside.execute(text("update source set site = 'later'"))
        beside.commit()
    monkeypatch.setattr(os, "access", lambda *_args: False)
    with open_for_reading(config).connect() as reader:
        assert reader.execute(text("select count(*) from notice")).scalar() == 1
        assert (reader.execute(text("select site from source")).scalar() == "later") == log
        with pytest.raises(Exception, match="cannot be written by this user"):
            reader.execute(text("delete from notice"))
    if beside is not None:
        beside.execute(text("update source set site = ''"))
        beside.commit()
        beside.close()
    writer.dispose()


def test_backup_needs_no_permission_to_write(home: Home, tmp_path: Path) -> None:
    before = _state(home)
    done = _without_permission(home, "backup", str(tmp_path / "backup"))
    assert (done.returncode, _state(home) == before) == (0, True), done.stderr
    restored = Home(tmp_path / "restored")
    assert "0 damages" in restored.run("restore", str(tmp_path / "backup")).stdout


def test_reader_without_the_keys_finds_no_damage(home: Home) -> None:
    keys = home.path / "keys"
    keys.chmod(0)
    try:
        done = _without_permission(home, "verify")
    finally:
        keys.chmod(0o700)
    assert done.returncode == 0, (done.stdout, done.stderr)
    assert "this user may not read the folder of keys" in done.stderr
