"""Changing over to another index: the archive's configuration names it, in one rename."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

from notices.config import Config
from notices.errors import ConfigError
from pipeline.warc.files import file_errors, write_durably

_LINE = re.compile(r"^[ \t]*index[ \t]*=.*$", re.MULTILINE)


def use_index(config: Config, url: str) -> Path:
    """Let notices.toml name the index at the URL, all else in it as it was; return the file.

    Raises ConfigError, with the line to write by hand, where the file is not one that can be changed safely.
    """
    file, line = config.home / "notices.toml", f"index = {json.dumps(url, ensure_ascii=False)}"
    with file_errors(file):
        text = file.read_text(encoding="utf-8") if file.exists() else ""
        changed = _LINE.sub(lambda _: line, text, count=1) if _LINE.search(text) else f"{line}\n{text}"
        if not _says(changed, text, url):
            raise ConfigError(f"{file}: it cannot be changed safely; let it say: {line}")
        write_durably(file, changed.encode())
    return file


def _says(changed: str, before: str, url: str) -> bool:
    try:
        return tomllib.loads(changed) == {**tomllib.loads(before), "index": url}
    except tomllib.TOMLDecodeError:
        return False
