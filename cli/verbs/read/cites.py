"""`notices cites`: what an instrument cites, what cites it, whether it was repealed, and its newest version."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from cli.terminal import json_line
from cli.terms import term
from notices.config import Config
from notices.text.display import safe
from notices.text.language import N_, _
from operations.read.json_values import json_object
from operations.read.lookup import find_ids
from operations.read.notice_views import Brief, LinkView, Relations, relations
from pipeline.sql.database import database_errors, open_for_reading

_PASSIVE = {
    "cites": N_("cited by"), "repeals": N_("repealed by"), "amends": N_("amended by"), "replaces": N_("replaced by"), "promulgates": N_("issued by"),
    "forwards": N_("forwarded by"), "interprets": N_("interpreted by"), "implements": N_("implemented by"), "corrects": N_("corrected by"), "responds": N_("answered by"),
}  # fmt: skip


def add_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`notices cites`."""
    verb = verbs.add_parser("cites", help=_("show which notices this one cites, which cite, amend or repeal it, and its newest version"))
    verb.add_argument("wanted", metavar="NOTICE", help=_("its id, document number, address or title"))
    verb.add_argument("--json", action="store_true", help=_("print one JSON object per instrument"))
    verb.set_defaults(run=run)


def run(args: argparse.Namespace, config: Config) -> int:
    """Print the relations of the instrument, or of each one that bears the number. Raises UnknownName."""
    database = open_for_reading(config)
    with database_errors(config.database):
        for found in relations(database, find_ids(database, args.wanted)):
            print(json_line(json_object(found)) if args.json else "\n".join(_lines(found)))
    return 0


def _lines(found: Relations) -> Iterator[str]:
    yield _in_a_line(found.instrument)
    if found.copies:
        yield "  " + _("copies: {ids}").format(ids=", ".join(map(str, found.copies)))
    for link in found.cites:
        yield from _link_lines(term(link.relation), link)
    for link in found.cited_by:
        yield from _link_lines(_(_PASSIVE.get(link.relation, f"{link.relation} (by)")), link)
    newest = found.newest_version
    last = _in_a_line(newest.instrument) if newest else _("this one, as far as the archive knows")
    yield _("newest version: {instrument}").format(instrument=last)


def _link_lines(relation: str, link: LinkView) -> Iterator[str]:
    written = " ".join(filter(None, (f"《{link.title}》" if link.title else "", link.number or "")))
    if link.relation == "repeals-self":
        yield _("repeals itself")
    elif link.notice:
        yield f"{relation}: {_in_a_line(link.notice)}"
    else:
        yield f"{relation}: {safe(written)} ({_('not in the archive') if not link.candidates else _('one of several')})"
    if link.candidates:
        yield "  " + _("may mean: {ids}").format(ids=", ".join(map(str, link.candidates)))
    yield f"  {safe(link.sentence)}"


def _in_a_line(one: Brief) -> str:
    facts = (one.document_number, one.date.isoformat() if one.date else None, term(one.state) if one.state != "listed" else None)
    return safe("  ".join([f"[{one.id}] {one.title or _('(no title)')}", *(f for f in facts if f)]))
