"""`notices show`: one notice, as archived."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator

from notices.config import Config
from notices.text.display import safe
from operations.read.json_values import json_object
from operations.read.lookup import find_ids
from operations.read.notice_views import NoticeView, notice_views
from pipeline.sql.database import database_errors, open_for_reading

_FIELDS = (
    "url", "source", "state", "revision", "document_number", "issuer", "kind", "published_date", "written_date", "effective_date",
    "expiry_date", "index_number", "validity",
)  # fmt: skip


def add_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`notices show`."""
    verb = verbs.add_parser("show", help="show a notice")
    verb.add_argument("wanted", metavar="NOTICE", help="its id, document number, address or title")
    verb.add_argument("--json", action="store_true", help="print one JSON object per notice")
    verb.set_defaults(run=run)


def run(args: argparse.Namespace, config: Config) -> int:
    """Print the notice, or each copy of it. Raises UnknownName."""
    database = open_for_reading(config)
    with database_errors(config.database):
        for view in notice_views(database, find_ids(database, args.wanted)):
            print(json.dumps(json_object(view), ensure_ascii=False) if args.json else "\n".join(_lines(view)))
    return 0


def _lines(view: NoticeView) -> Iterator[str]:
    yield safe(view.title) or "(no title)"
    for name in _FIELDS:
        if value := getattr(view, name):
            yield f"{name.replace('_', ' '):16} {safe(str(value))}"
    for attachment in view.attachments:
        why = f": {safe(attachment.detail)}" if attachment.detail else ""
        yield f"{'attachment':16} {safe(attachment.name)} ({attachment.outcome}{why})"
    if view.presence:
        since = view.presence.since.isoformat()[:16]
        yield f"{view.presence.state + ' since':16} {since} {view.presence.evidence}".rstrip()
    if view.copies:
        yield f"{'copies':16} {', '.join(map(str, view.copies))}"
    if view.snapshot:
        kept = view.snapshot
        yield f"{'archived bytes':16} {kept.warc_file} at {kept.offset}, {kept.payload_digest}, fetched {kept.fetched_at.isoformat()}"
    yield ""
    yield from (safe(line) for line in view.text.split("\n"))
