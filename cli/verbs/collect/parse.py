"""`notices parse`: saved pages in, JSON out; touches no archive."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from cli.terminal import json_line
from crawler.list_page import read_list
from notices.capture import ListPage
from notices.config import Config
from notices.errors import BadInput
from notices.model import Notice
from notices.text.language import _, system_words
from pipeline.parse.detail import read_detail


@dataclass(frozen=True, slots=True)
class Page:
    """A line of a manifest."""

    id: str
    file: str
    url: str = "http://localhost/page.html"
    kind: str = "detail"


def add_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`notices parse`."""
    verb = verbs.add_parser("parse", help=_("read saved pages, print JSON; touches no archive"))
    verb.add_argument("files", nargs="*", metavar="FILE", help=_("a saved page"))
    verb.add_argument("--manifest", metavar="FILE", help=_('lines of {"id", "file", "url", "kind"}; - for standard input'))
    verb.add_argument("--url", default="http://localhost/page.html", help=_("the address of FILE, to resolve its relative links"))
    verb.add_argument("--kind", choices=("detail", "list"), default="detail", help=_("the kind of page that FILE contains"))
    verb.set_defaults(run=run)


def run(args: argparse.Namespace, config: Config) -> int:
    """One JSON line a page, in order. Raises BadInput."""
    if bool(args.files) == bool(args.manifest):
        raise BadInput(_("parse: give either files or --manifest"))
    pages = manifest(args.manifest) if args.manifest else (Page(f, f, args.url, args.kind) for f in args.files)
    for page in pages:
        print(json_line(read_page(page)))
    return 0


def manifest(name: str) -> Iterator[Page]:
    """The pages a manifest names. Raises BadInput with the line's number."""
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
    except OSError as error:
        raise BadInput(f"{name}: {system_words(error)}") from error
    except UnicodeDecodeError as error:
        raise BadInput(f"{name}: {error}") from error
    for n, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield _page(line, f"{name}:{n}")


def _page(line: str, where: str) -> Page:
    try:
        page = msgspec.json.decode(line, type=Page)
    except msgspec.DecodeError as error:
        raise BadInput(f"{where}: {error}") from error
    if page.kind not in ("detail", "list"):
        raise BadInput(_("{where}: kind is {kind!r}; use detail or list").format(where=where, kind=page.kind))
    return page


def read_page(page: Page) -> dict[str, object]:
    """A saved page read, as plain values. Raises BadInput when its file cannot be read."""
    try:
        body = Path(page.file).read_bytes()
    except OSError as error:
        raise BadInput(f"{page.file}: {system_words(error)}") from error
    if page.kind == "list":
        return {"id": page.id, **list_json(read_list(body, page.url))}
    return {"id": page.id, **notice_json(read_detail(body, page.url))}


def list_json(page: ListPage) -> dict[str, object]:
    """A list page as plain values."""
    made: dict[str, object] = msgspec.to_builtins(page)
    return made


def notice_json(notice: Notice) -> dict[str, object]:
    """A notice as plain values; the anatomy's own fields follow those of the page."""
    made: dict[str, object] = msgspec.to_builtins(notice)
    return made
