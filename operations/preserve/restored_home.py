"""What a restored home must not take over from its backup: places that belong to the archive that was backed up, and sources on private networks.

Whoever made a backup wrote its settings; nothing in them may lead out of the restored home by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

from crawler.source import load_source
from notices.config import Config, load_config
from notices.config_values import without_password
from notices.errors import SourceFileError, UserError
from operations.indexing import set_address
from operations.source_files import switch_source


@dataclass(frozen=True, slots=True)
class Withheld:
    """A setting that was changed, a source that was disabled, or its file that was renamed: `before` to `now`, without passwords."""

    kind: Literal["setting", "source", "file"]
    name: str
    before: str = ""
    now: str = ""


def keep_at_home(config: Config) -> list[Withheld]:
    """Change each setting in notices.toml that leads out of the home to one that does not; return what was changed."""
    file, found = config.state_paths().settings, load_config({"NOTICES_HOME": str(config.home)})
    scheme = urlsplit(found.index).scheme
    safe = {
        "index": "tantivy:tantivy" if scheme == "tantivy" else "whoosh:index",
        "database": "sqlite:///notices.db",
        "queue": "local:",
        "backup_folder": "",
        "warc_store": "",
        "feeds_folder": "",
    }
    leads_out = {
        "index": _leads_out(config.home, found.index),
        "database": _leads_out(config.home, found.database),
        "queue": urlsplit(found.queue).scheme != "local",
        "backup_folder": bool(found.backup_folder),  # old backups are deleted there: those of the archive that was backed up
        "warc_store": bool(found.warc_store),  # two homes would send files of the same names
        "feeds_folder": bool(found.feeds_folder),  # its files would be overwritten
    }
    changed = [key for key, outside in leads_out.items() if outside]
    for key in changed:
        set_address(file, key, safe[key])
    return [Withheld("setting", key, without_password(getattr(found, key)), safe[key]) for key in changed]


def _leads_out(home: Path, url: str) -> bool:
    scheme, _, path = url.partition(":///")
    if scheme not in ("whoosh", "tantivy", "sqlite"):
        return True
    return not Path("/", unquote(path) if scheme != "sqlite" else path).resolve().is_relative_to(home.resolve())


def disable_private_sources(config: Config) -> list[Withheld]:
    """Disable every restored source that may connect to private addresses, until somebody has looked at it; return what was done."""
    done = []
    for path in sorted(config.sources_dir.glob("*.toml")):
        try:
            source = load_source(path)
        except SourceFileError:
            continue  # each crawl names it, and leaves it out
        if not (source.enabled and source.allow_private):
            continue
        try:
            switch_source(config, str(path), enabled=False)
            done.append(Withheld("source", source.name))
        except UserError:
            renamed = path.rename(path.with_name(f"{path.name}.disabled"))
            done.append(Withheld("file", source.name, path.name, renamed.name))
    return done
