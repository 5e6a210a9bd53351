"""Enabling and disabling a source changes one line of its file, or nothing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from crawler.source import load_source
from notices.config import Config, load_config
from notices.errors import DiskFull, UnknownName, UserError
from operations.source_files import switch_source, write_source

TEXT = """# ours
name = "linshan"  # a place
site = "临杉市人民政府"
publisher = "临杉市人民政府办公室"
region = "990100"
{enabled}written = 2026-11-23
schedule = "0 8 * * *"

[[columns]]
name = "enabled = true"
url = "http://www.linshan.example/tzgg/"
"""


@pytest.fixture
def config(tmp_path: Path) -> Config:
    (tmp_path / "sources").mkdir()
    return load_config({"NOTICES_HOME": str(tmp_path)})


def _write(config: Config, enabled: str) -> Path:
    file = config.sources_dir / "linshan.toml"
    file.write_text(TEXT.format(enabled=enabled), encoding="utf-8")
    return file


@pytest.mark.parametrize("line", ["", "enabled = false  # not yet\n", "enabled=true\n"])
def test_one_line_changes_and_comments_stay(config: Config, line: str) -> None:
    file = _write(config, line)
    assert switch_source(config, "linshan", enabled=True).file == file
    assert load_source(file).enabled
    text = file.read_text(encoding="utf-8")
    assert text.count("# ") == TEXT.count("# ") + line.count("# ")
    switch_source(config, "linshan", enabled=False)
    assert not load_source(file).enabled
    assert set(text.splitlines()) ^ set(file.read_text(encoding="utf-8").splitlines()) <= {
        *(f"enabled = {word}{rest}" for word in ("true", "false") for rest in ("", "  # not yet"))
    }


def test_a_file_that_cannot_be_changed_safely_is_left_alone(config: Config) -> None:
    file = _write(config, '"enabled" = false\n')
    before = file.read_bytes()
    with pytest.raises(UserError, match="write this line into it: enabled = true"):
        switch_source(config, "linshan", enabled=True)
    assert file.read_bytes() == before


def test_line_ends_and_permissions_stay(config: Config) -> None:
    file = _write(config, "enabled = false\n")
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    file.chmod(0o640)
    before = file.read_bytes()
    switch_source(config, "linshan", enabled=True)
    assert file.read_bytes() == before.replace(b"enabled = false", b"enabled = true")
    assert file.stat().st_mode & 0o777 == 0o640


def test_another_file_that_is_not_valid_does_not_matter(config: Config) -> None:
    (config.sources_dir / "broken.toml").write_text("name = ", encoding="utf-8")
    assert switch_source(config, "ndrc", enabled=True).copied
    with pytest.raises(UnknownName, match="broken"):
        switch_source(config, "nowhere", enabled=True)


def test_file_is_replaced_whole_and_a_link_stays_a_link(tmp_path: Path) -> None:
    real, link = tmp_path / "real.toml", tmp_path / "sources" / "linshan.toml"
    real.write_text("old", encoding="utf-8")
    link.parent.mkdir()
    link.symlink_to(real)
    write_source(link, TEXT.format(enabled=""))
    assert link.is_symlink()
    assert load_source(link).name == "linshan"
    assert sorted(os.listdir(tmp_path)) == ["real.toml", "sources"]
    assert os.listdir(link.parent) == ["linshan.toml"]


def test_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "linshan.toml"
    path.write_text("old", encoding="utf-8")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DiskFull):
        write_source(path, "new")
    assert path.read_text(encoding="utf-8") == "old"
    assert os.listdir(tmp_path) == ["linshan.toml"]
