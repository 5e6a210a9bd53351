"""SQL to index: drain the outbox, rebuild the index, stage another index that can be changed over to."""

from __future__ import annotations

import json
import logging
import os
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine as Database

from index.engine import Document, Engine
from index.engines import index_folder, is_built, is_cluster, open_engine, outdated, past_address, rebuild, same_place
from notices.archive_id import Owner, read_marker
from notices.config import Config, relative_address
from notices.config_values import without_password
from notices.errors import ConfigError, DamageFound, DocumentsRefused, ForeignPart, IndexUnusable, ServerAway
from notices.text.language import _
from operations.preserve.alias_file import is_due, refresh_aliases
from pipeline.durable import file_errors, write_durably
from pipeline.sql import outbox
from pipeline.sql.changes import newest_change
from pipeline.sql.database import database_errors
from pipeline.sql.locks import hold
from pipeline.sql.tables import RevisionRow

log = logging.getLogger(__name__)
_BATCH, _TOGETHER = 500, 100  # notices of one commit, and those whose texts are in memory at once


def document(revision: RevisionRow) -> Document:
    """The index document of a notice's newest revision."""
    from operations.read.document import document as read  # start-up time: it loads what reads a text, and status asks only for the state

    return read(revision)


def past_document(past: outbox.PastRevision) -> Document:
    """The document of a revision that its source shows no longer."""
    from operations.read.document import past_document as read  # see above

    return read(past)


def drain(config: Config, database: Database, *, wait: float = 60.0, whole: bool = False) -> int:
    """Bring the index up to date with SQL; return how many notices were written. An unusable or emptied index is rebuilt.

    Whether the index lacks something, and which short forms the texts define, is asked of the whole archive: of a large one only now and then, or with
    `whole`.
    """
    with hold(config.locks_dir, "index", wait=wait), database_errors(config.database):
        _refuse_unmarked(config, database)
        try:
            engine = open_engine(config.index, write=True, owner=owner_of(config))
        except IndexUnusable as error:
            log.warning("%s; rebuilding it", error)
            return _rebuild(config, database)
        try:
            caught_up = _catch_up(engine, config, database)
            is_asked = whole or is_due(config, database, written=True)
            if not is_asked or not _lacks(engine, config, database):
                written = caught_up + _drain_into(engine, config, database)
                if whole or is_due(config, database, written=written > 0):
                    refresh_aliases(config, database)
                return written
            log.warning("the index lacks notices or revisions that SQL contains; rebuilding it")
        except IndexUnusable as error:  # that of the past, which a crash may have left half made
            log.warning("%s; rebuilding it", error)
        finally:
            engine.close()
        return _rebuild(config, database)


def _lacks(engine: Engine, config: Config, database: Database) -> bool:
    """Whether the index lacks notices, or that of the past revisions, beside those that wait."""
    lacking = outbox.shown_count(database) - outbox.pending_count(database) - engine.count()
    return lacking > 0 or not _past_is_whole(config, database)


def _drain_into(engine: Engine, config: Config, database: Database) -> int:
    """Write what waits. Raises DocumentsRefused at the end when the index does not take some: they wait on, all others are in it."""
    written, refused, error = 0, set[int](), None
    while True:
        with outbox.claimed(database, refused, _BATCH) as pending:
            if not pending.notice_ids and error is not None:
                raise error
            if not pending.notice_ids:
                return written
            try:
                written += _write(engine, config, database, pending.notice_ids)
            except DocumentsRefused as raised:
                error = raised
                refused |= set(raised.notices)
            _note_for_staged_index(config, [ident for ident in pending.notice_ids if ident not in refused])


def _write(engine: Engine, config: Config, database: Database, notice_ids: Sequence[int]) -> int:
    """Write these notices, first what their sources show no longer; those that were taken down leave both indexes. How many were written or left.

    Each document has the end of the change log, as an engine that several write wants it.
    """
    seq = newest_change(database)
    refused = _write_past(config, database, notice_ids, seq)
    shown = outbox.shown_ids(database, notice_ids)
    gone = sorted({*notice_ids} - {*shown})
    revisions = (each for at in range(0, len(shown), _TOGETHER) for each in outbox.newest_revisions(database, shown[at : at + _TOGETHER]))
    written = engine.write((document(each)._replace(seq=seq) for each in revisions), deleted=gone) + len(gone)
    if refused:
        raise refused
    return written


def _write_past(config: Config, database: Database, notice_ids: Sequence[int], seq: int) -> DocumentsRefused | None:
    """Bring the index of the past up to date with these notices; what it did not take, by their ids."""
    past = [past_document(each)._replace(seq=seq) for each in outbox.past_revisions(database, notice_ids)]
    address = past_address(config.index)
    if not past and not is_built(address):
        return None
    engine = open_engine(address, write=True, owner=owner_of(config) if is_cluster(address) else None)
    try:
        no_more = set(outbox.revision_ids(database, notice_ids)) - {each.id for each in past}
        engine.write(past, sorted(no_more))
    except DocumentsRefused as error:
        notices = {each.id: each.notice for each in past}
        return DocumentsRefused(str(error), tuple(sorted({notices[ident] for ident in error.notices if ident in notices})))
    finally:
        engine.close()
    return None


def _past_is_whole(config: Config, database: Database) -> bool:
    """Whether the index of the past has as many revisions as SQL, but for notices that wait."""
    if outbox.pending_count(database) or not (wanted := outbox.past_count(database)):
        return True  # the revisions are counted over whole tables, so not while notices wait
    address = past_address(config.index)
    try:
        engine = open_engine(address)
    except IndexUnusable:
        return False
    try:
        return engine.count() >= wanted
    finally:
        engine.close()


def _rebuild_at(url: str, database: Database, documents: Iterable[Document], owner: Owner) -> int:
    """Build both indexes at the address; return how many notices there are."""
    past = past_address(url)
    if outbox.past_count(database) or is_built(past):
        seq = newest_change(database)
        revisions = (past_document(each)._replace(seq=seq) for each in outbox.every_past_revision(database))
        rebuild(past, revisions, owner if is_cluster(past) else None)
    return rebuild(url, documents, owner)


def owner_of(config: Config) -> Owner:
    """The archive in this home, as the owner of an index."""
    return Owner(read_marker(config.home), config.home)


def _refuse_unmarked(config: Config, database: Database) -> None:
    """Raise ForeignPart for an index outside the home that names no archive and contains what this archive lacks.

    An index that was made before there were ids is adopted by whoever writes it first: this archive may, when it has all that the index contains.
    """
    if is_cluster(config.index):  # an index in a cluster names its archive from the beginning
        return
    folder = index_folder(config.index)
    if not folder.exists() or read_marker(folder) or folder.resolve().is_relative_to(config.home.resolve()):
        return
    try:
        engine = open_engine(config.index)
    except IndexUnusable:
        return
    try:
        known = {revision.notice_id: revision.n for revision in outbox.every_revision(database)}
        if any(known.get(ident, 0) < revision for ident, revision in engine.versions()):
            raise ForeignPart(
                _(
                    "index {folder} is outside {home}, names no archive and contains notices that this archive lacks: it "
                    "is another archive's. Build an index of this archive's own: notices index --rebuild --to "
                    "tantivy:tantivy"
                ).format(folder=folder, home=config.home)
            )
    finally:
        engine.close()


def refuse_emptied(config: Config, database: Database) -> None:
    """Raise DamageFound when SQL contains no notice and the index some: SQL was lost, and an index made from it would lose the texts too."""
    documents = 0 if outbox.notice_count(database) else index_state(config).documents
    if documents:
        raise DamageFound(
            _(
                "SQL contains no notice, the index {index} {documents}: the index stays as it is; notices repair "
                "--rebuild-sql rebuilds SQL from the WARC series"
            ).format(index=without_password(config.index), documents=documents)
        )


def _documents(database: Database, progress: Callable[[int], None]) -> Iterator[Document]:
    seq = newest_change(database)
    for revision in outbox.every_revision(database):
        yield document(revision)._replace(seq=seq)
        progress(1)


def rebuild_index(config: Config, database: Database, progress: Callable[[int], None] = lambda _: None) -> int:
    """Build the index from SQL in a folder of its own, then swap it in; return how many notices it contains. `progress` is told of each."""
    with hold(config.locks_dir, "index", wait=60.0), database_errors(config.database):
        _refuse_unmarked(config, database)
        return _rebuild(config, database, progress)


def _rebuild(config: Config, database: Database, progress: Callable[[int], None] = lambda _: None) -> int:
    waiting = outbox.pending(database, limit=10_000_000)
    refuse_emptied(config, database)
    count = _rebuild_at(config.index, database, _documents(database, progress), owner_of(config))
    if _staged(config).url == config.index:
        config.state_paths().staged_index.unlink()
    _note_for_staged_index(config, waiting.notice_ids)
    outbox.acknowledge(database, waiting.rows)
    refresh_aliases(config, database)
    return count


def stage_index(config: Config, database: Database, url: str) -> int:
    """Build another index at the URL from SQL while the one in use stays in use; return how many notices it contains.

    What is drained into the index in use from then on is noted; the staged index gets it in its own first drain. Raises ConfigError.
    """
    if same_place(url, config.index):
        raise ConfigError(_("--to {url}: this is the folder of the index in use; name another folder").format(url=url))
    with hold(config.locks_dir, "index", wait=60.0), database_errors(config.database):
        count = _rebuild_at(url, database, _documents(database, lambda _: None), owner_of(config))
        config.state_paths().staged_index.write_text(f"{url}\n", encoding="utf-8")
    return count


@dataclass(frozen=True, slots=True)
class _Staged:
    """The address of the staged index, "" without one, and the notices that it lacks."""

    url: str
    lacking: Sequence[int]


def _staged(config: Config) -> _Staged:
    try:
        url, *lines = config.state_paths().staged_index.read_text(encoding="utf-8").splitlines()
    except (FileNotFoundError, ValueError):
        return _Staged("", ())
    return _Staged(url, [int(line) for line in dict.fromkeys(lines) if line.isdecimal()])


def _note_for_staged_index(config: Config, notice_ids: Sequence[int]) -> None:
    """Note what only the index in use was given."""
    if _staged(config).url not in ("", config.index):
        with config.state_paths().staged_index.open("a", encoding="utf-8") as handle:
            handle.writelines(f"{ident}\n" for ident in notice_ids)
            handle.flush()
            os.fsync(handle.fileno())


def _catch_up(engine: Engine, config: Config, database: Database) -> int:
    """Write what was noted to a staged index that is the one in use now."""
    staged = _staged(config)
    if staged.url != config.index:
        return 0
    for at in range(0, len(staged.lacking), _BATCH):
        _write(engine, config, database, staged.lacking[at : at + _BATCH])
    config.state_paths().staged_index.unlink()
    return len(staged.lacking)


@dataclass(frozen=True, slots=True)
class IndexState:
    """How many documents the index contains; None and the reason when it cannot be opened. `away`: only its cluster does not answer."""

    documents: int | None
    error: str | None = None
    away: bool = False


def index_state(config: Config) -> IndexState:
    """The state of the index in use."""
    try:
        engine = open_engine(config.index, owner=owner_of(config))
    except (IndexUnusable, ServerAway) as error:
        return IndexState(None, str(error), isinstance(error, ServerAway))
    try:
        return IndexState(engine.count())
    finally:
        engine.close()


@dataclass(frozen=True, slots=True)
class IndexProblem:
    """A fault of the index in use and the command that repairs it. `wrong`: it does not contain what SQL does; else it is only of an earlier version."""

    fault: str
    remedy: str
    wrong: bool

    def __str__(self) -> str:
        return f"{self.fault}: {self.remedy}"


def index_problem(config: Config, state: IndexState, *, notices: int, waiting: int) -> IndexProblem | None:
    """The fault of the index in use; None without one, and for an index that cannot be opened."""
    if state.documents is None:
        return None
    if state.documents + waiting < notices or state.documents > notices + waiting:
        fault = _("it contains {documents} documents for {notices} notices ({waiting} waiting)").format(
            documents=state.documents, notices=notices, waiting=waiting
        )
        return IndexProblem(fault, "notices index --rebuild", wrong=True)
    if outdated(config.index):
        return IndexProblem(
            _("an earlier version of this program made it, and some queries miss notices in it"), "notices index", wrong=False
        )
    return None


def use_index(config: Config, url: str) -> Path:
    """Write the index's address into notices.toml, relative to the home if it is located there; see set_address."""
    return set_address(config.state_paths().settings, "index", relative_address(config.home, url))


def set_address(file: Path, key: str, address: str) -> Path:
    """Write one address into notices.toml and change nothing else there; return the file.

    Raises ConfigError, with the line to write by hand, when the file cannot be changed safely.
    """
    line, present = f"{key} = {json.dumps(address, ensure_ascii=False)}", re.compile(rf"^[ \t]*{key}[ \t]*=.*$", re.MULTILINE)
    with file_errors(file):
        text = file.read_text(encoding="utf-8") if file.exists() else ""
        changed = present.sub(lambda _: line, text, count=1) if present.search(text) else f"{line}\n{text}"
        if not _names_only(changed, text, {key: address}):
            raise ConfigError(_("{file}: it cannot be changed automatically; write this line into it: {line}").format(file=file, line=line))
        write_durably(file, changed.encode())
    return file


def _names_only(changed: str, before: str, address: dict[str, str]) -> bool:
    try:
        return tomllib.loads(changed) == {**tomllib.loads(before), **address}
    except tomllib.TOMLDecodeError:
        return False
