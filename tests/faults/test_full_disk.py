"""A disk that is full: its own exit code, what is held stays readable, and the work goes on once there is space."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.archive_home import Home
from tests.support.site_server import serving, small_site


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Home]:
    """An archive on a file system of a few megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("no file system can be mounted here")
    try:
        yield Home(folder / "home")
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def grow(home: Home, size: str) -> None:
    """Change the size of the archive's disk."""
    subprocess.run(["mount", "-o", f"remount,size={size}", str(home.path.parent)], check=True)


def test_import_stops_with_its_own_code_and_goes_on_with_space(small_disk: Home, tmp_path: Path) -> None:
    home = small_disk
    lines = [
        {"url": f"http://a.example/{n}", "title": f"第{n}号", "text": f"编号甲{n:05d}。" + chr(0x4E00 + n) * 3 + "堤防巡查。" * 200}
        for n in range(900)
    ]
    first, rest = tmp_path / "first.jsonl", tmp_path / "rest.jsonl"
    first.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines[:20]), encoding="utf-8")
    rest.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), encoding="utf-8")
    home.run("import", str(first))
    assert "no space left" in home.run("import", str(rest), check=5).stderr
    assert home.search("甲00007")["total"] == 1
    grow(home, "200m")
    home.run("import", str(rest))
    assert home.rows("select count(*), max(revisions) from notice") == [(900, 1)]
    assert home.search("甲00899")["total"] == 1


def test_crawl_stops_with_its_own_code_and_goes_on_with_space(small_disk: Home) -> None:
    home = small_disk
    with serving(small_site(12, 6)) as site:
        home.source(site.base)
        home.run("crawl", "--limit", "2")
        filler = home.path.parent / "filler"
        with filler.open("wb", buffering=0) as handle, pytest.raises(OSError, match="space"):
            while True:
                handle.write(b"x" * 4096)
        assert "space" in home.run("crawl", check=5).stderr
        assert home.search("甲0012")["total"] == 1
        filler.unlink()
        home.run("crawl")
    assert home.rows("select count(*), max(revisions) from notice") == [(12, 1)]
    assert home.search("堤防巡查")["total"] == 12
