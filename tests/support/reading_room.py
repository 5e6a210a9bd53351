"""The reading room of an archive with invented notices, asked in this process."""

from __future__ import annotations

import atexit
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

from starlette.testclient import TestClient

from notices.config import load_config
from tests.support.archive_home import Home
from tests.support.quick_home import QuickHome
from web.app import create_app

EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{7*7}}{% raw %}"
PAGE = "http://www.linshan.example/"
PADDING = "各县区人民政府要落实责任，按时完成，并将进展报送办公室。"


def line(n: int, title: str, text: str, **more: object) -> dict[str, Any]:
    """A line of an import."""
    return {"url": f"{PAGE}{n}.html", "title": title, "text": text, "published_date": f"2024-03-{n % 28 + 1:02d}", **more}


NOTICES = [
    line(1, "临杉市人民政府关于加强河道巡查工作的通知",
         f"各县区：\n一、总体要求\n现就河道巡查通知如下。{PADDING}\n二、工作措施\n（一）明确分工\n联系人电话13912345678。\n" + PADDING * 3,
         issuer="临杉市人民政府", document_number="临政〔2018〕5号"),
    line(2, "临杉市人民政府关于进一步加强河道巡查工作的意见",
         f"《关于加强河道巡查工作的通知》（临政〔2018〕5号）同时废止。{PADDING}", issuer="临杉市人民政府",
         document_number="临政〔2020〕9号"),
    line(3, f"恶意公文{EVIL}", f"河道{EVIL}\n\u202e反向\x1b[31m\n一、{EVIL}\n" + PADDING, issuer=f"恶意机关{EVIL}"),
    line(4, "临杉市水利局关于汛前检查的通知",
         "汛前检查安排如下。报名时间为2024年4月1日至2024年4月10日。" + PADDING * 2, issuer="临杉市水利局", document_number="临水〔2022〕1号"),
    line(5, "临杉市水利局关于汛前检查的补充通知", "汛前检查补充安排如下。" + PADDING * 2, issuer="临杉市水利局", document_number="临水〔2022〕1号"),
]  # fmt: skip


def archive_in(path: Path) -> QuickHome:
    """An archive of these notices; the first has two revisions, the second of which an import brought. It is made once and copied."""
    shutil.copytree(_made(), path, dirs_exist_ok=True)
    return QuickHome(path)


@cache
def _made() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="notices-room-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = folder / "home"
    home = QuickHome(path)
    home.run("import", _written(path / "one.jsonl", NOTICES))
    changed = NOTICES[0] | {"text": str(NOTICES[0]["text"]).replace("明确分工", "明确职责分工")}
    home.run("import", _written(path / "two.jsonl", [changed]))
    return path


def _written(file: Path, lines: list[dict[str, Any]]) -> str:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(json.dumps(value, ensure_ascii=False) + "\n" for value in lines), encoding="utf-8")
    return str(file)


@contextmanager
def reading_room(home: QuickHome, **headers: str) -> Iterator[TestClient]:
    """A client of the archive's reading room."""
    with patch.dict(os.environ, home.environment, clear=True):
        app = create_app(load_config(os.environ))
    with TestClient(app, base_url="http://127.0.0.1", headers=headers, follow_redirects=False, raise_server_exceptions=False) as client:
        yield client


@contextmanager
def served(home: Home, workers: int = 1, *more: str) -> Iterator[str]:
    """The address of the archive's reading room, in processes of its own; `more` are further words of the command."""
    command = [*home.command("serve"), "--port", "0", "--workers", str(workers), *more]
    with subprocess.Popen(command, env=home.environment, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout
            base = next(word for word in server.stdout.readline().split() if word.startswith("http")).rstrip("/")
            for _ in range(300):
                try:
                    urllib.request.urlopen(base, timeout=5).close()
                    break
                except OSError:
                    time.sleep(0.1)
            yield base
        finally:
            server.terminate()
            server.wait(30)


def links_of(html: str) -> list[str]:
    """The addresses on this site that a page leads to."""
    found = re.findall(r'(?:href|src|action)="(/[^"#]*)', html)
    return sorted({address.replace("&amp;", "&").replace("&#39;", "'") for address in found})
