"""Files restored from a backup: only bytes that a manifest, a tail or the rows attest, and the damaged file is kept."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from notices.errors import DamageFound
from pipeline.warc.series import Folders, SnapshotWriter, Stored, plan_file, restore_file, verify_series, wanted_files, warc_files
from tests.pipeline.warc.test_series import capture

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
SMALL = 2_000  # bytes a file: a few records seal it


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    """A series of some files with its backup, which lacks the last records."""
    made = Folders(tmp_path / "warc", tmp_path / "backup", tmp_path / "scratch")
    made.scratch.mkdir()
    write(made, range(12))
    shutil.copytree(made.folder, made.backup)
    write(made, range(12, 14))
    return made


def write(folders: Folders, numbers: range) -> list[Stored]:
    with SnapshotWriter(folders.folder, SMALL) as writer:
        return [writer.write(capture(n)) for n in numbers]


def no_rows(_name: str) -> dict[int, tuple[int, str]]:
    return {}


def test_sealed_file_comes_back_and_the_damaged_one_goes_to_quarantine(folders: Folders) -> None:
    name = warc_files(folders.folder)[0]
    whole = (folders.folder / name).read_bytes()
    (folders.folder / name).write_bytes(whole[:100] + b"x" + whole[101:])
    assert wanted_files(folders, [d.file for d in verify_series(folders.folder)], []) == [name]
    plan = plan_file(folders, name, no_rows)
    assert (plan.problem, plan.sealed) == ("", True)
    restore_file(folders, plan, NOW)
    assert list(verify_series(folders.folder)) == []
    assert (folders.folder / name).read_bytes() == whole
    assert len(list((folders.folder / "quarantine").glob(f"{name}*"))) >= 1


def test_backup_with_other_bytes_is_refused(folders: Folders) -> None:
    name = warc_files(folders.folder)[0]
    for folder in (folders.folder, folders.backup):
        data = (folder / name).read_bytes()
        (folder / name).write_bytes(data[:100] + b"x" + data[101:])
    plan = plan_file(folders, name, no_rows)
    assert "neither the backup nor the archive" in plan.problem
    with pytest.raises(DamageFound, match="neither"):
        restore_file(folders, plan, NOW)


def test_missing_file_that_rows_name_is_wanted(folders: Folders) -> None:
    name = warc_files(folders.folder)[0]
    (folders.folder / name).unlink()
    assert wanted_files(folders, [], [name]) == [name]
    restore_file(folders, plan_file(folders, name, no_rows), NOW)
    assert list(verify_series(folders.folder)) == []


def test_file_is_not_replaced_while_its_lane_is_written(folders: Folders) -> None:
    name = warc_files(folders.folder)[0]
    plan = plan_file(folders, name, no_rows)
    with SnapshotWriter(folders.folder, SMALL), pytest.raises(DamageFound, match="being written"):
        restore_file(folders, plan, NOW)


def test_name_of_no_warc_file_has_no_plan(folders: Folders) -> None:
    assert plan_file(folders, "../etc/passwd", no_rows).problem
