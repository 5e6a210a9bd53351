"""How often the issuer is right from title and text alone: `python -m benchmarks.reading.issuer_accuracy CORPUS.jsonl`.

The corpus has one JSON object a line with 标题, 发文机关 and 正文. A label that is missing is not counted. Right means: every agency of the
label is named by the answer, or the answer by the label, after long and short forms are made equal.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from pipeline.anatomy import read_anatomy

_SHORT = {
    "中华人民共和国": "",
    "中华": "",
    "全国": "",
    "国家": "",
    "中国": "",
    "国务院": "",
    "委员会": "委",
    "管理总局": "总局",
    "市场监督": "市场监管",
    "广播电视": "广电",
    "林业和草原": "林草",
    "烟草专卖": "烟草",
    "民用航空": "民航",
    "和": "",
    "事务部": "部",
    "应急管理部": "应急部",
    "工商业联合会": "工商联",
    "扶贫开发领导小组办公室": "扶贫办",
    "保障监督管理": "保",
    "监督管理": "监",
    "医疗保障": "医保",
}


def short_form(name: str) -> str:
    """The name with its agency words in their short form."""
    for long, short in _SHORT.items():
        name = name.replace(long, short)
    return name


def is_right(answer: str | None, label: str) -> bool:
    """Whether answer and label name the same agencies: each one of the label is in the answer, equal or one inside the other."""
    if not answer:
        return False
    given = [short_form(name) for name in re.split(r"[\s、，]+", answer) if name]
    wanted = [short_form(name) for name in re.split(r"[\s、，]+", label) if name]
    return all(any(one in other or other in one for other in given) for one in wanted)


def judge(corpus: Path) -> Iterator[tuple[bool, str, str, str | None]]:
    """(right, title, label, answer) for every labelled text."""
    for line in corpus.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row["发文机关"]:
            answer = read_anatomy(row["正文"] or "", title=row["标题"]).issuer
            yield is_right(answer, row["发文机关"]), row["标题"], row["发文机关"], answer


def main() -> None:
    """Print the share of right answers, and the wrong ones."""
    results = list(judge(Path(sys.argv[1])))
    for right, title, label, answer in results:
        if not right:
            print(f"wrong: {label} | {answer} | {title[:60]}")
    good = sum(right for right, *_ in results)
    print(f"issuer right: {good} of {len(results)} = {good / len(results):.3f}")


if __name__ == "__main__":
    main()
