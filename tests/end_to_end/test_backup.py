"""The restore drill: a backup made while the archive is written comes back whole, and a doctored one is refused."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from tests.support.archive_home import ROOT, Home
from tests.support.quick_home import QuickHome


def lines(first: int, last: int) -> str:
    """Import lines of invented notices."""
    made = (
        {"url": f"http://a.example/{n}.html", "title": f"关于第{n}号河段防汛工作的通知", "text": f"各县：第{n}号河段的检查已经开始。"}
        for n in range(first, last)
    )
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in made)


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of 60 notices, made once; tests work on copies."""
    made = QuickHome(tmp_path_factory.mktemp("imported") / "home")
    made.run("import", "-", stdin=lines(0, 60))
    return made.path


@pytest.fixture
def home(imported: Path, tmp_path: Path) -> Home:
    shutil.copytree(imported, tmp_path / "home")
    return QuickHome(tmp_path / "home")


def test_backup_taken_while_an_import_writes_restores_whole(home: Home, tmp_path: Path) -> None:
    (home.path / "notices.toml").write_text('contact = "archive@example.org"\n', encoding="utf-8")
    writing = subprocess.Popen(
        home.command("import", "-"), env=home.environment, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    )
    assert writing.stdin is not None
    writing.stdin.write(lines(60, 240))
    writing.stdin.flush()
    home.run("backup", str(tmp_path / "copy"))
    writing.communicate(timeout=400)
    restored = QuickHome(tmp_path / "restored")
    said = restored.run("restore", str(tmp_path / "copy")).stdout
    assert said.splitlines()[-1] == "verified: 0 damages"
    assert restored.search("第59号河段")["total"] == 1
    assert (restored.path / "notices.toml").read_text(encoding="utf-8") == 'contact = "archive@example.org"\n'
    assert restored.rows("select count(*) from notice")[0][0] >= 60
    restored.run("import", "-", stdin=lines(60, 240))
    restored.run("verify")
    assert restored.rows("select count(*) from notice") == [(240,)]


def test_backup_in_one_file_restores_whole(home: Home, tmp_path: Path) -> None:
    home.run("backup", str(tmp_path / "copy.tar"))
    restored = QuickHome(tmp_path / "restored")
    restored.run("restore", str(tmp_path / "copy.tar"))
    assert restored.search("河段", "--limit", "1")["total"] == 60
    assert restored.rows("select content_digest from revision order by id") == home.rows("select content_digest from revision order by id")


def test_places_that_a_backup_or_an_archive_must_not_take_are_refused(home: Home, tmp_path: Path) -> None:
    home.run("backup", str(tmp_path / "copy"))
    assert "exists already" in home.run("backup", str(tmp_path / "copy"), check=2).stderr
    assert "another device" in home.run("backup", str(home.path / "copy"), check=2).stderr
    assert "not empty" in home.run("restore", str(tmp_path / "copy"), check=2).stderr
    assert "no such folder" in QuickHome(tmp_path / "new").run("restore", str(tmp_path / "nothing"), check=2).stderr


def test_doctored_backup_is_refused_and_leaves_no_home(home: Home, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    home.run("backup", str(copy))
    data = bytearray((copy / "notices.db").read_bytes())
    data[5000] ^= 1
    (copy / "notices.db").write_bytes(data)
    assert "notices.db is not what was written" in QuickHome(tmp_path / "new").run("restore", str(copy), check=4).stderr
    assert not (tmp_path / "new").exists()


def test_doctored_series_in_a_backup_is_named_after_restoring(home: Home, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    home.run("backup", str(copy))
    [series] = (copy / "warc").glob("*.open")
    data = bytearray(series.read_bytes())
    data[len(data) // 2] ^= 1
    series.write_bytes(data)
    said = QuickHome(tmp_path / "new").run("restore", str(copy), check=None)
    assert said.returncode == 4, said.stdout + said.stderr
    assert series.name.removesuffix(".open") in said.stdout + said.stderr


@pytest.mark.parametrize("name", ["../evil.txt", "/evil.txt", "link"])
def test_file_that_leads_out_of_the_home_is_refused(tmp_path: Path, name: str) -> None:
    with tarfile.open(tmp_path / "evil.tar", "w") as tar:
        info = tarfile.TarInfo(name)
        if name == "link":
            info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
            tar.addfile(info)
        else:
            info.size = 4
            tar.addfile(info, io.BytesIO(b"evil"))
    done = QuickHome(tmp_path / "deep" / "new").run("restore", str(tmp_path / "evil.tar"), check=None)
    assert done.returncode in (2, 4)
    assert not (tmp_path / "deep" / "evil.txt").exists()
    assert not (tmp_path / "deep" / "new").exists()
