"""`notices complete`, for the shells' scripts: values that begin with the typed text, each with a tab and a description."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from importlib.resources import files
from itertools import islice

from notices.config import Config
from notices.text.display import masked, safe

MOST = 20
_MOST_SEEN, _PAGE = 1000, 200


def add_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`notices complete`; `notices --help` does not list it."""
    verb = verbs.add_parser("complete")
    verb.add_argument("typed", nargs="?", default="", metavar="PREFIX")
    verb.add_argument("--for", dest="wanted", choices=("query", "archive", "sources", "catalogue"), default="query")
    verb.set_defaults(run=run)


def run(args: argparse.Namespace, config: Config) -> int:
    """Print at most 20 lines; return 1 when there are none."""
    if args.wanted == "sources":
        offered = sources(config, args.typed)
    elif args.wanted == "catalogue":
        offered = columns(config, args.typed)
    else:
        offered = _from_archive(config, args.typed, ids=args.wanted == "archive")
    lines = [f"{value}\t{safe(masked(text))}" for value, text in islice(_once(offered), MOST)]
    print("\n".join(lines), end="\n" if lines else "")
    return 0 if lines else 1


def _once(offered: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Each value as a terminal may show it, once: copies have one number under titles that differ in a blank."""
    seen: set[str] = set()
    for value, text in offered:
        shown = safe(masked(value))
        if shown not in seen:
            seen.add(shown)
            yield shown, text


def sources(config: Config, typed: str) -> Iterator[tuple[str, str]]:
    """Names of source files, shipped and own."""
    names = [path.name for path in files("crawler").joinpath("sources").iterdir()]
    if config.sources_dir.is_dir():
        names += [path.name for path in config.sources_dir.iterdir()]
    for name in sorted({name.removesuffix(".toml") for name in names if name.endswith(".toml")}):
        if name.startswith(typed):
            yield name, "source"


def columns(config: Config, typed: str) -> Iterator[tuple[str, str]]:
    """Sites of the catalogue; after a slash, or where only one site is left, its columns."""
    from operations.catalogue.adding import catalogue_of  # every other completion starts without it

    found = [row for row in catalogue_of(config).rows if row.id.startswith(typed)]
    if "/" not in typed:
        yield from ((row.site, row.publisher) for row in found)
    if len({row.site for row in found}) == 1:
        yield from ((row.id, row.column) for row in found)


def _from_archive(config: Config, typed: str, *, ids: bool) -> Iterator[tuple[str, str]]:
    """Numbers and titles that begin with the typed text, folded; with `ids` a title gives the notice's number or id."""
    # start-up time: the names of sources need no index
    from index.engine import Engine
    from index.engines import open_engine
    from index.query.tree import Contains, Or, Phrase, Query
    from notices.archive_id import Owner, read_marker
    from notices.text.fold import fold

    folded = fold(typed[:200])
    if not folded:
        return
    engine: Engine = open_engine(config.index, owner=Owner(read_marker(config.home), config.home))
    query = Query(typed, Or((Contains("document_number", folded), Phrase(folded, "title"))))
    for offset in range(0, _MOST_SEEN, _PAGE):
        hits = engine.search(query, limit=_PAGE, offset=offset).hits
        for hit in hits:
            if fold(hit.document_number).startswith(folded):
                yield hit.document_number, hit.title
            if fold(hit.title).startswith(folded):
                yield (hit.document_number or str(hit.id), hit.title) if ids else (hit.title, hit.document_number)
        if len(hits) < _PAGE:
            return
