"""Enabling and disabling a source changes one line of its file, or nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from crawler.source import load_source
from notices.config import Config, load_config
from notices.errors import UserError
from operations.source_files import switch_source

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
