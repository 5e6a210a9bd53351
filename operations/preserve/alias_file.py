"""The file of the short forms that the archive's own texts define, as the search reads it, and when it is made again.

It is made of all texts at once, which is a matter of milliseconds for a county and of seconds for a country. So that of a large archive is made again
only when enough has changed: it costs each new notice the same, however many there are.
"""

from __future__ import annotations

from contextlib import suppress

from sqlalchemy import Engine

from index.meaning.aliases import alias_lines, write_aliases
from notices.config import Config
from pipeline.durable import write_durably
from pipeline.sql import outbox
from pipeline.sql.changes import newest_change

_LARGE = 100_000  # changes; all texts of so many are asked in a third of a second
_SHARE = 500  # one change in so many makes the file of a large archive again


def refresh_aliases(config: Config, database: Engine) -> None:
    """Make the file again."""
    newest = newest_change(database)
    write_aliases(config.home, outbox.alias_counts(database))
    write_durably(config.state_paths().aliases_note, f"{newest}\n".encode())


def is_due(config: Config, database: Engine, *, written: bool) -> bool:
    """Whether the whole archive is to be asked again: after each change of a small one. `written`: notices were just given to the index."""
    newest, of_file = newest_change(database), _change_of_file(config)
    return of_file is None or not 0 <= newest - of_file <= _allowed(newest) or (written and newest < _LARGE)


def is_alias_file_whole(config: Config, database: Engine) -> bool:
    """Whether the file is what the texts define; that of a large archive may lack what changed last."""
    newest, of_file = newest_change(database), _change_of_file(config)
    if of_file is not None and 0 < newest - of_file <= _allowed(newest):
        return True
    path = config.state_paths().aliases
    return (path.read_bytes() if path.is_file() else b"") == b"".join(alias_lines(outbox.alias_counts(database)))


def _allowed(newest: int) -> int:
    """How many changes the file of an archive with so many may lack."""
    return newest // _SHARE if newest >= _LARGE else 0


def _change_of_file(config: Config) -> int | None:
    """The newest change that the file knows of, as the note beside it has it; None when that was never noted."""
    with suppress(OSError, ValueError):
        return int(config.state_paths().aliases_note.read_text(encoding="ascii"))
    return None
