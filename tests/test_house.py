"""The house rules of CONTRIBUTING.md that a program can check. What is still against a rule is counted in house_allowances.toml.

A number there may only go down. After a clean-up, write the lower numbers: `python -m tests.test_house`.
"""

from __future__ import annotations

import ast
import io
import re
import subprocess
import tokenize
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ALLOWANCES = Path(__file__).with_name("house_allowances.toml")
ROOMS = ("notices", "crawler", "pipeline", "preservation", "index", "operations", "watch", "web", "cli")
ENGLISH = (*ROOMS, "scheduler.py", "benchmarks", "docs", "tests")
MOST_FILES = 14
MOST_ANY = 1.5  # in 1,000 lines of the program; 0.7 when this was written, 10.6 before
# The look-arounds spare names and the field's own words: the file index-aside, the option --aside, a lock that somebody holds.
WORDS = {
    "is none": r"\b(?:is|are|was|were) none\b|\bis no (?:date|number|address|page|notice|file|region)\b",
    "aside": r"(?<![-_/\w])aside(?![-_/\w])",
    "anew": r"\banew\b",
    "mend": r"\bmend(?:s|ed|ing)?\b",
    "letters": r"(?<!capital )\bletters\b",
    "torn": r"\btorn\b",
    "sound": r"\bsound(?:ly)?\b",
    "vouch": r"\bvouch(?:es|ed)?\b",
    "stands": r"\b(?:stands?|stood)\b",
    "holds": r"\bholds?\b(?! (?:the|a|its|that|another) lock)",
    "what is": r"\bwhat (?:is|are)\b",
}


def code_files(room: str) -> list[Path]:
    """The Python files of a room; a room may be one file."""
    place = ROOT / room
    return [place] if place.suffix else sorted(place.rglob("*.py"))


def present(rooms: tuple[str, ...]) -> list[str]:
    """Those of the rooms that exist."""
    return [room for room in rooms if (ROOT / room).exists()]


def prose(room: str) -> Iterator[str]:
    """What somebody may read: strings and comments of programs (of tests: comments and docstrings only), and documents."""
    for path in code_files(room):
        source = path.read_text(encoding="utf-8")
        tree = ast.parse(source)
        yield from (token.string for token in tokenize.generate_tokens(io.StringIO(source).readline) if token.type == tokenize.COMMENT)
        if room in ("tests", "benchmarks"):
            documented = (n for n in ast.walk(tree) if isinstance(n, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef))
            yield from filter(None, map(ast.get_docstring, documented))
        else:
            yield from (n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str))
    if room == "docs":
        for path in [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]:
            yield re.sub(r"`[^`]*`", "", path.read_text(encoding="utf-8"))  # what is quoted is a name, not prose


def words_of(room: str) -> Counter[str]:
    """How often each word that must not come back is in a room."""
    texts = list(prose(room))
    return Counter({word: found for word, pattern in WORDS.items() if (found := sum(len(re.findall(pattern, t)) for t in texts))})


def anys_of(room: str) -> Counter[str]:
    """How often a room's annotations say Any."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in code_files(room)]
    return Counter({"Any": sum(isinstance(node, ast.Name) and node.id == "Any" for tree in trees for node in ast.walk(tree))})


def imports_of(room: str) -> Counter[str]:
    """How many imports inside functions a file has without a comment that gives the reason, on the line or above the block."""
    found = Counter[str]()
    for path in code_files(room):
        source = path.read_text(encoding="utf-8")
        lines = source.splitlines()
        inner = {
            node.lineno: node.end_lineno or node.lineno
            for function in ast.walk(ast.parse(source))
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
            for node in ast.walk(function)
            if isinstance(node, ast.Import | ast.ImportFrom)
        }
        explained: set[int] = set()
        for first, last in sorted(inner.items()):
            above = first - 1
            commented = "#" in "".join(lines[first - 1 : last]) or lines[above - 1].lstrip().startswith("#")
            if commented or above in explained:
                explained.add(last)
            else:
                found[str(path.relative_to(ROOT))] += 1
    return found


COUNTS: dict[str, tuple[tuple[str, ...], Callable[[str], Counter[str]]]] = {
    "words": (ENGLISH, words_of),
    "any": (ROOMS, anys_of),
    "imports": ((*ROOMS, "scheduler.py"), imports_of),
}


def allowances() -> dict[str, dict[str, dict[str, int]]]:
    """What is still allowed: rule, room, thing, times."""
    return tomllib.loads(ALLOWANCES.read_text(encoding="utf-8"))


def risen(rule: str) -> dict[str, tuple[int, int]]:
    """Where something against the rule is more often than allowed: times, and times allowed. Empty when it only moved to another room."""
    rooms, count = COUNTS[rule]
    allowed = Counter({(room, thing): n for room, things in allowances()[rule].items() for thing, n in things.items()})
    present_now = Counter({(room, thing): n for room in present(rooms) for thing, n in count(room).items()})
    things = {"" if rule == "imports" else thing for _room, thing in present_now}  # a file that moves takes its imports along
    more = {
        thing
        for thing in things
        if sum(n for (_, each), n in present_now.items() if thing in (each, ""))
        > sum(n for (_, each), n in allowed.items() if thing in (each, ""))
    }
    risen_places = (place for place, n in present_now.items() if n > allowed[place] and more & {place[1], ""})
    return {f"{room}: {thing}": (present_now[room, thing], allowed[room, thing]) for room, thing in risen_places}


def test_words_that_must_not_come_back() -> None:
    assert risen("words") == {}, "say it plainly: CONTRIBUTING.md, Names and words"


def test_any_goes_from_the_seams() -> None:
    assert risen("any") == {}, "name the type"
    lines = sum(path.read_text(encoding="utf-8").count("\n") for room in present(ROOMS) for path in code_files(room))
    assert sum(anys_of(room)["Any"] for room in present(ROOMS)) * 1000 / lines < MOST_ANY


def test_import_inside_a_function_gives_its_reason() -> None:
    assert risen("imports") == {}, "import at the top, or say in a comment which start it keeps fast"


def listed_files() -> list[Path]:
    """The project's Python files."""
    listed = subprocess.run(["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    return [Path(name) for name in listed if (ROOT / name).exists()] or pytest.skip("not a checkout of git")


def test_folder_has_at_most_fourteen_code_files() -> None:
    files = Counter(str(path.parent) for path in listed_files() if path.name != "__init__.py" and path.parent != Path("tests/end_to_end"))
    most = allowances()["files"]
    assert {folder: n for folder, n in files.items() if n > most.get(folder, MOST_FILES)} == {}, "it wants rooms"


def test_no_module_repeats_its_folder_or_shares_a_prefix_with_three_others() -> None:
    """index/whoosh/whoosh_codec.py says whoosh twice; four modules named page_* are a folder named page."""
    files = [path for path in listed_files() if path.parts[0] in ROOMS]
    repeated = [str(path) for path in files if path.stem.startswith(f"{path.parent.name}_")]
    prefixes = Counter((str(path.parent), path.stem.split("_")[0]) for path in files if "_" in path.stem.strip("_"))
    shared = [f"{folder}/{prefix}_*" for (folder, prefix), n in prefixes.items() if n > 3 and prefix]
    assert repeated + shared == []


def test_tests_mirror_the_packages() -> None:
    """Every folder of tests is a package's folder, or one of those that join packages."""
    joining = ("end_to_end", "contract", "cluster", "faults", "support", "replay", "benchmarks", "docs")
    folders = {path.parent.relative_to("tests") for path in listed_files() if path.parts[0] == "tests"} - {Path()}
    strange = [str(f) for f in folders if f.parts[0] not in joining and not (ROOT / f).is_dir() and f.parts[-1] != "golden"]
    assert strange == []


def test_no_test_asserts_that_wall_seconds_are_few() -> None:
    """A busy machine must not fail a test: bound CPU time (tests/support/cpu.py), counts or bytes. That something takes at least so long is fine."""
    few = re.compile(r"assert (?:time\.)?(?:monotonic|perf_counter|time)\(\) - \w+ <")
    files = (path for path in listed_files() if path.parts[0] == "tests" and path.name != "test_house.py")
    assert [str(path) for path in files if few.search((ROOT / path).read_text(encoding="utf-8"))] == []


def test_every_dependency_is_explained() -> None:
    """docs/dependencies.md has a line for each: whether it is made for this field, maintained, free, typed, installable."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    document = (ROOT / "docs/dependencies.md").read_text(encoding="utf-8").lower()
    table = document.split("## what we write by hand")[0]
    rows = {match[1] for match in re.finditer(r"^\| ([a-z0-9.-]+)", table, re.M)}
    extras = project["project"]["optional-dependencies"].values()
    needed = {_name(each) for group in (project["project"]["dependencies"], *extras) for each in group} - {"notices-archive"}
    assert needed - rows == set()
    assert rows - needed - {"package"} == set(), "a row for what is no longer needed"
    named = {_name(each) for group in project["dependency-groups"].values() for each in group}
    assert {name for name in named if not re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", document)} == set()


def _name(requirement: str) -> str:
    return re.split(r"[<>=!~;\[ ]", requirement, maxsplit=1)[0].lower()


def written() -> str:
    """The allowances as they are now, as TOML."""
    parts = [
        f"# {line}\n"
        for line in ("What is still against a house rule, counted; written by python -m tests.test_house.", "Only ever lower.")
    ]
    for rule, (rooms, count) in COUNTS.items():
        for room in present(rooms):
            if counted := sorted(count(room).items()):
                parts += [f'\n[{rule}."{room}"]\n', *(f'"{thing}" = {times}\n' for thing, times in counted)]
    files = Counter(str(path.parent) for path in listed_files() if path.name != "__init__.py")
    parts += ["\n[files]\n", *(f'"{folder}" = {n}\n' for folder, n in sorted(files.items()) if n > MOST_FILES)]
    return "".join(parts)


if __name__ == "__main__":
    ALLOWANCES.write_text(written(), encoding="utf-8")
