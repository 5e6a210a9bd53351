"""The shared corpus as import lines: 1,475 real texts under the keys that `notices import` reads."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote


def lines(folder: Path) -> Iterator[dict[str, str | None]]:
    """Every text of the corpus folder as an import line; texts without an address get one from their file and number."""
    for path in sorted(folder.glob("*.jsonl")):
        for n, raw in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if raw.strip():
                yield _line(json.loads(raw), path.stem, n)


def _line(row: dict[str, str | None], stem: str, n: int) -> dict[str, str | None]:
    title = row.get("title") or row.get("标题") or ""
    date = row.get("date") or row.get("发布时间") or None
    url = row.get("url") or f"http://corpus.example/{stem}/{n}/{quote(title[:40])}"
    line = {"url": url, "title": title, "text": row.get("text") or row.get("正文") or "", "source": stem.replace("_", "-")}
    return {**line, "published_date": date[:10] if date else None, "issuer": row.get("发文机关")}


def main() -> int:
    """`python -m benchmarks.corpus FOLDER > corpus.jsonl`."""
    for line in lines(Path(sys.argv[1])):
        print(json.dumps(line, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
