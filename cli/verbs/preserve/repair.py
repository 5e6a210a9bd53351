"""`notices repair`: the problems that verify finds, and their repair. A dry run unless told otherwise; nothing is deleted."""

from __future__ import annotations

import argparse
import sys
from contextlib import nullcontext
from pathlib import Path

from cli.progress import Progress, is_shown
from cli.terminal import in_china
from cli.verbs.preserve.findings import finding_line
from notices.config import Config
from notices.errors import BadInput
from notices.text.display import safe
from notices.text.language import _, told
from operations.preserve.rebuilding_sql import rebuild_sql
from operations.preserve.repairing import IndexRepair, Repaired, RepairPlan, RepairResult, RepairWatch, Step, apply_repair, plan_repair
from operations.preserve.restore_from_backup import Restoration, RestoredFile, opened
from pipeline.sql.database import open_archive, open_for_reading
from pipeline.warc.series import series_bytes
from preservation.findings import display
from preservation.rebuild_rows import NOT_REBUILT

_PRINTED = 20


def add_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`notices repair`."""
    verb = verbs.add_parser("repair", help=_("show what can be repaired; with --apply repair it (exit 4: problems remain)"))
    verb.add_argument("--apply", action="store_true", help=_("repair it; without this nothing is changed"))
    verb.add_argument(
        "--from", dest="backup", type=Path, metavar="FOLDER_OR_FILE.tar", help=_("restore lost bytes and rows from this backup first")
    )
    verb.add_argument(
        "--rebuild-sql",
        action="store_true",
        help=_("rebuild a lost database (notices.db) from the WARC series; it says what cannot come back"),
    )
    verb.add_argument(
        "--stored", action="store_true", help=_("read what a store has whole; without it, samples of what only the store has")
    )
    verb.add_argument("--no-progress", action="store_true", help=_("do not show progress"))
    verb.set_defaults(run=run)


def run(args: argparse.Namespace, config: Config) -> int:
    """Print the plan, or each step of the repair and the problems that remain."""
    if args.rebuild_sql:
        return _rebuild_sql(args, config)
    database = (open_archive if args.apply else open_for_reading)(config)
    progress = VerifyProgress(config, shown=is_shown(no_progress=args.no_progress))
    watch = RepairWatch(progress, progress.close, _print_step, args.stored)
    with opened(config, args.backup) if args.backup else nullcontext() as backup:
        if backup is not None:
            print(_("the backup was made {moment}").format(moment=in_china(backup.made_at)), file=sys.stderr)
        folder = backup.folder if backup else None
        if args.apply:
            return _print_result(apply_repair(config, database, folder, watch))
        return _print_plan(plan_repair(config, database, folder, watch))


def _rebuild_sql(args: argparse.Namespace, config: Config) -> int:
    """Rebuild the database; print what it contains and what it cannot contain. Exit 4 when records could not be read."""
    if args.apply or args.backup:
        raise BadInput(_("--rebuild-sql goes alone: afterwards notices repair --from BACKUP --apply restores rows that a backup contains"))
    progress = Progress(_("rebuild"), series_bytes(config.warc_dir), shown=is_shown(no_progress=args.no_progress))
    done = rebuild_sql(config, progress)
    progress.close()
    for table, count in done.rows.counts.items():
        print(_("rebuilt: {count} rows of {table}").format(count=count, table=table))
    print(
        _("ids of notices: those that they had, from the index")
        if done.ids_from_index
        else _("ids of notices: numbered again in the order of their captures")
    )
    if done.earlier is not None:
        print(_("the earlier database is {name} now").format(name=done.earlier.name))
    for name in sorted(done.rows.without_file):
        print(
            _("source {name}: no source file; its site, publisher, region and pending list entries are not known").format(name=safe(name))
        )
    for name in done.rows.unproven:
        print(_("checkpoints/{name}: the rebuilt log does not lead to this note; the file stays as it is").format(name=safe(name)))
    for place in done.rows.unreadable[:_PRINTED]:
        print(_("{place}: not rebuilt: the record cannot be read").format(place=safe(display(place))))
    for each in NOT_REBUILT:
        print(_("not rebuilt: {what}").format(what=_(each)))
    print(_("{count} notices written to the index; notices verify checks the archive").format(count=done.indexed))
    return 4 if done.rows.unreadable else 0


class VerifyProgress:
    """A progress line of its own for each verification of a repair."""

    def __init__(self, config: Config, *, shown: bool) -> None:
        self._folder, self._shown = config.warc_dir, shown
        self._line: Progress | None = None

    def __call__(self, amount: int) -> None:
        """Note bytes that were read."""
        if self._line is None:
            self._line = Progress(_("verify"), series_bytes(self._folder), shown=self._shown)
        self._line(amount)

    def close(self) -> None:
        """Remove the line."""
        if self._line is not None:
            self._line.close()
        self._line = None


def _print_plan(plan: RepairPlan) -> int:
    if plan.restoration is not None:
        _print_restoration(plan.restoration)
    for each in plan.planned:
        would = told(each.plan) if each.plan else _("nothing: this is evidence; restore the bytes from a backup")
        print(finding_line(each.finding))
        print("      " + _("would: {remedy}").format(remedy=would))
    found = _("{count} problems found; nothing was changed").format(count=len(plan.planned))
    print(found + (" (notices repair --apply)" if plan.planned else ""))
    return 4 if plan.planned else 0


def _print_result(result: RepairResult) -> int:
    for each in result.remaining:
        print(_("remains: {finding}").format(finding=finding_line(each)))
    print(_("{found} problems found, {remaining} remain").format(found=len(result.found), remaining=len(result.remaining)))
    return 4 if result.remaining else 0


def _print_step(step: Step) -> None:
    match step:
        case Restoration():
            _print_restoration(step)
        case Repaired(finding, done, problem):
            why = safe(told(problem)) if problem else _("it needs the bytes or rows of a backup")
            outcome = told(done) if done else _("not repaired: {reason}").format(reason=why)
            print(f"{finding_line(finding)}\n      {outcome}")
        case IndexRepair(rebuilt, notices):
            print(
                _("index rebuilt: {count} notices").format(count=notices)
                if rebuilt
                else _("index: {count} notices written").format(count=notices)
            )


def _print_restoration(restoration: Restoration) -> None:
    """Each file and note, how many rows of each table, and the first rows that were not restored."""
    verb = _("restored: {what}") if restoration.applied else _("would restore: {what}")
    for each in restoration.warc:
        _print_file(each, verb)
    for table, count in restoration.row_counts().items():
        print(verb.format(what=_("{count} rows of {table}").format(count=count, table=table)))
    for row in [row for row in restoration.rows if row.problem][:_PRINTED]:
        print(_("{table} row {id}: not repaired: {problem}").format(table=row.table, id=row.id, problem=safe(told(row.problem))))
    for each in restoration.notes:
        _print_file(each, verb)


def _print_file(file: RestoredFile, verb: str) -> None:
    outcome = _("not repaired: {reason}").format(reason=safe(told(file.problem))) if file.problem else verb.format(what=safe(file.how))
    print(f"{safe(file.place)}: {outcome}")
