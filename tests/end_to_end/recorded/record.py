"""Records the archive home of this folder, with the code it is to be recorded from.

    cd CHECKOUT && .venv/bin/python …/tests/end_to_end/recorded/record.py FOLDER FILE.tar.xz

Run once, from a checkout of the commit that README.md names: it uses that checkout's demo site and program, not today's. It takes five invented
notices of the demo, crawls them three times while they change, imports one, and indexes them with both embedded engines.
"""

from __future__ import annotations

import io
import json
import os
import random
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

sys.path.insert(0, os.getcwd())

import cli.demo.site as demo
from cli.demo.serve import serve

PORT = 18733  # fixed, so that a later crawl of the recorded source can be served at the same address
KEPT = (120618, 120611, 120597, 120575, 120605)
KEY = b"recorded test home, not a secret"  # 32 bytes: anybody can make this signing key
IMPORTED = {
    "url": "http://www.chenghe.example/old/2019/1.html",
    "title": "澄河市人民政府关于做好两感宣传工作的通知",
    "text": "各区人民政府：请做好“两感”宣传工作。\n澄河市人民政府\n2019年3月4日",
    "published_date": "2019-03-05",
    "issuer": "澄河市人民政府",
    "document_number": "澄政发〔2019〕11号",
    "source": "old",
}


def main(home: Path, target: Path) -> None:
    """Make the home in an empty folder and pack it."""
    home.mkdir(parents=True)
    site = home.with_name(home.name + "-site")
    notices = [notice for notice in demo.notices() if notice["id"] in KEPT]
    demo.notices = lambda: notices
    make_key(home)
    build(site)
    with serve(site, PORT) as base:
        (home / "sources").mkdir()
        text = demo.demo_source(base).split('\n[[columns]]\nname = "公示"')[0].replace("min_entries = 4", "min_entries = 1")
        (home / "sources/demo.toml").write_text(text.replace("Written by `notices demo`", "Recorded"), encoding="utf-8")
        notices_run(home, "crawl", "demo")
        holiday = next(notice for notice in notices if notice["id"] == 120611)
        holiday["text"] = holiday["text"].replace("10月10日（星期六）上班", "10月10日（星期六）、10月11日（星期日）上班")
        build(site)
        notices_run(home, "crawl", "demo", "--again")
        next(site.glob("tzgg/*/*_120575.html")).unlink()
        notices[:] = [notice for notice in notices if notice["id"] != 120575]
        build(site, keep=False)
        notices_run(home, "crawl", "demo", "--again")
    lines = home.with_name(home.name + "-import.jsonl")
    lines.write_text(json.dumps(IMPORTED, ensure_ascii=False) + "\n", encoding="utf-8")
    notices_run(home, "import", str(lines))
    notices_run(home, "checkpoint")
    notices_run(home, "index", "--rebuild")
    # The Tantivy folder is filled as another index of the same archive; what follows makes Whoosh the one in use again.
    tantivy = f"tantivy:///{str(home).lstrip('/')}/index-tantivy"
    notices_run(home, "index", "--rebuild", "--to", tantivy, "--aside")
    notices_run(home, "verify")
    pack(home, target)


def build(site: Path, keep: bool = True) -> None:
    """The site as it is now; the Word file is padded with noise, so that a WARC file gets full and is sealed."""
    if not keep:
        shutil.rmtree(site)
    demo.build_site(site)
    word = next(site.glob("tzgg/*/*.docx"))
    buffer = io.BytesIO(word.read_bytes())
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr(zipfile.ZipInfo("word/media/noise.bin", (2026, 1, 1, 0, 0, 0)), random.Random(1).randbytes(48 << 10))
    word.write_bytes(buffer.getvalue())


def make_key(home: Path) -> None:
    """The signing key, made from a sentence."""
    (home / "keys").mkdir(mode=0o700)
    path = home / "keys/checkpoint.pem"
    path.touch(mode=0o600)
    path.write_bytes(Ed25519PrivateKey.from_private_bytes(KEY).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def notices_run(home: Path, *words: str) -> None:
    """Run the checkout's program; show what it says."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("NOTICES_")}
    environment |= {"NOTICES_HOME": str(home), "NOTICES_WARC_MAX_BYTES": "65536", "PYTHONPATH": os.getcwd()}
    print(f"$ notices {' '.join(words)}", flush=True)
    subprocess.run([sys.executable, "-m", "cli.main", *words], env=environment, check=True, stdin=subprocess.DEVNULL)


def pack(home: Path, target: Path) -> None:
    """The home as one tar file, without the names of the machine and the user."""

    def plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
        entry.uid = entry.gid = 0
        entry.uname = entry.gname = ""
        return entry

    with tarfile.open(target, "w:xz", preset=9) as tar:
        tar.add(home, arcname="home", filter=plain)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
