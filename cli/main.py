"""The `notices` command: a module for each verb, errors and exit codes in one place."""

from __future__ import annotations

import argparse
import gc
import importlib
import logging
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import NoReturn

from cli.language import HELP, choose_language
from cli.process import INTERRUPTED, Words, command_line, exit_code_of, prepare_streams
from notices.config import load_config
from notices.errors import NoticesError, UserError
from notices.text.display import safe
from notices.text.language import N_, _, told
from notices.version import PROGRAM
from operations.log_lines import FORMATS, log_to_stderr


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb; return the documented exit code."""
    prepare_streams()
    try:
        code = _run(choose_language(command_line() if argv is None else argv))
        sys.stdout.flush()
        return code
    except NoticesError as error:
        with suppress(OSError):
            print(f"notices: {safe(told(str(error)), one_line=False)}", file=sys.stderr)  # it may name what others wrote
        return error.exit_code
    except OSError as error:
        return exit_code_of(error, "notices")
    except KeyboardInterrupt:
        return INTERRUPTED


def _run(words: list[str]) -> int:
    try:
        with _loading():
            args = parser(words).parse_args(words)
    except SystemExit:  # argparse has printed the help, the version or what is wrong
        sys.stdout.flush()
        raise
    level = logging.INFO if args.verbose else logging.WARNING
    log_to_stderr(level, args.log_format)
    code: int = args.run(args, load_config(os.environ))
    return code


@contextmanager
def _loading() -> Iterator[None]:
    """Collect no garbage while modules are loaded, and never look through what they made: modules stay (a sixth of the start of `status`)."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.freeze()
            gc.enable()


VERBS = {
    "demo": ("cli.demo.demo", N_("crawl a bundled site on this machine and search it")),
    "source": ("cli.verbs.collect.source", N_("list, check and add the sites that can be crawled")),
    "crawl": ("cli.verbs.collect.crawl", N_("fetch new notices from the sources, archive and index them")),
    "import": ("cli.verbs.collect.import_", N_("import a collection: lines of JSON, WARC and WACZ files, saved pages")),
    "parse": ("cli.verbs.collect.parse", N_("read saved pages and print JSON; needs no archive")),
    "show": ("cli.verbs.read.show", N_("show a notice: fields, text, attachments, archived bytes")),
    "history": ("cli.verbs.read.history", N_("show a notice's revisions, observations, states and corrections")),
    "diff": ("cli.verbs.read.diff", N_("show the difference between two revisions of a notice")),
    "cites": ("cli.verbs.read.cites", N_("show what a notice cites, what cites, amends or repeals it, and its newest version")),
    "changes": (
        "cli.verbs.read.changes",
        N_("list what happened to notices: new, edited, missing, withdrawn, back, corrected, repealed, taken down"),
    ),
    "export": (
        "cli.verbs.read.export",
        N_("write the notices that match a query, or all, as CSV, JSON Lines, Parquet or WACZ, or as monthly data packages"),
    ),
    "watch": ("cli.verbs.watch.watch", N_("save searches and be told of what they find")),
    "channel": ("cli.verbs.watch.channel", N_("say where people are told: e-mail, webhook, command, group robots")),
    "feeds": ("cli.verbs.watch.feeds", N_("write Atom and JSON feeds, and calendars of deadlines, as files")),
    "deadlines": ("cli.verbs.watch.deadlines", N_("list the deadlines that notices state, with the sentence")),
    "status": ("cli.verbs.operate.status", N_("show archive totals and source health")),
    "completeness": ("cli.verbs.operate.completeness", N_("list what the archive may lack of its sources: a lead, not a proof")),
    "metrics": ("cli.verbs.operate.metrics", N_("print sizes, ages and health as Prometheus reads them")),
    "runs": ("cli.verbs.operate.runs", N_("list the newest runs, or show one with its addresses and reasons")),
    "config": ("cli.verbs.operate.config", N_("list every setting: value, where it comes from, default")),
    "doctor": ("cli.verbs.operate.doctor", N_("check that the archive can work on this machine, with a remedy for each problem")),
    "index": ("cli.verbs.operate.index", N_("bring the index up to date, or rebuild it")),
    "embed": ("cli.verbs.operate.embed", N_("make vectors, so that similar notices are ordered by meaning (extra semantic)")),
    "ocr": ("cli.verbs.operate.ocr", N_("recognise the text of scans and pictures")),
    "schedule": ("cli.verbs.operate.schedule", N_("run every source on its schedule until stopped")),
    "worker": ("cli.verbs.operate.worker", N_("do what the schedule enqueues, with workers on other machines")),
    "serve": ("cli.verbs.operate.serve", N_("serve the reading room: search and notices as web pages")),
    "maintainer": ("cli.verbs.operate.maintainer", N_("say who may see the maintainers' pages of the reading room")),
    "mcp": ("cli.verbs.operate.mcp", N_("answer language-model agents over standard input and output (MCP)")),
    "verify": ("cli.verbs.preserve.verify", N_("check every archived byte, row and index document, or a proof")),
    "repair": ("cli.verbs.preserve.repair", N_("list what can be repaired; with --apply, repair it")),
    "reparse": ("cli.verbs.preserve.reparse", N_("read all archived bytes again with the current parser, offline")),
    "backup": ("cli.verbs.preserve.backup", N_("copy the archive consistently while it is in use")),
    "warc": ("cli.verbs.preserve.warc", N_("keep sealed WARC files on S3-compatible storage")),
    "migrate": ("cli.verbs.preserve.migrate", N_("move the archive's rows from SQLite to PostgreSQL, and compare them there")),
    "restore": ("cli.verbs.preserve.backup", N_("restore a backup into an empty folder, rebuild the index and verify")),
    "prove": ("cli.verbs.preserve.prove", N_("write a proof that anybody can check without the archive")),
    "takedown": ("cli.verbs.preserve.takedown", N_("take a notice or a passage out of everything that readers see")),
    "checkpoint": ("cli.verbs.preserve.prove", N_("sign the log of snapshots now")),
    "follow": ("cli.verbs.preserve.follow", N_("follow another archive: copy what it has, prove it by its checkpoints, cosign them")),
    "completion": ("cli.completion.completion", N_("print a script that completes commands in bash, zsh or fish")),
    "complete": ("cli.completion.complete", ""),  # without a text: not in the help
}
_GROUPS = {
    "cli.demo": N_("try it"), "cli.verbs.collect": N_("collect"), "cli.verbs.read": N_("read notices"), "cli.verbs.watch": N_("be told"),
    "cli.verbs.operate": N_("operate"),
    "cli.verbs.preserve": N_("preserve and prove"), "cli.completion": N_("in the shell"),
}  # fmt: skip
_EPILOG = N_("""
The command `search QUERY` searches the archive. `notices VERB --help` explains a verb.
The archive is in NOTICES_HOME (default: ~/.local/share/notices).

exit codes:
  0 done    2 usage or configuration    3 some sources failed    4 damage found
  5 disk full    6 another run holds the lock    7 a server is out of reach    130 stopped by Ctrl-C""")


class _Parser(Words):
    """Names unknown options beside whatever else is wrong: argparse stops at the first fault, a missing argument before an unknown option."""

    _given: Sequence[str] = ()
    asked: argparse.ArgumentParser | None = None
    """The verb whose usage helps where its own parser finds no fault."""

    def parse_known_args(self, args=None, namespace=None):  # type: ignore[no-untyped-def]
        """As argparse; notes what was given."""
        self._given = list(args or ())
        return super().parse_known_args(args, namespace)

    def error(self, message: str) -> NoReturn:
        """Print the fault and leave with 2."""
        options = [
            word.partition("=")[0] for word in self._given[: _end_of_options(self._given)] if word.startswith("--") and len(word) > 2
        ]
        unknown = [word for word in options if not any(known.startswith(word) for known in self._option_string_actions)]
        if unknown and unknown[0] not in message:
            message += f"; {_('unrecognized arguments: %s') % ' '.join(unknown)}"
        if self.asked is not None and message.startswith((_("unrecognized arguments: %s") % "").strip()):
            argparse.ArgumentParser.error(self.asked, message)
        super().error(message)


def _end_of_options(words: Sequence[str]) -> int:
    return words.index("--") if "--" in words else len(words)


def parser(argv: Sequence[str]) -> argparse.ArgumentParser:
    """The command's parser; of the verbs, only the one that was asked for is loaded. Raises UserError for an unknown one."""
    top = _Parser(
        "notices",
        usage="notices [-h] [--version] [-v] [--log-format FORMAT] [--lang LANGUAGE] VERB ...",
        description=_("An archive of published Chinese government notices."),
        epilog=_verbs_help() + _(_EPILOG),
    )
    top.formatter_class = argparse.RawDescriptionHelpFormatter
    top.add_argument("--version", action="version", version=f"notices {PROGRAM}", help=_("show program's version number and exit"))
    top.add_argument("-v", "--verbose", action="store_true", help=_("write more about the work to stderr"))
    top.add_argument("--lang", metavar="LANGUAGE", help=_(HELP))
    top.add_argument("--log-format", choices=FORMATS, default="plain", help=_("how to write the log: text has times"))
    verbs = top.add_subparsers(prog="notices", required=True, metavar="VERB", help=argparse.SUPPRESS)
    asked = next((word for n, word in enumerate(argv) if not word.startswith("-") and argv[n - 1 : n] != ["--log-format"]), None)
    if asked is not None and asked not in VERBS:
        raise UserError(_unknown(asked))
    for name, (module, _text) in VERBS.items():
        if asked is None or module != VERBS[asked][0]:
            verbs.add_parser(name)
    if asked is not None:
        importlib.import_module(VERBS[asked][0]).add_verbs(verbs)
        top.asked = verbs.choices[asked]
        _describe(verbs.choices[asked], _(VERBS[asked][1]))
    return top


def _verbs_help() -> str:
    """The verbs in groups, as the folders of cli/verbs have them."""
    lines: list[str] = []
    for package, title in _GROUPS.items():
        lines += [
            _("{group}:").format(group=_(title)),
            *(f"  {name:11} {_(text)}" for name, (module, text) in VERBS.items() if text and module.rpartition(".")[0] == package),
        ]
    return "\n".join(lines) + "\n"


def _unknown(word: str) -> str:
    from difflib import get_close_matches  # start-up time: only a mistake needs it

    if word == "search":
        return _("search is a command of its own: search QUERY")
    near = get_close_matches(word, [name for name, (_module, text) in VERBS.items() if text], n=1)
    if near:
        return _("unknown verb {verb!r}; did you mean {near}? (notices --help lists the verbs)").format(verb=word, near=near[0])
    return _("unknown verb {verb!r} (notices --help lists the verbs)").format(verb=word)


def _describe(verb: argparse.ArgumentParser, text: str) -> None:
    if verb.description is None and text:
        verb.description = _("{sentence}.").format(sentence=f"{text[0].upper()}{text[1:]}")


if __name__ == "__main__":
    sys.exit(main())
