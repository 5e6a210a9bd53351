"""No message escapes the catalogue: what people read passes through `_`, `ngettext` or `told`.

Counted over the syntax tree: the texts given to print, to our errors, to argparse, and those that cli returns or yields as lines. A number of
_ALLOWED may only fall. What is meant for programs (JSON, keys, addresses, names of options) has no two words in a row.
"""

from __future__ import annotations

import ast
import re
import string
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from notices import errors
from tests.support.catalogue_file import MARKS, ROOT, message_files

_ERRORS = {name for name, each in vars(errors).items() if isinstance(each, type) and issubclass(each, errors.NoticesError)}
_READERS = {*_ERRORS, "ArgumentTypeError", "print", "error", "add_argument_group", "Check", "Reason", "Finding", "Remedy"}
_KEYWORDS = {"help", "description", "epilog"}
_WORDS = re.compile(r"[A-Za-z]{2,} [A-Za-z]{2,}|\0 [a-z]{3,}")
_COMMAND = re.compile(r"\W*notices [a-z]+(?: --?\w+)*\W*|source file")  # what one types, and what doctor checks, are names
# Rooms with messages that are not in the catalogue yet. web has the two languages of its pages in web/words.py.
_ALLOWED: dict[str, int] = {}
_EXCEPTED = {
    "cli/__init__.py",  # written for Pythons that cannot load the program
    "cli/demo/site.py",  # the demo's notices
    "cli/demo/files.py",
}


def _is_message(node: ast.AST) -> bool:
    if isinstance(node, ast.JoinedStr):
        return bool(_WORDS.search("".join(str(part.value) if isinstance(part, ast.Constant) else "\0" for part in node.values)))
    text = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
    return bool(_WORDS.search(text)) and not _COMMAND.fullmatch(text)


def _called(node: ast.Call) -> str:
    if isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value) in ("log", "self.log"):
        return ""  # logs stay English
    return node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id if isinstance(node.func, ast.Name) else ""


def _bare(node: ast.AST) -> Iterator[int]:
    """The lines of messages in an expression that no mark translates."""
    if isinstance(node, ast.Call) and _called(node) in (*MARKS, "told"):
        return
    if _is_message(node):
        yield node.lineno  # type: ignore[attr-defined]
        return
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.Lambda | ast.Compare | ast.Subscript):
            yield from _bare(child)


def escaped(tree: ast.AST, *, lines: bool) -> list[int]:
    """The lines where a message escapes; with `lines` also those that functions return or yield."""
    found: list[int] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            shown = node.args if _called(node) in _READERS else []
            shown = [*shown, *(each.value for each in node.keywords if each.arg in _KEYWORDS)]
            found += [line for each in shown for line in _bare(each)]
        elif lines and isinstance(node, ast.Return | ast.Yield) and node.value is not None:
            found += _bare(node.value)
    return sorted(set(found))


def test_no_message_escapes_the_catalogue() -> None:
    found: Counter[str] = Counter()
    places = []
    for file in message_files():
        name = str(file.relative_to(ROOT))
        if name in _EXCEPTED or name.startswith("web/"):
            continue
        for line in escaped(ast.parse(file.read_text(encoding="utf-8")), lines=name.startswith("cli/")):
            found[name.partition("/")[0]] += 1
            places.append(f"{name}:{line}")
    more = {room for room, n in found.items() if n > _ALLOWED.get(room, 0)}
    assert [place for place in places if place.partition("/")[0].partition(":")[0] in more] == []


def test_escaped_message_is_found() -> None:
    caught = 'print(f"{n} notices were read")\nraise BadInput(f"{x}: no such file")\np.add_argument("--x", help="an option of it")\n'
    passed = 'print(_("{n} notices were read").format(n=n))\nprint(json.dumps({"key": 1}))\nraise BadInput(f"{x}: {error}")\n'
    assert escaped(ast.parse(caught), lines=False) == [1, 2, 3]
    assert escaped(ast.parse(passed), lines=True) == []
    assert escaped(ast.parse('def f():\n    return f"{n} notices found here"\n'), lines=True) == [2]
    assert Path(ROOT / "cli").is_dir()


def unfilled(tree: ast.AST) -> list[tuple[int, set[str]]]:
    """Messages that are formatted in place with other names than they have: line, and the names that differ."""
    found = []
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format"):
            continue
        marked = [node.func.value] if not isinstance(node.func.value, ast.IfExp) else [node.func.value.body, node.func.value.orelse]
        given = {each.arg for each in node.keywords if each.arg}
        for call in marked:
            if isinstance(call, ast.Call) and _called(call) in MARKS and isinstance(call.args[0], ast.Constant):
                wanted = {name for _t, name, _s, _c in string.Formatter().parse(str(call.args[0].value)) if name is not None}
                if wanted - given or (len(marked) == 1 and given - wanted):
                    found.append((node.lineno, wanted ^ given))
    return found


def test_every_message_is_given_the_values_that_it_names() -> None:
    places = {f"{f.relative_to(ROOT)}": bad for f in message_files() if (bad := unfilled(ast.parse(f.read_text(encoding="utf-8"))))}
    assert places == {}
    assert unfilled(ast.parse('_("{a} of {b}").format(a=1, c=2)')) == [(1, {"b", "c"})]
