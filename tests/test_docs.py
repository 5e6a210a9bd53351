"""The documents say what the program does."""

import re
import shlex
from pathlib import Path

import pytest

from cli.main import VERBS, parser
from crawler.source import parse_source

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", ROOT / "README.zh-CN.md", *sorted((ROOT / "docs").glob("*.md"))]


def test_example_of_a_source_file_is_valid() -> None:
    import tomllib

    example = re.search(r"```toml\n(.*?)```", (ROOT / "docs/sources.md").read_text(encoding="utf-8"), re.S)
    assert example
    assert parse_source(tomllib.loads(example[1]), "docs/sources.md").name == "linshan"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda p: p.name)
def test_links_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", document.read_text(encoding="utf-8")):
        assert (document.parent / target).exists(), target


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda p: p.name)
def test_verbs_exist(document: Path) -> None:
    for verb in re.findall(r"^\s+(?:\$ )?notices ([a-z]+)", document.read_text(encoding="utf-8"), re.M):
        assert verb in VERBS, verb


def test_both_readmes_show_the_same_commands() -> None:
    shown = [
        set(re.findall(r"^    (?:\$ )?(?:notices|make|search|uv|pipx) \S+", p.read_text(encoding="utf-8"), re.M)) for p in DOCUMENTS[:2]
    ]
    assert shown[0] == shown[1]


@pytest.mark.parametrize("document", DOCUMENTS[:2], ids=lambda p: p.name)
def test_commands_shown_can_be_typed(document: Path) -> None:
    lines = re.findall(r"^    (notices .+)", document.read_text(encoding="utf-8"), re.M)
    assert len(lines) > 15
    for line in lines:
        words = shlex.split(re.split(r"\s{2,}", line)[0])[1:]
        assert parser(words).parse_args(words).run, line


def test_exit_codes_of_the_table_are_those_of_the_errors() -> None:
    from notices import errors

    table = {int(n) for n in re.findall(r"^\| (\d+) \|", DOCUMENTS[0].read_text(encoding="utf-8"), re.M)}
    raised = {
        c.exit_code
        for c in vars(errors).values()
        if isinstance(c, type) and issubclass(c, errors.NoticesError) and c is not errors.NoticesError
    }
    assert raised <= table
