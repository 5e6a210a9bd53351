"""`notices import`: an existing collection: lines of JSON, WARC and WACZ files, folders of saved pages."""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from cli.process import positive
from cli.progress import Progress, is_shown
from cli.terminal import json_line
from cli.terms import term
from notices.config import Config
from notices.errors import BadInput
from notices.text.display import safe
from notices.text.language import _, system_words, told
from operations.importing import LinesOrder, SkippedLine, import_collection

if TYPE_CHECKING:
    from pipeline.foreign.answers import PassedOver

_SHOWN = 3  # addresses for each reason
_KINDS = (".warc", ".warc.gz", ".wacz", ".arc", ".arc.gz", ".warc.zst")


def add_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`notices import`."""
    verb = verbs.add_parser("import", help=_("import a collection: lines of JSON, WARC and WACZ files, saved pages"))
    verb.add_argument(
        "paths",
        metavar="PATH",
        nargs="+",
        help=_("FILE.jsonl (- for standard input), FILE.warc.gz and FILE.wacz (several together), or a FOLDER with its manifest"),
    )
    verb.add_argument("--source", help=_("the source's name for lines that give none, and for all pages; else that of a page's host"))
    verb.add_argument(
        "--strict", action="store_true", help=_("skip lines with a key that nothing reads; without it such keys are named at the end")
    )
    verb.add_argument("--manifest", metavar="NAME", help=_("the manifest of a folder, if it is not manifest.csv or manifest.jsonl"))
    verb.add_argument("--report", metavar="FILE", help=_("write a line of JSON for each answer that gave no notice, with the reason"))
    verb.add_argument(
        "--jobs",
        type=positive,
        metavar="N",
        help=_("processes that read lines of JSON (default: as many as cores are free; 1: this one alone); one takes 50 MB"),
    )
    verb.add_argument("--no-progress", action="store_true", help=_("no progress bar"))
    verb.epilog = _("docs/import.md describes lines, files and manifests. Exit code 3: something was skipped, and named.")
    verb.set_defaults(run=run)


def run(args: argparse.Namespace, config: Config) -> int:
    """Import, index, print the counts; what cannot be read is named and skipped."""
    pages = [name for name in args.paths if _is_collection(name)]
    if pages and len(pages) < len(args.paths):
        lines = next(name for name in args.paths if name not in pages)
        raise BadInput(_("{file}: lines of JSON are imported by themselves").format(file=lines))
    if pages and args.jobs:
        raise BadInput(_("--jobs belongs to lines of JSON; {file} is read by one process").format(file=pages[0]))
    if pages:
        return _run_pages(args, config)
    for option in ("manifest", "report"):
        if getattr(args, option):
            told = _("--{option} belongs to WARC and WACZ files and to folders; {file} is read as lines of JSON")
            raise BadInput(told.format(option=option, file=args.paths[0]))
    return max(_run_lines(args, config, name) for name in args.paths)


def _is_collection(name: str) -> bool:
    """Whether the name is that of a folder or of a file of records, by its ending or by how it begins."""
    path = Path(name)
    if name == "-":
        return False
    if path.is_dir() or name.lower().endswith(_KINDS):
        return True
    try:
        with path.open("rb") as handle:
            begin = handle.read(12)
    except OSError:
        return False
    return begin.startswith((b"WARC/", b"\x1f\x8b", b"PK\x03\x04", b"filedesc://", b"\x28\xb5\x2f\xfd"))


def _run_pages(args: argparse.Namespace, config: Config) -> int:
    from operations.foreign.importing import PagesOrder, Told, import_pages, size_of  # a start without the crawler's readers

    order = PagesOrder([Path(name) for name in args.paths], args.source, args.manifest)
    examples = defaultdict[str, list[str]](list)
    with _report(args.report) as report, Progress(_("import"), size_of(order), shown=is_shown(no_progress=args.no_progress)) as progress:

        def passed(each: PassedOver) -> None:
            if report is not None:
                line = {"place": each.place, "url": each.url or None, "reason": each.reason, "bad": each.bad}
                print(json_line(line), file=report)
            if each.bad:
                address = f" ({each.url})" if each.url else ""
                print(safe(_("{place}: skipped: {reason}").format(place=each.place, reason=told(each.reason)) + address), file=sys.stderr)
            elif each.url and len(examples[each.reason]) < _SHOWN:
                examples[each.reason].append(each.url)

        result = import_pages(config, order, Told(passed, progress))
    print(f"{', '.join(args.paths)}: {', '.join(f'{term(name)} {count}' for name, count in result.counts.items())}")
    for reason, count in sorted(result.passed_over.items(), key=lambda pair: -pair[1]):
        print(safe(_("no notice: {count} × {reason}").format(count=count, reason=_(reason)) + _listed(examples[reason], count)))
    return 3 if result.counts["skipped"] else 0


@contextmanager
def _report(name: str | None) -> Iterator[TextIO | None]:
    """The file of --report, made new; None without one."""
    if name is None:
        yield None
        return
    with ExitStack() as stack:
        try:
            file = stack.enter_context(Path(name).open("w", encoding="utf-8", errors="backslashreplace"))
        except OSError as error:
            raise BadInput(f"--report {name}: {system_words(error)}") from error
        yield file


def _listed(examples: Sequence[str], count: int) -> str:
    return "".join(f"{':' if n == 0 else ','} {each}" for n, each in enumerate(examples)) + (", …" if 0 < len(examples) < count else "")


def _run_lines(args: argparse.Namespace, config: Config, name: str) -> int:
    def tell(skipped: SkippedLine) -> None:
        print(
            _("{file}:{number}: skipped: {reason}").format(file=name, number=skipped.number, reason=told(skipped.reason)), file=sys.stderr
        )

    with Progress(_("import"), _size(name), shown=is_shown(no_progress=args.no_progress)) as progress:
        lines = _counted(_raw_lines(name), progress)
        result = import_collection(config, lines, LinesOrder(args.source, args.strict, args.jobs), tell)
    for key in result.unread:
        meant = _("; is {key} meant?").format(key=key.meant) if key.meant else ""
        print(
            _("{file}:{first}: nothing reads the key {name!r} ({lines} lines){meant}").format(
                file=name, first=key.first, name=key.name, lines=key.lines, meant=meant
            ),
            file=sys.stderr,
        )
    print(f"{name}: {', '.join(f'{term(word)} {count}' for word, count in result.counts.items())}")
    return 3 if result.skipped else 0


def _size(name: str) -> int:
    """The bytes of the file; 0 for standard input and for what cannot be asked."""
    try:
        return 0 if name == "-" else Path(name).stat().st_size
    except OSError:
        return 0


def _counted(lines: Iterator[bytes], progress: Progress) -> Iterator[bytes]:
    for line in lines:
        yield line
        progress(len(line) + 1)


def _raw_lines(name: str) -> Iterator[bytes]:
    try:
        with sys.stdin.buffer if name == "-" else Path(name).open("rb") as handle:
            yield from (line.rstrip(b"\r\n") for line in handle)
    except FileNotFoundError as error:
        raise BadInput(_("{file}: there is no such file").format(file=name)) from error
    except OSError as error:
        raise BadInput(f"{name}: {system_words(error)}") from error
