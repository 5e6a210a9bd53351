"""Changes to the user's own source files."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

import msgspec

from crawler.source import Source, find_source, parse_source
from notices.config import Config
from notices.errors import SourceFileError, UserError
from pipeline.durable import file_errors, write_durably

_ENABLED = re.compile(r"^enabled[ \t]*=[ \t]*(?:true|false)", re.MULTILINE)
_NAME = re.compile(r"^name[ \t]*=.*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Switched:
    """The source file that now says so; `copied` when it is a new copy of a shipped one."""

    name: str
    file: Path
    copied: bool


def switch_source(config: Config, name: str, *, enabled: bool) -> Switched:
    """Enable or disable a source in its file, and change nothing else there. A shipped file is copied to the user's folder first.

    Raises UnknownName, SourceFileError, or UserError with the line to write by hand.
    """
    source, path = find_source(name, config.sources_dir)
    copied = not name.endswith(".toml") and not path.is_relative_to(config.sources_dir)
    target = config.sources_dir / f"{source.name}.toml" if copied else path
    with file_errors(target):
        text = path.read_text(encoding="utf-8")
        changed = _with_enabled(text, enabled)
        if not _differs_only_there(changed, source, enabled):
            raise UserError(f"{path}: it cannot be changed automatically; write this line into it: enabled = {str(enabled).lower()}")
        target.parent.mkdir(parents=True, exist_ok=True)
        write_durably(target, changed.encode())
    return Switched(source.name, target, copied)


def _with_enabled(text: str, enabled: bool) -> str:
    line = f"enabled = {str(enabled).lower()}"
    if _ENABLED.search(text):
        return _ENABLED.sub(line, text, count=1)
    return _NAME.sub(lambda found: f"{found[0]}\n{line}", text, count=1)


def _differs_only_there(text: str, source: Source, enabled: bool) -> bool:
    try:
        return parse_source(tomllib.loads(text), "") == msgspec.structs.replace(source, enabled=enabled)
    except (tomllib.TOMLDecodeError, SourceFileError):
        return False
