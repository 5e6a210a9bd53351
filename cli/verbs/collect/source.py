"""`notices source list | check | new | enable | disable`."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cli.terminal import json_line, left
from cli.terms import term
from cli.verbs.collect import catalogue
from cli.verbs.operate.runs import column_lines
from crawler.source import Column, Source, find_source, survey_sources
from notices.config import Config
from notices.errors import BadInput, FetchError, UserError
from notices.hours import ZONE
from notices.text.display import safe
from notices.text.language import _, system_words, told
from operations.source_files import switch_source

if TYPE_CHECKING:
    from notices.capture import CrawledPage
    from operations.preview import Preview


def add_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`notices source`."""
    group = verbs.add_parser("source", help=_("list, check and write source files (the sites that can be crawled)")).add_subparsers(
        required=True, metavar="WHAT"
    )
    listing = group.add_parser("list", help=_("every source, shipped and your own"))
    listing.add_argument("--json", action="store_true", help=_("one JSON object a line"))
    listing.set_defaults(run=run_list)
    check = group.add_parser("check", help=_("validate a source file, and show the entries of its lists and one notice (archives nothing)"))
    check.add_argument("name", metavar="NAME_OR_FILE", nargs="?")
    check.add_argument("--offline", action="store_true", help=_("check the file only"))
    catalogue.add_check_options(check)
    check.set_defaults(run=run_check)
    new = group.add_parser("new", help=_("read a list page and write a source file for it"))
    new.add_argument("page", metavar="URL_OR_SAVED_PAGE")
    new.add_argument("--url", help=_("the address of a saved page"))
    new.add_argument("--name", help=_("the source's name (default: from the host)"))
    new.add_argument("--output", metavar="FILE", help=_("where to write; - for standard output (default: your sources folder)"))
    new.add_argument("--allow-private", action="store_true", help=_("the site is on a private address"))
    new.set_defaults(run=run_new)
    for word, text in (
        ("enable", _("let the source be crawled; a shipped file is copied to your sources folder first")),
        ("disable", _("stop crawling the source; a shipped file is copied to your sources folder first")),
    ):
        switch = group.add_parser(word, help=text)
        switch.add_argument("name", metavar="NAME_OR_FILE")
        switch.set_defaults(run=run_switch, enabled=word == "enable")
    catalogue.add_verbs(group)


def run_list(args: argparse.Namespace, config: Config) -> int:
    """One line a source; exit 3 when a file is not valid."""
    survey = survey_sources(config.sources_dir)
    for source, path in sorted(survey.found.values(), key=lambda pair: pair[0].name):
        origin = "own" if path.is_relative_to(config.sources_dir) else "shipped"
        if args.json:
            row = {"name": source.name, "site": source.site, "enabled": source.enabled, "written": source.written.isoformat()}
            print(json_line({**row, "columns": len(source.columns), "schedule": source.schedule, "file": str(path)}))
        else:
            state = _("enabled") if source.enabled else _("disabled")
            print(
                f"{source.name:24} {left(state, 8)} {left(term(origin), 8)} "
                + _("written {day}  {site}, {count} columns").format(day=source.written, site=safe(source.site), count=len(source.columns))
            )
    for problem in survey.problems:
        print(_("warning: {problem}").format(problem=safe(told(problem))), file=sys.stderr)
    return 3 if survey.problems else 0


def run_switch(args: argparse.Namespace, config: Config) -> int:
    """Enable or disable a source; say which file says so."""
    done = switch_source(config, args.name, enabled=args.enabled)
    print(
        (_("{name} is enabled in {file}") if args.enabled else _("{name} is disabled in {file}")).format(name=done.name, file=done.file)
        + (_(" (a copy of the shipped file)") if done.copied else "")
    )
    if args.enabled:
        print(_("crawl it: notices crawl {name}    every enabled source on its schedule: notices schedule").format(name=done.name))
    return 0


def run_check(args: argparse.Namespace, config: Config) -> int:
    """Say whether the file is valid, then print what its lists show; exit 3 when a list cannot be read."""
    if args.all or args.enabled:
        return catalogue.run_check_many(args, config)
    if args.name is None:
        raise UserError(_("name a source or its file, or give --all or --enabled"))
    source, path = find_source(args.name, config.sources_dir)
    valid = _("{file}: valid; {count} columns, every {delay:g} s, {schedule} (Asia/Shanghai)").format(
        file=path, count=len(source.columns), delay=source.delay, schedule=source.schedule
    )
    if args.offline:
        print(valid)
        return 0
    print(valid, file=sys.stderr)
    from operations.preview import preview_source  # loads Scrapy: `source list` starts without it

    preview = preview_source(source, config)
    for line in _table(preview, source):
        print(line)
    for problem in [*preview.problems, *_warnings(preview, source)]:
        print(_("warning: {problem}").format(problem=safe(told(problem))), file=sys.stderr)
    return 3 if preview.problems or not preview.entries else 0


def _table(preview: Preview, source: Source) -> Iterator[str]:
    """The first entries of the lists and the fields of one notice."""
    for listed in preview.entries[:20]:
        entry = listed.entry
        yield f"{entry.date or ''!s:10}  {safe(entry.title)[:60]}  {safe(entry.url)}"
    yield ""
    for column in preview.columns:
        yield from column_lines(column)
    for page in preview.pages[:1]:
        yield ""
        yield from _notice_lines(page, source)


def _warnings(preview: Preview, source: Source) -> Iterator[str]:
    undated = sum(not listed.entry.date for listed in preview.entries)
    if undated:
        yield _("{count} entries show no date").format(count=undated)
    if len(preview.entries) < source.expect.min_entries:
        yield _("{count} entries, expected at least {least}").format(count=len(preview.entries), least=source.expect.min_entries)


def _notice_lines(page: CrawledPage, source: Source) -> Iterator[str]:
    from pipeline.reading import read_page  # loads the parsers: `source list` starts without them

    notice = read_page(page, source.region)
    if notice.blocked:
        yield _("not a notice: {reason}").format(reason=term(notice.blocked))
    for name in ("url", "title", "published_date", "written_date", "issuer", "document_number", "index_number", "kind"):
        yield f"{left(term(name), 16)} {safe(str(getattr(notice, name) or '-'))}"
    yield f"{left(_('attachments'), 16)} {len(notice.attachments)}"
    yield f"{left(_('text'), 16)} " + _("{count} characters: {text}").format(count=len(notice.text), text=safe(notice.text[:80]))
    if notice.has_little_text:
        yield _("only {share} in the place of the text became text; see whether something is missing").format(
            share=notice.provenance["text"]
        )


def run_new(args: argparse.Namespace, config: Config) -> int:
    """Write a source file for a list page, with what is uncertain in comments."""
    from crawler.recognise import recognise, source_toml  # loads the list readers: `source list` starts without them

    saved = Path(args.page)
    is_address = args.page.startswith(("http://", "https://"))
    url = args.page if is_address else args.url
    if not is_address and not saved.is_file():
        raise UserError(_("{page}: neither an address (http://…) nor a file").format(page=args.page))
    if not url:
        raise UserError(_("{page}: give the saved page's address with --url").format(page=args.page))
    body, content_type = _fetch(url, args.allow_private, config) if is_address else (_read(saved), None)
    found = recognise(body, url, content_type=content_type)
    name = args.name or re.sub(r"[^a-z0-9]+", "-", (urlsplit(url).hostname or "site").removeprefix("www.")).strip("-")
    text = source_toml(found, name=name, written=_today(), allow_private=args.allow_private)
    return _write(text, name, args.output, config)


def _today() -> date:
    return datetime.now(ZONE).date()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInput(f"{path}: {system_words(error)}") from error


def _fetch(url: str, allow_private: bool, config: Config) -> tuple[bytes, str | None]:
    """The page at an address, fetched as politely as a crawl. Raises FetchError."""
    from operations.preview import preview_source  # loads Scrapy: `source list` starts without it

    source = Source(
        name="new", site="", publisher="", region="000000", written=date(2000, 1, 1), schedule="0 0 * * *",
        columns=[Column(name="", url=url)], allow_private=allow_private,
    )  # fmt: skip
    preview = preview_source(source, config)
    if not preview.lists or preview.lists[0].status != 200:
        raise FetchError(safe(f"{url}: {'; '.join(preview.problems) or _('not fetched')}"))
    page = preview.lists[0]
    return page.body, page.header("content-type")


def _write(text: str, name: str, output: str | None, config: Config) -> int:
    if output == "-":
        print(text, end="")
        return 0
    path = Path(output) if output else config.sources_dir / f"{name}.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8") as handle:
            handle.write(text)
    except FileExistsError as error:
        raise UserError(_("{path} exists already; give --name or --output").format(path=path)) from error
    known = path if output else name
    print(
        _("wrote {path}; next: notices source check {known}, and if that is right: notices source enable {known}").format(
            path=path, known=known
        )
    )
    return 0
