"""Changing over to another index: notices.toml names it, in one rename."""

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
    """Write the index's URL into notices.toml and change nothing else there; return the file.

    Raises ConfigError, with the line to write by hand, when the file cannot be changed safely.
    """
    file, line = config.state_paths().settings, f"index = {json.dumps(url, ensure_ascii=False)}"
    with file_errors(file):
        text = file.read_text(encoding="utf-8") if file.exists() else ""
        changed = _LINE.sub(lambda _: line, text, count=1) if _LINE.search(text) else f"{line}\n{text}"
        if not _names_only(changed, text, url):
            raise ConfigError(f"{file}: it cannot be changed automatically; write this line into it: {line}")
        write_durably(file, changed.encode())
    return file


def _names_only(changed: str, before: str, url: str) -> bool:
    try:
        return tomllib.loads(changed) == {**tomllib.loads(before), "index": url}
    except tomllib.TOMLDecodeError:
        return False
