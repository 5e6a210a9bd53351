"""The file of short forms is what the texts define; that of a large archive is made again once enough has changed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from index.meaning.aliases import meanings_of
from notices.config import load_config
from operations.preserve import alias_file
from operations.preserve.verify_index import check_index
from pipeline.sql.database import open_database
from tests.support.quick_home import QuickHome


def lines(first: int, last: int, short: str) -> str:
    """Invented notices that all define a short form alike."""
    text = "各县：根据《关于第{n}号堤防巡查的意见》和临杉市堤防养护办法（以下简称“{short}”）检查第{n}号河段，并报送结果。"
    made = (
        {"url": f"http://a.example/{n}", "title": f"关于第{n}号河段的通知", "text": text.format(n=n, short=short)}
        for n in range(first, last)
    )
    return "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in made)


def found(home: QuickHome, short: str) -> list[str]:
    return meanings_of(home.path, short)


def test_file_of_a_small_archive_is_always_what_the_texts_define(tmp_path: Path) -> None:
    home = QuickHome(tmp_path / "home")
    home.run("import", "-", stdin=lines(1, 4, "养护办法"))
    assert found(home, "养护办法") == ["临杉市堤防养护办法"]
    home.run("import", "-", stdin=lines(4, 7, "养堤办法"))
    assert found(home, "养堤办法") == ["临杉市堤防养护办法"]
    home.run("verify")


def test_file_of_a_large_archive_waits_until_enough_has_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = QuickHome(tmp_path / "home")
    home.run("import", "-", stdin=lines(1, 31, "养护办法"))
    monkeypatch.setattr(alias_file, "_LARGE", 20)
    monkeypatch.setattr(alias_file, "_SHARE", 6)
    home.run("import", "-", stdin=lines(31, 35, "养堤办法"))
    assert found(home, "养堤办法") == []
    config = load_config(home.environment)
    database = open_database(config)
    assert list(check_index(config, database)) == []  # what waits is no damage
    home.run("takedown", "http://a.example/1", "--reason", "公民要求")  # a takedown hides at once
    assert found(home, "养堤办法") == ["临杉市堤防养护办法"]
    home.run("import", "-", stdin=lines(35, 39, "护堤办法"))
    assert found(home, "护堤办法") == []
    home.run("index")  # whoever asks for it has it
    assert found(home, "护堤办法") == ["临杉市堤防养护办法"]
    home.run("import", "-", stdin=lines(39, 49, "管堤办法"))
    assert found(home, "管堤办法") == ["临杉市堤防养护办法"]
    config.state_paths().aliases.write_bytes(b"")
    assert [each.kind for each in check_index(config, database)] == ["file"]
    database.dispose()
