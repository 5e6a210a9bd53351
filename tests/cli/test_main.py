"""The `notices` command: its verbs, its help, and what it says to a mistyped verb."""

from __future__ import annotations

import re

import pytest

from cli.main import VERBS, main


def _help(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    with pytest.raises(SystemExit) as ended:
        main([*words, "--help"])
    assert ended.value.code == 0
    return capsys.readouterr().out


def test_help_lists_every_verb_once_with_its_text(capsys: pytest.CaptureFixture[str]) -> None:
    shown = _help(capsys).splitlines()
    for name, (_module, text) in VERBS.items():
        lines = [line for line in shown if line.split()[:1] == [name] and line.startswith("  ")]
        assert [line.split(maxsplit=1)[1] for line in lines] == ([text] if text else [])


@pytest.mark.parametrize("verb", [name for name, (_module, text) in VERBS.items() if text])
def test_every_verb_explains_itself(capsys: pytest.CaptureFixture[str], verb: str) -> None:
    shown = " ".join(_help(capsys, verb).split())
    assert f"usage: notices {verb}" in shown
    assert re.search(r"[A-Z][a-z]+,? [a-z][^.]+\. (?:positional arguments|options):", shown)  # a sentence on what it does


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["statsu"], "unknown verb 'statsu'; did you mean status?"),
        (["zzz", "show"], "unknown verb 'zzz' (notices --help"),
        (["search", "两感"], "search is a command of its own: search QUERY"),
    ],
)
def test_unknown_verb_is_answered_with_a_way_on(capsys: pytest.CaptureFixture[str], words: list[str], said: str) -> None:
    assert main(words) == 2
    assert said in capsys.readouterr().err


def test_unknown_option_is_named_beside_a_missing_argument(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["backup", "--zzz", "--no-progress"])
    said = capsys.readouterr().err
    assert "FOLDER_OR_FILE.tar; unrecognized arguments: --zzz\n" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["config", "contact"], "notices config: error: unrecognized arguments: contact\n"),
        (["crawl", "--since", "yesterday"], "'yesterday' is not a day; write it as 2026-01-03\n"),
    ],
)
def test_fault_of_a_verb_comes_with_its_usage(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(words)
    err = capsys.readouterr().err
    assert err.startswith(f"usage: notices {words[0]} ")
    assert err.endswith(said)
