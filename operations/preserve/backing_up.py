"""Back up an archive that is in use; restore a backup into an empty home, rebuild its index and verify it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, NamedTuple

from sqlalchemy import Engine

from notices.config import Config, load_config
from notices.errors import BadInput, NoticesError
from notices.text.language import _
from operations.indexing import rebuild_index
from operations.preserve.restored_home import Withheld, disable_private_sources, keep_at_home
from operations.preserve.verify_index import verify_all
from pipeline.recovery import recover
from pipeline.sql.database import open_database
from pipeline.sql.outbox import notice_count
from pipeline.sql.postgresql import BACKEND
from pipeline.warc.series import series_bytes, stores_of
from preservation.backup import check_manifest, make_backup, restoring
from preservation.backup_files import DUMP
from preservation.dumps.rows import empty_database, load_database
from preservation.findings import Finding


@dataclass(frozen=True)
class RestoredArchive:
    """A restored home: when its backup was made, how many notices were indexed, what verification found (None: not verified), and what was
    not taken over from the backup's settings and sources.
    """

    made_at: datetime
    notices: int
    found: tuple[Finding, ...] | None
    withheld: tuple[Withheld, ...] = ()


class RestoreStep(NamedTuple):
    """A step of a restoration, and how much there is to do: bytes of the backup, notices, bytes of the series."""

    name: Literal["restore", "rebuild", "verify"]
    total: int


@dataclass(frozen=True)
class RestoreWatch:
    """Whoever is told of a restoration: `begin` of each step, its answer of the amounts done; `tell` of the end."""

    tell: Callable[[RestoredArchive], None] = lambda _restored: None
    begin: Callable[[RestoreStep], Callable[[int], None]] = lambda _step: lambda _amount: None


def back_up(config: Config, target: Path, progress: Callable[[int], None] = lambda _: None) -> int:
    """Make a backup as a new folder, or as a new file if the target ends in .tar; return its bytes. Raises BadInput for another target."""
    if config.home == target or config.home in target.parents:
        raise BadInput(_("{target} is inside the archive; a backup belongs on another device").format(target=target))
    return make_backup(config, target, progress)


def restore_archive(config: Config, source: Path, *, verify: bool = True, watch: RestoreWatch | None = None) -> RestoredArchive:
    """Restore a backup into the empty home of the configuration. Raises BadInput or DamageFound; a failed one leaves no home.

    `watch.tell` is called at the end, while a kill still leaves a home that the same command finishes.
    """
    watch = watch or RestoreWatch()
    unread: OSError | None = None
    is_dump = DUMP in check_manifest(source).files
    if is_dump and not config.database.startswith(BACKEND):
        raise BadInput(
            _(
                "{source} is the backup of an archive in PostgreSQL: let NOTICES_DATABASE name the empty database that it is restored into"
            ).format(source=source)
        )
    with restoring(source, config.home, watch.begin(RestoreStep("restore", _bytes_of(source)))) as made_at:
        _known_stores(config, source)
        withheld = [*keep_at_home(config), *disable_private_sources(config)]
        index = load_config({"NOTICES_HOME": str(config.home)}).index
        restored = config._replace(index=index) if is_dump else config._replace(database=f"sqlite:///{config.home}/notices.db", index=index)
        with _loaded(restored) if is_dump else nullcontext():
            database = open_database(restored)
            recover(database, restored)
            count = rebuild_index(restored, database, watch.begin(RestoreStep("rebuild", notice_count(database))))
            found = tuple(_verified(restored, database, watch)) if verify else None
            made = RestoredArchive(made_at, count, found, tuple(withheld))
            database.dispose()
        try:
            watch.tell(made)
        except OSError as error:  # nobody reads it; the archive is restored all the same
            unread = error
    if unread is not None:
        raise unread
    return made


def _known_stores(config: Config, source: Path) -> None:
    """Raises BadInput for a backup whose series is elsewhere in part, unless whoever restores it names that place: a backup leads nobody anywhere."""
    for address in sorted(stores_of(config.warc_dir) - {config.warc_store}):
        raise BadInput(
            _(
                "{source}: files of its series are in the store {address}: if that is right, restore with NOTICES_WARC_STORE={address}"
            ).format(source=source, address=address)
        )


def _verified(config: Config, database: Engine, watch: RestoreWatch) -> Iterator[Finding]:
    return verify_all(config, database, watch.begin(RestoreStep("verify", series_bytes(config.warc_dir))))


def _bytes_of(source: Path) -> int:
    files = source.rglob("*") if source.is_dir() else [source]
    return sum(path.stat().st_size for path in files if path.is_file())


@contextmanager
def _loaded(config: Config) -> Iterator[None]:
    """The dump in a restored home as the rows of the empty database; after an error this is as empty as it was."""
    mark = config.home / ".restoring" / "loading"
    try:
        load_database(config, config.home / DUMP, mark)
        yield
    except BaseException:
        with suppress(NoticesError):  # the first error is told
            empty_database(config, mark)
        raise
