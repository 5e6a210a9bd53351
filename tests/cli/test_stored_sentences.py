"""The sentences that are translated when they are shown are those that the stages make."""

from __future__ import annotations

import ast
import re

import pytest

from cli.stored_sentences import STORED
from notices.text.language import told, use
from tests.support.catalogue_file import message_files


def _made() -> str:
    """Every sentence of the stages and jobs, a line each, its values as {}."""
    lines = []
    for file in message_files():
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if "cli" not in file.parts else ():
            if isinstance(node, ast.JoinedStr):
                lines.append("".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                lines.append(node.value)
    return "\n".join(lines)


def test_every_sentence_is_one_that_a_stage_makes() -> None:
    made = _made()
    missing = [text for text in STORED if re.sub(r"\{\w+\}", "{}", text) not in made]
    assert missing == []


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("no entries found", "没有找到条目"),
        ("paused: the server asks for 30 s", "已暂停：服务器要求等待 30 秒"),
        ("stopped by a signal; the next run goes on", "被信号中止；下次运行继续"),
        ("not asked for: the run ends: no entries found", "未请求：运行结束：没有找到条目"),
        ("its 5 minutes are over (max_minutes_per_run); the next run goes on", "已到 5 分钟上限（max_minutes_per_run）；下次运行继续"),
        ("its 15 requests are made (max_requests_per_run); the next run goes on", "已发出 15 个请求，达到上限（max_requests_per_run）；下次运行继续"),
        ("3 of 7 notices could not be fetched", "7 份公文中有 3 份未能采集"),
        ("soft 404: 页面不存在", "软 404：页面不存在"),
        ("a sentence {of} nobody", "a sentence {of} nobody"),
        ("", ""),
    ],
)  # fmt: skip
def test_stored_sentence_is_shown_in_chinese(stored: str, shown: str) -> None:
    use("zh")
    assert told(stored) == shown


def test_stored_sentence_is_english_for_english_readers() -> None:
    assert told("no entries found") == "no entries found"
