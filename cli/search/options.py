"""The options of the `search` command, and the one place where they become a SearchRequest."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from cli.language import HELP
from cli.process import Words
from index.engine import Page
from index.query.fields import Filters
from index.query.values import date_range, state_of, validity_of
from index.search import SORTS, SearchRequest
from notices.errors import QuerySyntaxError
from notices.text.language import N_, _

if TYPE_CHECKING:
    from typing import Literal

    from index.query.tree import DateField, Scope

    Form = Literal["lines", "json", "csv"]

_DATE_FIELDS: dict[str, DateField] = {"published": "published_date", "written": "written_date", "effective": "effective_date"}
_SCOPES: dict[str, Scope] = {"all": "any", "title": "title", "text": "text", "attachment": "attachment"}
_EPILOG = N_("""a query: all of its words must occur; "a phrase"; OR; -word; ( ); 标题: 文号: 发文机关: 地区: 文种: 日期: 附件: 状态: 来源:
exit codes: 0 found, 1 nothing found, 2 usage, configuration or an unreadable index, 7 the index's cluster is out of reach
more: docs/search.md""")


class Options(NamedTuple):
    """What the command line asks for: `request`, or the queries of the file `batch`, or what completes the text `complete`."""

    request: SearchRequest
    batch: str | None = None
    complete: str | None = None
    form: Form = "lines"
    colour: bool | None = None
    as_of: date | None = None


def read_options(argv: Sequence[str]) -> Options:
    """The options of a command line; exits with 2 when they make no sense."""
    parser = options_parser()
    parser.usage = parser.format_usage().removeprefix(_("usage: "))  # argparse cuts off as many characters as the English word has
    args = parser.parse_intermixed_args(_words(argv))
    asks = [bool(args.query), bool(args.batch), args.complete is not None, args.similar is not None]
    filters = _filters(args)
    if sum(asks) > 1:
        parser.error(_("QUERY, --batch, --complete and --similar cannot be combined"))
    if not any(asks) and filters == Filters():
        parser.error(_("nothing to search for; give a QUERY or a filter"))
    if args.after is not None and (args.offset or args.similar is not None):
        parser.error(_("--after cannot be combined with --offset or --similar"))
    if args.past and (args.as_of or args.similar is not None or args.complete is not None):
        parser.error(_("--past cannot be combined with --as-of, --similar or --complete"))
    if args.as_of and (args.batch or args.complete is not None or args.similar is not None or args.facets):
        parser.error(_("--as-of cannot be combined with --batch, --complete, --similar or --facets"))
    form: Form = "json" if args.json else "csv" if args.csv else "lines"
    return Options(_request(args, filters), args.batch, args.complete, form, False if args.no_color else None, args.as_of)


def _request(args: argparse.Namespace, filters: Filters) -> SearchRequest:
    return SearchRequest(
        text=" ".join(args.query), filters=filters, page=Page(args.limit, args.offset, args.sort), after=args.after, exact=args.exact,
        every_copy=args.all_copies, similar=args.similar, facets=args.facets, wants_next=args.json, snippets=not args.csv or bool(args.batch),
        masked=not args.unmasked, prior=not args.no_prior, explain=args.explain,
        meaning=not args.no_meaning, past=args.past,
    )  # fmt: skip


def _filters(args: argparse.Namespace) -> Filters:
    return Filters(
        source=tuple(args.source), issuer=args.issuer, region=args.region, kind=tuple(args.kind), number=args.number, state=tuple(args.state),
        since=args.since, until=args.until, date_field=_DATE_FIELDS[args.date_field], has_attachment=args.has == "attachment",
        scope=_SCOPES[args.scope], theme=tuple(args.theme), validity=tuple(args.validity),
    )  # fmt: skip


def _words(argv: Sequence[str]) -> list[str]:
    """The words of a command line; those after -- belong to the query, whatever they begin with."""
    end = argv.index("--") if "--" in argv else len(argv)
    return [*map(_query_word, argv[:end]), *(f" {word}" for word in argv[end + 1 :])]


def _query_word(word: str) -> str:
    """-调查 is a word that must be absent, not an option."""
    return f" {word}" if len(word) > 1 and word[0] == "-" and not (word[1] == "-" or (word[1].isascii() and word[1].isalpha())) else word


class _Help(argparse.RawDescriptionHelpFormatter):
    """Help as wide as the terminal. By default argparse loads shutil and all its compressors to measure that, at every search."""

    def __init__(self, prog: str) -> None:
        try:
            columns = os.get_terminal_size().columns
        except OSError:
            columns = 80
        super().__init__(prog, width=columns - 2)


def options_parser() -> argparse.ArgumentParser:
    """The parser of the command, with all its options."""
    made = Words(
        "search",
        description=_("Search the archive. Any run of characters of a notice finds it."),
        epilog=_(_EPILOG),
        allow_abbrev=False,
        formatter_class=_Help,
    )
    made.add_argument("query", nargs="*", metavar="QUERY", help=_("the text to search for"))
    _add_filters(made.add_argument_group(_("filters")))
    _add_answers(made.add_argument_group(_("the answer")))
    other = made.add_argument_group(_("other questions"))
    other.add_argument("--batch", metavar="FILE", help=_("search each line of FILE (- for standard input); print one JSON object a line"))
    other.add_argument("--similar", metavar="NOTICE", help=_("find notices similar to this one: its id, address, document number or title"))
    other.add_argument("--lang", metavar="LANGUAGE", help=_(HELP))
    other.add_argument("--complete", metavar="TEXT", help=_("print titles and document numbers that contain TEXT, one a line"))
    return made


def _add_filters(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--source", action="append", default=[], metavar="NAME", help=_("only from this source"))
    group.add_argument("--issuer", default="", metavar="TEXT", help=_("the issuer's name, or another name of it, contains TEXT"))
    group.add_argument("--region", default="", metavar="REGION", help=_("in this region, or in one inside it: 河南, 新乡市, 4107"))
    group.add_argument("--kind", action="append", default=[], metavar="KIND", help="通知, 公告 …")
    group.add_argument("--number", default="", metavar="TEXT", help=_("the document number, whole or in part"))
    group.add_argument(
        "--state", action="append", default=[], type=_state, choices=("listed", "missing", "withdrawn", "back"), help=_("or 已撤下 …")
    )
    group.add_argument(
        "--validity", action="append", default=[], type=_validity, metavar="VALIDITY", help=_("of this validity: 有效, 失效, 废止 …")
    )
    group.add_argument("--theme", action="append", default=[], metavar="TEXT", help=_("its theme on its site contains TEXT"))
    group.add_argument("--since", type=_first_day, metavar="DATE", help=_("from this day, month or year on (2020-10-16, 2020-10, 2020)"))
    group.add_argument("--until", type=_last_day, metavar="DATE", help=_("until the end of this day, month or year"))
    group.add_argument(
        "--date-field", choices=sorted(_DATE_FIELDS), default="published", help=_("the date that --since and --until compare")
    )
    group.add_argument("--has", choices=("attachment",), help=_("with an attachment"))
    group.add_argument("--in", dest="scope", choices=sorted(_SCOPES), default="all", help=_("where the words must occur"))


def _add_answers(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--sort", choices=SORTS, default="relevance")
    group.add_argument("--limit", type=int, default=10, metavar="N")
    group.add_argument("--offset", type=int, default=0, metavar="N")
    group.add_argument("--after", metavar="CURSOR", help=_("continue after an earlier answer: its `next`, with the same query and options"))
    group.add_argument(
        "--as-of", type=_last_day, metavar="DATE", help=_("search the archive as it was at the end of this day: exact matches, each copy")
    )
    group.add_argument(
        "--past", action="store_true", help=_("search what its source shows no longer: replaced revisions and withdrawn notices (在:历史)")
    )
    group.add_argument("--all-copies", action="store_true", help=_("list each copy of an instrument as a hit of its own"))
    group.add_argument("--exact", action="store_true", help=_("search the literal text only: no expansion, no similar notices"))
    group.add_argument(
        "--no-prior", action="store_true", help=_("rank similar notices by wording alone, not also by the level of their issuers")
    )
    group.add_argument(
        "--no-meaning", action="store_true", help=_("do not order similar notices by their meaning (vectors of notices embed)")
    )
    group.add_argument(
        "--explain", action="store_true", help=_("say of each similar notice what the level of its issuer added to its score")
    )
    group.add_argument("--facets", action="store_true", help=_("count issuers, regions, kinds, years, sources, states"))
    form = group.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help=_("print one JSON object a query"))
    form.add_argument("--csv", action="store_true", help=_("print a table for spreadsheets"))
    group.add_argument("--no-color", action="store_true", help=_("mark matches without colour, as with NO_COLOR"))
    group.add_argument("--unmasked", action="store_true", help=_("show identity, telephone and account numbers in full (for maintainers)"))


def _state(value: str) -> str:
    """The state in English; an unknown word as it is, which argparse then refuses."""
    try:
        return state_of(value, value, 0)[0]
    except QuerySyntaxError:
        return value


def _validity(value: str) -> str:
    try:
        return validity_of(value, value, 0)
    except QuerySyntaxError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _first_day(value: str) -> date | None:
    return _days(value)[0]


def _last_day(value: str) -> date | None:
    return _days(value)[1]


def _days(value: str) -> tuple[date | None, date | None]:
    try:
        return date_range(value, value, 0)
    except QuerySyntaxError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
