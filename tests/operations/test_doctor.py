"""The doctor names each problem with its remedy, and creates nothing."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from notices.config import Config, load_config
from operations.doctor import Check, examine
from tests.support.quick_home import QuickHome


def examined(config: Config) -> dict[str, Check]:
    return {check.name: check for check in examine(config)}


def test_before_the_first_archive_nothing_is_created_and_the_way_on_is_said(tmp_path: Path) -> None:
    found = examined(load_config({"NOTICES_HOME": str(tmp_path / "new")}))
    assert not (tmp_path / "new").exists()
    assert {name for name, check in found.items() if check.level == "problem"} == set()
    assert "notices demo" in found["home"].remedy
    assert found["contact"].level == "warning"


def test_every_problem_has_its_remedy(tmp_path: Path) -> None:
    home = QuickHome(tmp_path / "home")
    file = tmp_path / "lines.jsonl"
    file.write_text(json.dumps({"url": "http://a.example/1", "title": "一", "text": "二"}), encoding="utf-8")
    home.run("import", str(file))
    home.source("http://127.0.0.1:9")
    config = load_config(home.environment | {"NOTICES_CONTACT": "a@b.example"})
    assert {check.level for check in examine(config)} == {"ok"}
    (config.sources_dir / "bad.toml").write_text("name = 3\n", encoding="utf-8")
    shutil.rmtree(config.state_paths().index)
    found = examined(config)
    assert found["index"] == Check("index", "problem", found["index"].detail, "notices index --rebuild")
    assert "bad.toml" in found["source file"].detail
    done = home.run("doctor", check=2)
    assert "problem  index" in done.stdout
    assert "notices index --rebuild" in done.stdout
    home.run("index", "--rebuild")
    (config.sources_dir / "bad.toml").unlink()
    home.run("doctor")


def test_a_full_disk_is_seen_before_the_crawl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: shutil._ntuple_diskusage(10, 10, 0))  # type: ignore[attr-defined]
    assert examined(load_config({"NOTICES_HOME": str(tmp_path)}))["disk"].level == "warning"
