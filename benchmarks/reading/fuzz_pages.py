"""Mutated pages through our reader: no crash, none over two seconds, bounded memory.

`python -m benchmarks.reading.fuzz_pages --pages N [--seed S] [SHARED]`: bit flips, truncations, tag shuffles, attribute floods, entity bombs, deep
nesting, huge tables, made from the shared pages and, without them, from the project's golden pages. Exit status 1 on a crash or a slow page.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import resource
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

from crawler.list_page import read_list
from pipeline.parse.detail import read_detail

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 2.0  # seconds of CPU time for one page
HEAVY = 200  # one page in so many is of the heavy kinds
Mutation = Callable[[random.Random, bytes], bytes]


def main(argv: list[str] | None = None) -> int:
    """Print what was run, the slowest pages and every failure."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--pages", type=int, default=1000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("shared", nargs="?", default=os.environ.get("NOTICES_SHARED") or str(ROOT.parent / "shared"))
    args = options.parse_args(argv)
    failures, slowest = run(seeds(Path(args.shared)), args.pages, args.seed)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    over = sum(seconds > LIMIT for seconds, _ in slowest)
    print(
        f"{args.pages} pages, {len(failures)} crashes, {over} over {LIMIT:.0f} s, slowest {slowest[0][0]:.2f} s ({slowest[0][1]}), peak {peak} MB"
    )
    for failure in failures[:10]:
        print(failure)
    return 1 if failures or over else 0


def seeds(shared: Path) -> list[bytes]:
    """The pages to mutate."""
    files = sorted(shared.glob("data/pages/*/page.html")) or sorted((ROOT / "tests/pipeline/parse/golden").glob("*/page.html"))
    return [file.read_bytes() for file in files]


def run(pages: list[bytes], count: int, seed: int) -> tuple[list[str], list[tuple[float, str]]]:
    """The failures as text, and the slowest pages as (seconds, what was done)."""
    failures: list[str] = []
    slowest: list[tuple[float, str]] = []
    for label, body in mutated(pages, count, seed):
        start = time.process_time()
        try:
            read_detail(body, "http://fuzz.example/a/202001/t20200102_1.html")
            if len(body) % 4 == 0:
                read_list(body, "http://fuzz.example/a/index.html")
        except Exception:
            failures.append(f"{label}: {traceback.format_exc(limit=-3)}")
        slowest = sorted([*slowest, (time.process_time() - start, label)], reverse=True)[:20]
    return failures, slowest


def mutated(pages: list[bytes], count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """`count` pages with what was done to each; the same for the same seed."""
    rng = random.Random(seed)
    for n in range(count):
        kinds = HEAVY_KINDS if n % HEAVY == HEAVY - 1 else LIGHT_KINDS
        body = rng.choice(pages)
        done = []
        for _ in range(1 if kinds is HEAVY_KINDS else rng.randint(1, 3)):
            name, mutation = rng.choice(kinds)
            body = mutation(rng, body)
            done.append(name)
        yield f"{n} {'+'.join(done)}", body


def _flip(rng: random.Random, body: bytes) -> bytes:
    changed = bytearray(body)
    for _ in range(rng.choice((1, 10, 100, 1000))):
        if changed:
            changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _cut(rng: random.Random, body: bytes) -> bytes:
    return body[: rng.randrange(len(body) + 1)]


def _hole(rng: random.Random, body: bytes) -> bytes:
    start = rng.randrange(len(body) + 1)
    return body[:start] + body[start + rng.randrange(5000) :]


def _shuffle(rng: random.Random, body: bytes) -> bytes:
    pieces = re.split(rb"(<[^<>]*>)", body)
    for _ in range(rng.choice((2, 20, 200))):
        a, b = rng.randrange(len(pieces)), rng.randrange(len(pieces))
        pieces[a], pieces[b] = pieces[b], pieces[a]
    return b"".join(pieces)


def _drop_ends(rng: random.Random, body: bytes) -> bytes:
    return re.sub(rb"</[^<>]*>", lambda match: b"" if rng.random() < 0.5 else match[0], body)


def _splice(rng: random.Random, body: bytes) -> bytes:
    bits = (
        b"<!--",
        b"-->",
        b"<![CDATA[",
        b"<script>",
        b"</script>",
        b"<table>",
        b"<p",
        b"&#0;",
        b"&#xD800;",
        b"\x00",
        b"\xff\xfe",
        b"<?xml",
        b"<svg>",
        b"\x0b",
    )
    for _ in range(rng.randint(1, 30)):
        at = rng.randrange(len(body) + 1)
        body = body[:at] + rng.choice(bits) + body[at:]
    return body


def _repeat(rng: random.Random, body: bytes) -> bytes:
    start = rng.randrange(len(body) + 1)
    return body[:start] + body[start : start + rng.randrange(200)] * rng.choice((5, 50, 500)) + body[start:]


def _recode(rng: random.Random, body: bytes) -> bytes:
    return body.decode("utf-8", "replace").encode(rng.choice(("gb18030", "utf-16", "big5", "utf-8", "latin-1")), "replace")


def _deep(rng: random.Random, body: bytes) -> bytes:
    tag = rng.choice((b"div", b"font", b"span", b"table><tr><td", b"ul><li", b"b", b"a href=x", b"dl><dd", b"p"))
    return _inside(body, (b"<" + tag + b">") * 100_000 + b"x" + (b"</div>" * 100_000 if rng.random() < 0.5 else b""))


def _flood(rng: random.Random, body: bytes) -> bytes:
    quote = rng.choice((b"1", b'"<p>"', b"'>'"))
    return _inside(body, b"<div " + b" ".join(b"a%d=%s" % (n, quote) for n in range(rng.choice((4_000, 20_000, 100_000)))) + b">x</div>")


def _entities(rng: random.Random, body: bytes) -> bytes:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>'
    return bomb + _inside(body, rng.choice((b"&c;", b"&#12308;", b"&lt;", b"&", b"&#x")) * 200_000)


def _table(rng: random.Random, body: bytes) -> bytes:
    row = b"<tr>" + rng.choice((b"<td>2020-01-02<td>a", b"<td><a href=a.doc>x</a>", b"<td><table><tr><td>x</table>")) * rng.randint(1, 10)
    return _inside(body, b"<table>" + row * (600_000 // len(row)))


def _lines(rng: random.Random, body: bytes) -> bytes:
    bits = (
        "发布时间：",
        "附件：1.",
        "2020年1月2日",
        "（",
        "《",
        "〔2020〕",
        "第1号",
        "一、",
        "来源：",
        " ",
        "\u3000",
        "打印",
        "A+",
        "1",
        "，",
        "http://",
    )
    line = "".join(rng.choice(bits) for _ in range(rng.randint(1, 6))) * rng.choice((1, 50, 2000))
    return _inside(body, f"<p>{line}</p>".encode() * max(1, min(2000, 400_000 // (3 * len(line)))))


def _links(rng: random.Random, body: bytes) -> bytes:
    link = rng.choice(
        (b"<a href='javascript:;'>x.doc</a>", b"<p>1.<a href='#'>abcd</a></p>", b"<a href=x.pdf>", b"<li><a href=a>bb</a>2020-01-02")
    )
    return _inside(body, "<p>附件：</p>".encode() + link * 20_000)


def _inside(body: bytes, middle: bytes) -> bytes:
    at = len(body) // 2
    return body[:at] + middle + body[at:]


LIGHT_KINDS: list[tuple[str, Mutation]] = [
    ("flip", _flip), ("cut", _cut), ("hole", _hole), ("shuffle", _shuffle), ("ends", _drop_ends), ("splice", _splice), ("repeat", _repeat), ("recode", _recode),
]  # fmt: skip
HEAVY_KINDS: list[tuple[str, Mutation]] = [
    ("deep", _deep), ("flood", _flood), ("entities", _entities), ("table", _table), ("lines", _lines), ("links", _links),
]  # fmt: skip

if __name__ == "__main__":
    sys.exit(main())
