"""`notices source list | check | new`."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

from crawler.source import Column, Source, all_sources, find_source
from notices.config import Config
from notices.errors import BadInput, FetchError, UserError
from notices.text.display import safe


def add_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`notices source`."""
    group = verbs.add_parser("source", help="the sites that can be crawled").add_subparsers(required=True, metavar="WHAT")
    listing = group.add_parser("list", help="every source, shipped and your own")
    listing.add_argument("--json", action="store_true", help="one JSON object a line")
    listing.set_defaults(run=run_list)
    check = group.add_parser("check", help="is the file valid; what do its lists and one notice look like (archives nothing)")
    check.add_argument("name", metavar="NAME_OR_FILE")
    check.add_argument("--offline", action="store_true", help="check the file only")
    check.set_defaults(run=run_check)
    new = group.add_parser("new", help="look at a list page and write a source file")
    new.add_argument("page", metavar="URL_OR_SAVED_PAGE")
    new.add_argument("--url", help="the address of a saved page")
    new.add_argument("--name", help="the source's name (default: from the host)")
    new.add_argument("--output", metavar="FILE", help="where to write; - for standard output (default: your sources folder)")
    new.add_argument("--allow-private", action="store_true", help="the site is on a private address")
    new.set_defaults(run=run_new)


def run_list(args: argparse.Namespace, config: Config) -> int:
    """One line a source."""
    for source, path in sorted(all_sources(config.sources_dir).values(), key=lambda pair: pair[0].name):
        origin = "own" if path.is_relative_to(config.sources_dir) else "shipped"
        if args.json:
            row = {"name": source.name, "site": source.site, "enabled": source.enabled, "written": source.written.isoformat()}
            print(json.dumps({**row, "columns": len(source.columns), "schedule": source.schedule, "file": str(path)}, ensure_ascii=False))
        else:
            state = "enabled " if source.enabled else "disabled"
            print(f"{source.name:24} {state} {origin:8} written {source.written}  {safe(source.site)}, {len(source.columns)} columns")
    return 0


def run_check(args: argparse.Namespace, config: Config) -> int:
    """Say whether the file is valid, then what its lists show; exit 3 when a list cannot be read."""
    source, path = find_source(args.name, config.sources_dir)
    print(f"{path}: valid; {len(source.columns)} columns, every {source.delay:g} s, {source.schedule} (Asia/Shanghai)")
    if args.offline:
        return 0
    from operations.preview import look

    preview = look(source, config)
    lines, problems = report(preview.entries, preview.pages, source)
    print("\n".join(lines))
    for problem in [*preview.problems, *problems]:
        print(f"warning: {safe(problem)}")
    return 3 if preview.problems or not preview.entries else 0


def report(entries: list, pages: list, source: Source) -> tuple[list[str], list[str]]:  # type: ignore[type-arg]
    """Table lines and warnings for what a look found."""
    lines = [f"{e.entry.date or '          '}  {safe(e.entry.title)[:60]}  {safe(e.entry.url)}" for e in entries[:20]]
    warnings = [] if all(e.entry.date for e in entries) else [f"{sum(not e.entry.date for e in entries)} entries show no date"]
    if len(entries) < source.expect.min_entries:
        warnings.append(f"{len(entries)} entries, expected at least {source.expect.min_entries}")
    for page in pages[:1]:
        lines += ["", *_notice_lines(page, source)]
    return lines, warnings


def _notice_lines(page: object, source: Source) -> Iterator[str]:
    from pipeline.scrapy_steps import read_page

    notice = read_page(page, source.region)  # type: ignore[arg-type]
    if notice.blocked:
        yield f"not a notice: {notice.blocked}"
    for name in ("url", "title", "published_date", "written_date", "issuer", "document_number", "index_number", "kind"):
        yield f"{name.replace('_', ' '):16} {safe(str(getattr(notice, name) or '-'))}"
    yield f"{'attachments':16} {len(notice.attachments)}"
    yield f"{'text':16} {len(notice.text)} characters: {safe(notice.text[:80])}"


def run_new(args: argparse.Namespace, config: Config) -> int:
    """Write a source file for a list page and say what is not sure."""
    from crawler.recognise import recognise, source_toml

    saved = Path(args.page)
    is_address = args.page.startswith(("http://", "https://"))
    url = args.page if is_address else args.url
    if not url:
        raise UserError(f"{args.page}: give the saved page's address with --url")
    body, content_type = _fetch(url, args.allow_private, config) if is_address else (_read(saved), None)
    found = recognise(body, url, content_type=content_type)
    name = args.name or re.sub(r"[^a-z0-9]+", "-", (urlsplit(url).hostname or "site").removeprefix("www.")).strip("-")
    text = source_toml(found, name=name, written=date.fromisoformat(_today()), allow_private=args.allow_private)
    return _write(text, name, args.output, config)


def _today() -> str:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    return datetime.now(ZoneInfo("Asia/Shanghai")).date().isoformat()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror}") from error


def _fetch(url: str, allow_private: bool, config: Config) -> tuple[bytes, str | None]:
    """The page at an address, fetched with the crawl's own manners. Raises FetchError."""
    from operations.preview import look

    source = Source(
        name="new", site="", publisher="", region="000000", written=date(2000, 1, 1), schedule="0 0 * * *",
        columns=[Column(name="", url=url)], allow_private=allow_private,
    )  # fmt: skip
    preview = look(source, config)
    if not preview.lists or preview.lists[0].status != 200:
        raise FetchError(f"{url}: {'; '.join(preview.problems) or 'not fetched'}")
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
        raise UserError(f"{path} exists already; give --name or --output") from error
    print(f"wrote {path}; look it through, then: notices source check {path}")
    return 0
