"""Durable writes: all of a file or nothing of it, and the archive's own error when the disk refuses."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from notices.errors import ArchiveUnwritable, DiskFull
from pipeline.durable import file_errors, pwrite_all, write_durably


def test_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    file = tmp_path / "a"
    write_durably(file, b"first")
    write_durably(file, b"2")
    assert file.read_bytes() == b"2"
    assert os.listdir(tmp_path) == ["a"]


def test_write_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a"
    write_durably(file, b"first")

    def full(_fd: int) -> None:
        raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space"):
        write_durably(file, b"second")
    assert file.read_bytes() == b"first"


def test_short_write_is_continued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda fd, data, offset: real(fd, data[:3], offset))
    fd = os.open(tmp_path / "a", os.O_RDWR | os.O_CREAT)
    pwrite_all(fd, b"0123456789", 2)
    os.close(fd)
    assert (tmp_path / "a").read_bytes() == b"\0\x000123456789"


@pytest.mark.parametrize(
    ("number", "expected"), [(errno.ENOSPC, DiskFull), (errno.EDQUOT, DiskFull), (errno.EFBIG, DiskFull), (errno.EACCES, ArchiveUnwritable)]
)
def test_error_names_the_path_and_says_who_must_act(tmp_path: Path, number: int, expected: type[Exception]) -> None:
    with pytest.raises(expected, match="archive-folder"), file_errors(tmp_path / "archive-folder"):
        raise OSError(number, "refused")
