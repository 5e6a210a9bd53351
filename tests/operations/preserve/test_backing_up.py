"""A backup is made outside the archive and restored into an empty home, verified when asked."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from crawler.source import survey_sources
from notices.config import Config, load_config
from notices.errors import BadInput
from operations.preserve.backing_up import RestoredArchive, RestoreWatch, back_up, restore_archive
from tests.support.imported import COUNT, change


@pytest.mark.parametrize("name", ["copy", "copy.tar"])
def test_backup_is_restored_indexed_and_verified(config: Config, tmp_path: Path, name: str) -> None:
    size = back_up(config, tmp_path / name)
    assert size > sum(path.stat().st_size for path in config.warc_dir.glob("*.warc.gz"))
    restored = restore_archive(load_config({"NOTICES_HOME": str(tmp_path / "new")}), tmp_path / name)
    assert (restored.notices, restored.found) == (COUNT, ())
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["home", name, "new"])


def test_damage_that_was_backed_up_is_found_unless_not_asked_for(config: Config, tmp_path: Path) -> None:
    change(config, "update revision set title = '伪' where id = 5")
    back_up(config, tmp_path / "copy")
    restored = restore_archive(load_config({"NOTICES_HOME": str(tmp_path / "new")}), tmp_path / "copy")
    assert [(each.area, each.place) for each in restored.found or ()] == [("sql", "revision 1 of notice 5")]
    unverified = restore_archive(load_config({"NOTICES_HOME": str(tmp_path / "other")}), tmp_path / "copy", verify=False)
    assert unverified.found is None


def test_target_inside_the_archive_or_in_use_is_refused(config: Config, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="another device"):
        back_up(config, config.home / "copy")
    for name in ("copy", "copy.tar"):
        (tmp_path / name).touch()
        with pytest.raises(BadInput, match="exists already"):
            back_up(config, tmp_path / name)
        assert (tmp_path / name).read_bytes() == b""


SETTINGS = """index = "tantivy:///srv/production/index"
queue = "postgresql://u:secret@db.example/q"
backup_folder = "/srv/production/backups"
feeds_folder = "/srv/production/feeds"
origin = "archive.example/n"
"""
SOURCE = """name = "{name}"
site = "临杉市人民政府"
publisher = "临杉市人民政府办公室"
region = "990100"
{enabled}
written = 2026-11-23
schedule = "0 * * * *"
allow_private = {private}

[[columns]]
name = "通知公告"
url = "http://10.0.0.1/tzgg/"
"""


def test_restored_settings_lead_to_no_other_place_and_private_sources_wait_for_a_look(config: Config, tmp_path: Path) -> None:
    config.sources_dir.mkdir(exist_ok=True)
    for name, enabled, private in (
        ("inside", "enabled = true", "true"),
        ("odd", '"enabled" = true', "true"),
        ("open", "enabled = true", "false"),
    ):
        (config.sources_dir / f"{name}.toml").write_text(SOURCE.format(name=name, enabled=enabled, private=private), encoding="utf-8")
    back_up(config, tmp_path / "copy")
    (tmp_path / "copy" / "notices.toml").write_text(SETTINGS, encoding="utf-8")
    manifest = tmp_path / "copy" / "backup.json"
    value = json.loads(manifest.read_text(encoding="utf-8"))
    value["files"]["notices.toml"] = [len(SETTINGS), hashlib.sha256(SETTINGS.encode()).hexdigest()]
    manifest.write_text(json.dumps(value), encoding="utf-8")
    told = list[RestoredArchive]()
    restored = restore_archive(
        load_config({"NOTICES_HOME": str(tmp_path / "new")}), tmp_path / "copy", verify=False, watch=RestoreWatch(told.append)
    )
    assert told == [restored]
    made = load_config({"NOTICES_HOME": str(tmp_path / "new")})
    assert (made.index, made.queue, made.backup_folder, made.feeds_folder, made.origin) == (
        f"tantivy://{made.home}/tantivy",
        "local:",
        "",
        "",
        "archive.example/n",
    )
    assert "secret" not in str(restored.withheld)
    survey = survey_sources(made.sources_dir)
    assert {name: survey.found[name][0].enabled for name in ("inside", "open")} == {"inside": False, "open": True}
    assert "odd" not in survey.found
    assert [(each.kind, each.name) for each in restored.withheld] == [
        *(("setting", key) for key in ("index", "queue", "backup_folder", "feeds_folder")),
        ("source", "inside"),
        ("file", "odd"),
    ]


def test_nobody_reading_what_was_restored_keeps_the_archive(config: Config, tmp_path: Path) -> None:
    back_up(config, tmp_path / "copy")

    def fail(_: RestoredArchive) -> None:
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        restore_archive(load_config({"NOTICES_HOME": str(tmp_path / "new")}), tmp_path / "copy", verify=False, watch=RestoreWatch(fail))
    assert (tmp_path / "new" / "notices.db").is_file()
    assert not (tmp_path / "new" / ".restoring").exists()
