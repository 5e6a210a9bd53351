"""`notices follow`: one run. Nothing is taken before it is proved that the other's log continues what this archive has of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from notices.archive_id import FOLLOWED, Followed, read_followed
from notices.config import Config
from notices.errors import BadInput, ConfigError, DamageFound, ForeignPart, StaleCursor, TakenDown, UnknownName, UserError
from notices.text.language import _
from operations.follow.client import Door, Leader
from operations.follow.entries import Kept, Taking, Unproved, differences, kept_log, staged
from operations.follow.rows import Rows
from operations.follow.shapes import FORMAT, Change, ChangePage, Identity, NoticeRows
from operations.follow.takedowns import mirror_takedowns
from operations.indexing import drain
from pipeline.durable import file_errors, sync_folder, write_durably
from pipeline.sql import tables
from pipeline.sql.database import database_errors, open_database
from pipeline.sql.locks import hold
from pipeline.sql.postgresql import BACKEND, set_sequences
from pipeline.sql.runs import close_crashed_runs, closed_on_error, finish_run, run_lock, start_run
from preservation.following.kept_log import are_rows_marked, not_handed_out, read_withheld, unmark_rows
from preservation.following.notes import keep_note, newest_note, public_witness_key
from preservation.proofs.signing import Checkpoint, verify_checkpoint

_PAGE = 200


@dataclass(frozen=True, slots=True)
class FollowOrder:
    """Whom to follow: an address (default: where it was found before), the public key as known from elsewhere, login and certificate for its door."""

    url: str = ""
    key: str | None = None
    login: Path | None = None
    ca: Path | None = None


@dataclass(slots=True)
class FollowResult:
    """What was taken and proved. `size` entries are signed by the other; `withheld` counts those without bytes by reason; `waiting` changes are not signed yet.

    `complete`: every entry and change is here, and those entries whose bytes are not handed out are here by their hashes.
    """

    url: str
    archive: str
    size: int = 0
    entries: int = 0
    changes: int = 0
    takedowns: int = 0
    newest_change: int = 0
    waiting: int = 0
    withheld: Mapping[str, int] = field(default_factory=dict)
    in_part: int = 0
    note: str = ""
    witness: str = ""

    @property
    def complete(self) -> bool:
        """Whether nothing is missing that was signed."""
        return not self.withheld.get("unreadable")

    def counts(self) -> dict[str, int]:
        """For the row of the run."""
        return {"entries": self.entries, "changes": self.changes, "takedowns": self.takedowns, "size": self.size}


def follow(config: Config, order: FollowOrder, progress: Callable[[int], None] = lambda _: None) -> FollowResult:
    """Take in what the other archive has since the last run, prove it, cosign its checkpoint. A run that was killed at any point goes on where it was.

    Raises ServerAway while the other does not answer, ForeignPart for another archive, DamageFound for one that rewrote, forked or rewound its log, or
    whose answers are not what it signed; then nothing of that is taken in.
    """
    folder = config.state_paths().following
    with hold(config.locks_dir, run_lock("follow", None)):
        followed = read_followed(folder)
        if not order.url and followed is None:
            raise UserError(_("follow: give the address of the archive that is to be followed"))
        leader = Leader(_door(config, order, followed))
        identity = _identity(leader, followed, order.key)
        signed = verify_checkpoint(leader.note(), identity.public_key)
        with _open_database(config) as database, database_errors(config.database):
            if followed is None:
                _refuse_others(database)
                followed = _remember(config, Followed(leader.url, identity.archive, identity.public_key))
            close_crashed_runs(database, "follow", None)
            run = start_run(database, "follow", None)
            job = _Follow(config, database, leader, followed, run.id, FollowResult(leader.url, identity.archive))
            with closed_on_error(database, run.id, job.result.counts()):
                job.take_all(signed, progress)
            finish_run(database, run.id, "done", "", job.result.counts())
    return job.result


@contextmanager
def _open_database(config: Config) -> Iterator[Engine]:
    """The archive's database, its connections closed at the end: with --every there are many runs in a process."""
    database = open_database(config)
    try:
        yield database
    finally:
        database.dispose()


def _identity(leader: Leader, followed: Followed | None, key: str | None) -> Identity:
    """The other archive, as it names itself, if it is the one that is followed. Raises BadInput, ForeignPart or DamageFound."""
    try:
        identity = leader.json("archive", Identity)
    except UnknownName as error:
        raise BadInput(_("{error}: there is no archive that can be followed, or it has signed nothing yet").format(error=error)) from error
    if identity.format != FORMAT:
        raise BadInput(_("{url} speaks {format!r}, this program {ours!r}").format(url=leader.url, format=identity.format[:40], ours=FORMAT))
    if followed is not None and identity.archive != followed.archive:
        told = _("{url} is archive {other}; this archive follows archive {archive} ({known})")
        raise ForeignPart(told.format(url=leader.url, other=identity.archive, archive=followed.archive, known=followed.url))
    expected = key or (followed.public_key if followed else identity.public_key)
    if identity.public_key != expected or (followed is not None and expected != followed.public_key):
        told = _("{url} signs with the key {key!r}, not with {expected!r}; nothing was taken in")
        raise DamageFound(told.format(url=leader.url, key=identity.public_key, expected=followed.public_key if followed else expected))
    return identity


def _refuse_others(database: Engine) -> None:
    """Raise UserError for an archive that has something of its own: its numbers would be those of the other's notices."""
    with Session(database) as session, session.begin():
        for model in (tables.SnapshotRow, tables.NoticeRow, tables.ChangeRow):
            if session.query(model).first() is not None:
                raise UserError(_("this archive has notices of its own; follow another one in a home of its own (NOTICES_HOME)"))


def _remember(config: Config, followed: Followed) -> Followed:
    folder = config.state_paths().following
    with file_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        sync_folder(folder.parent)
        write_durably(folder / FOLLOWED, followed.as_bytes())
    return followed


def _door(config: Config, order: FollowOrder, followed: Followed | None) -> Door:
    """Where and as whom the other is asked: as the order says, else as the settings do."""
    login = order.login or (Path(config.follow_login) if config.follow_login else None)
    ca = order.ca or (Path(config.follow_ca) if config.follow_ca else None)
    return Door(order.url or (followed.url if followed else ""), _login(login), ca)


def _login(file: Path | None) -> str:
    """The name:password in the file. Raises ConfigError for one that others can read, or that contains no such line."""
    if file is None:
        return ""
    with file_errors(file):
        if file.stat().st_mode & 0o077:
            raise ConfigError(_("{file}: others can read it; chmod 600").format(file=file))
        text = file.read_text(encoding="utf-8", errors="replace").strip()
    if ":" not in text or "\n" in text or len(text) > 500:
        raise ConfigError(_("{file}: one line, name:password").format(file=file))
    return text


@dataclass(slots=True)
class _Follow:
    """One run under way."""

    config: Config
    database: Engine
    leader: Leader
    followed: Followed
    run_id: int
    result: FollowResult

    def take_all(self, signed: Checkpoint, progress: Callable[[int], None]) -> None:
        """Takedowns first: whoever must not see something does not wait for anything new."""
        kept = kept_log(self.config, self.database)
        self._refuse_rewound(signed, kept)
        self.result.takedowns = mirror_takedowns(self.config, self.database, self.leader)
        if self.result.takedowns:
            drain(self.config, self.database, whole=True)  # as at a takedown of one's own
        taking = Taking(self.config, self.database, self.leader, self.run_id)
        try:
            while kept.frontier.size < signed.size:
                kept = self._to_next_checkpoint(kept, taking, progress)
            again = ("taken_down", "unreadable", "personal") if self._is_entitled else ("taken_down", "unreadable")
            taking.take_again(read_withheld(self._folder), again)
        finally:
            taking.close()
        self.result.entries = taking.taken
        self._take_rows(kept)
        meanwhile = mirror_takedowns(self.config, self.database, self.leader)
        self.result.takedowns += meanwhile
        if self.database.dialect.name == BACKEND:
            with self.database.begin() as connection:
                set_sequences(connection)
        drain(self.config, self.database, whole=meanwhile > 0)
        self._prove(kept, signed)

    @property
    def _folder(self) -> Path:
        return self.config.state_paths().following

    @property
    def _is_entitled(self) -> bool:
        return self.leader.has_login

    def _refuse_rewound(self, signed: Checkpoint, kept: Kept) -> None:
        """Raise DamageFound where the newest checkpoint is not a later state of the log that is kept here."""
        seen = newest_note(self.config)
        if seen is not None and signed.size < seen.checkpoint.size:
            told = _("{url} signed {before} entries on {day}, and shows {now} now: its log was rewound")
            day = f"{seen.checkpoint.signed_at:%Y-%m-%d}"
            raise DamageFound(self._refused(told.format(url=self.leader.url, before=seen.checkpoint.size, now=signed.size, day=day)))
        if signed.size < kept.frontier.size or (signed.size == kept.frontier.size and signed.root != kept.root):
            told = _("{url} signed {size} entries that are not those which it gave before: its past was changed")
            raise DamageFound(self._refused(told.format(url=self.leader.url, size=signed.size), named=True))

    def _refused(self, why: str, *, named: bool = False) -> str:
        """The reason, with the entries that differ as far as the other lists them, and what was done: nothing."""
        found = list[str]()
        if named:
            try:
                found = differences(self.leader, self.config, self.database)
            except (DamageFound, UnknownName):
                found = []
        return "; ".join([why, *found, _("nothing was taken in")])

    def _to_next_checkpoint(self, kept: Kept, taking: Taking, progress: Callable[[int], None]) -> Kept:
        """Take all entries up to the first checkpoint of a longer log than the one that is kept."""
        note = self.leader.note(after=kept.frontier.size)
        signed = verify_checkpoint(note, self.followed.public_key)
        if signed.size <= kept.frontier.size:
            raise DamageFound(_("{url}: asked for a checkpoint after {size} entries, it gave one of {other}").format(
                url=self.leader.url, size=kept.frontier.size, other=signed.size
            ))  # fmt: skip
        try:
            with staged(self.leader, kept, signed) as entries:
                keep_note(self.config, note, signed)
                taking.take(entries, kept.upto, progress)
        except Unproved as error:
            raise DamageFound(self._refused(str(error), named=True)) from error
        after = kept_log(self.config, self.database)
        if (after.frontier.size, after.root) != (signed.size, signed.root):
            raise DamageFound(_("what was taken does not lead to the root over {size} entries").format(size=signed.size))
        return after

    def _take_rows(self, kept: Kept) -> None:
        withheld = frozenset(each.snapshot for each in not_handed_out(self.database, read_withheld(self._folder)))
        rows = Rows(self.database, self.run_id, kept.upto, withheld)
        while True:
            page = self._changes_after(rows.newest())
            waits = rows.take(page.changes, self._restored(page.changes))
            if waits or page.newest <= rows.newest():
                break
        self.result.changes, self.result.in_part, self.result.newest_change = rows.taken, rows.in_part, rows.newest()
        self.result.waiting = max(0, page.newest - self.result.newest_change)
        if are_rows_marked(self._folder):
            self._take_rows_again(Rows(self.database, self.run_id, kept.upto, withheld))

    def _take_rows_again(self, rows: Rows) -> None:
        """Go once through all changes that are taken, for rows that came in part."""
        since, last = 0, rows.newest()
        while since < last:
            found = [each for each in self._changes_after(since).changes if each.seq <= last]
            rows.take_again(found)
            since = found[-1].seq
        unmark_rows(self._folder)

    def _changes_after(self, since: int) -> ChangePage:
        """A page of the other's changes. Raises DamageFound where its log does not have the number any more, or does not go on."""
        try:
            page = self.leader.json("changes", ChangePage, since=since, limit=_PAGE)
        except StaleCursor as error:
            told = _("{url} does not know change {since} any more: its change log was rewound ({error})")
            raise DamageFound(told.format(url=self.leader.url, since=since, error=error)) from error
        if [each.seq for each in page.changes] != list(range(since + 1, since + 1 + len(page.changes))) or (
            not page.changes and page.newest > since
        ):
            raise DamageFound(_("{url}: the changes after {since} are missing").format(url=self.leader.url, since=since))
        return page

    def _restored(self, changes: list[Change]) -> Mapping[int, NoticeRows]:
        found: dict[int, NoticeRows] = {}
        for each in changes:
            if each.kind == "restored" and each.subject is not None:
                try:
                    found[each.notice] = self.leader.json(f"notices/{each.notice}", NoticeRows)
                except (UnknownName, TakenDown):
                    continue  # it was taken down again
        return found

    def _prove(self, kept: Kept, signed: Checkpoint) -> None:
        """Cosign the newest checkpoint under which everything was taken and proved."""
        withheld = not_handed_out(self.database, read_withheld(self._folder))
        self.result.size, self.result.withheld = kept.frontier.size, dict(Counter(each.why for each in withheld))
        note = newest_note(self.config)
        if note is not None and note.checkpoint.size == kept.frontier.size and note.checkpoint.root == kept.root:
            if self.result.complete:
                note = keep_note(self.config, note.text, note.checkpoint, datetime.now(UTC))
            self.result.note = note.text if note.cosigned_at is not None else ""
        self.result.witness = public_witness_key(self.config)
