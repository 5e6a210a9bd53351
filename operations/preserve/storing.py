"""Sealed WARC files in a store: uploaded, and brought back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from notices.archive_id import read_marker
from notices.config import Config
from notices.errors import ConfigError, DamageFound, UnknownName
from notices.text.language import _
from pipeline.sql.locks import STORE_LOCK, hold
from pipeline.warc.series import STORED, Sent, Store, Upload, fetch_file, stored_alone, upload_series

Progress = Callable[[int], None]


@dataclass(frozen=True)
class Wanted:
    """What an upload does beyond sending what the store does not have: read back what it has, delete local copies."""

    check: bool = False
    drop_local: bool = False


@dataclass(frozen=True)
class Fetched:
    """A file that was brought back: its bytes, 0 if it was here; or the problem."""

    name: str
    length: int
    problem: str = ""


def upload(config: Config, wanted: Wanted, progress: Progress = lambda _: None) -> Iterator[Sent]:
    """Send every sealed file to the configured store; each as it is done, those that failed too.

    Raises ConfigError without a store or the extra, ArchiveLocked while another upload runs, ForeignPart, ServerAway: the next one goes on.
    """
    if not config.warc_store:
        raise ConfigError(_('no store is set: warc_store = "s3://bucket/prefix" in notices.toml, or NOTICES_WARC_STORE'))
    archive = read_marker(config.home)
    if not archive:
        raise ConfigError(_("{home}: there is no archive to upload").format(home=config.home))
    with hold(config.locks_dir, STORE_LOCK):
        store = Store(config.warc_store)
        yield from upload_series(config.warc_dir, store, Upload(archive, wanted.check, wanted.drop_local), progress)


def fetch(config: Config, names: Sequence[str] = (), progress: Progress = lambda _: None) -> Iterator[Fetched]:
    """Bring files back from the store, all that only the store has unless some are named. Raises UnknownName, ArchiveLocked, ConfigError, ServerAway."""
    for name in names:
        if not (config.warc_dir / f"{name}{STORED}").exists():
            raise UnknownName(_("{name}: no store is noted to have a file of this name").format(name=name))
    with hold(config.locks_dir, STORE_LOCK):
        for name in names or stored_alone(config.warc_dir):
            try:
                yield Fetched(name, fetch_file(config.warc_dir, name, datetime.now(UTC), progress))
            except DamageFound as error:
                yield Fetched(name, 0, str(error))
