"""What of a text passes, and what a notice says."""

from __future__ import annotations

import random
import re

import pytest

from notices.text.passing import lasting


@pytest.mark.parametrize(
    "line",
    [
        "浏览次数：{n}",
        "阅读：{n}次",
        "发布单位：办公室 | 点击数: [{n}] | 字体：大 中 小",
        "已有{n}人浏览",
        "阅读 {n} 次",
        "访问量 {n}",
        "（{n} 次阅读）",
        "您是第{n}位访客",
        "当前在线人数：{n}人",
        "今天是2026年11月{d}日 星期三 农历十月十八",
        "当前时间：2026-11-{d} 08:{d}:{d}",
        "本页面生成时间：2026-11-{d} 08:{d}:{d}",
        "北京时间：2026年11月{d}日 08:{d}:{d}",
        "打印时间：2026/11/{d} 08:{d}",
        "页面执行时间：0.{n}秒",
        "Token: a{n}f{n}",
        "特此通知。 浏览次数：{n} 次",
        "请求编号：{n}-{n}",
    ],
)
def test_counters_clocks_and_tokens_pass(line: str) -> None:
    first, second = (f"各县区：\n{line.format(n=n, d=d)}\n请做好防汛工作。" for n, d in ((1205, 12), (98761, 25)))
    assert lasting(first) == lasting(second)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("每周巡查2次", "每周巡查3次"),
        ("投标截止时间：北京时间2026年12月1日9时", "投标截止时间：北京时间2026年12月2日9时"),
        ("二、公示时间：2026年11月3日至9日", "二、公示时间：2026年11月4日至10日"),
        ("网站访问量达到每年1000次的，给予补助。", "网站访问量达到每年2000次的，给予补助。"),
        ("联系电话：0100-1234567", "联系电话：0100-1234568"),
        ("更新时间：2026年11月3日", "更新时间：2026年11月4日"),
        ("临政发〔2026〕1号", "临政发〔2026〕2号"),
        ("文件生成日期：2026-11-03", "文件生成日期：2026-11-04"),
        ("预算金额 1200万元", "预算金额 1300万元"),
    ],
)
def test_what_a_notice_says_lasts(before: str, after: str) -> None:
    assert lasting(before) != lasting(after)


def test_every_changed_character_of_a_sentence_lasts() -> None:
    chance = random.Random(13)
    text = "各县区人民政府：\n请于2026年12月1日前完成第3号河段检查，并将5份结果报送市防汛办公室。\n特此通知"
    for _ in range(300):
        n = chance.randrange(len(text))
        changed = text[:n] + chance.choice("甲乙丙0479") + text[n + 1 :]
        same = re.sub(r"\s", "", changed) == re.sub(r"\s", "", text)
        assert same == (lasting(changed) == lasting(text))


def test_a_long_line_of_digits_takes_no_time() -> None:
    assert lasting("浏览" + "1 " * 70 + "\n" + "9" * 100_000)
