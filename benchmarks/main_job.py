"""The main job's figures: crawl against bare Scrapy, import and index, search latency, peak memory, start of `search`.

`python -m benchmarks.main_job [CORPUS_FOLDER]` prints one line a figure. Peers run in the same call on the same machine.
"""

from __future__ import annotations

import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BARE = """
import scrapy, sys
from scrapy.crawler import AsyncCrawlerProcess
class Bare(scrapy.Spider):
    name = "bare"
    async def start(self):
        yield scrapy.Request(sys.argv[1])
    def parse(self, response):
        for a in response.css("li a"):
            yield response.follow(a, self.page)
        more = response.css("a.next::attr(href)").get()
        if more:
            yield response.follow(more)
    def page(self, response):
        return {"url": response.url, "title": response.css("h1::text").get()}
p = AsyncCrawlerProcess(settings={"LOG_LEVEL": "ERROR", "DOWNLOAD_DELAY": 0.001, "DOWNLOAD_DELAY_JITTER": 0,
  "CONCURRENT_REQUESTS_PER_DOMAIN": 1, "TELNETCONSOLE_ENABLED": False, "REMOTE_CONTROL_ENABLED": False})
p.crawl(Bare); p.start()
"""


def main(source: Path | None) -> int:
    """Print the figures; those of the corpus where its folder is given."""
    with tempfile.TemporaryDirectory() as folder:
        crawl(Path(folder))
        start(Path(folder))
        if source:
            corpus(Path(folder), source)
    return 0


def crawl(folder: Path, notices: int = 300) -> None:
    """Pages a second on loopback, ours and bare Scrapy, and our peak memory."""
    from tests.support.archive_home import Home
    from tests.support.site_server import serving, small_site

    site = small_site(notices, 20)
    pages = -(-notices // 20)
    for n in range(pages):
        for path in {"/tzgg/" if n == 0 else "", f"/tzgg/index_{n}.html" if n else "/tzgg/index.html"} - {""}:
            link = f'<a class="next" href="index_{n + 1}.html">下一页</a></body>' if n + 1 < pages else "</body>"
            site.pages[path] = site.pages[path].replace(b"</body>", link.encode())  # type: ignore[union-attr]
    home = Home(folder / "crawl")
    with serving(site):
        home.source(site.base).write_text(home.source(site.base).read_text().replace("delay = 0.01", "delay = 0.001"))
        bare, _ = timed([sys.executable, "-c", BARE, site.base + "/tzgg/"], dict(os.environ))
        ours, peak = timed(home.command("crawl"), home.environment)
    total = notices + pages
    print(
        f"crawl: ours {total / ours:.0f} pages/s, bare Scrapy {total / bare:.0f} pages/s (both whole processes, {total} pages), peak {peak:.0f} MB"
    )


def corpus(folder: Path, source: Path) -> None:
    """Documents a second of import and index, peak memory, latency of 500 random substrings, start of `search`."""
    from benchmarks.corpus import lines
    from tests.support.archive_home import Home

    rows = list(lines(source))
    file = folder / "corpus.jsonl"
    file.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    home = Home(folder / "corpus")
    seconds, peak = timed(home.command("import", str(file)), home.environment)
    print(f"import+index: {len(rows)} documents, {len(rows) / seconds:.0f} documents/s, peak {peak:.0f} MB")
    seconds, peak = timed(home.command("index", "--rebuild"), home.environment)
    print(f"index --rebuild: {len(rows) / seconds:.0f} documents/s, peak {peak:.0f} MB")
    latency(home, [str(row["text"]) for row in rows])


def latency(home: object, texts: list[str], count: int = 500) -> None:
    """p50 and p95 of one batch of random substrings."""
    from notices.text.fold import fold

    chance = random.Random(1)
    queries = []
    while len(queries) < count:
        folded = fold(chance.choice(texts))
        length = chance.randint(1, 20)
        if len(folded) > length:
            at = chance.randrange(len(folded) - length)
            queries.append(f'"{folded[at : at + length]}"')
    done = subprocess.run(
        home.command("search", "--batch", "-", "--json"),
        input="\n".join(queries),
        env=home.environment,
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )  # type: ignore[attr-defined]
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    took = sorted(a["took_ms"] for a in answers if "took_ms" in a)
    missing = sum(not a.get("total") for a in answers)
    print(
        f"search: {len(took)} random substrings, p50 {took[len(took) // 2]:.1f} ms, p95 {took[int(len(took) * 0.95)]:.1f} ms, not found {missing}"
    )


def start(folder: Path, runs: int = 21) -> None:
    """`search` on the demo archive from process start to printed answer, either engine, against the bare import, in turn."""
    from tests.support.archive_home import Home

    home, other = Home(folder / "demo"), f"tantivy://{folder / 'demo-tantivy'}"
    home.run("demo")
    home.run("index", "--rebuild", "--to", other, "--stage")
    environments = {"Whoosh": home.environment, "Tantivy": home.environment | {"NOTICES_INDEX": other}}
    bare, ours = list[float](), {name: list[float]() for name in environments}
    for _ in range(runs):
        bare.append(timed([sys.executable, "-c", "import whoosh.index, whoosh.qparser"], home.environment)[0])
        for name, environment in environments.items():
            ours[name].append(timed(home.command("search", "两感"), environment)[0])
    for name, seconds in ours.items():
        ratio = statistics.median(o / b for o, b in zip(seconds, bare, strict=True))
        medians = f"{statistics.median(seconds) * 1000:.0f} ms against {statistics.median(bare) * 1000:.0f} ms"
        least = f"{min(seconds) * 1000:.0f} against {min(bare) * 1000:.0f} ms"
        print(f"search start, {name}: {medians} of the import, ratio {ratio:.2f} (medians of {runs}; least {least})")


def timed(command: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """Seconds and peak megabytes (largest process of all so far) of a command. Raises CalledProcessError."""
    began = time.perf_counter()
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL, cwd=ROOT)
    return time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else None))
