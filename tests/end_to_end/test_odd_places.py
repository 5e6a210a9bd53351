"""Homes with characters that mean something in addresses, lines nested without end, and foreign text in messages."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.archive_home import Home


def a_line(n: int) -> str:
    return json.dumps({"url": f"http://i.example/{n}", "title": f"第{n}号公告", "text": "正文"}, ensure_ascii=False)


@pytest.mark.parametrize("name", ["archive#1", "x?y", "p%41", "a b"])
def test_everything_of_a_home_is_in_it(tmp_path: Path, name: str) -> None:
    home = Home(tmp_path / name)
    home.run("import", "-", stdin=a_line(1))
    assert home.search("公告")["total"] == 1
    assert sorted(p.name for p in tmp_path.iterdir()) == [name]
    assert {"notices.db", "index"} <= {p.name for p in home.path.iterdir()}


def test_line_nested_without_end_is_skipped_alone(tmp_path: Path) -> None:
    deep = '{"url": "http://i.example/x", "title": "t", "text": "x", "n": ' + "[" * 5000 + "]" * 5000 + "}"
    home = Home(tmp_path / "home")
    said = home.run("import", "-", stdin="\n".join([a_line(1), deep, a_line(2)]), check=3)
    assert "new 2" in said.stdout + said.stderr
    assert home.rows("select count(*) from notice") == [(2,)]


def test_message_does_not_drive_the_terminal(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    (tmp_path / "bad").mkdir()
    value = {
        "format": "notices-backup/1",
        "made_at": "2026-01-01T00:00:00+00:00",
        "files": {"sources/\x1b[2Jx": [1, "y"], "notices.db": [1, "y"]},
    }
    (tmp_path / "bad" / "backup.json").write_text(json.dumps(value | {"format": "\x1b[2J\u202e"}))
    said = home.run("restore", str(tmp_path / "bad"), check=2).stderr
    assert "\x1b" not in said
    assert "\u202e" not in said
