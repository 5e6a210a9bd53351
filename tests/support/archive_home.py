"""Running the program as its users do, in an archive of the test's own."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


class Home:
    """An archive's folder and the commands on it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("NOTICES_")}
        self.environment |= {"NOTICES_HOME": str(path), "PYTHONPATH": str(ROOT), "HOME": str(path)}
        self.environment |= {"LC_ALL": "C.UTF-8"}  # English, whatever the locale of the machine is

    def source(self, base: str, name: str = "linshan", column: str = "/tzgg/", more: str = "") -> Path:
        """Write a source file for a site on loopback; `more` goes before the columns."""
        folder = self.path / "sources"
        folder.mkdir(parents=True, exist_ok=True)
        text = f"""name = "{name}"
site = "临杉市人民政府"
publisher = "临杉市人民政府办公室"
region = "990100"
enabled = true
written = 2026-11-23
schedule = "0 * * * *"
delay = 0.01
allow_private = true
{more}
[[columns]]
name = "通知公告"
url = "{base}{column}"
"""
        path = folder / f"{name}.toml"
        path.write_text(text, encoding="utf-8")
        return path

    def run(self, *words: str, check: int | None = 0, timeout: float = 400, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run `notices WORDS` (or `search …` when the first word is search); assert the exit code unless check is None."""
        done = subprocess.run(
            self.command(*words), env=self.environment, cwd=ROOT, capture_output=True, text=True, timeout=timeout, check=False, input=stdin
        )
        if check is not None:
            assert done.returncode == check, f"{words}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def command(self, *words: str) -> list[str]:
        """The command line for these words."""
        module = "cli.search.command" if words[0] == "search" else "cli.main"
        return [sys.executable, "-m", module, *(words[1:] if words[0] == "search" else words)]

    def search(self, query: str, *options: str) -> dict[str, Any]:
        """The JSON answer to a query."""
        done = self.run("search", query, "--json", *options, check=None)
        assert done.returncode in (0, 1), done.stderr
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Rows straight from the database file."""
        with sqlite3.connect(self.path / "notices.db") as raw:
            return raw.execute(query).fetchall()
