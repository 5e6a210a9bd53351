"""Database, index and WARC series each alone on a disk of 8 MB that is full: its own exit code, and the work goes on with space."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.conftest import Figure
from tests.support.archive_home import Home
from tests.support.faults.inject.checks import archive, wrongs
from tests.support.faults.inject.site import publish, tiny_site

PARTS = ("database", "index", "warc")
OLD, ALL = 2, 6


@pytest.fixture(params=PARTS)
def apart(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Home, Path]]:
    """An archive of which one part has its own small disk, and that disk's folder."""
    home = archive(tmp_path / "home")
    folder = home.path / str(request.param)
    folder.mkdir(parents=True)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)], capture_output=True, check=False).returncode:
        pytest.skip("no file system can be mounted here")
    if request.param == "database":
        home.environment["NOTICES_DATABASE"] = f"sqlite:///{folder}/notices.db"
    try:
        yield home, folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(file: Path, leave: int) -> None:
    """Let nothing but `leave` bytes be free on the file's disk."""
    with file.open("wb", buffering=0) as handle, suppress(OSError):
        while True:
            handle.write(b"x" * 4096)
    os.truncate(file, file.stat().st_size - leave)


@pytest.mark.faults
@pytest.mark.parametrize("leave", [0, 16 << 10, 64 << 10])
def test_full_disk_of_one_part_loses_nothing(apart: tuple[Home, Path], leave: int, figure: Figure) -> None:
    home, disk = apart
    with tiny_site(OLD) as site:
        home.source(site.base)
        home.run("crawl")
        publish(site, ALL, filling=60_000)
        # Stands for other people's files: on the disk of the series a strange name would be reported as damage.
        filler = disk / "filler"
        fill(filler, leave)
        done = home.run("crawl", check=None)
        assert done.returncode == 5 or (done.returncode == 0 and leave), done.stderr
        assert home.search("甲0001")["total"] == 1
        filler.unlink()
        home.run("crawl")
    figure(f"{disk.name} on a full disk of 8 MB, {leave >> 10} KB left", 1, f"exit {done.returncode}, wrong {dict(wrongs(home, ALL)) or 0}")
    assert wrongs(home, ALL) == {}
