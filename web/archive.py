"""The archive as the reading room uses it: rows and index, both only read, the index reopened when it has changed."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import sqlalchemy

from index.deadline import SECONDS, one_question
from index.engine import Engine
from index.engines import open_engine, state_of
from index.search import SearchRequest, SearchResult, search
from notices.archive_id import Owner, read_marker
from notices.config import Config
from notices.errors import ArchiveUnwritable, IndexUnusable, NoticesError
from operations.read.as_of import search_as_of
from pipeline.sql.database import open_read_only


class Busy(NoticesError):
    """All searches of this process are still at work; the reader may ask again."""


class Archive:
    """One archive in one process. Its parts are opened when they are first needed, and again after an error: it may be restored meanwhile."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self._lock = threading.Lock()
        self._database: sqlalchemy.Engine | None = None
        self._index = _Index(config)

    @property
    def database(self) -> sqlalchemy.Engine:
        """Its rows, through connections that cannot write. Raises OperatorError."""
        with self._lock:
            if self._database is None:
                self._database = open_read_only(self.config)
            return self._database

    def state(self) -> str | None:
        """Names the state of rows and index: equal questions have equal answers while it stays the same. None where that cannot be told cheaply."""
        if not self.config.database.startswith("sqlite"):
            return None
        file = Path(self.config.database.removeprefix("sqlite:///"))
        log, vectors = file.with_name(f"{file.name}-wal"), self.config.state_paths().vectors  # SQLite writes into its log first
        try:
            changed = [(each.st_mtime_ns, each.st_size, each.st_ino) for each in (file.stat(), *_beside(log), *_beside(vectors))]
            return f"{changed} {state_of(self.config.index)}"
        except (OSError, NoticesError):
            return None

    def search(self, request: SearchRequest) -> SearchResult:
        """The answer of the index, in SECONDS at most. Raises UserError, IndexUnusable or Busy."""
        with self._index.borrowed() as engine, one_question():
            return search(engine, request, self.config.home)

    def search_as_of(self, request: SearchRequest, day: date) -> SearchResult:
        """What the answer would have been on that day. Raises as search does."""
        with self._index.borrowed() as engine:
            return search_as_of(engine, self.database, request, self.config.home, day)

    @contextmanager
    def engine(self) -> Iterator[Engine]:
        """The index itself, for one question."""
        with self._index.borrowed() as engine, one_question():
            yield engine

    def close(self) -> None:
        """Release files and connections."""
        self._index.close()
        with self._lock:
            if self._database is not None:
                self._database.dispose()
                self._database = None


class _Index:
    """The engine, opened again after each commit or rebuild. Whoosh answers one question at a time: its page of hits is its own state."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._one_at_a_time = config.index.startswith("whoosh")
        self._turn = threading.Lock()
        self._opening = threading.Lock()
        self._engine: Engine | None = None
        self._state = ""

    @contextmanager
    def borrowed(self) -> Iterator[Engine]:
        if not self._one_at_a_time:
            yield self._current()
            return
        if not self._turn.acquire(timeout=SECONDS):
            raise Busy("the index is busy with other questions")
        try:
            yield self._current()
        finally:
            self._turn.release()

    def _current(self) -> Engine:
        with self._opening:
            state = state_of(self._config.index)  # at every question: an answer of an earlier state would be kept as one of this
            if self._engine is None or state != self._state:
                self._open(state)
            assert self._engine is not None
            return self._engine

    def _open(self, state: str) -> None:
        """Open the index. The earlier engine may be answering another thread: it is released with its last reference."""
        earlier, self._engine = self._engine, None
        if earlier is not None and self._one_at_a_time:
            earlier.close()
        try:
            self._engine = open_engine(self._config.index, owner=Owner(read_marker(self._config.home), self._config.home))
        except OSError as error:
            raise IndexUnusable(f"index: {error}") from error
        self._state = state

    def close(self) -> None:
        with self._opening:
            if self._engine is not None:
                self._engine.close()
            self._engine = None


def _beside(file: Path) -> list[os.stat_result]:
    """The state of a file that may not be there."""
    try:
        return [file.stat()]
    except FileNotFoundError:
        return []


def check_readable(config: Config) -> None:
    """Open the archive once, as the reading room will. Raises OperatorError or UserError: then there is nothing to serve."""
    try:
        open_read_only(config).dispose()
    except OSError as error:
        raise ArchiveUnwritable(f"{config.home}: {error}") from error
