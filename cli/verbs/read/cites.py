"""`notices cites`: what an instrument cites, what cites it, whether it was repealed, and its newest version."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy.orm import Session

from cli.verbs.read.show import find_ids
from notices.config import Config
from notices.text.display import masked, safe
from pipeline.relations.citations import Instrument, Link, cited_by, cites, instrument_of
from pipeline.relations.versions import newest_version
from pipeline.sql.database import database_errors, for_reading, open_database

_PASSIVE = {
    "cites": "cited by", "repeals": "repealed by", "amends": "amended by", "replaces": "replaced by", "promulgates": "issued by",
    "forwards": "forwarded by", "interprets": "interpreted by", "implements": "implemented by", "corrects": "corrected by", "responds": "answered by",
}  # fmt: skip


def add_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`notices cites`."""
    verb = verbs.add_parser("cites", help="what a notice cites, what cites, amends or repeals it, and its newest version")
    verb.add_argument("wanted", metavar="ID_OR_NUMBER")
    verb.add_argument("--json", action="store_true", help="one JSON object an instrument")
    verb.set_defaults(run=run)


def run(args: argparse.Namespace, config: Config) -> int:
    """Print the relations of the instrument, or of each one that bears the number. Raises UnknownName."""
    database = open_database(config)
    with database_errors(config.database), Session(for_reading(database)) as session, session.begin():
        found = {one.group: one for one in (instrument_of(session, n) for n in find_ids(database, args.wanted))}
        for one in found.values():
            value = relations(session, one)
            print(json.dumps(value, ensure_ascii=False) if args.json else "\n".join(_lines(value)))
    return 0


def relations(session: Session, one: Instrument) -> dict[str, Any]:
    """The instrument and all its relations as plain values, personal data masked."""
    mentions = cited_by(session, one)
    steps = newest_version(session, one, mentions)
    by = {name: [_brief(m.other) for m in mentions if m.relation == relation and m.other] for relation, name in _ENDING.items()}
    newest = {**_brief(steps[-1].instrument), "through": [_step(s.relation, s.instrument) for s in steps]} if steps else None
    return {
        **_brief(one), "copies": [n for n in one.copies if n != one.id], "cites": [_link(link) for link in cites(session, one)],
        "cited_by": [_link(link) for link in mentions], **by, "newest_version": newest,
    }  # fmt: skip


_ENDING = {"repeals": "repealed_by", "amends": "amended_by", "replaces": "replaced_by"}


def _brief(one: Instrument) -> dict[str, Any]:
    day = one.date.isoformat() if one.date else None
    return {"id": one.id, "title": masked(one.title), "document_number": one.document_number, "date": day, "state": one.state}


def _step(relation: str, one: Instrument) -> dict[str, Any]:
    return {"relation": relation, "id": one.id}


def _link(link: Link) -> dict[str, Any]:
    return {
        "relation": link.relation,
        "notice": _brief(link.other) if link.other else None,
        "candidates": list(link.candidates),
        "title": masked(link.title) if link.title else None,
        "number": link.number,
        "sentence": masked(link.sentence),
    }


def _lines(value: dict[str, Any]) -> Iterator[str]:
    yield _named(value)
    if value["copies"]:
        yield f"  copies: {', '.join(map(str, value['copies']))}"
    for link in value["cites"]:
        yield from _link_lines(link["relation"], link, link["notice"])
    for link in value["cited_by"]:
        yield from _link_lines(_PASSIVE.get(link["relation"], f"{link['relation']} (by)"), link, link["notice"])
    newest = value["newest_version"]
    yield f"newest version: {_named(newest) if newest else 'this one, as far as the archive knows'}"


def _link_lines(relation: str, link: dict[str, Any], notice: dict[str, Any] | None) -> Iterator[str]:
    written = " ".join(filter(None, (f"《{link['title']}》" if link["title"] else "", link["number"] or "")))
    if relation == "repeals-self":
        yield "repeals itself"
    elif notice:
        yield f"{relation}: {_named(notice)}"
    else:
        yield f"{relation}: {safe(written)} ({'not in the archive' if not link['candidates'] else 'one of several'})"
    if link["candidates"]:
        yield f"  may mean: {', '.join(map(str, link['candidates']))}"
    yield f"  {safe(link['sentence'])}"


def _named(value: dict[str, Any]) -> str:
    facts = (value["document_number"], value["date"], value["state"] if value["state"] != "listed" else None)
    return safe("  ".join([f"[{value['id']}] {value['title'] or '(no title)'}", *(f for f in facts if f)]))
