"""Many readers of a large archive at once: latency of search and notice pages, errors, and the engine's own time for the same questions.

`python -m benchmarks.readers [--home FOLDER] [--notices 100000] [--readers 200] [--seconds 30] [--workers 2]` makes the archive if the folder has none
(half an hour on a busy machine; it is kept) and needs wrk (apt-get install wrk). Half of the addresses are questions, half notices. Each reader waits
`--pause` seconds on average between two pages, as people do.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

from benchmarks.readers.archive import archive_of, with_index
from tests.support.archive_home import Home
from tests.support.reading_room import served

SCRIPT = Path(__file__).with_name("mixed.lua")
TOPICS = ("汛期值守记录", "食品抽检结果", "危房改造台账", "校车运行线路", "疫苗冷链温度", "河道清淤方案", "惠农补贴名单", "消防通道标识")
WHO = ("各乡镇人民政府", "各有关单位", "辖区企业", "市直各部门", "中小学校", "医疗机构", "村民委员会")


def main() -> int:
    """Print a line for each measurement."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, default=Path("build/readers"), help="the archive's folder; made if it does not exist")
    parser.add_argument("--notices", type=int, default=100_000)
    parser.add_argument("--readers", type=int, default=200)
    parser.add_argument(
        "--pause", type=float, default=10, help="seconds between two pages of a reader; 0: the next as soon as the last is there"
    )
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--engine", choices=["tantivy", "whoosh"], default="tantivy")
    parser.add_argument("--addresses", type=int, default=2_000, help="different ones; more are answered from memory less often")
    asked = parser.parse_args()
    home = archive_of(asked.home.resolve(), asked.notices)
    with_index(home, asked.engine)
    questions, notices = questions_of(asked.addresses // 2), notices_of(asked.notices, asked.addresses // 2)
    print(json.dumps({"engine": asked.engine, "load before": os.getloadavg()[0], **engine_times(home, questions[:300])}))
    for name, addresses in (("mixed", [*questions, *notices]), ("questions", questions), ("notices", notices)):
        with served(home, asked.workers) as base:
            print(json.dumps({"pages": name, **measured(base, addresses, asked.readers, asked.seconds, asked.pause)}), flush=True)
    return 0


def questions_of(count: int) -> list[str]:
    """Searches as readers type them: words, two words, a filter, an order, a number."""
    rng = random.Random(3)
    made = []
    for number in range(count):
        topic, who, year = rng.choice(TOPICS), rng.choice(WHO), rng.randint(2010, 2024)
        start = rng.randint(0, 2)
        forms = (
            f"q={quote(topic[start : start + rng.randint(2, 4)])}&since={year}",
            f"q={quote(topic + ' ' + who)}&limit={rng.randint(5, 20)}",
            f"q={quote(who + topic[:4])}",
            f"q={quote(topic)}&kind={quote(rng.choice(('通知', '公告', '意见')))}&until={year}",
            f"q={quote(topic[:4])}&sort=date&since={year}&until={year + 1}",
            f"q={quote(f'新财〔{year}〕{rng.randint(1, 5000)}号')}",
        )
        made.append(f"/search?{forms[number % len(forms)]}")
    return made


def notices_of(total: int, count: int) -> list[str]:
    """Pages of notices anywhere in the archive."""
    rng = random.Random(4)
    return [f"/n/{rng.randint(1, total)}" for _ in range(count)]


def measured(base: str, addresses: Sequence[str], readers: int, seconds: int, pause: float) -> Mapping[str, object]:
    """The figures of one run of wrk. Raises CalledProcessError if it cannot run."""
    file = Path(f"/tmp/notices-addresses-{os.getpid()}")
    file.write_text("\n".join(addresses) + "\n", encoding="ascii")
    command = ["wrk", "-t", "1", "-c", str(readers), "-d", f"{seconds}s", "--timeout", "10s", "-s", str(SCRIPT), f"{base}/"]
    command += ["--", str(file), str(int(pause * 1000))]
    before = cpu_of_servers(os.getpid())
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    finally:
        file.unlink()
    line = next(line for line in done.stdout.splitlines() if line.startswith("JSON "))
    found: dict[str, object] = json.loads(line.removeprefix("JSON "))
    cpu = (cpu_of_servers(os.getpid()) - before) / max(int(str(found["answers"])), 1)
    return {"readers": readers, "pause": pause, **found, "cpu_ms_of_a_page": round(cpu * 1000, 1), "load": os.getloadavg()[0]}


def cpu_of_servers(pid: int) -> float:
    """Seconds of CPU that the processes below a process have used and that are not wrk's."""
    used = 0.0
    for listed in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in listed.read_text(encoding="ascii").split():
            name, numbers = Path(f"/proc/{child}/stat").read_text(encoding="utf-8").rpartition(")")[::2]
            ticks = numbers.split()[11:13]
            used += sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK") * ("wrk" not in name) + cpu_of_servers(int(child))
    return used


def engine_times(home: Home, questions: Sequence[str]) -> Mapping[str, object]:
    """Milliseconds of the product's own search (`took_ms` of the command, snippets included) for the words of these questions."""
    words = "\n".join(parse_qs(urlsplit(each).query)["q"][0] for each in questions)
    done = home.run("search", "--batch", "-", "--json", stdin=words, timeout=600)
    took = sorted(float(json.loads(line)["took_ms"]) for line in done.stdout.splitlines())
    return {"search_p50_ms": round(took[len(took) // 2], 1), "search_p95_ms": round(took[int(len(took) * 0.95)], 1)}


if __name__ == "__main__":
    sys.exit(main())
