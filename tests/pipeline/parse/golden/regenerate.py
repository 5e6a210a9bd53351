"""Rewrites expected.json of every golden page: `python tests/pipeline/parse/golden/regenerate.py --write`, never in a test run.

A golden folder holds page.html, page.json (the page's address, and what else the reader is told) and expected.json. Look at the diff before
you commit it: it says what the parser now reads otherwise.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import msgspec

from pipeline.parse.detail import read_detail

GOLDEN = Path(__file__).resolve().parent
SHOWN = (
    "title", "published_date", "written_date", "effective_date", "expiry_date", "issuer", "document_number", "index_number", "kind", "addressees",
    "attachments", "blocked", "needs_ocr", "site_name", "site_code", "theme", "provenance", "text",
)  # fmt: skip


def read(folder: Path) -> dict[str, Any]:
    """What the reader makes of a golden page, as plain values."""
    told = json.loads((folder / "page.json").read_text(encoding="utf-8"))
    made = msgspec.to_builtins(read_detail((folder / "page.html").read_bytes(), **told))
    return {name: made[name] for name in SHOWN}


def main(argv: list[str]) -> int:
    """Write, when told so."""
    if argv[1:] != ["--write"]:
        print(__doc__)
        return 2
    for file in sorted(GOLDEN.glob("*/page.html")):
        expected = json.dumps(read(file.parent), ensure_ascii=False, indent=1)
        (file.parent / "expected.json").write_text(expected + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
