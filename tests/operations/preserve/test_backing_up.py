"""A backup is made outside the archive and restored into an empty home, verified when asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from notices.config import Config, load_config
from notices.errors import BadInput
from operations.preserve.backing_up import back_up, restore_archive
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
