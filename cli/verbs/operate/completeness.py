"""`notices completeness`: what the archive may lack of its sources."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from cli.terminal import json_line
from cli.terms import term
from notices.config import Config
from notices.errors import UnknownName
from notices.text.display import safe
from notices.text.language import _, ngettext
from operations.read.json_values import json_object
from pipeline.observe.completeness import Completeness, completeness
from pipeline.sql.database import database_errors, open_for_reading

_SHOWN = 12


def add_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`notices completeness`."""
    text = _("list what the archive may lack: entries of lists, gaps of days and numbers (a lead, not a proof)")
    verb = verbs.add_parser("completeness", help=text)
    verb.add_argument("source", nargs="*", metavar="SOURCE", help=_("only these sources"))
    verb.add_argument("--json", action="store_true", help=_("print one JSON object a source"))
    verb.set_defaults(run=run)


def run(args: argparse.Namespace, config: Config) -> int:
    """Print each source's leads; 0 whatever they are: a gap is no fault of the archive."""
    database = open_for_reading(config)
    with database_errors(config.database):
        found = list(completeness(database, args.source))
    unknown = sorted(set(args.source) - {each.source for each in found})
    if unknown:
        raise UnknownName(_("the archive knows no source {name!r}").format(name=unknown[0]))
    for each in found:
        print(json_line(json_object(each)) if args.json else "\n".join(_lines(each)))
    return 0


def _lines(each: Completeness) -> Iterator[str]:
    leads = ngettext("{count} lead", "{count} leads", each.leads).format(count=each.leads) if each.leads else _("no lead")
    yield _("{source}: {archived} notices, {listed} entries on lists; {leads}").format(
        source=safe(each.source), archived=each.archived, listed=each.listed, leads=leads
    )
    for state, count in each.not_archived.items():
        yield "    " + _("{count} entries are not archived: {state}").format(count=count, state=term(state))
    for column in each.columns:
        if column.pages_named and column.pages_read < column.pages_named:
            yield "    " + _("{column}: {named} list pages named, {read} read in the last run").format(
                column=safe(column.column), named=column.pages_named, read=column.pages_read
            )
    for gap in each.date_gaps:
        yield "    " + _("no notice between {after} and {before}, {days} days").format(after=gap.after, before=gap.before, days=gap.days)
    for series in each.number_gaps:
        some = ", ".join(map(str, series.missing[:_SHOWN])) + (" …" if series.missing_count > _SHOWN else "")
        yield "    " + _("{series}: {archived} of {highest} numbers archived; not archived: {some}").format(
            series=safe(series.series), archived=series.archived, highest=series.highest, some=some
        )
