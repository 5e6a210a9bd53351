"""`notices completion bash|zsh|fish`: print the shell's script."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from importlib.resources import files

from cli.completion.tables import Row, rows
from notices.config import Config
from notices.text.language import _

SHELLS = ("bash", "zsh", "fish")


def add_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`notices completion`."""
    verb = verbs.add_parser("completion", help=_("print a script that completes commands in bash, zsh or fish"))
    verb.add_argument("shell", choices=SHELLS, help=_("to use it: source <(notices completion bash)"))
    verb.set_defaults(run=run)


def run(args: argparse.Namespace, config: Config) -> int:
    """Print the script."""
    print(script(args.shell), end="")
    return 0


def script(shell: str) -> str:
    """The script for a shell, with the words of every parser in it."""
    text = files("cli.completion").joinpath(f"notices.{shell}").read_text(encoding="utf-8")
    return text.replace("@TABLE@", "\n".join(_table(rows(), "        " if shell != "fish" else "    ", shell)))


def _table(every: list[Row], indent: str, shell: str) -> Iterator[str]:
    """Lines of a case statement: a command's words, the choices of its options, the kind of its arguments."""
    for row in every:
        values = {row.command: " ".join(row.words), f"{row.command} REST": row.rest}
        values |= {f"{row.command} {option}": " ".join(choices) or "ANY" for option, choices in row.valued.items()}
        for key, value in values.items():
            yield f"{indent}case '{key}'; echo '{value}'" if shell == "fish" else f"{indent}'{key}') echo '{value}' ;;"
