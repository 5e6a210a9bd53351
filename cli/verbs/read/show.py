"""`notices show`: one notice, as archived."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from notices.config import Config
from notices.errors import UnknownName
from notices.reference.numbers import parse_number
from notices.text.display import masked, safe
from pipeline.observe.observations import presence_of
from pipeline.observe.presence import Presence
from pipeline.relations.copies import copies_of
from pipeline.sql import tables
from pipeline.sql.database import database_errors, open_database
from pipeline.sql.outbox import newest_revisions

_FIELDS = (
    "document_number",
    "issuer",
    "kind",
    "published_date",
    "written_date",
    "effective_date",
    "expiry_date",
    "index_number",
    "validity",
)


def add_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`notices show`."""
    verb = verbs.add_parser("show", help="one notice by its id or document number")
    verb.add_argument("wanted", metavar="ID_OR_NUMBER")
    verb.add_argument("--json", action="store_true", help="one JSON object a notice")
    verb.set_defaults(run=run)


def run(args: argparse.Namespace, config: Config) -> int:
    """Print the notice, or each one that bears the number. Raises UnknownName."""
    database = open_database(config)
    with database_errors(config.database):
        revisions = newest_revisions(database, find_ids(database, args.wanted))
        for revision in revisions:
            with Session(database, expire_on_commit=False) as session, session.begin():
                snapshot = session.get(tables.SnapshotRow, revision.snapshot_id) if revision.snapshot_id else None
                copies = [copy.id for copy in copies_of(session, revision.notice)]
                seen = presence_of(session, revision.notice_id)
            value = as_json(revision, snapshot) | {"copies": copies, "presence": _presence(seen)}
            print(json.dumps(value, ensure_ascii=False) if args.json else "\n".join(_lines(value)))
    return 0


def find_ids(database: Engine, wanted: str) -> list[int]:
    """Ids of the notices that an id or a document number means. Raises UnknownName."""
    with Session(database) as session, session.begin():
        if wanted.isascii() and wanted.isdigit():
            query = select(tables.NoticeRow.id).where(tables.NoticeRow.id == int(wanted[:18]))
        else:
            number = parse_number(wanted)
            if number is None:
                raise UnknownName(f"{wanted!r} is neither a notice's id nor a document number")
            mine = tables.RevisionRow.number_key == number.key, tables.RevisionRow.n == tables.NoticeRow.revisions
            query = select(tables.NoticeRow.id).join(tables.RevisionRow, tables.RevisionRow.notice_id == tables.NoticeRow.id).where(*mine)
        ids = list(session.scalars(query))
    if not ids:
        raise UnknownName(f"the archive holds no notice {wanted!r}")
    return ids


def as_json(revision: tables.RevisionRow, snapshot: tables.SnapshotRow | None) -> dict[str, Any]:
    """A notice as plain values, personal data masked, with the bytes it rests on."""
    notice = revision.notice
    fields = {name: getattr(revision, name) for name in _FIELDS}
    return {
        "id": notice.id,
        "url": notice.url,
        "title": masked(revision.title),
        "source": notice.source.name,
        "state": notice.state,
        "revision": revision.n,
        **{k: v.isoformat() if hasattr(v, "isoformat") else v for k, v in fields.items()},
        "addressees": revision.addressees,
        "first_seen_at": notice.first_seen_at.isoformat(),
        "last_seen_at": notice.last_seen_at.isoformat(),
        "text": masked(revision.text),
        "attachments": [
            {"name": a.name, "url": a.url, "outcome": a.outcome, "media_type": a.media_type, "digest": a.digest, "size": a.size}
            for a in revision.attachments
        ],
        "anatomy": revision.anatomy,
        "provenance": revision.provenance,
        "snapshot": _evidence(snapshot),
    }


def _presence(seen: Presence) -> dict[str, Any] | None:
    """Since when a notice is missing, withdrawn or back, and by which evidence; None while it is simply listed."""
    if seen.state == "listed" or seen.since is None:
        return None
    return {"state": seen.state, "since": seen.since.isoformat(), "evidence": seen.evidence, "dead_looks": seen.dead}


def _evidence(snapshot: tables.SnapshotRow | None) -> dict[str, Any] | None:
    if snapshot is None:
        return None
    names = ("warc_file", "offset", "length", "payload_digest", "status")
    return {**{n: getattr(snapshot, n) for n in names}, "fetched_at": snapshot.fetched_at.isoformat()}


def _lines(value: dict[str, Any]) -> Iterator[str]:
    yield safe(value["title"]) or "(no title)"
    for name in ("url", "source", "state", "revision", *_FIELDS):
        if value[name]:
            yield f"{name.replace('_', ' '):16} {safe(str(value[name]))}"
    for attachment in value["attachments"]:
        yield f"{'attachment':16} {safe(attachment['name'])} ({attachment['outcome']})"
    if value["presence"]:
        seen = value["presence"]
        yield f"{seen['state'] + ' since':16} {seen['since'][:16]} {seen['evidence']}".rstrip()
    if value["copies"]:
        yield f"{'copies':16} {', '.join(map(str, value['copies']))}"
    if value["snapshot"]:
        kept = value["snapshot"]
        yield f"{'kept bytes':16} {kept['warc_file']} at {kept['offset']}, {kept['payload_digest']}, fetched {kept['fetched_at']}"
    yield ""
    yield from (safe(line) for line in value["text"].split("\n"))
