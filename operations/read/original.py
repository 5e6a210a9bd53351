"""The archived bytes of a revision, for readers who are not the archive's maintainers."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine, select

from notices.config import Config
from notices.errors import UnknownName
from notices.text.display import masked
from notices.text.language import _
from pipeline.snapshots import payload_place
from pipeline.sql import tables
from pipeline.sql.database import for_reading
from pipeline.sql.withheld import reading, withheld
from pipeline.warc.series import read_capture

_ENCODINGS = ("utf-8", "gb18030", "latin-1")


@dataclass(frozen=True, slots=True)
class Original:
    """The body as the server sent it. `personal`: it contains what readers see starred out, or a passage of the notice was taken down."""

    body: bytes
    payload_digest: str
    personal: bool


def has_page(database: Engine, notice_id: int) -> bool:
    """Whether a revision of the notice was read from a page of its site: an import of lines has none."""
    row, snapshot = tables.RevisionRow, tables.SnapshotRow
    query = select(snapshot.id).join(row, row.snapshot_id == snapshot.id).where(row.notice_id == notice_id, snapshot.kind == "detail")
    with reading(database) as session:
        return session.scalar(query.limit(1)) is not None


def original_of(config: Config, database: Engine, notice_id: int, n: int) -> Original:
    """The bytes that revision `n` was read from, their digest checked. Raises UnknownName, TakenDown or DamageFound."""
    row = tables.RevisionRow
    query = (
        select(row.text, tables.SnapshotRow)
        .join(tables.SnapshotRow, tables.SnapshotRow.id == row.snapshot_id)
        .where(row.notice_id == notice_id, row.n == n)
    )
    with reading(database) as session:
        hidden = withheld(session)
        hidden.refuse(notice_id)
        found = session.execute(query).first()
    if found is None:
        raise UnknownName(_("the archive contains no page for revision {n} of notice {notice_id}").format(n=n, notice_id=notice_id))
    text, snapshot = found
    body = read_capture(config.warc_dir, snapshot.warc_file, snapshot.offset, payload_place(for_reading(database))).body
    return Original(body, snapshot.payload_digest, notice_id in hidden.passages or masked(text) != text or _is_personal(body))


def _is_personal(body: bytes) -> bool:
    """Whether the bytes contain personal data, in whichever of the usual encodings they are read."""
    texts = (body.decode(encoding, "replace") for encoding in _ENCODINGS)
    return any(masked(text) != text for text in texts)
