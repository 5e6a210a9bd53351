"""Taking the entries of the other's log: first all of their hashes, which must lead to the root that it signed; then their bytes, each against its hash."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

import msgspec
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from notices.capture import Capture
from notices.config import Config
from notices.errors import DamageFound
from notices.text.language import _
from operations.follow.client import Leader
from operations.follow.shapes import Entry, EntryPage, RecordLine
from pipeline.recovery import fits_sql, unregistered
from pipeline.snapshots import snapshot_row
from pipeline.sql import tables
from pipeline.warc.series import BadMember, Member, SnapshotWriter, Stored, member_in
from preservation.following.kept_log import Withheld, WithheldLog, add_withheld, kept_leaves, mark_rows, not_handed_out, read_withheld
from preservation.proofs import merkle
from preservation.proofs.checkpoints import leaves_of
from preservation.proofs.signing import Checkpoint

LARGEST_RECORD = 1 << 29  # bytes of one record, compressed or not
_PAGE, _TOGETHER = 1000, 500
_LINE = 300
_NAMED = 10  # entries that differ
_SIZE = 40  # bytes of a staged entry: its snapshot and its hash


class Unproved(DamageFound):
    """The entries that the other lists do not lead to what it signed."""


@dataclass(frozen=True, slots=True)
class Kept:
    """How far the log is taken: up to which snapshot, and the hashes so far."""

    upto: int
    frontier: merkle.Frontier

    @property
    def root(self) -> bytes:
        """The root over them."""
        return merkle.frontier_root(self.frontier)


def kept_log(config: Config, database: Engine) -> Kept:
    """What this archive contains of the log, from its own rows and lines."""
    withheld = read_withheld(config.state_paths().following)
    return Kept(withheld.upto, merkle.extend(merkle.Frontier(), (leaf for _ident, leaf in kept_leaves(database, withheld))))


def leaf_of(entry: Entry) -> bytes:
    """The hash of an entry. Raises DamageFound for one that says too little."""
    if entry.leaf is not None:
        return bytes.fromhex(entry.leaf)
    if not entry.url or entry.fetched_at is None or entry.payload_digest is None:
        raise DamageFound(_("entry of snapshot {snapshot}: neither a hash nor what it is made of").format(snapshot=entry.snapshot))
    try:
        return merkle.leaf(entry.payload_digest, entry.url, entry.fetched_at)
    except (ValueError, OverflowError) as error:
        raise DamageFound(_("entry of snapshot {snapshot}: {error}").format(snapshot=entry.snapshot, error=error)) from error


def pages(leader: Leader, after: int) -> Iterator[list[Entry]]:
    """The other's entries after a snapshot, page by page, in ascending order. Raises DamageFound for any other."""
    while found := leader.json("entries", EntryPage, after=after, limit=_PAGE).entries:
        for each in found:
            if each.snapshot <= after:
                raise DamageFound(
                    _("the entries are not in order: snapshot {snapshot} after {after}").format(snapshot=each.snapshot, after=after)
                )
            after = each.snapshot
        if len(found) > _PAGE:
            raise DamageFound(_("more entries than were asked for: {count}").format(count=len(found)))
        yield found


@contextmanager
def staged(leader: Leader, kept: Kept, signed: Checkpoint) -> Iterator[Iterator[tuple[int, bytes]]]:
    """The further entries up to a checkpoint, snapshot and hash, once they are proved: with those that are kept they lead to its root.

    Raises Unproved when they do not; nothing was taken then.
    """
    with tempfile.TemporaryFile() as file:
        frontier = kept.frontier
        for page in pages(leader, kept.upto) if frontier.size < signed.size else ():
            wanted = page[: signed.size - frontier.size]
            leaves = [leaf_of(each) for each in wanted]
            file.write(b"".join(each.snapshot.to_bytes(8, "big") + leaf for each, leaf in zip(wanted, leaves, strict=True)))
            frontier = merkle.extend(frontier, leaves)
            if frontier.size == signed.size:
                break
        if frontier.size < signed.size:
            told = _("{url} signed {size} entries and lists {count}")
            raise Unproved(told.format(url=leader.url, size=signed.size, count=frontier.size))
        if merkle.frontier_root(frontier) != signed.root:
            told = _("the entries of {url} do not lead to the root that it signed over {size} entries")
            raise Unproved(told.format(url=leader.url, size=signed.size))
        file.seek(0)
        yield _read(file)


def _read(file: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    while data := file.read(_SIZE):
        yield int.from_bytes(data[:8], "big"), data[8:]


def differences(leader: Leader, config: Config, database: Engine) -> list[str]:
    """Where the other's log, as it lists it now, differs from the entries here: at most ten, in words."""
    theirs = ((each.snapshot, leaf_of(each)) for page in pages(leader, 0) for each in page)
    found = list[str]()
    for index, mine in enumerate(kept_leaves(database, read_withheld(config.state_paths().following))):
        other = next(theirs, None)
        if other == mine:
            continue
        if other is None:
            found.append(
                _("entry {index} (snapshot {snapshot}) and those after it are missing there").format(index=index, snapshot=mine[0])
            )
            break
        found.append(_("entry {index} (snapshot {snapshot}) differs there").format(index=index, snapshot=mine[0]))
        if len(found) == _NAMED:
            break
    return found


class Taking:
    """Takes bytes for one run: first into the WARC series, then their rows, then the lines of those without bytes."""

    def __init__(self, config: Config, database: Engine, leader: Leader, run_id: int) -> None:
        self._config, self._database, self._leader, self._run_id = config, database, leader, run_id
        self._folder = config.state_paths().following
        self._orphans: dict[bytes, tuple[Stored, Capture]] = {}
        for stored, capture in unregistered(database, config):  # of a run that was killed: their bytes are kept already
            self._orphans[merkle.leaf(stored.payload_digest, capture.url, capture.fetched_at)] = stored, capture
        self._present = _rows_after(database, read_withheld(self._folder).upto)
        self._writer = SnapshotWriter(config.warc_dir, config.warc_max_bytes)
        self.taken = 0

    def close(self) -> None:
        """Let the series go."""
        self._writer.close()

    def take(self, entries: Iterator[tuple[int, bytes]], after: int, progress: Callable[[int], None]) -> None:
        """Take these entries, which follow one another, the first of them after a snapshot."""
        wanted = list[tuple[int, bytes]]()
        while True:
            while len(wanted) < _TOGETHER and (each := next(entries, None)) is not None:
                wanted.append(each)
            if not wanted:
                return
            got = self._fetched(wanted, after)
            after = got[-1].snapshot
            self._keep(got, upto=after)
            wanted = wanted[len(got) :]
            progress(len(got))

    def take_again(self, withheld: WithheldLog, reasons: Sequence[str]) -> int:
        """Ask once more for entries that were not handed out for one of these reasons; how many are now."""
        before = self.taken
        for each in not_handed_out(self._database, withheld):
            if each.why in reasons:
                (got,) = self._fetched([(each.snapshot, each.leaf)], each.snapshot - 1)
                if not got.why:
                    mark_rows(self._folder)
                if got.why != each.why:
                    self._keep([got])
        return self.taken - before

    def _fetched(self, wanted: Sequence[tuple[int, bytes]], after: int) -> list[_Got]:
        """As many of these as one answer contains, at least one."""
        found = list[_Got]()
        for snapshot, leaf in wanted:
            if (present := self._present.get(snapshot, leaf)) != leaf:
                raise DamageFound(_("snapshot {ident} is not the entry that was noted for it").format(ident=snapshot))
            if present is not leaf:
                found.append(_Got(snapshot, leaf))
            elif (orphan := self._orphans.pop(leaf, None)) is not None:
                found.append(_Got(snapshot, leaf, stored=orphan))
            else:
                break
        if found:
            return found
        known = (n for n, (snapshot, leaf) in enumerate(wanted) if snapshot in self._present or leaf in self._orphans)
        wanted = wanted[: next(known, len(wanted))]
        with self._leader.asked("records", after=after, limit=len(wanted)) as body:
            for snapshot, leaf in wanted:
                raw = body.line(_LINE)
                if not raw:
                    break
                line = _line(raw)
                if line.snapshot != snapshot or line.length > LARGEST_RECORD:
                    raise DamageFound(_("snapshot {snapshot}: {line!r} came in its place").format(snapshot=snapshot, line=raw[:100]))
                if line.withheld is not None:
                    found.append(_Got(snapshot, leaf, why=line.withheld))
                else:
                    data = body.exactly(line.length)
                    found.append(_Got(snapshot, leaf, record=(data, _checked(snapshot, leaf, data))))
        if not found:
            raise DamageFound(_("snapshot {snapshot}: the other archive lists it and does not know it").format(snapshot=wanted[0][0]))
        return found

    def _keep(self, got: Sequence[_Got], upto: int | None = None) -> None:
        written = iter(self._writer.write_members([each.record for each in got if each.record is not None]))
        rows = list[tables.SnapshotRow]()
        for each in got:
            if each.stored is not None:
                stored, capture = each.stored
            elif each.record is not None and each.record[1].record.capture is not None:
                stored, capture = next(written), each.record[1].record.capture
            else:
                continue
            row = snapshot_row(capture, stored, self._run_id)
            row.id = each.snapshot
            rows.append(row)
        with Session(self._database) as session, session.begin():
            known = set(session.scalars(select(tables.SnapshotRow.id).where(tables.SnapshotRow.id.in_([row.id for row in rows]))))
            session.add_all(row for row in rows if row.id not in known)
        self.taken += len(rows)
        without = [Withheld(each.snapshot, each.leaf, each.why) for each in got if each.why]
        if without or upto is not None:
            add_withheld(self._folder, without, upto)


def _rows_after(database: Engine, upto: int) -> dict[int, bytes]:
    """Hashes of the rows that a killed run wrote and did not note, by snapshot."""
    return {ident: leaf for ident, leaf in leaves_of(database) if ident > upto} if _newest(database) > upto else {}


def _newest(database: Engine) -> int:
    with Session(database) as session, session.begin():
        return session.scalar(select(func.max(tables.SnapshotRow.id))) or 0


@dataclass(frozen=True, slots=True)
class _Got:
    """An entry with its record, or the place where a run that was killed wrote that, or why it comes without one."""

    snapshot: int
    leaf: bytes
    record: tuple[bytes, Member] | None = None
    stored: tuple[Stored, Capture] | None = None
    why: str = ""


def _line(raw: bytes) -> RecordLine:
    try:
        return msgspec.json.decode(raw, type=RecordLine)
    except (ValueError, RecursionError) as error:
        raise DamageFound(_("{raw!r} came in place of the line before a record: {error}").format(raw=raw[:100], error=error)) from error


def _checked(snapshot: int, leaf: bytes, data: bytes) -> Member:
    """The record in the bytes, if it is the one that the log commits to. Raises DamageFound."""
    try:
        member = member_in(data, LARGEST_RECORD)
        capture = member.record.capture
        fits = capture is not None and merkle.leaf(member.record.payload_digest, capture.url, capture.fetched_at) == leaf
    except (BadMember, ValueError, OverflowError) as error:
        raise DamageFound(_("snapshot {snapshot}: its record cannot be used: {error}").format(snapshot=snapshot, error=error)) from error
    stored = Stored("", 0, len(data), member.record.payload_digest, False, member.record.record_id)
    if not fits or capture is None or not fits_sql(stored, capture):
        raise DamageFound(_("snapshot {snapshot}: its record is not the one that is in the signed log").format(snapshot=snapshot))
    return member
