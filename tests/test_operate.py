"""The operator's guide names what the program can say, in both languages; the files for systemd and containers are valid."""

import ast
import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from cli.process import INTERRUPTED
from crawler.settings import settings_for
from crawler.source import parse_source
from notices import errors
from notices.config import load_config
from notices.page_class import PageClass
from pipeline.sql.runs import CRASHED, NOT_REPORTED

ROOT = Path(__file__).parents[1]
GUIDES = [ROOT / "docs/operate.md", ROOT / "docs/operate.zh-CN.md"]
DEPLOY = ROOT / "docs/deploy"
ENDS = {"crawler/spiders/notices.py", "crawler/http/guard.py", "crawler/http/retries.py", "crawler/run.py", "operations/crawl_source.py"}
guides = pytest.mark.parametrize("guide", GUIDES, ids=lambda p: p.name)


def codes() -> set[int]:
    raised = {kind.exit_code for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.NoticesError)}
    return raised | {0, 1, INTERRUPTED}


def closing_reasons() -> Iterator[str]:
    """The literal parts of every reason with which the code ends a run."""
    for file in (f for folder in ("crawler", "operations") for f in (ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and _ends_a_run(node, file.relative_to(ROOT).as_posix()):
                for argument in node.args:
                    yield from (part for part in _literals(argument) if len(part.strip()) > 5)
            elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "why" and file.relative_to(ROOT).as_posix() in ENDS:
                yield from (part for part in _literals(node.value) if len(part.strip()) > 5)


def _ends_a_run(call: ast.Call, file: str) -> bool:
    name = ast.unparse(call.func)
    return (file in ENDS and name.endswith(("CrawlEnd", ".problems.append"))) or (file.startswith("crawler/") and name.endswith(".stop"))


def _literals(node: ast.expr) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, str) and not part.value.startswith((":", ".")):
            yield part.value


@guides
def test_every_exit_code_is_in_the_table(guide: Path) -> None:
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", guide.read_text(encoding="utf-8"), re.M)} == codes()


@guides
def test_every_closing_reason_is_told(guide: Path) -> None:
    told = guide.read_text(encoding="utf-8")
    reasons = [reason.strip() for reason in closing_reasons()]
    assert any("max_requests_per_run" in r for r in reasons)
    assert any("stopped by a signal" in r for r in reasons)
    missing = [reason for reason in [*reasons, NOT_REPORTED] if reason not in told]
    assert missing == []


@guides
def test_every_end_and_every_class_of_pages_is_told(guide: Path) -> None:
    told = guide.read_text(encoding="utf-8")
    words = [f"`{kind.value}`" for kind in PageClass] + [f"`{end}`" for end in ("done", "partial", "failed", "stopped", CRASHED)]
    assert [word for word in words if word not in told] == []


def test_limit_of_scrapy_s_own_is_told_as_scrapy_names_it() -> None:
    source = parse_source(
        {
            "name": "a",
            "site": "a",
            "publisher": "a",
            "region": "990100",
            "written": date(2026, 11, 23),
            "schedule": "30 8 * * *",
            "columns": [{"name": "a", "url": "http://www.linshan.example/"}],
        },
        "a.toml",
    )
    limits = [name for name in settings_for(source, load_config({"HOME": "/nowhere"})) if name.startswith("CLOSESPIDER_")]
    assert limits == ["CLOSESPIDER_PAGECOUNT"]
    assert all(f"`{limits[0].lower()};" in guide.read_text(encoding="utf-8") for guide in GUIDES)


def test_both_languages_show_the_same_commands() -> None:
    english, chinese = (
        set(re.findall(r"^    (?:notices|NOTICES_HOME|uv|cp|systemctl|useradd)[^\u4e00-\u9fff]*?(?=\s{2,}|$)", guide.read_text(encoding="utf-8"), re.M))
        for guide in GUIDES
    )  # fmt: skip
    assert len(chinese) > 20
    assert chinese - english <= {"    notices repair --apply"}


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
@pytest.mark.parametrize("unit", ["notices.service", "notices-once.service", "notices-once.timer"])
def test_unit_is_valid(unit: str) -> None:
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(DEPLOY / unit)], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, [line for line in done.stderr.splitlines() if unit in line]) == (0, [])


def test_the_two_services_differ_only_in_how_they_begin_and_end() -> None:
    service, once = (set((DEPLOY / name).read_text(encoding="utf-8").splitlines()) for name in ("notices.service", "notices-once.service"))
    other = {line for line in service ^ once if line and not line.startswith("#")}
    assert {line.partition("=")[0] for line in other} == {
        "ExecStart", "Type", "SuccessExitStatus", "Restart", "RestartSec", "RestartPreventExitStatus", "[Install]", "WantedBy",
    }  # fmt: skip


def test_image_has_every_package_of_the_program() -> None:
    import tomllib

    copied = {
        word for line in re.findall(r"^COPY (.+) \S+$", (DEPLOY / "Dockerfile").read_text(encoding="utf-8"), re.M) for word in line.split()
    }
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert copied >= {*wheel["only-include"], "pyproject.toml", "README.md", "requirements.lock"}
    assert all((ROOT / word).exists() for word in copied)
