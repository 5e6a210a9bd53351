"""`notices source catalogue | add`, and `source check --all | --enabled`."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from cli.terminal import day_in_china, in_china, json_line, left, padded
from cli.terms import term
from crawler.catalogue import LEVELS, Catalogue, Row, Wanted, by_site, level_of, prefixes_of_region
from crawler.source import survey_sources
from notices.config import Config
from notices.errors import UserError
from notices.text.display import safe
from notices.text.language import _, ngettext, told

if TYPE_CHECKING:
    from operations.catalogue.adding import Added
    from operations.catalogue.checking import CheckState, ColumnCheck, ListStatus

_NO_HIT, _SOME_FAILED = 1, 3


def add_verbs(group: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The verbs of the catalogue below `notices source`."""
    catalogue = group.add_parser("catalogue", help=_("find list pages of official sites in the catalogue that comes with the program"))
    catalogue.add_argument("words", nargs="*", metavar="WORD", help=_("all must occur in publisher, column, region or address"))
    _add_conditions(catalogue)
    catalogue.add_argument("--json", action="store_true", help=_("one JSON object a line"))
    catalogue.set_defaults(run=run_catalogue)
    add = group.add_parser("add", help=_("write source files from the catalogue; each is enabled once its lists were read"))
    add.add_argument("names", nargs="*", metavar="ID", help=_("an id or a site of the catalogue, a publisher or an address"))
    _add_conditions(add)
    _add_manner(add)
    add.add_argument("--offline", action="store_true", help=_("write the files without a look at the lists, disabled"))
    add.add_argument("--json", action="store_true", help=_("one JSON object a site"))
    add.set_defaults(run=run_add)


def add_check_options(check: argparse.ArgumentParser) -> None:
    """The options of `notices source check` that look at many lists."""
    which = check.add_mutually_exclusive_group()
    which.add_argument("--all", action="store_true", help=_("look at the lists of the catalogue; the conditions below narrow them"))
    which.add_argument("--enabled", action="store_true", help=_("look at the lists of every enabled source"))
    _add_conditions(check)
    _add_manner(check)
    check.add_argument(
        "--fresh", type=float, default=24.0, metavar="HOURS", help=_("trust looks that are newer (default 24; 0: look at every list now)")
    )
    check.add_argument("--json", action="store_true", help=_("with --all or --enabled: one JSON object a column"))


def _add_conditions(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--region", action="append", default=[], metavar="NAME", help=_("a place by name or code, with the places in it"))
    parser.add_argument(
        "--level", action="append", default=[], metavar="LEVEL", help=_("ministry, {names}").format(names=", ".join(LEVELS))
    )
    parser.add_argument(
        "--kind", action="append", default=[], metavar="KIND", help=_("a kind of notice or a part of a column's name: 公示, 解读")
    )
    parser.add_argument("--platform", action="append", default=[], metavar="NAME", help=_("trs, jpage, ucap …; unknown"))
    parser.add_argument("--defaults", action="store_true", help=_("the ten columns proposed for a new archive"))


def _add_manner(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--delay", type=_seconds, default=2.0, metavar="SECONDS", help=_("between requests to one host (default 2)"))
    parser.add_argument("--allow-private", action="store_true", help=_("the sites are on private addresses"))


def _seconds(text: str) -> float:
    number = float(text)
    if not 0 < number <= 3600:
        raise argparse.ArgumentTypeError(_("{text} is not above 0 and at most 3600").format(text=text))
    return number


def _wanted(args: argparse.Namespace, catalogue: Catalogue, words: Sequence[str] = ()) -> Wanted:
    """The conditions of a command line. Raises UserError naming an unknown region, level or platform."""
    platforms = {row.platform or "unknown" for row in catalogue.rows}
    for name in args.platform:
        if name not in platforms:
            raise UserError(
                _("{name!r} is not a platform of the catalogue; use one of {names}").format(name=name, names=", ".join(sorted(platforms)))
            )
    return Wanted(
        words=tuple(words),
        prefixes=tuple(p for name in args.region for p in prefixes_of_region(name)),
        levels=tuple(map(level_of, args.level)),
        kinds=tuple(args.kind),
        platforms=tuple(args.platform),
        defaults=args.defaults,
    )


def _load(config: Config) -> Catalogue:
    """The catalogue; its bad lines are named on stderr."""
    from operations.catalogue.adding import catalogue_of  # as above

    catalogue = catalogue_of(config)
    _warn(catalogue.problems)
    return catalogue


def _warn(problems: Iterable[str]) -> None:
    for problem in problems:
        print(_("warning: {problem}").format(problem=safe(told(problem))), file=sys.stderr)


def run_catalogue(args: argparse.Namespace, config: Config) -> int:
    """Print the columns found; exit 1 when nothing is found. Without words and conditions: the defaults and how many there are."""
    from operations.catalogue.checking import CheckState  # the parser of every `notices source` starts without it

    catalogue = _load(config)
    wanted = _wanted(args, catalogue, args.words)
    summary = not wanted and not args.json
    found = catalogue.find(Wanted(defaults=True) if summary else wanted)
    if not found:
        print(nothing_found(catalogue, wanted), file=sys.stderr)
        return _NO_HIT
    state = CheckState(config.state_paths().list_checks)
    for line in [json_line(_row_value(r, state.of(r.url))) for r in found] if args.json else _table(found, state):
        print(line)
    if summary:
        print("\n".join(_totals(catalogue)))
    elif not args.json:
        print(_("{columns}. To crawl: notices source add ID …").format(columns=_counted(found)), file=sys.stderr)
    return 0


def _counted(rows: Sequence[Row]) -> str:
    sites = len(by_site(rows))
    columns = ngettext("{count} column", "{count} columns", len(rows)).format(count=len(rows))
    return ngettext("{columns} of {count} site", "{columns} of {count} sites", sites).format(columns=columns, count=sites)


def _totals(catalogue: Catalogue) -> list[str]:
    levels = Counter(row.level for row in catalogue.rows)
    ministries = sum(row.is_ministry for row in catalogue.rows)
    return [
        "",
        _("These are the defaults (--defaults) out of {columns}:").format(columns=_counted(catalogue.rows)),
        _("  {levels}; ministry {count} of the central ones").format(
            levels=", ".join(f"{level} {levels[level]}" for level in LEVELS if levels[level]), count=ministries
        ),
        _(
            "Find others by words or conditions: notices source catalogue 江苏 卫健委; notices source catalogue --level ministry --kind 公示"
        ),
        _("Begin an archive: notices source add --defaults; notices crawl"),
    ]


def _row_value(row: Row, check: ColumnCheck | None) -> dict[str, object]:
    """The JSON shape of a column of the catalogue (docs/catalogue.md)."""
    return {
        "id": row.id,
        "site": row.site,
        "publisher": row.publisher,
        "region": row.region,
        "place": row.place,
        "level": row.level,
        "ministry": row.is_ministry,
        "column": row.column,
        "url": row.url,
        "kind": row.kind or None,
        "platform": row.platform or None,
        "paging": row.paging or None,
        "evidence": row.evidence or None,
        "evidence_date": row.date or None,
        "reach": row.reach or None,
        "default": row.default,
        "checked_at": check.checked_at.isoformat() if check else None,
        "read_at": check.read_at.isoformat() if check and check.read_at else None,
        "problem": (check.problem or None) if check else None,
    }


def _table(rows: Sequence[Row], state: CheckState) -> list[str]:
    return padded([(safe(row.id), safe(row.publisher), safe(row.column), _known(row, state.of(row.url)), safe(row.url)) for row in rows])


def _known(row: Row, check: ColumnCheck | None) -> str:
    """When the column was last seen to work here; else of when its evidence is."""
    if check and check.reads and check.read_at:
        return _("read {day}").format(day=day_in_china(check.read_at))
    if check:
        return _("not read {day}").format(day=day_in_china(check.checked_at))
    return _("evidence {day}").format(day=row.date) if row.date else _("evidence undated")


def nothing_found(catalogue: Catalogue, wanted: Wanted) -> str:
    """What to try where no column meets the conditions: which one excludes all, and what comes near the words."""
    lines = [_("no column of the catalogue meets these conditions")]
    relaxed = {
        "--region": replace(wanted, prefixes=()),
        "--level": replace(wanted, levels=()),
        "--kind": replace(wanted, kinds=()),
        "--platform": replace(wanted, platforms=()),
    }
    for name, condition in relaxed.items():
        without = catalogue.find(condition) if condition != wanted else []
        lines += [_without(name, without)] if without else []
    for word in wanted.words if wanted != Wanted(words=wanted.words[:1]) else ():
        without = catalogue.find(replace(wanted, words=tuple(w for w in wanted.words if w != word)))
        lines += [_without(safe(word), without)] if without else []
    near = catalogue.nearest(" ".join(wanted.words)) if wanted.words else []
    lines += [_("  near it: {id} {publisher}, {column}").format(id=row.id, publisher=row.publisher, column=row.column) for row in near]
    return "\n".join([*lines, _("  a site of your own: notices source new URL")])


def _without(condition: str, rows: Sequence[Row]) -> str:
    return _("  without {condition}: {columns}").format(condition=condition, columns=_counted(rows))


def run_add(args: argparse.Namespace, config: Config) -> int:
    """Write the source files; exit 3 when a column could not be read or a file not be written."""
    from operations.catalogue.adding import add_sources, choose  # as above
    from operations.catalogue.checking import Manner

    catalogue = _load(config)
    wanted = _wanted(args, catalogue)
    if not args.names and not wanted:
        raise UserError(_("name what to add (see: notices source catalogue), or give conditions such as --defaults or --level ministry"))
    rows = choose(catalogue, args.names, wanted)
    if not rows:
        print(nothing_found(catalogue, wanted), file=sys.stderr)
        return _NO_HIT
    if not args.offline:
        print(
            _("looking at {columns}, {count} sites at a time").format(columns=_counted(rows), count=config.crawl_jobs),
            file=sys.stderr,
        )
    good, enabled = True, 0
    for added in add_sources(rows, config, Manner(args.offline, args.allow_private, args.delay)):
        good = good and added.is_good
        enabled += added.outcome in ("enabled", "present")
        print(_added_json(added) if args.json else _added_line(added), flush=True)
        _warn(added.problems)
    if enabled:
        print(_("next: notices crawl"), file=sys.stderr)
    return 0 if good else _SOME_FAILED


def _added_json(added: Added) -> str:
    value = {"site": added.site, "outcome": added.outcome, "file": str(added.path), "columns": added.columns, "entries": added.entries}
    newest = added.newest.isoformat() if added.newest else None
    return json_line({**value, "newest": newest, "problems": list(added.problems)})


def _added_line(added: Added) -> str:
    read = _("{columns} columns, {entries} entries").format(columns=added.columns, entries=added.entries)
    newest = _(", newest {day}").format(day=added.newest) if added.newest else ""
    return f"{added.site:24} {left(term(added.outcome), 8)} {read if added.entries else added.path}{newest}"


def run_check_many(args: argparse.Namespace, config: Config) -> int:
    """Look at many lists; a line a column as it is done, then the totals. Exit 3 when one could not be read."""
    from operations.catalogue.checking import Manner, check_sources, sources_of  # as above

    catalogue = _load(config)
    wanted = _wanted(args, catalogue)
    if args.enabled:
        if wanted:
            raise UserError(_("conditions such as --region narrow --all; --enabled looks at every enabled source"))
        survey = survey_sources(config.sources_dir)
        _warn(survey.problems)
        problems = len(survey.problems)
        sources = [source for source, _ in survey.found.values() if source.enabled]
    else:
        problems = 0
        sources = sources_of(catalogue.find(wanted), Manner(allow_private=args.allow_private, delay=args.delay))
    if not sources:
        print(_("no source is enabled") if args.enabled else nothing_found(catalogue, wanted), file=sys.stderr)
        return _SOME_FAILED if problems else _NO_HIT
    ids = {row.url: row.id for row in catalogue.rows}
    seen: Counter[str] = Counter()
    for status in check_sources(sources, config, timedelta(hours=args.fresh)):
        seen["read" if status.check.reads else "not read"] += 1
        seen["new"] += status.is_new
        print(_status_json(status, ids) if args.json else _status_line(status, ids), flush=True)
    total = _("{read} columns read, {unread} not; {new} looked at now").format(read=seen["read"], unread=seen["not read"], new=seen["new"])
    print(total, file=sys.stderr if args.json else sys.stdout)
    return _SOME_FAILED if seen["not read"] or problems else 0


def _status_json(status: ListStatus, ids: dict[str, str]) -> str:
    check = status.check
    value = {
        "id": ids.get(status.column.url),
        "source": status.source.name,
        "publisher": status.source.publisher,
        "column": status.column.name,
        "url": status.column.url,
        "reads": check.reads,
        "entries": check.entries,
        "dated": check.dated,
        "newest": check.newest.isoformat() if check.newest else None,
        "problem": check.problem or None,
        "checked_at": check.checked_at.isoformat(),
        "read_at": check.read_at.isoformat() if check.read_at else None,
    }
    return json_line(value)


def _status_line(status: ListStatus, ids: dict[str, str]) -> str:
    check = status.check
    name = ids.get(status.column.url) or f"{status.source.name}: {safe(status.column.name)}"
    when = "" if status.is_new else _(", looked at {moment}").format(moment=in_china(check.checked_at, "%Y-%m-%d %H:%M"))
    if check.reads:
        read = _("{count} entries, newest {day}").format(count=check.entries, day=check.newest or _("undated"))
        return f"{left(name, 32)} {left(_('read'), 8)}  {read}{when}"
    last = _(", last read {day}").format(day=day_in_china(check.read_at)) if check.read_at else ""
    return f"{left(name, 32)} {left(_('NOT READ'), 8)}  {safe(told(check.problem))}{last}{when}"
