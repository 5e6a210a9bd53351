"""Commands speak the language that was asked for: by option, variable, configuration or locale."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from notices.text.language import spoken
from tests.support.quick_home import QuickHome


@pytest.fixture
def home(tmp_path: Path) -> QuickHome:
    return QuickHome(tmp_path / "home")


@pytest.mark.parametrize("words", [("--lang", "zh", "runs"), ("runs", "--lang=zh_CN"), ("runs", "--lang", "en", "--lang", "zh")])
def test_option_is_taken_anywhere(home: QuickHome, words: tuple[str, ...]) -> None:
    done = home.run(*words, "--limit", "x", check=2)
    assert "错误" in done.stderr
    assert "用法" in done.stderr


def test_words_after_two_dashes_are_no_options(home: QuickHome) -> None:
    assert "there is no archive" in home.run("search", "--", "--lang", "zh", check=2).stderr


@pytest.mark.parametrize("command", ["search", "notices"])
def test_unknown_language_is_named_with_those_that_there_are(home: QuickHome, command: str) -> None:
    words = ("search", "--lang", "fr", "x") if command == "search" else ("--lang", "fr", "status")
    assert "--lang: 'fr' is not available; use one of en, zh" in home.run(*words, check=2).stderr


def test_option_wins_over_variable_over_file_over_locale(home: QuickHome) -> None:
    def language(*words: str) -> str:
        home.run("search", *words, check=2)
        return spoken()

    home.environment |= {"LC_ALL": "", "LANG": "zh_CN.UTF-8"}
    assert language() == "zh"
    home.path.mkdir(exist_ok=True)
    (home.path / "notices.toml").write_text('lang = "en"\n', encoding="utf-8")
    assert language() == "en"
    home.environment["NOTICES_LANG"] = "zh"
    assert language() == "zh"
    assert language("--lang", "en") == "en"


def test_language_of_the_configuration_is_checked(home: QuickHome) -> None:
    home.environment["NOTICES_LANG"] = "klingon"
    assert "'klingon'" in home.run("status", check=2).stderr


def test_help_is_chinese_to_the_last_heading(home: QuickHome) -> None:
    for words in (("search", "--help"), ("--help",), ("crawl", "--help")):
        shown = home.run("--lang", "zh", *words).stdout if words[0] != "search" else home.run(*words, "--lang", "zh").stdout
        assert "用法：" in shown
        assert "选项:" in shown
        assert "show this help" not in shown


def test_terminal_that_cannot_show_chinese_gets_english(tmp_path: Path) -> None:
    environment = {**os.environ, "LANG": "zh_CN.UTF-8", "LC_ALL": "", "PYTHONIOENCODING": "ascii", "NOTICES_HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, "-m", "cli.search.command", "x"], env=environment, capture_output=True, text=True, check=False)
    assert "there is no archive" in done.stderr


def test_children_inherit_the_language(home: QuickHome, monkeypatch: pytest.MonkeyPatch) -> None:
    from cli.language import choose_language

    monkeypatch.setenv("NOTICES_LANG", "en")
    assert choose_language(["--lang", "zh", "x"]) == ["x"]
    assert os.environ["NOTICES_LANG"] == "zh"
