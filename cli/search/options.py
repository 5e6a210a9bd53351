"""The options of the `search` command."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from datetime import date
from typing import Any

from index.query.fields import Filters
from index.query.values import date_range, state_of
from notices.errors import QuerySyntaxError

_DATE_FIELDS = {"published": "published_date", "written": "written_date", "effective": "effective_date"}
_SCOPES = {"all": "any", "title": "title", "text": "text", "attachment": "attachment"}
_EPILOG = """a query: words between blanks must all be held; "a phrase"; OR; -word; ( ); 标题: 文号: 发文机关: 地区: 文种: 日期: 附件: 状态: 来源:
exit codes: 0 found, 1 nothing found, 2 usage, configuration or an index that cannot be read
more: docs/search.md"""


def read_options(argv: Sequence[str]) -> argparse.Namespace:
    """The options, with `filters` made of them; exits with 2 when they make no sense."""
    parser = options_parser()
    args = parser.parse_intermixed_args([_query_word(word) for word in argv])
    asks = [bool(args.query), bool(args.batch), args.complete is not None, args.similar is not None]
    args.filters = filters_of(args)
    if sum(asks) > 1:
        parser.error("a QUERY, --batch, --complete and --similar exclude each other")
    if not any(asks) and args.filters == Filters():
        parser.error("what is to be searched for? give a QUERY or a filter")
    if args.after is not None and (args.offset or args.similar is not None):
        parser.error("--after goes without --offset and --similar")
    return args


def _query_word(word: str) -> str:
    """-调查 is a word that must be absent, not an option."""
    return f" {word}" if len(word) > 1 and word[0] == "-" and not (word[1] == "-" or (word[1].isascii() and word[1].isalpha())) else word


class _Help(argparse.RawDescriptionHelpFormatter):
    """Help as wide as the terminal. Left to itself, argparse loads shutil and all its compressors to ask for that, at every search."""

    def __init__(self, prog: str) -> None:
        try:
            columns = os.get_terminal_size().columns
        except OSError:
            columns = 80
        super().__init__(prog, width=columns - 2)


def options_parser() -> argparse.ArgumentParser:
    """The parser of the command, with all its options."""
    made = argparse.ArgumentParser(
        "search",
        description="Search the archive: every run of characters of every notice is found.",
        epilog=_EPILOG,
        allow_abbrev=False,
        formatter_class=_Help,
    )
    made.add_argument("query", nargs="*", metavar="QUERY", help="what to look for")
    _add_filters(made.add_argument_group("only some notices"))
    _add_answers(made.add_argument_group("the answer"))
    other = made.add_argument_group("other questions")
    other.add_argument("--batch", metavar="FILE", help="one query a line (- for standard input); one JSON object a line back")
    other.add_argument("--similar", type=int, metavar="ID", help="notices that resemble this one")
    other.add_argument("--complete", metavar="TEXT", help="titles and numbers that go on from TEXT, one a line")
    return made


def _add_filters(group: Any) -> None:
    group.add_argument("--source", action="append", default=[], metavar="NAME", help="of this source")
    group.add_argument("--issuer", default="", metavar="TEXT", help="whose issuer's name holds TEXT, or another name of it")
    group.add_argument("--region", default="", metavar="REGION", help="of this region or one in it: 河南, 新乡市, 4107")
    group.add_argument("--kind", action="append", default=[], metavar="KIND", help="通知, 公告 …")
    group.add_argument("--number", default="", metavar="TEXT", help="the document number, whole or in part")
    group.add_argument(
        "--state", action="append", default=[], type=_state, choices=("listed", "missing", "withdrawn", "back"), help="or 已撤下 …"
    )
    group.add_argument("--since", type=_first_day, metavar="DATE", help="from this day, month or year on (2020-10-16, 2020-10, 2020)")
    group.add_argument("--until", type=_last_day, metavar="DATE", help="up to its end")
    group.add_argument("--date-field", choices=sorted(_DATE_FIELDS), default="published", help="which date the two mean")
    group.add_argument("--has", choices=("attachment",), help="with an attachment")
    group.add_argument("--in", dest="scope", choices=sorted(_SCOPES), default="all", help="where to look")


def _add_answers(group: Any) -> None:
    group.add_argument("--sort", choices=("relevance", "date"), default="relevance")
    group.add_argument("--limit", type=int, default=10, metavar="N")
    group.add_argument("--offset", type=int, default=0, metavar="N")
    group.add_argument("--after", metavar="CURSOR", help="go on after an earlier answer's `next`, with the same query and options")
    group.add_argument("--all-copies", action="store_true", help="each copy of an instrument is a hit of its own")
    group.add_argument("--exact", action="store_true", help="read nothing into the query, add no similar notices")
    group.add_argument("--facets", action="store_true", help="count issuers, regions, kinds, years, sources, states")
    form = group.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON object a query")
    form.add_argument("--csv", action="store_true", help="a table for spreadsheets")
    group.add_argument("--no-color", action="store_true", help="marks without colour, as with NO_COLOR")
    group.add_argument("--unmasked", action="store_true", help="show identity, telephone and account numbers in full (for maintainers)")


def filters_of(args: argparse.Namespace) -> Filters:
    """The filters that the options ask for."""
    scope: Any = _SCOPES[args.scope]
    field: Any = _DATE_FIELDS[args.date_field]
    return Filters(
        source=tuple(args.source), issuer=args.issuer, region=args.region, kind=tuple(args.kind), number=args.number, state=tuple(args.state),
        since=args.since, until=args.until, date_field=field, has_attachment=args.has == "attachment", scope=scope,
    )  # fmt: skip


def _state(value: str) -> str:
    """The state in English; a word that is none as it is, which argparse then refuses."""
    try:
        return state_of(value, value, 0)[0]
    except QuerySyntaxError:
        return value


def _first_day(value: str) -> date | None:
    return _days(value)[0]


def _last_day(value: str) -> date | None:
    return _days(value)[1]


def _days(value: str) -> tuple[date | None, date | None]:
    try:
        return date_range(value, value, 0)
    except QuerySyntaxError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
