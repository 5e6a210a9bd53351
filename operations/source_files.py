"""Changes to the user's own source files."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from crawler.source import find_source
from crawler.source_text import with_enabled
from notices.config import Config
from notices.errors import SourceFileError, UserError
from pipeline.durable import file_errors, sync_folder, write_new


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
    try:
        changed = with_enabled(text_of(path), enabled, str(path))
    except SourceFileError as error:
        raise UserError(str(error)) from error
    write_source(target, changed)
    return Switched(source.name, target, copied)


def text_of(path: Path) -> str:
    """The text of a source file, its line ends as they are."""
    return path.read_bytes().decode("utf-8")


def write_source(path: Path, text: str) -> None:
    """Put the text into the file in one rename, durably: nothing half written is ever found there. Permissions stay; a link stays a link."""
    path = path.resolve()
    partial = path.with_name(f"{path.name}.{os.getpid()}.part")
    with file_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            write_new(partial, text.encode())
            if path.exists():
                partial.chmod(path.stat().st_mode & 0o777)
            partial.replace(path)
            sync_folder(path.parent)
        finally:
            partial.unlink(missing_ok=True)
