"""A work folder tells what a kill left from what somebody else put there."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from notices.errors import ArchiveLocked, BadInput
from pipeline.work_folder import MARK, remove_all_left, remove_left, work_folder


def test_folder_is_private_and_gone_at_the_end(tmp_path: Path) -> None:
    with work_folder(tmp_path / "deep" / "x.partial") as folder:
        (folder / "file").write_text("x")
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert not (tmp_path / "deep" / "x.partial").exists()


def test_folder_of_a_killed_process_is_removed_and_used_again(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / MARK).touch()
    (tmp_path / "work" / "left").write_text("x")
    with work_folder(tmp_path / "work") as folder:
        assert not (folder / "left").exists()


def test_folder_that_is_not_ours_is_refused_and_kept(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "thesis.txt").write_text("mine")
    with pytest.raises(BadInput, match="did not make it"), work_folder(tmp_path / "work"):
        pass
    assert (tmp_path / "work" / "thesis.txt").read_text() == "mine"


def test_link_to_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / MARK).touch()
    (tmp_path / "work").symlink_to(tmp_path / "other")
    with pytest.raises(BadInput):
        remove_left(tmp_path / "work")
    assert (tmp_path / "other" / MARK).exists()


def test_folder_in_use_is_refused(tmp_path: Path) -> None:
    with work_folder(tmp_path / "work") as folder:
        with pytest.raises(ArchiveLocked), work_folder(tmp_path / "work"):
            pass
        assert folder.is_dir()


def test_work_folders_of_killed_processes_are_removed_from_a_home_and_nothing_else(tmp_path: Path) -> None:
    for name in ("repair-rows-1", "repair-backup-2", "repair-rows-3", "repair-notes-of-mine", "repair-old-4", "repair-new-5"):
        (tmp_path / name).mkdir()
    for name in ("repair-rows-1", "repair-backup-2"):
        (tmp_path / name / MARK).touch()
    (tmp_path / "repair-notes-of-mine" / "a.txt").touch()
    os.utime(tmp_path / "repair-old-4", (1.0, 1.0))
    (tmp_path / "repair-rows-3").rmdir()
    with work_folder(tmp_path / "repair-rows-3"):
        remove_all_left(tmp_path)
        assert sorted(os.listdir(tmp_path)) == ["repair-new-5", "repair-notes-of-mine", "repair-rows-3"]
