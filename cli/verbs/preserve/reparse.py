"""`notices reparse`: today's parser on every archived byte, offline; prints what changes, then applies it as corrections."""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Iterator

from cli.progress import Progress, Unit, is_shown
from cli.terminal import json_line
from cli.terms import term
from notices.config import Config
from notices.text.display import masked, safe
from notices.text.language import _
from operations.preserve.reparsing import ReparseCounts, ReparseRequest, ReparseResult, ReparseWatch, reparse_archive
from operations.read.lookup import find_id
from pipeline.sql.database import open_archive, open_for_reading
from preservation.reparse import Change, JsonValue, count_revisions

_SHORT = 60
_LINES = 6


def add_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`notices reparse`."""
    verb = verbs.add_parser("reparse", help=_("read all archived bytes again with today's parser, offline"))
    verb.add_argument("wanted", nargs="?", metavar="NOTICE", help=_("only this notice, by its id, number, address or title"))
    verb.add_argument("--dry-run", action="store_true", help=_("show what would change, change nothing"))
    verb.add_argument("--json", action="store_true", help=_("print one JSON object for each changed revision, then one with the counts"))
    verb.add_argument("--no-progress", action="store_true", help=_("do not show progress"))
    verb.set_defaults(run=run)


def run(args: argparse.Namespace, config: Config) -> int:
    """Print each change, then the counts; exit 4 when bytes could not be read."""
    database = (open_for_reading if args.dry_run else open_archive)(config)
    shown = is_shown(no_progress=args.no_progress)
    wanted = find_id(database, args.wanted) if args.wanted is not None else None
    progress = Progress(_("reparse"), count_revisions(database, wanted), Unit(_("revisions")), shown=shown)
    watch = ReparseWatch(progress, _print_json if args.json else _print_change)
    try:
        result = reparse_archive(config, database, ReparseRequest(wanted, apply=not args.dry_run), watch)
    finally:
        progress.close()
    if args.json:
        print(json_line(_counts_json(result, dry_run=args.dry_run)))
    else:
        print(_summary(result.counts, dry_run=args.dry_run))
    return 4 if result.counts.unreadable else 0


def _counts_json(result: ReparseResult, *, dry_run: bool) -> dict[str, int | bool]:
    counts = result.counts
    fields = {f"field {name}": n for name, n in counts.fields.items()}
    totals = {"read": counts.read, "changed": counts.changed, "unreadable": counts.unreadable}
    return {**totals, **fields, "dry_run": dry_run, "indexed": result.indexed}


def _print_json(change: Change) -> None:
    value = {"id": change.notice_id, "revision": change.n, "url": change.url, "error": change.error, "changes": change.fields}
    print(json_line(value))


def _print_change(change: Change) -> None:
    print(_("{notice} revision {number}  {url}").format(notice=change.notice_id, number=change.n, url=safe(change.url)))
    if change.error:
        print(_("    unreadable: {error}").format(error=safe(change.error)))
    for name, (before, after) in change.fields.items():
        for line in _field_lines(name, before, after):
            print(f"    {line}")


def _field_lines(name: str, before: JsonValue, after: JsonValue) -> Iterator[str]:
    if isinstance(before, str) and isinstance(after, str) and max(len(before), len(after)) > _SHORT:
        yield _("{field}: {before} → {after} characters").format(field=term(name), before=len(before), after=len(after))
        lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
        changed = [line for line in lines if line[:1] in "+-" and line[:3] not in ("+++", "---")]
        yield from (f"  {_short(line)}" for line in changed[:_LINES])
        if len(changed) > _LINES:
            yield "  " + _("… {count} more lines").format(count=len(changed) - _LINES)
    else:
        yield f"{term(name)}: {_short(before)} → {_short(after)}"


def _short(value: JsonValue) -> str:
    text = value if isinstance(value, str) else json_line(value)
    displayed = safe(masked(text))
    return displayed if len(displayed) <= 2 * _SHORT else displayed[: 2 * _SHORT] + "…"


def _summary(counts: ReparseCounts, *, dry_run: bool) -> str:
    fields = ", ".join(f"{term(name)} {n}" for name, n in counts.fields.most_common())
    said = _("{read} revisions read, {changed} would change") if dry_run else _("{read} revisions read, {changed} changed")
    text = said.format(read=counts.read, changed=counts.changed)
    unreadable = _(", {count} unreadable").format(count=counts.unreadable) if counts.unreadable else ""
    return text + (f" ({fields})" if fields else "") + unreadable
