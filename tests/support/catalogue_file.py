"""The messages of the program and their catalogue: `python -m tests.support.catalogue_file` writes the catalogue again.

New messages are added without a translation, those that the program no longer has are removed, translations stay.
"""

from __future__ import annotations

import ast
import io
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parents[2]
CATALOGUE = ROOT / "notices/locale/zh/LC_MESSAGES/notices.po"
ROOMS = ("notices", "crawler", "pipeline", "preservation", "index", "operations", "watch", "web", "cli", "scheduler.py")
MARKS = ("_", "N_", "ngettext")
_HEADER = "The Chinese of every message. docs/translation.md has the terms, and says how to add a message or a language."


def message_files() -> list[Path]:
    """The program's modules, in a stable order."""
    places = [ROOT / room for room in ROOMS if (ROOT / room).exists()]
    return [file for place in places for file in ([place] if place.suffix else sorted(place.rglob("*.py")))]


def marked(tree: ast.AST) -> Iterator[tuple[str, ...]]:
    """The messages that a module marks, in its order: one text, or that of one and that of many.

    Read from the syntax tree: tools that read tokens miss a mark inside an f-string before Python 3.12.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MARKS:
            texts = node.args[: 2 if node.func.id == "ngettext" else 1]
            if all(isinstance(text, ast.Constant) for text in texts):
                yield tuple(text.value for text in texts if isinstance(text, ast.Constant) and isinstance(text.value, str))


def extracted() -> Catalog:
    """Every message that the program marks, with the file that has it."""
    found = Catalog()
    for file in message_files():
        for message in marked(ast.parse(file.read_text(encoding="utf-8"))):
            # no number of a line: it would change too often
            found.add(message if len(message) > 1 else message[0], locations=[(str(file.relative_to(ROOT)), None)])  # type: ignore[list-item]
    return found


def translated() -> Catalog:
    """The catalogue as it is on disk."""
    return read_po(io.BytesIO(CATALOGUE.read_bytes()), locale="zh")


def written() -> bytes:
    """The catalogue with the messages of the program as it is now."""
    old, new = translated(), Catalog(locale="zh", header_comment=f"# {_HEADER}", charset="utf-8")
    for message in extracted():
        if message.id:
            known = old.get(message.id if isinstance(message.id, str) else message.id[0])
            new.add(message.id, known.string if known else None, locations=message.locations)
    buffer = io.BytesIO()
    write_po(buffer, new, width=0, omit_header=True, ignore_obsolete=True, include_lineno=False)
    head = f'# {_HEADER}\nmsgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n"Language: zh\\n"\n"Plural-Forms: nplurals=1; plural=0;\\n"\n\n'
    return head.encode() + buffer.getvalue()


if __name__ == "__main__":
    CATALOGUE.write_bytes(written())
