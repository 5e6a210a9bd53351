"""`notices repair`: the problems that verify finds, and their repair. A dry run unless told otherwise; nothing is deleted."""

from __future__ import annotations

import argparse
import sys
from contextlib import nullcontext
from pathlib import Path

from cli.progress import Progress, is_shown
from cli.verbs.preserve.findings import finding_line
from notices.config import Config
from notices.errors import BadInput
from notices.text.display import safe
from operations.preserve.rebuilding_sql import rebuild_sql
from operations.preserve.repairing import IndexRepair, Repaired, RepairPlan, RepairResult, RepairWatch, Step, apply_repair, plan_repair
from operations.preserve.restore_from_backup import Restoration, RestoredFile, opened
from pipeline.sql.database import open_archive
from pipeline.warc.series import series_bytes
from preservation.findings import display
from preservation.rebuild_rows import NOT_REBUILT

_PRINTED = 20


def add_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`notices repair`."""
    verb = verbs.add_parser("repair", help="show what can be repaired; with --apply repair it (exit 4: problems remain)")
    verb.add_argument("--apply", action="store_true", help="repair it; without this nothing is changed")
    verb.add_argument(
        "--from", dest="backup", type=Path, metavar="FOLDER_OR_FILE.tar", help="restore lost bytes and rows from this backup first"
    )
    verb.add_argument(
        "--rebuild-sql",
        action="store_true",
        help="rebuild a lost database (notices.db) from the WARC series; it says what cannot come back",
    )
    verb.add_argument("--no-progress", action="store_true", help="do not show progress")
    verb.set_defaults(run=run)


def run(args: argparse.Namespace, config: Config) -> int:
    """Print the plan, or each step of the repair and the problems that remain."""
    if args.rebuild_sql:
        return _rebuild_sql(args, config)
    database = open_archive(config)
    progress = VerifyProgress(config, shown=is_shown(no_progress=args.no_progress))
    watch = RepairWatch(progress, progress.close, _print_step)
    with opened(config, args.backup) if args.backup else nullcontext() as backup:
        if backup is not None:
            print(f"the backup was made {backup.made_at:%Y-%m-%d %H:%M:%SZ}", file=sys.stderr)
        folder = backup.folder if backup else None
        if args.apply:
            return _print_result(apply_repair(config, database, folder, watch))
        return _print_plan(plan_repair(config, database, folder, watch))


def _rebuild_sql(args: argparse.Namespace, config: Config) -> int:
    """Rebuild the database; print what it contains and what it cannot contain. Exit 4 when records could not be read."""
    if args.apply or args.backup:
        raise BadInput("--rebuild-sql goes alone: afterwards notices repair --from BACKUP --apply restores rows that a backup contains")
    progress = Progress("rebuild", series_bytes(config.warc_dir), shown=is_shown(no_progress=args.no_progress))
    done = rebuild_sql(config, progress)
    progress.close()
    for table, count in done.rows.counts.items():
        print(f"rebuilt: {count} rows of {table}")
    print(
        f"ids of notices: {'those that they had, from the index' if done.ids_from_index else 'numbered again in the order of their captures'}"
    )
    if done.earlier is not None:
        print(f"the earlier database is {done.earlier.name} now")
    for name in sorted(done.rows.without_file):
        print(f"source {safe(name)}: no source file; its site, publisher, region and pending list entries are not known")
    for name in done.rows.unproven:
        print(f"checkpoints/{safe(name)}: the rebuilt log does not lead to this note; the file stays as it is")
    for place in done.rows.unreadable[:_PRINTED]:
        print(f"{safe(display(place))}: not rebuilt: the record cannot be read")
    for each in NOT_REBUILT:
        print(f"not rebuilt: {each}")
    print(f"{done.indexed} notices written to the index; notices verify checks the archive")
    return 4 if done.rows.unreadable else 0


class VerifyProgress:
    """A progress line of its own for each verification of a repair."""

    def __init__(self, config: Config, *, shown: bool) -> None:
        self._folder, self._shown = config.warc_dir, shown
        self._line: Progress | None = None

    def __call__(self, amount: int) -> None:
        """Note bytes that were read."""
        if self._line is None:
            self._line = Progress("verify", series_bytes(self._folder), shown=self._shown)
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
        would = each.plan or "nothing: this is evidence; restore the bytes from a backup"
        print(f"{finding_line(each.finding)}\n      would: {would}")
    print(f"{len(plan.planned)} problems found; nothing was changed" + (" (notices repair --apply)" if plan.planned else ""))
    return 4 if plan.planned else 0


def _print_result(result: RepairResult) -> int:
    for each in result.remaining:
        print(f"remains: {finding_line(each)}")
    print(f"{len(result.found)} problems found, {len(result.remaining)} remain")
    return 4 if result.remaining else 0


def _print_step(step: Step) -> None:
    match step:
        case Restoration():
            _print_restoration(step)
        case Repaired(finding, done, problem):
            outcome = done or f"not repaired: {safe(problem) if problem else 'it needs the bytes or rows of a backup'}"
            print(f"{finding_line(finding)}\n      {outcome}")
        case IndexRepair(rebuilt, notices):
            print(f"index rebuilt: {notices} notices" if rebuilt else f"index: {notices} notices written")


def _print_restoration(restoration: Restoration) -> None:
    """Each file and note, how many rows of each table, and the first rows that were not restored."""
    verb = "restored: " if restoration.applied else "would restore: "
    for each in restoration.warc:
        _print_file(each, verb)
    for table, count in restoration.row_counts().items():
        print(f"{verb}{count} rows of {table}")
    for row in [row for row in restoration.rows if row.problem][:_PRINTED]:
        print(f"{row.table} row {row.id}: not repaired: {safe(row.problem)}")
    for each in restoration.notes:
        _print_file(each, verb)


def _print_file(file: RestoredFile, verb: str) -> None:
    print(f"{safe(file.place)}: {f'not repaired: {safe(file.problem)}' if file.problem else verb + safe(file.how)}")
