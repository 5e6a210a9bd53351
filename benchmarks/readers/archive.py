"""A large archive for readers: a part is imported as users do it, the rest are further notices made of these rows in SQL."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

from benchmarks.search_corpus import documents, sentences
from tests.support.archive_home import Home

IMPORTED = 5_000  # an import reads a text for 15 to 30 ms; that of 100,000 takes an hour on a busy machine


def archive_of(path: Path, count: int, corpus: Path | None = None) -> Home:
    """The archive in that folder, made if it does not exist: `count` notices and an index of Tantivy.

    The rows made in SQL have numbers, titles, dates and addresses of their own and the texts of the imported ones; the page of each is that of
    its model, so `notices verify` would report them.
    """
    home = Home(path)
    home.environment["NOTICES_INDEX"] = "tantivy:tantivy"
    if (path / "ready").exists():
        return home
    path.mkdir(parents=True, exist_ok=True)
    imported = min(count, IMPORTED)
    file = path / "notices.jsonl"
    with file.open("w", encoding="utf-8") as lines:
        for line in _lines(imported, corpus):
            lines.write(json.dumps(line, ensure_ascii=False) + "\n")
    home.run("import", str(file), timeout=4 * 3600)
    with sqlite3.connect(path / "notices.db") as raw:
        for copy in range(1, -(-count // imported)):
            _copy(raw, copy, imported, count)
    raw.close()
    home.run("index", "--rebuild", timeout=4 * 3600)
    (path / "ready").write_text(f"{count}\n", encoding="ascii")
    return home


def with_index(home: Home, engine: str) -> None:
    """Let the archive answer from an index of that engine; one of Whoosh takes a quarter of an hour, so it is only made when it is asked for."""
    home.environment["NOTICES_INDEX"] = f"{engine}:{engine}"
    if not (home.path / engine).exists():
        home.run("index", "--rebuild", timeout=4 * 3600)


def _lines(count: int, corpus: Path | None) -> list[dict[str, object]]:
    """Notices as an import takes them; each third says what becomes of an earlier one."""
    made: list[dict[str, object]] = []
    for document in documents(count, sentences(corpus)):
        line: dict[str, object] = {
            name: getattr(document, name) for name in ("url", "title", "text", "issuer", "document_number", "source")
        }
        line["published_date"] = document.published_date.isoformat() if document.published_date else None
        if document.id % 3 == 0:
            earlier = made[document.id // 2]
            line["text"] = f"《{earlier['title']}》（{earlier['document_number']}）同时废止。\n{line['text']}"
        made.append(line)
    return made


def _copy(raw: sqlite3.Connection, copy: int, imported: int, count: int) -> None:
    """One further row for each that was imported, up to `count` notices."""
    step = copy * imported
    kept = f"notice_id <= {count - step} and notice_id <= {imported}"
    revisions = f"{copy} * (select max(id) from revision where notice_id <= {imported})"
    changes = {
        "notice": {"id": f"id + {step}", "key": f"key || '-{copy}'", "url": f"url || '-{copy}'", "group_id": "null"},
        "revision": {
            "id": f"id + {revisions}",
            "notice_id": f"notice_id + {step}",
            "title": f"title || '（第{copy}批）'",
            "published_date": f"date(published_date, '-{copy * 31} days')",
            "document_number": f"replace(document_number, '〕', '〕{copy}00000')",
            "number_key": f"substr(number_key, 1, length(number_key) - length(number_loose) + 5)|| '{copy}00000' || substr(number_loose, 6)",
            "number_loose": f"substr(number_loose, 1, 5) || '{copy}00000' || substr(number_loose, 6)",
            "row_digest": f"row_digest || '-{copy}'",
        },
        "change": {
            "seq": f"seq + {copy} * (select max(seq) from change where notice_id <= {imported})",
            "notice_id": f"notice_id + {step}",
        },
        "instrument_key": {"notice_id": f"notice_id + {step}", "key": f"key || '-{copy}'"},
        "citation": {
            "id": f"id + {copy} * (select max(c.id) from citation c join revision r on r.id = c.revision_id where r.notice_id <= {imported})",
            "revision_id": f"revision_id + {revisions}",
            "target_id": f"target_id + {step}",
        },
    }
    chosen = {
        "notice": kept.replace("notice_id", "id"),
        "citation": f"revision_id in (select id from revision where {kept})",
    }
    for table, changed in changes.items():
        columns = [name for (name,) in raw.execute("select name from pragma_table_info(?)", (table,))]
        values = ", ".join(changed.get(name, f'"{name}"') for name in columns)
        raw.execute(f"insert into {table} select {values} from {table} where {chosen.get(table, kept)}")
    raw.commit()
