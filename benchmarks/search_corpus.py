"""Any number of notices for measuring search: sentences recombined by a seed, one document in memory at a time."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import accumulate
from pathlib import Path

from benchmarks.corpus import lines
from index.engine import Document
from notices.reference.numbers import parse_number

CHARACTERS = 1_350
MOST_SENTENCES = 120_000
KINDS = ("通知", "公告", "意见", "通报", "批复", "公示")
_PLACES = (
    ("河南省", "410000", "豫"),
    ("新乡市", "410700", "新"),
    ("江西省", "360000", "赣"),
    ("南昌市", "360100", "洪"),
    ("苏州市", "320500", "苏"),
)
_OFFICES = (
    ("人民政府办公室", "政办"),
    ("市场监督管理局", "市监"),
    ("卫生健康委员会", "卫健"),
    ("教育局", "教"),
    ("水利局", "水"),
    ("财政局", "财"),
)
_FIRST_DAY = date(2010, 1, 1)
_WHO = ("各乡镇人民政府", "各有关单位", "辖区企业", "市直各部门", "各县区主管部门", "中小学校", "医疗机构", "村民委员会")
_DOES = ("应当按时报送", "要全面排查", "须如实登记", "应当妥善保存", "不得擅自变更", "要逐项核对", "应当公开", "须在年底前完成")
_WHAT = (
    "汛期值守记录", "食品抽检结果", "危房改造台账", "校车运行线路", "疫苗冷链温度",
    "河道清淤方案", "惠农补贴名单", "消防通道标识", "招标文件副本", "饮用水源监测数据",
)  # fmt: skip
_WHY = ("确保群众安全", "并接受社会监督", "逾期按规定处理", "具体办法另行制定", "有关情况及时上报", "所需经费列入预算")


def invented() -> list[str]:
    """The sentences used where no corpus is given: 3,840, made of parts, none copied."""
    return [f"{who}{does}{what}，{why}" for who in _WHO for does in _DOES for what in _WHAT for why in _WHY]


def sentences(folder: Path | None) -> list[str]:
    """Distinct sentences of 8 to 120 characters, at most MOST_SENTENCES: the corpus folder's, or invented ones without a folder."""
    if folder is None:
        return invented()
    found: dict[str, None] = {}
    for line in lines(folder):
        for piece in re.split(r"[。；！？\s]+", line["text"] or ""):
            if 8 <= len(piece) <= 120:
                found[piece] = None
    every = list(found) or invented()
    return every if len(every) <= MOST_SENTENCES else random.Random(1).sample(every, MOST_SENTENCES)


def documents(count: int, stock: list[str], seed: int = 7) -> Iterator[Document]:
    """The documents 1 to count. Sentences are drawn unevenly, as words are in real texts: a few stand in very many documents."""
    rng = random.Random(seed)
    weights = list(accumulate(1 / (rank + 20) for rank in range(len(stock))))
    return (_document(number, stock, weights, rng) for number in range(1, count + 1))


def _document(number: int, stock: list[str], weights: list[float], rng: random.Random) -> Document:
    (place, region, short), (office, code), kind = rng.choice(_PLACES), rng.choice(_OFFICES), rng.choice(KINDS)
    day = _FIRST_DAY + timedelta(days=rng.randrange(5_800))
    sent = f"{short}{code}〔{day.year}〕{number}号"
    key = parse_number(sent)
    return Document(
        id=number,
        revision=1,
        url=f"https://notices.example/{number}.html",
        title=f"{place}{office}关于{_topic(rng.choice(stock))}的{kind}",
        text=_text(stock, weights, rng),
        source=f"source-{region}",
        issuer=place + office,
        document_number=sent,
        number_key=key.key if key else "",
        number_loose=key.loose if key else "",
        kind=kind,
        region=region,
        published_date=day,
    )


def _topic(sentence: str) -> str:
    runs = re.findall(r"[一-鿿]{4,24}", sentence)
    return max(runs, key=len)[:24] if runs else sentence[:24]


def _text(stock: list[str], weights: list[float], rng: random.Random) -> str:
    pieces: list[str] = []
    length = 0
    while length < CHARACTERS:
        common = rng.random() < 0.3
        pieces.append(rng.choices(stock, cum_weights=weights)[0] if common else rng.choice(stock))
        length += len(pieces[-1]) + 1
    return "。\n".join("。".join(pieces[at : at + 4]) for at in range(0, len(pieces), 4))[:CHARACTERS]
