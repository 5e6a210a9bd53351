"""The language of messages: how it is chosen, and that the Chinese catalogue is complete."""

from __future__ import annotations

import argparse
import ast
import re
import string
from pathlib import Path

import pytest

from notices.text.language import _, in_english, language_of, language_of_locale, ngettext, read_catalogue, spoken, use
from tests.support import catalogue_file
from tests.support.catalogue_file import CATALOGUE, extracted, translated


@pytest.fixture(autouse=True)
def _english() -> None:
    use("en")


@pytest.mark.parametrize(
    ("environ", "language"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "zh_CN.GBK"}, "zh"),
        ({"LC_ALL": "en_US.UTF-8", "LC_MESSAGES": "zh_CN", "LANG": "zh_CN"}, "en"),
        ({"LC_ALL": "zh_TW.UTF-8", "LANG": "en_US"}, "zh"),
        ({"LANG": "en_US.UTF-8", "LANGUAGE": "fr:zh_CN:en"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LANGUAGE": "en:zh"}, "en"),
        ({"LANG": "C", "LANGUAGE": "zh"}, "en"),
        ({"LANG": "C.UTF-8", "LANGUAGE": "zh"}, "zh"),
        ({"LC_ALL": "", "LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "zh-Hans-CN"}, "zh"),
    ],
)
def test_locale_chooses_the_language(environ: dict[str, str], language: str) -> None:
    assert language_of_locale(environ) == language


def test_tag_of_a_language_we_do_not_speak() -> None:
    assert [language_of(tag) for tag in ("fr", "", "zhx", "zh_CN@pinyin")] == [None, None, None, "zh"]
    with pytest.raises(KeyError):
        use("fr")


def test_message_follows_the_language() -> None:
    assert _("filters") == "filters"
    use("zh")
    assert (_("filters"), _("not in the catalogue"), spoken()) == ("筛选条件", "not in the catalogue", "zh")
    assert (
        ngettext("(and {count} more copy: --all-copies)", "(and {count} more copies: --all-copies)", 3)
        == "（另有 {count} 个副本：--all-copies）"
    )
    with in_english():
        assert (_("filters"), spoken()) == ("filters", "en")
    assert _("filters") == "筛选条件"


def _id(message_id: object) -> str:
    return message_id[0] if isinstance(message_id, list | tuple) else str(message_id)


def test_every_message_has_its_chinese_and_no_other_is_kept() -> None:
    """After a change of messages: python -m tests.support.catalogue_file, then write the Chinese."""
    program, catalogue = extracted(), translated()
    ids = {_id(m.id) for m in program if m.id}
    assert {_id(m.id) for m in catalogue if m.id} == ids
    assert not catalogue.obsolete
    empty = [_id(m.id) for m in catalogue if m.id and not (m.string if isinstance(m.string, str) else all(m.string) and m.string)]
    assert empty == [], "without Chinese"
    assert [m.id for m in catalogue if m.id and m.fuzzy] == []


_NAMES = {"{where}: quiet {quiet!r}: {error}", "search: ", "warc", "python", "ministry, {names}"}  # the same in both languages


def _placeholders(text: str) -> set[tuple[str, str | None]]:
    """The names that a message is given, with the conversions; of argparse's messages the % signs."""
    named = {(name, conversion) for _text, name, _spec, conversion in string.Formatter().parse(text) if name is not None}
    return named | {(sign, None) for sign in re.findall(r"%(?:\(\w+\))?[srd]", text)}


def test_translation_has_the_placeholders_and_the_ends_of_its_message() -> None:
    for message in translated():
        if not message.id:
            continue
        english, chinese = _id(message.id), message.string if isinstance(message.string, str) else message.string[0]
        if message.python_brace_format or "%(" in english or "%s" in english or "%r" in english:
            assert _placeholders(chinese) == _placeholders(english), english
        assert (chinese[:1] == "\n", chinese[-1:] == "\n") == (english[:1] == "\n", english[-1:] == "\n"), english
        has_words = re.search(r"[A-Za-z]{3}", re.sub(r"\{.*?\}|`.*?`|--\w+", "", english))
        assert re.search(r"[\u3400-\u9fff]", chinese) or not has_words or english in _NAMES, f"not Chinese: {english}"


def test_catalogue_on_disk_is_what_the_tool_writes_and_the_program_reads() -> None:
    assert CATALOGUE.read_bytes() == catalogue_file.written(), "run python -m tests.support.catalogue_file"
    ours = read_catalogue(CATALOGUE)
    babels = {_id(m.id): m.string if isinstance(m.string, str) else m.string[0] for m in translated() if m.id}
    assert ours == babels


_MISTAKES_OF_OURS = {
    ".__call__() not defined", "conflicting subparser: %s", "conflicting subparser alias: %s", 'argument "-" with mode %r',
    "cannot merge actions - two groups are named %r", "'required' is an invalid argument for positionals",
    "invalid option string %(option)r: must start with a character %(prefix_chars)r", "dest= is required for options like %r",
    "invalid conflict_resolution value: %r", "conflicting option string: %s", "mutually exclusive arguments must be optional",
    "cannot have multiple subparser arguments", "%r is not callable",
}  # fmt: skip


def test_argparse_says_nothing_that_the_catalogue_lacks() -> None:
    """The argparse of this Python; its messages change from version to version."""
    tree = ast.parse(Path(str(argparse.__file__)).read_text(encoding="utf-8"))
    calls = (n for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and n.func.id in ("_", "ngettext"))
    said = {n.args[0].value for n in calls if isinstance(n.args[0], ast.Constant)}
    known = read_catalogue(CATALOGUE)
    assert len(said) > 20
    assert {text for text in said if text not in known} - _MISTAKES_OF_OURS == set()
