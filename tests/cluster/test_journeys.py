"""The same commands give the same answers, whichever database the archive has."""

from __future__ import annotations

from pathlib import Path

from tests.cluster.journey import walk
from tests.support.archive_home import Home


def test_both_databases_give_the_same_answers(server_home: Home, tmp_path: Path) -> None:
    embedded = Home(tmp_path / "embedded")
    embedded.path.mkdir()
    theirs, ours = walk(embedded, tmp_path), walk(server_home, tmp_path)
    for command, answer in theirs.items():
        assert ours[command] == answer, command
    assert {"search 河段", "verify", "watch run", "crawl"} <= ours.keys()
