"""An archive to be damaged, and one function for each way to damage it; each returns the places of which a finding must name one."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from index.engine import Document
from index.engines import open_engine
from notices.attachment import AttachmentText
from notices.capture import Capture
from notices.config import Config, load_config
from pipeline.sql.column_types import packed, unpacked
from pipeline.warc.manifest import Manifest, read_manifest, render_manifest
from pipeline.warc.series import SnapshotWriter
from tests.support.archive_home import Home
from tests.support.site_server import notice_page, notice_path, serving, small_site

WARC_BYTES = 1 << 16
CRAWLED = 12
Damage = Callable[[Config, random.Random], Sequence[str]]


def lines(count: int, seed: int = 1, size: int = 400) -> str:
    """Import lines of random text; some define an alias, cite and bring a file."""
    rng, made = random.Random(seed), []
    for n in range(1, count + 1):
        words = "".join(chr(rng.randrange(0x4E00, 0x9FA0)) for _ in range(size))
        line = {
            "url": f"http://a.example/{seed}/n{n}.html",
            "title": f"关于第{n}号河段防汛工作的通知",
            "text": f"各县区人民政府：\n{words}\n根据《关于第{n % 7 + 1}号堤防巡查的意见》（以下简称“巡查意见”）执行。\n临杉市人民政府\n2026年10月1日",
            "published_date": "2026-10-01",
            "issuer": "临杉市人民政府",
            "document_number": f"临政发〔2026〕{n}号",
        }
        if n % 3 == 0:
            line["attachments"] = [{"name": "巡查表.txt", "url": f"http://a.example/f{n}.txt", "text": f"巡查表第{n}张\f第二页"}]
        made.append(json.dumps(line, ensure_ascii=False))
    return "\n".join(made)


def config_of(home: Path, engine: str = "whoosh") -> Config:
    """The configuration of a copy; of either engine's index, which then lies at <home>/index."""
    config = load_config({"NOTICES_HOME": str(home), "NOTICES_WARC_MAX_BYTES": str(WARC_BYTES)})
    return config if engine == "whoosh" else config._replace(index=config.index.replace("whoosh:", "tantivy:"))


def an_archive(path: Path, imported: int = 80) -> Home:
    """Imported lines and a small crawl with files: several sealed WARC files, one open."""
    home = Home(path)
    home.environment["NOTICES_WARC_MAX_BYTES"] = str(WARC_BYTES)
    home.run("import", "-", stdin=lines(imported, size=1400))
    site = small_site(CRAWLED, per_page=6)
    for n in range(1, CRAWLED + 1):
        site.pages[notice_path(n)] = notice_page(n, f'<p>附件：<a href="/files/f{n}.txt">巡查表{n}.txt</a></p>')
        site.pages[f"/files/f{n}.txt"] = (200, {"Content-Type": "text/plain; charset=utf-8"}, f"甲{n}段巡查表\n".encode() * 5)
    with serving(site):
        home.source(site.base)
        home.run("crawl")
    home.run("index")
    home.run("checkpoint")
    return home


def _files(config: Config, suffix: str) -> list[Path]:
    return sorted(path for path in config.warc_dir.glob(f"notices-*.warc.gz{suffix}"))


def _flip(path: Path, rng: random.Random) -> None:
    data = bytearray(path.read_bytes())
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    path.write_bytes(data)


def _cut(path: Path, rng: random.Random) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: rng.randrange(len(data))])


def _named(path: Path) -> list[str]:
    return [path.name.removesuffix(".open").removesuffix(".tail").removesuffix(".json")]


def flip(suffix: str) -> Damage:
    """One bit of a file of the series with this suffix."""

    def damage(config: Config, rng: random.Random) -> Sequence[str]:
        path = rng.choice(_files(config, suffix))
        _flip(path, rng)
        return _named(path)

    return damage


def cut(suffix: str) -> Damage:
    """A file of the series ends too soon."""

    def damage(config: Config, rng: random.Random) -> Sequence[str]:
        path = rng.choice(_files(config, suffix))
        _cut(path, rng)
        return _named(path)

    return damage


def remove(suffix: str) -> Damage:
    """A file of the series is gone."""

    def damage(config: Config, rng: random.Random) -> Sequence[str]:
        path = rng.choice(_files(config, suffix))
        path.unlink()
        return _named(path)

    return damage


def _members(config: Config, name: str) -> list[tuple[int, int]]:
    with sqlite3.connect(config.home / "notices.db") as raw:
        return list(raw.execute('select "offset", length from snapshot where warc_file = ? order by 1', (name,)))


def swap_records(config: Config, rng: random.Random) -> Sequence[str]:
    """Two neighbouring records of a file change places."""
    path = rng.choice(_files(config, "") + _files(config, ".open"))
    held = _members(config, _named(path)[0])
    if len(held) < 2:
        return swap_records(config, rng)
    at = rng.randrange(len(held) - 1)
    (first, one), (second, two), data = held[at], held[at + 1], path.read_bytes()
    path.write_bytes(data[:first] + data[second : second + two] + data[first : first + one] + data[second + two :])
    return [f"{path.name.removesuffix('.open')} offset {at}" for at in (first, second)]


def swap_files(config: Config, rng: random.Random) -> Sequence[str]:
    """Two sealed files change names."""
    one, two = rng.sample(_files(config, ""), 2)
    data = one.read_bytes(), two.read_bytes()
    one.write_bytes(data[1])
    two.write_bytes(data[0])
    return _named(rng.choice((one, two)))


def resealed(config: Config, rng: random.Random) -> Sequence[str]:
    """A record is taken out of a sealed file, and its manifest is made to fit."""
    import hashlib

    path = rng.choice(_files(config, ""))
    offset, length = rng.choice(_members(config, path.name))
    data = path.read_bytes()
    data = data[:offset] + data[offset + length :]
    path.write_bytes(data)
    beside = path.with_name(f"{path.name}.json")
    stated = read_manifest(beside)
    assert isinstance(stated, Manifest)
    fitting = replace(stated, length=len(data), sha256=hashlib.sha256(data).hexdigest(), records=stated.records - 1)
    beside.write_bytes(render_manifest(fitting))
    return [f"{path.name} offset {offset}"]


def added_record(config: Config, rng: random.Random) -> Sequence[str]:
    """A record written by the archive's own writer, of which SQL knows nothing."""
    body = rng.randbytes(50)
    fetched = Capture("http://forged.example/", 200, (), body, datetime(2026, 11, 1, tzinfo=UTC), "detail")
    with SnapshotWriter(config.warc_dir, 1 << 30) as writer:
        stored = writer.write(fetched)
    return [f"{stored.warc_file} offset {stored.offset}"]


def added_bytes(config: Config, rng: random.Random) -> Sequence[str]:
    """Bytes after those that the manifest or tail attests."""
    path = rng.choice(_files(config, "") + _files(config, ".open") * 3)
    with path.open("ab") as handle:
        handle.write(rng.randbytes(rng.randrange(1, 200)))
    return _named(path)


def added_file(config: Config, rng: random.Random) -> Sequence[str]:
    """A file that does not belong to the series, or one of the series twice."""
    name = rng.choice(["x.warc.gz", "notices-0-1.warc.gz", "notices-0-000900.warc.gz", "notices-7-000001.warc.gz", ".hidden"])
    shutil.copy(rng.choice(_files(config, "")), config.warc_dir / name)
    return [name]


WARC: dict[str, tuple[int, Damage]] = {
    "bit of a sealed file": (110, flip("")),
    "bit of an open file": (70, flip(".open")),
    "bit of a manifest": (40, flip(".json")),
    "bit of a tail": (20, flip(".tail")),
    "sealed file cut": (25, cut("")),
    "open file cut": (20, cut(".open")),
    "manifest cut": (10, cut(".json")),
    "tail cut": (10, cut(".tail")),
    "sealed file removed": (10, remove("")),
    "open file removed": (5, remove(".open")),
    "manifest removed": (10, remove(".json")),
    "tail removed": (5, remove(".tail")),
    "two records swapped": (30, swap_records),
    "two files swapped": (15, swap_files),
    "record taken out, manifest made to fit": (20, resealed),
    "record added behind SQL's back": (20, added_record),
    "bytes added": (30, added_bytes),
    "file added": (20, added_file),
}


def _run(config: Config, statement: str, values: Sequence[object] = ()) -> None:
    with sqlite3.connect(config.home / "notices.db") as raw:
        raw.execute(statement, values)
    raw.close()


def _row(config: Config, table: str, rng: random.Random, where: str = "1") -> dict[str, object]:
    raw = sqlite3.connect(config.home / "notices.db")
    raw.row_factory = sqlite3.Row
    rows = raw.execute(f"select * from {table} where {where} order by 1").fetchall()
    raw.close()
    return dict(rng.choice(rows))


def _other(value: object, rng: random.Random) -> object:
    """Another value of the same sort."""
    if isinstance(value, bytes):
        at = rng.randrange(len(value))
        flipped = value[:at] + bytes([value[at] ^ 1 << rng.randrange(8)]) + value[at + 1 :]
        return rng.choice((flipped, packed(str(_other(unpacked(value), rng)))))
    if isinstance(value, int):
        return value + rng.choice((-1, 1, 2, 70)) if value > 1 else value + 1
    text = str(value or "")
    if text[:3] == "202" and text[4:5] == "-":
        return text[:3] + ("5" if text[3] != "5" else "4") + text[4:]
    if text[:1] in ("{", "["):
        return '{"forged": 1}' if text[0] == "{" else '["forged"]'
    at = rng.randrange(len(text) + 1)
    return text[:at] + "伪" + text[at:]


def rewritten(table: str, columns: str, where: str = "1") -> Damage:
    """One column of one row says something else."""

    def damage(config: Config, rng: random.Random) -> Sequence[str]:
        row = _row(config, table, rng, where)
        column = rng.choice(columns.split())
        value = _other(row[column], rng)
        try:
            _run(config, f'update {table} set "{column}" = ? where id = ?', (value, row["id"]))
        except sqlite3.IntegrityError:  # the database itself refuses it: another one
            return damage(config, rng)
        return _places(config, table, row)

    return damage


def deleted(table: str) -> Damage:
    """One row is gone."""

    def damage(config: Config, rng: random.Random) -> Sequence[str]:
        row = _row(config, table, rng)
        names = _places(config, table, row)
        _run(config, f"delete from {table} where id = ?", (row["id"],))
        if table == "snapshot":
            return [f"{row['warc_file']} offset {row['offset']}"]
        return [f"checkpoints/{row['size']:012d}.txt"] if table == "checkpoint" else names

    return damage


def inserted(table: str, **forged: object) -> Damage:
    """One row more: a copy of another with some columns different."""

    def damage(config: Config, rng: random.Random) -> Sequence[str]:
        row = _row(config, table, rng)
        values = {k: v for k, v in row.items() if k != "id"} | forged
        names = ", ".join(f'"{name}"' for name in values)
        _run(config, f"insert into {table} ({names}) values ({', '.join('?' * len(values))})", list(values.values()))
        ident = _row(config, table, rng, f"id = (select max(id) from {table})")
        return _places(config, table, ident)

    return damage


def _places(config: Config, table: str, row: dict[str, object]) -> list[str]:
    if table == "snapshot":
        return [f"snapshot {row['id']}"]
    if table in ("notice", "checkpoint"):
        return [f"{table} {row['id']}"]
    revision = row if table == "revision" else _row(config, "revision", random.Random(0), f"id = {row['revision_id']}")
    return [f"revision {revision['n']} of notice {revision['notice_id']}", f"notice {revision['notice_id']}"]


_REVISION = (
    "n notice_id created_at snapshot_id parser_version content_digest title text published_date written_date effective_date issuer"
    " document_number number_key number_loose index_number kind addressees needs_ocr validity row_digest anatomy provenance"
)
SQL: dict[str, tuple[int, Damage]] = {
    "revision rewritten": (110, rewritten("revision", _REVISION)),
    "attachment rewritten": (
        40,
        rewritten("attachment", "position name url media_type digest size outcome detail text snapshot_id revision_id"),
    ),
    "citation rewritten": (25, rewritten("citation", "relation target_title target_number target_key sentence revision_id")),
    "alias rewritten": (15, rewritten("alias", "short long revision_id")),
    "notice rewritten": (30, rewritten("notice", "key url revisions source_id")),
    "snapshot rewritten": (60, rewritten("snapshot", "url payload_digest offset length fetched_at warc_file revisit status kind")),
    "checkpoint rewritten": (15, rewritten("checkpoint", "root size last_snapshot_id note")),
    "snapshot deleted": (20, deleted("snapshot")),
    "revision deleted": (10, deleted("revision")),
    "notice deleted": (10, deleted("notice")),
    "attachment deleted": (8, deleted("attachment")),
    "citation deleted": (5, deleted("citation")),
    "alias deleted": (5, deleted("alias")),
    "checkpoint deleted": (4, deleted("checkpoint")),
    "snapshot inserted": (8, inserted("snapshot", offset=7)),
    "revision inserted": (8, inserted("revision", n=2)),
    "notice inserted": (8, inserted("notice", key="forged.example/1", url="http://forged.example/1")),
    "empty notice inserted": (4, inserted("notice", key="http://forged.example/1", url="http://forged.example/1", revisions=0)),
    "attachment inserted": (5, inserted("attachment", position=9)),
    "citation inserted": (5, inserted("citation")),
    "alias inserted": (5, inserted("alias")),
}


def _write(config: Config, documents: Sequence[Document], deleted: Sequence[int] = ()) -> None:
    engine = open_engine(config.index, write=True)
    engine.write(documents, deleted)
    engine.close()


def _document(config: Config, rng: random.Random) -> Document:
    from operations.indexing import document
    from pipeline.sql import outbox
    from pipeline.sql.database import open_database

    database = open_database(config)
    made = document(rng.choice(list(outbox.every_revision(database))))
    database.dispose()
    return made


def document_rewritten(config: Config, rng: random.Random) -> Sequence[str]:
    """A document of the index says something else, written by the engine itself."""
    true = _document(config, rng)
    forged = rng.choice(
        (
            true._replace(text=true.text + "伪"),
            true._replace(text=""),
            true._replace(revision=true.revision + 1),
            true._replace(attachments=(*true.attachments, AttachmentText("伪.txt", ("伪",)))),
            true._replace(title=true.title + "伪"),
            true._replace(issuer="伪市人民政府", url="http://forged.example/"),
            true._replace(state="withdrawn", kind="伪"),
            true._replace(published_date=None),
        )
    )
    _write(config, [forged])
    return [f"notice {true.id}"]


def document_removed(config: Config, rng: random.Random) -> Sequence[str]:
    """A document is gone from the index."""
    true = _document(config, rng)
    _write(config, [], [true.id])
    return [f"notice {true.id}"]


def document_added(config: Config, rng: random.Random) -> Sequence[str]:
    """A document that SQL does not know."""
    forged = _document(config, rng)._replace(id=99_000 + rng.randrange(900))
    _write(config, [forged])
    return [f"notice {forged.id}"]


def _index_files(config: Config) -> list[Path]:
    folder = config.home / "index"
    current = folder / (folder / "current").read_text().strip()
    return [folder / "current", *(p for p in sorted(current.iterdir()) if p.stat().st_size)]


def index_flip(config: Config, rng: random.Random) -> Sequence[str]:
    """One bit of a file of the index."""
    path = rng.choice(_index_files(config))
    _flip(path, rng)
    return [path.name]


def index_cut(config: Config, rng: random.Random) -> Sequence[str]:
    """A file of the index ends too soon."""
    path = rng.choice(_index_files(config))
    _cut(path, rng)
    return [path.name]


def index_removed(config: Config, rng: random.Random) -> Sequence[str]:
    """A file of the index is gone."""
    path = rng.choice(_index_files(config))
    path.unlink()
    return [path.name]


INDEX: dict[str, tuple[int, Damage]] = {
    "document rewritten": (24, document_rewritten),
    "document removed": (10, document_removed),
    "document added": (10, document_added),
    "bit of an index file": (46, index_flip),
    "index file cut": (10, index_cut),
    "index file removed": (6, index_removed),
}
