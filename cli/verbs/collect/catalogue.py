"""`notices source catalogue | add`, and `source check --all | --enabled`."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from cli.terminal import padded
from crawler.catalogue import LEVELS, Catalogue, Row, Wanted, by_site, level_of, prefixes_of_region
from crawler.source import survey_sources
from notices.config import Config
from notices.errors import UserError
from notices.text.display import safe

if TYPE_CHECKING:
    from operations.catalogue.adding import Added
    from operations.catalogue.checking import CheckState, ColumnCheck, ListStatus

_NO_HIT, _SOME_FAILED = 1, 3


def add_verbs(group: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The verbs of the catalogue below `notices source`."""
    catalogue = group.add_parser("catalogue", help="find list pages of official sites in the catalogue that comes with the program")
    catalogue.add_argument("words", nargs="*", metavar="WORD", help="all must occur in publisher, column, region or address")
    _add_conditions(catalogue)
    catalogue.add_argument("--json", action="store_true", help="one JSON object a line")
    catalogue.set_defaults(run=run_catalogue)
    add = group.add_parser("add", help="write source files from the catalogue; each is enabled once its lists were read")
    add.add_argument("names", nargs="*", metavar="ID", help="an id or a site of the catalogue, a publisher or an address")
    _add_conditions(add)
    _add_manner(add)
    add.add_argument("--offline", action="store_true", help="write the files without a look at the lists, disabled")
    add.add_argument("--json", action="store_true", help="one JSON object a site")
    add.set_defaults(run=run_add)


def add_check_options(check: argparse.ArgumentParser) -> None:
    """The options of `notices source check` that look at many lists."""
    which = check.add_mutually_exclusive_group()
    which.add_argument("--all", action="store_true", help="look at the lists of the catalogue; the conditions below narrow them")
    which.add_argument("--enabled", action="store_true", help="look at the lists of every enabled source")
    _add_conditions(check)
    _add_manner(check)
    check.add_argument(
        "--fresh", type=float, default=24.0, metavar="HOURS", help="trust looks that are newer (default 24; 0: look at every list now)"
    )
    check.add_argument("--json", action="store_true", help="with --all or --enabled: one JSON object a column")


def _add_conditions(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--region", action="append", default=[], metavar="NAME", help="a place by name or code, with the places in it")
    parser.add_argument("--level", action="append", default=[], metavar="LEVEL", help=f"ministry, {', '.join(LEVELS)}")
    parser.add_argument(
        "--kind", action="append", default=[], metavar="KIND", help="a kind of notice or a part of a column's name: 公示, 解读"
    )
    parser.add_argument("--platform", action="append", default=[], metavar="NAME", help="trs, jpage, ucap …; unknown")
    parser.add_argument("--defaults", action="store_true", help="the ten columns proposed for a new archive")


def _add_manner(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--delay", type=_seconds, default=2.0, metavar="SECONDS", help="between requests to one host (default 2)")
    parser.add_argument("--allow-private", action="store_true", help="the sites are on private addresses")


def _seconds(text: str) -> float:
    number = float(text)
    if not 0 < number <= 3600:
        raise argparse.ArgumentTypeError(f"{text} is not above 0 and at most 3600")
    return number


def _wanted(args: argparse.Namespace, catalogue: Catalogue, words: Sequence[str] = ()) -> Wanted:
    """The conditions of a command line. Raises UserError naming an unknown region, level or platform."""
    platforms = {row.platform or "unknown" for row in catalogue.rows}
    for name in args.platform:
        if name not in platforms:
            raise UserError(f"{name!r} is not a platform of the catalogue; use one of {', '.join(sorted(platforms))}")
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
        print(f"warning: {safe(problem)}", file=sys.stderr)


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
    for line in [json.dumps(_row_value(r, state.of(r.url)), ensure_ascii=False) for r in found] if args.json else _table(found, state):
        print(line)
    if summary:
        print("\n".join(_totals(catalogue)))
    elif not args.json:
        print(f"{_counted(found)}. To crawl: notices source add ID …", file=sys.stderr)
    return 0


def _counted(rows: Sequence[Row]) -> str:
    sites = len(by_site(rows))
    return f"{len(rows)} column{'s' * (len(rows) != 1)} of {sites} site{'s' * (sites != 1)}"


def _totals(catalogue: Catalogue) -> list[str]:
    levels = Counter(row.level for row in catalogue.rows)
    ministries = sum(row.is_ministry for row in catalogue.rows)
    return [
        "",
        f"These are the defaults (--defaults) out of {_counted(catalogue.rows)}:",
        f"  {', '.join(f'{level} {levels[level]}' for level in LEVELS if levels[level])}; ministry {ministries} of the central ones",
        "Find others by words or conditions: notices source catalogue 江苏 卫健委; notices source catalogue --level ministry --kind 公示",
        "Begin an archive: notices source add --defaults; notices crawl",
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
    if check and check.reads:
        return f"read {check.read_at:%Y-%m-%d}"
    if check:
        return f"not read {check.checked_at:%Y-%m-%d}"
    return f"evidence {row.date}" if row.date else "evidence undated"


def nothing_found(catalogue: Catalogue, wanted: Wanted) -> str:
    """What to try where no column meets the conditions: which one excludes all, and what comes near the words."""
    lines = ["no column of the catalogue meets these conditions"]
    relaxed = {
        "--region": replace(wanted, prefixes=()),
        "--level": replace(wanted, levels=()),
        "--kind": replace(wanted, kinds=()),
        "--platform": replace(wanted, platforms=()),
    }
    for name, condition in relaxed.items():
        without = catalogue.find(condition) if condition != wanted else []
        lines += [f"  without {name}: {_counted(without)}"] if without else []
    for word in wanted.words if wanted != Wanted(words=wanted.words[:1]) else ():
        without = catalogue.find(replace(wanted, words=tuple(w for w in wanted.words if w != word)))
        lines += [f"  without {safe(word)}: {_counted(without)}"] if without else []
    near = catalogue.nearest(" ".join(wanted.words)) if wanted.words else []
    lines += [f"  near it: {row.id} {row.publisher}, {row.column}" for row in near]
    return "\n".join([*lines, "  a site of your own: notices source new URL"])


def run_add(args: argparse.Namespace, config: Config) -> int:
    """Write the source files; exit 3 when a column could not be read or a file not be written."""
    from operations.catalogue.adding import add_sources, choose  # as above
    from operations.catalogue.checking import Manner

    catalogue = _load(config)
    wanted = _wanted(args, catalogue)
    if not args.names and not wanted:
        raise UserError("name what to add (see: notices source catalogue), or give conditions such as --defaults or --level ministry")
    rows = choose(catalogue, args.names, wanted)
    if not rows:
        print(nothing_found(catalogue, wanted), file=sys.stderr)
        return _NO_HIT
    if not args.offline:
        print(f"looking at {_counted(rows)}, {config.crawl_jobs} sites at a time", file=sys.stderr)
    good, enabled = True, 0
    for added in add_sources(rows, config, Manner(args.offline, args.allow_private, args.delay)):
        good = good and added.is_good
        enabled += added.outcome in ("enabled", "present")
        print(_added_json(added) if args.json else _added_line(added), flush=True)
        _warn(added.problems)
    if enabled:
        print("next: notices crawl", file=sys.stderr)
    return 0 if good else _SOME_FAILED


def _added_json(added: Added) -> str:
    value = {"site": added.site, "outcome": added.outcome, "file": str(added.path), "columns": added.columns, "entries": added.entries}
    newest = added.newest.isoformat() if added.newest else None
    return json.dumps({**value, "newest": newest, "problems": list(added.problems)}, ensure_ascii=False)


def _added_line(added: Added) -> str:
    found = f"{added.columns} columns, {added.entries} entries" if added.entries else str(added.path)
    return f"{added.site:24} {added.outcome:8} {found}{f', newest {added.newest}' if added.newest else ''}"


def run_check_many(args: argparse.Namespace, config: Config) -> int:
    """Look at many lists; a line a column as it is done, then the totals. Exit 3 when one could not be read."""
    from operations.catalogue.checking import Manner, check_sources, sources_of  # as above

    catalogue = _load(config)
    wanted = _wanted(args, catalogue)
    if args.enabled:
        if wanted:
            raise UserError("conditions such as --region narrow --all; --enabled looks at every enabled source")
        survey = survey_sources(config.sources_dir)
        _warn(survey.problems)
        problems = len(survey.problems)
        sources = [source for source, _ in survey.found.values() if source.enabled]
    else:
        problems = 0
        sources = sources_of(catalogue.find(wanted), Manner(allow_private=args.allow_private, delay=args.delay))
    if not sources:
        print("no source is enabled" if args.enabled else nothing_found(catalogue, wanted), file=sys.stderr)
        return _SOME_FAILED if problems else _NO_HIT
    ids = {row.url: row.id for row in catalogue.rows}
    seen: Counter[str] = Counter()
    for status in check_sources(sources, config, timedelta(hours=args.fresh)):
        seen["read" if status.check.reads else "not read"] += 1
        seen["new"] += status.is_new
        print(_status_json(status, ids) if args.json else _status_line(status, ids), flush=True)
    total = f"{seen['read']} columns read, {seen['not read']} not; {seen['new']} looked at now"
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
    return json.dumps(value, ensure_ascii=False)


def _status_line(status: ListStatus, ids: dict[str, str]) -> str:
    check = status.check
    name = ids.get(status.column.url) or f"{status.source.name}: {safe(status.column.name)}"
    when = "" if status.is_new else f", looked at {check.checked_at:%Y-%m-%d %H:%M} UTC"
    if check.reads:
        return f"{name:32} read      {check.entries} entries, newest {check.newest or 'undated'}{when}"
    last = f", last read {check.read_at:%Y-%m-%d}" if check.read_at else ""
    return f"{name:32} NOT READ  {safe(check.problem)}{last}{when}"
