"""`notices runs`: the newest runs, or one with its notices, absences and failures."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from datetime import timedelta

from cli.terminal import in_china, json_line, padded
from cli.terms import counts_line, term
from notices.capture import ColumnYield
from notices.config import Config
from notices.text.display import safe
from notices.text.language import _, told
from operations.read.json_values import json_object
from operations.runs import RunDetail, RunView, run_detail, runs
from pipeline.observe.yields import ColumnRecord
from pipeline.sql.database import database_errors, open_for_reading


def add_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`notices runs`."""
    verb = verbs.add_parser("runs", help=_("list the newest runs, or show one with its addresses and reasons"))
    verb.add_argument("id", nargs="?", type=int, metavar="RUN", help=_("show this run: what it stored, missed and could not read"))
    verb.add_argument("--source", metavar="NAME", help=_("only runs of this source"))
    verb.add_argument(
        "--limit", type=int, metavar="N", help=_("at most N runs (default: 20), or N lines a section of one run (default: 50)")
    )
    verb.add_argument("--json", action="store_true", help=_("print one JSON object per run"))
    verb.set_defaults(run=run)


def run(args: argparse.Namespace, config: Config) -> int:
    """Print the runs, newest first, or the one. Raises UnknownName."""
    database = open_for_reading(config)
    with database_errors(config.database):
        if args.id is not None:
            detail = run_detail(database, config, args.id, limit=max(args.limit or 50, 1))
            print(json_line(json_object(detail)) if args.json else "\n".join(_detail_lines(detail)))
            return 0
        found = runs(database, config.locks_dir, source=args.source, limit=max(args.limit or 20, 1))
    if args.json:
        for each in found:
            print(json_line(json_object(each)))
    else:
        print("\n".join(_table(found)) if found else _("no run yet: notices crawl NAME or notices import FILE.jsonl starts one"))
    return 0


def _table(found: Sequence[RunView]) -> Iterator[str]:
    rows = [(_("run"), _("started"), _("took"), _("what"), _("outcome"), _("counts")), *map(_cells, found)]
    yield from padded(rows)


def _cells(each: RunView) -> tuple[str, ...]:
    what = f"{term(each.kind)} {safe(each.source or '')}".strip()
    return str(each.id), in_china(each.started_at), _took(each), what, term(each.outcome), counts_line(each.counts)


def _took(each: RunView) -> str:
    if each.finished_at is None:
        return "-"
    return str(timedelta(seconds=round((each.finished_at - each.started_at).total_seconds())))


def _detail_lines(detail: RunDetail) -> Iterator[str]:
    each = detail.run
    yield _("run {id}: {kind} {source}").format(id=each.id, kind=term(each.kind), source=safe(each.source or "")).rstrip()
    outcome = f"{term(each.outcome)}{': ' + safe(told(each.reason)) if each.reason else ''}"
    yield "  " + _("started {moment}, took {time}, {outcome}").format(moment=in_china(each.started_at), time=_took(each), outcome=outcome)
    yield f"  {counts_line(each.counts)}"
    if detail.log:
        yield "  " + _("log: {file}").format(file=safe(detail.log))
    for column in detail.columns:
        yield from column_lines(column)
    stored = [
        (_("new") if s.revision == 1 else _("revision {number}").format(number=s.revision), f"[{s.notice}]", safe(s.title), safe(s.url))
        for s in detail.stored.items
    ]
    yield from _section(_("stored"), detail.stored.total, stored)
    absent = [(f"[{a.notice}]", safe(told(a.evidence)), safe(told(a.detail)), safe(a.url)) for a in detail.absent.items]
    yield from _section(_("archived notices that were not found"), detail.absent.total, absent)
    unread = [
        (
            term(u.state),
            safe(told(u.reason)),
            _("{count} tries").format(count=u.tries) if u.tries > 1 else "",
            safe(u.title),
            safe(u.url),
        )
        for u in detail.unread.items
    ]
    yield from _section(_("entries that are not archived"), detail.unread.total, unread)


def column_lines(column: ColumnRecord | ColumnYield) -> Iterator[str]:
    """What a column's lists gave, and its list pages that could not be read or whose entries lack something."""
    named = "?" if column.pages_named is None else column.pages_named
    yield "  " + _("column {address}").format(address=safe(column.column))
    line = _("list pages: {named} named, {read} read; entries: {entries} named, {dated} dated, {lacking} without an address")
    made = line.format(named=named, read=column.pages_read, **_sums(column))
    if isinstance(column, ColumnRecord):
        made += _("; {read} archived, {failed} not read").format(read=column.read, failed=column.failed)
    yield f"    {made}"
    for page in column.lists:
        if page.problem or page.without_address or page.dated < page.entries:
            why = safe(page.problem) or _("{entries} entries, {dated} dated, {lacking} without an address").format(
                entries=page.entries, dated=page.dated, lacking=page.without_address
            )
            yield f"    {safe(page.url)}: {why}"


def _sums(column: ColumnRecord | ColumnYield) -> dict[str, int]:
    names = {"entries": "entries", "dated": "dated", "lacking": "without_address"}
    return {word: sum(getattr(page, name) for page in column.lists) for word, name in names.items()}


def _section(heading: str, total: int, rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    if total:
        yield ""
        yield f"{heading}: {total}"
        yield from (f"  {'  '.join(filter(None, row))}" for row in rows)
        if total > len(rows):
            yield "  " + _("… {count} more: --limit {total}").format(count=total - len(rows), total=total)
