"""`notices ocr`: text of scans and pictures."""

from __future__ import annotations

import argparse

from cli.progress import Progress, Unit, is_shown
from cli.terminal import json_line
from notices.config import Config
from notices.errors import BadInput
from notices.text.display import masked, safe
from notices.text.language import _, ngettext
from operations.preserve.recognising import OcrRequest, OcrWatch, Recognition, files_to_recognise, recognise_archive
from operations.read.json_values import json_object
from pipeline.sql.database import database_errors, open_archive, open_for_reading


def add_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`notices ocr`."""
    verb = verbs.add_parser("ocr", help=_("recognise the text of scans and pictures"))
    verb.add_argument("--limit", type=int, metavar="N", help=_("stop after this many files"))
    verb.add_argument("--again", action="store_true", help=_("also files that another version of the recogniser has read"))
    verb.add_argument("--dry-run", action="store_true", help=_("list the files that wait, recognise nothing"))
    verb.add_argument("--json", action="store_true", help=_("print one JSON object for each file, then one with the counts"))
    verb.add_argument("--no-progress", action="store_true", help=_("do not show progress"))
    verb.set_defaults(run=run)


def run(args: argparse.Namespace, config: Config) -> int:
    """Recognise what waits; exit 4 when archived bytes could not be read. Raises BadInput for a limit below 1 or without the extra."""
    if args.limit is not None and args.limit < 1:
        raise BadInput(_("--limit: {value} is not a number from 1").format(value=args.limit))
    request = OcrRequest(args.limit, args.again)
    if args.dry_run:
        return _list(args, config, request)
    database = open_archive(config)
    with Progress(
        _("ocr"), len(files_to_recognise(database, request)), Unit(_("files")), shown=is_shown(no_progress=args.no_progress)
    ) as bar:
        result = recognise_archive(config, database, request, OcrWatch(bar, _print_json if args.json else _print_line))
    if args.json:
        print(json_line(json_object(result)))
    else:
        counts = ngettext("{files} file, {pages} pages with text", "{files} files, {pages} pages with text", result.files)
        print(counts.format(files=result.files, pages=result.pages))
    return 4 if result.unreadable else 0


def _list(args: argparse.Namespace, config: Config, request: OcrRequest) -> int:
    database = open_for_reading(config)
    with database_errors(config.database):
        for each in files_to_recognise(database, request):
            value = {"name": masked(each.name), "digest": each.digest, "tried": each.tried}
            print(json_line(value) if args.json else f"{safe(masked(each.name))}  {each.digest}")
    return 0


def _print_json(file: Recognition) -> None:
    print(json_line({**json_object(file), "name": masked(file.name)}))


def _print_line(file: Recognition) -> None:
    name = safe(masked(file.name))
    if file.confidence is not None:
        line = _("{name}: {pages} pages, confidence from {confidence}").format(name=name, pages=file.pages, confidence=file.confidence)
    else:
        line = _("{name}: no text").format(name=name)
    print(f"{line} ({safe(file.failure)})" if file.failure else line)
