"""Building the demo site: columns with paged lists, notices, attachments, robots.txt."""

from __future__ import annotations

import tomllib
from datetime import date
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import NotRequired, TypedDict

from cli.demo.files import docx, pdf

PER_PAGE = 4
SITE = "澄河市人民政府"
COLUMNS = {"tzgg": "通知公告", "zcwj": "政策文件", "gs": "公示"}
_PIXEL = bytes.fromhex("89504e470d0a1a0a0000000d4948445200000001000000010806000000" "1f15c4890000000d49444154789c636060606000000005000" "1a5f645400000000049454e44ae426082")  # fmt: skip


class File(TypedDict):
    """A file of a notice, with the text to write into it."""

    name: str
    file: str
    title: str
    text: str


class Notice(TypedDict):
    """A notice of notices.toml."""

    id: int
    column: str
    date: date
    title: str
    text: str
    number: NotRequired[str]
    source: NotRequired[str]
    theme: NotRequired[str]
    charset: NotRequired[str]
    table: NotRequired[bool]
    image_only: NotRequired[bool]
    files: NotRequired[list[File]]


def notices() -> list[Notice]:
    """The notices of the site, newest first."""
    text = files("cli.demo").joinpath("notices.toml").read_text(encoding="utf-8")
    found: list[Notice] = tomllib.loads(text)["notice"]
    return sorted(found, key=lambda n: (n["date"], n["id"]), reverse=True)


def build_site(folder: Path) -> Path:
    """Write the site into a folder; the same bytes every time."""
    made = notices()
    for column, name in COLUMNS.items():
        _write_lists(folder / column, name, [n for n in made if n["column"] == column])
    for notice in made:
        _write_notice(folder / notice["column"], notice)
    _write(folder / "index.html", _page(SITE, "".join(f'<li><a href="./{c}/index.html">{n}</a></li>' for c, n in COLUMNS.items()), ""))
    _write(folder / "robots.txt", "User-agent: *\nDisallow: /gs/202605/\n")
    _write(folder / "style.css", files("cli.demo").joinpath("style.css").read_text(encoding="utf-8"))
    return folder


def demo_source(base: str) -> str:
    """The source file of the site served at an address."""
    columns = "".join(f'\n[[columns]]\nname = "{name}"\nurl = "{base}/{column}/index.html"\n' for column, name in COLUMNS.items())
    return f"""# Written by `notices demo`: the bundled site on this machine. A real site's file looks the same, without allow_private.
name = "demo"
site = "{SITE}"
publisher = "{SITE}办公室"
region = "999900"
enabled = true
written = 2026-11-23
schedule = "0 * * * *"
delay = 0.05
allow_private = true

[expect]
min_entries = 4
{columns}"""


def _write(path: Path, text: str, charset: str = "utf-8") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode("gb18030" if charset == "gb2312" else charset))


def _write_lists(folder: Path, name: str, listed: list[Notice]) -> None:
    pages = -(-len(listed) // PER_PAGE)
    for page in range(pages):
        entries = "\n".join(_entry(n) for n in listed[page * PER_PAGE : (page + 1) * PER_PAGE])
        script = f'<div class="page"><script>createPageHTML({pages}, {page}, "index", "html");</script></div>'
        body = f'<div class="crumb">当前位置：<a href="../index.html">首页</a> &gt; {name}</div><ul class="list">\n{entries}\n</ul>{script}'
        head = f'<meta name="ColumnName" content="{name}"><meta name="ColumnType" content="{name}">'
        _write(folder / ("index.html" if page == 0 else f"index_{page}.html"), _page(f"{name}_{SITE}", body, head, up="../"))


def _address(notice: Notice) -> str:
    return f"{notice['date']:%Y%m}/t{notice['date']:%Y%m%d}_{notice['id']}.html"


def _entry(notice: Notice) -> str:
    title = escape(notice["title"])
    shown = title if len(title) <= 40 else f"{title[:38]}..."
    return f'<li><a href="./{_address(notice)}" title="{title}" target="_blank">{shown}</a><span>{notice["date"]}</span></li>'


def _write_notice(folder: Path, notice: Notice) -> None:
    path = folder / _address(notice)
    charset = notice.get("charset", "utf-8")
    source = notice.get("source", SITE)
    body = f"""<div class="crumb">当前位置：<a href="../../index.html">首页</a> &gt; <a href="../index.html">{COLUMNS[notice["column"]]}</a> &gt; 正文</div>
{_table(notice) if notice.get("table") else ""}<h1>{escape(notice["title"])}</h1>
<div class="info">发布时间：{notice["date"]} 09:30　来源：{source}　字体：[大 中 小]　<a href="javascript:window.print()">打印</a></div>
<div class="TRS_Editor" id="zoom">{_text(notice)}</div>{_files(notice)}"""
    head = "".join(f'<meta name="{name}" content="{escape(value)}">' for name, value in _meta(notice, source))
    _write(path, _page(f"{notice['title']}_{SITE}", body, head, charset, up="../../"), charset)
    for file in notice.get("files", ()):
        make = docx if file["file"].endswith(".docx") else pdf
        (path.parent / file["file"]).write_bytes(make(file["title"], file["text"]))
    if notice.get("image_only"):
        (path.parent / "W020260415330011223344.png").write_bytes(_PIXEL)


def _meta(notice: Notice, source: str) -> list[tuple[str, str]]:
    site = [("SiteName", SITE), ("SiteDomain", "www.chenghe.example"), ("SiteIDCode", "9999000001")]
    return [*site, ("ArticleTitle", notice["title"]), ("PubDate", f"{notice['date']} 09:30"), ("ContentSource", source)]


def _table(notice: Notice) -> str:
    rows = [
        ("索 引 号", f"999900001/{notice['date']:%Y}-{notice['id'] % 100000:05d}", "主题分类", notice.get("theme", "综合政务")),
        ("发文机关", notice.get("source", notice["title"].split("关于")[0].split("转发")[0]), "发文字号", notice.get("number", "")),
    ]
    cells = "".join(f"<tr><th>{a}：</th><td>{b}</td><th>{c}：</th><td>{d}</td></tr>" for a, b, c, d in rows)
    return f'<table class="xxgk">{cells}</table>\n'


def _text(notice: Notice) -> str:
    if notice.get("image_only"):
        return '<p><img src="./W020260415330011223344.png" alt=""></p>'
    paragraphs = [p for p in notice["text"].strip().split("\n\n") if p.strip()]
    number = [notice["number"]] if notice.get("number") and not notice.get("table") else []
    return "\n".join(f"<p>　　{escape(p.strip('　')) if not p.startswith('　　　') else escape(p)}</p>" for p in [*number, *paragraphs])


def _files(notice: Notice) -> str:
    links = "".join(f'<p><a href="./{f["file"]}">{escape(f["name"])}</a></p>' for f in notice.get("files", ()))
    return f'<div class="fujian">{links}</div>' if links else ""


def _page(title: str, body: str, head: str, charset: str = "utf-8", up: str = "./") -> str:
    navigation = "".join(f'<a href="{up}{c}/index.html">{n}</a>' for c, n in COLUMNS.items())
    return f"""<!DOCTYPE html>
<html lang="zh-CN"><head><meta charset="{charset}"><title>{escape(title)}</title>{head}<link rel="stylesheet" href="{up}style.css"></head>
<body><div class="banner">{SITE}</div><div class="nav"><a href="{up}index.html">首页</a>{navigation}</div>
<div class="main">{body}</div>
<div class="footer">主办：{SITE}办公室　网站标识码：9999000001　本站为演示，地名、人名和数字均为虚构</div></body></html>
"""
