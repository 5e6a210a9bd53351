"""`notices cites`: what an instrument cites, what cites it, whether it was repealed, and its newest version."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator

from notices.config import Config
from notices.text.display import safe
from operations.read.json_values import json_object
from operations.read.lookup import find_ids
from operations.read.notice_views import Brief, LinkView, Relations, relations
from pipeline.sql.database import database_errors, open_for_reading

_PASSIVE = {
    "cites": "cited by", "repeals": "repealed by", "amends": "amended by", "replaces": "replaced by", "promulgates": "issued by",
    "forwards": "forwarded by", "interprets": "interpreted by", "implements": "implemented by", "corrects": "corrected by", "responds": "answered by",
}  # fmt: skip


def add_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`notices cites`."""
    verb = verbs.add_parser("cites", help="show which notices this one cites, which cite, amend or repeal it, and its newest version")
    verb.add_argument("wanted", metavar="NOTICE", help="its id, document number, address or title")
    verb.add_argument("--json", action="store_true", help="print one JSON object per instrument")
    verb.set_defaults(run=run)


def run(args: argparse.Namespace, config: Config) -> int:
    """Print the relations of the instrument, or of each one that bears the number. Raises UnknownName."""
    database = open_for_reading(config)
    with database_errors(config.database):
        for found in relations(database, find_ids(database, args.wanted)):
            print(json.dumps(json_object(found), ensure_ascii=False) if args.json else "\n".join(_lines(found)))
    return 0


def _lines(found: Relations) -> Iterator[str]:
    yield _in_a_line(found.instrument)
    if found.copies:
        yield f"  copies: {', '.join(map(str, found.copies))}"
    for link in found.cites:
        yield from _link_lines(link.relation, link)
    for link in found.cited_by:
        yield from _link_lines(_PASSIVE.get(link.relation, f"{link.relation} (by)"), link)
    newest = found.newest_version
    yield f"newest version: {_in_a_line(newest.instrument) if newest else 'this one, as far as the archive knows'}"


def _link_lines(relation: str, link: LinkView) -> Iterator[str]:
    written = " ".join(filter(None, (f"《{link.title}》" if link.title else "", link.number or "")))
    if link.relation == "repeals-self":
        yield "repeals itself"
    elif link.notice:
        yield f"{relation}: {_in_a_line(link.notice)}"
    else:
        yield f"{relation}: {safe(written)} ({'not in the archive' if not link.candidates else 'one of several'})"
    if link.candidates:
        yield f"  may mean: {', '.join(map(str, link.candidates))}"
    yield f"  {safe(link.sentence)}"


def _in_a_line(one: Brief) -> str:
    facts = (one.document_number, one.date.isoformat() if one.date else None, one.state if one.state != "listed" else None)
    return safe("  ".join([f"[{one.id}] {one.title or '(no title)'}", *(f for f in facts if f)]))
