"""What the benchmark of disk counts is what the files have."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from benchmarks.disk.sizes import index_sizes, show, table_sizes
from tests.support.quick_home import QuickHome


def test_every_byte_of_an_archive_is_in_one_part(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = QuickHome(tmp_path / "home")
    line = {"url": "http://www.linshan.example/1.html", "title": "关于防汛的通知", "text": "各县区：请做好防汛准备。" * 90}
    home.run("import", "-", stdin=json.dumps(line, ensure_ascii=False))
    with sqlite3.connect(home.path / "notices.db") as database:
        database.execute("pragma wal_checkpoint(truncate)")
        assert sum(size for _, size in table_sizes(database)) == (home.path / "notices.db").stat().st_size
    sizes = index_sizes(home.path / "index")
    assert sizes.total() == sum(file.stat().st_size for file in (home.path / "index").rglob("*") if file.is_file())
    assert sizes["folded texts"] > len(line["text"])
    show("one", home.path)
    out = capsys.readouterr().out
    assert out.startswith("\none: 1 notices\n")
    assert "**all, with whoosh**" in out
