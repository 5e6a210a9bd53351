"""Today's parser on every archived byte, offline: what changes is applied as corrections, and reaches the index."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import Engine

from notices.archive_id import refuse_if_following
from notices.config import Config
from operations.indexing import drain
from pipeline.recovery import recover
from pipeline.sql.database import database_errors
from pipeline.sql.locks import hold
from preservation.reparse import Change, Reader, reparse


@dataclass(frozen=True)
class ReparseRequest:
    """All revisions, or `only` those of a notice (its id); without `apply` nothing is changed."""

    only: int | None = None
    apply: bool = True


@dataclass(slots=True)
class ReparseCounts:
    """Revisions read, those that read differently, those whose bytes could not be read; and how often each field differed."""

    read: int = 0
    changed: int = 0
    unreadable: int = 0
    fields: Counter[str] = field(default_factory=Counter)

    def add(self, change: Change | None) -> None:
        """Count one revision."""
        self.read += 1
        if change is None:
            return
        if change.error:
            self.unreadable += 1
        else:
            self.changed += 1
        self.fields.update(name.split("[")[0] for name in change.fields)  # attachments[2] counts for attachments


@dataclass(frozen=True)
class ReparseResult:
    """The counts, and how many notices were written to the index."""

    counts: ReparseCounts
    indexed: int


@dataclass(frozen=True)
class ReparseWatch:
    """Who is told while revisions are read: `progress` one for each, `change` every difference as soon as it is found."""

    progress: Callable[[int], None] = lambda _: None
    change: Callable[[Change], None] = lambda _: None


def reparse_archive(config: Config, database: Engine, request: ReparseRequest, watch: ReparseWatch | None = None) -> ReparseResult:
    """Read archived bytes again and apply what changes; then bring the index up to date.

    Without `apply` nothing is written, and no permission to write is needed. Raises ArchiveLocked while another reparse runs.
    """
    watch, counts = watch or ReparseWatch(), ReparseCounts()
    if not request.apply:
        with database_errors(config.database):
            _reparse(database, Reader(database, config), request, watch, counts)
        return ReparseResult(counts, 0)
    refuse_if_following(config.state_paths().following)
    with hold(config.locks_dir, "reparse"):
        recover(database, config)
        with database_errors(config.database):
            _reparse(database, Reader(database, config), request, watch, counts)
            return ReparseResult(counts, drain(config, database))


def _reparse(database: Engine, reader: Reader, request: ReparseRequest, watch: ReparseWatch, counts: ReparseCounts) -> None:
    with closing(reader):
        for change in reparse(database, reader, datetime.now(UTC), apply=request.apply, only=request.only):
            counts.add(change)
            watch.progress(1)
            if change is not None:
                watch.change(change)
