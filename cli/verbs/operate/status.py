"""`notices status`: archive totals and source health."""

from __future__ import annotations

import argparse
import gc
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from sqlalchemy import Engine

from cli.terminal import day_in_china, in_china, json_line, left, marked, padded, wants_colour
from cli.terms import term
from crawler.source import survey_sources
from notices.config import Config
from notices.errors import ConfigError
from notices.text.display import safe
from notices.text.language import N_, _, told
from operations.read.json_values import json_object
from operations.status import ArchiveStatus, SourceStatus, archive_status
from pipeline.observe.completeness import completeness
from pipeline.sql.database import database_errors, no_archive_yet, open_database, open_for_reading
from watch.channels import channels

_HEADS = (N_("state"), N_("source"), N_("notices"), N_("newest"), N_("last new"), N_("last run"))


def add_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`notices status`."""
    verb = verbs.add_parser("status", help=_("show archive totals and source health (exit code 3 when a source is failing)"))
    verb.add_argument("--json", action="store_true", help=_("print one JSON object"))
    verb.set_defaults(run=run)


def run(args: argparse.Namespace, config: Config) -> int:
    """Print the status; exit 3 when a source is failing, its newest run failed, a source file or that of channels is not valid, or a message was given up."""
    database = _opened(config)
    with database_errors(config.database):
        found = archive_status(database, config, datetime.now(UTC))
        value = _as_json(found, database) if args.json else {}
        database.dispose()
    gc.freeze()  # the process ends: a last look for garbage would take a fifth of all its time
    print(json_line(value) if args.json else "\n".join(_lines(found, colour=wants_colour())))
    invalid = (*survey_sources(config.sources_dir).problems, *_faults_of_channels(config))
    for problem in invalid:
        print(_("warning: {problem}").format(problem=safe(problem)), file=sys.stderr)
    return 3 if invalid or found.dead_letters or any(source.failing for source in found.sources) else 0


def _faults_of_channels(config: Config) -> Iterator[str]:
    """Why nobody is told of anything: the file of channels cannot be read."""
    try:
        channels(config)
    except ConfigError as error:
        yield str(error)


def _as_json(found: ArchiveStatus, database: Engine) -> dict[str, object]:
    """The status, and of each source that the archive knows how complete it is (counts alone; `notices completeness` tells the rest)."""
    counts = {each.source: each.counts() for each in completeness(database)}
    sources = [{**source.as_json(), "completeness": counts.get(source.name)} for source in found.sources]
    return {**json_object(found), "sources": sources}


def _opened(config: Config) -> Engine:
    """The archive's database; one without rows before the first crawl of a home with settings or sources. Raises UserError without those.

    A disk that is not mounted, or a mistyped name, is no archive without notices.
    """
    state = config.state_paths()
    if config.database.startswith("sqlite") and not (state.database.exists() or state.warc.exists()):
        if config.home.exists() and not config.home.is_dir():
            return open_database(config)
        if state.settings.exists() or any(config.sources_dir.glob("*.toml")):
            return no_archive_yet()
    return open_for_reading(config)


def _lines(found: ArchiveStatus, *, colour: bool) -> Iterator[str]:
    counts, index, log = found.counts, found.index, found.log
    yield f"{left(_('archive'), 9)} {found.home}"
    yield f"{left(_('contents'), 9)} " + _(
        "{notices} notices, {revisions} revisions, {attachments} attachments, {snapshots} snapshots"
    ).format(notices=counts.notice, revisions=counts.revision, attachments=counts.attachment, snapshots=counts.snapshot)
    built = _("{count} documents").format(count=index.documents)
    documents = index.error or _("not built yet") if index.documents is None else built
    yield f"{left(_('index'), 9)} " + _("{address}: {documents}, {count} waiting").format(
        address=index.url, documents=safe(documents), count=index.waiting
    )
    if index.problem:
        yield f"          {safe(index.problem)}"
    if index.outgrown:
        yield f"          {index.outgrown}"
    yield f"{left(_('log'), 9)} " + (
        _("signed {moment}, {count} snapshots").format(moment=in_china(log.signed_at), count=log.snapshots) if log else _("not signed yet")
    )
    if found.behind:
        advice = _("{count} revisions were read by an earlier parser; bring them up to date: notices reparse")
        yield f"          {advice.format(count=found.behind)}"
    if found.unsent or found.dead_letters:
        text = _("{waiting} messages wait, {dead} were given up: notices channel letters")
        yield f"{left(_('messages'), 9)} {text.format(waiting=found.unsent, dead=found.dead_letters)}"
    if found.disk:
        text = _("{free} GB free, {warc} GB of archived pages")
        yield f"{left(_('disk'), 9)} {text.format(free=_gigabytes(found.disk.free), warc=_gigabytes(found.disk.warc))}"
    if found.sources:
        yield ""
        yield from _table(found.sources, colour)


def _gigabytes(count: int) -> str:
    return f"{count / 1e9:.1f}"


def _table(sources: Sequence[SourceStatus], colour: bool) -> Iterator[str]:
    """A line for each source in columns, its reasons below it."""
    rows = [tuple(map(_, _HEADS)), *map(_cells, sources)]
    for n, (row, line) in enumerate(zip(rows, padded(rows), strict=True)):
        alarm = colour and n > 0 and sources[n - 1].state == "failing"
        yield marked(line, [(0, len(row[0]))], colour) if alarm else line
        for reason in sources[n - 1].reasons if n else ():
            yield f"    {safe(told(reason))}"


def _cells(source: SourceStatus) -> tuple[str, ...]:
    run = f"{in_china(source.last_run)} {term(source.outcome or '')}".rstrip() if source.last_run else _("never")
    newest = source.newest_date.isoformat() if source.newest_date else _("undated")
    last_new = day_in_china(source.last_new) if source.last_new else _("never")
    return term(source.state), safe(source.name), str(source.notices), newest, last_new, run
