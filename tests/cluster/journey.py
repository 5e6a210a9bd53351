"""What an archive's people do, as one journey: the same commands on either database, and what they answered."""

from __future__ import annotations

import json
import re
from functools import partial
from pathlib import Path

from tests.support.archive_home import Home
from tests.support.site_server import Site, serving

PADDING = "各县区人民政府要落实责任，按时完成，并将进展报送办公室。"


def line(n: int, text: str = "", **more: object) -> dict[str, object]:
    """An invented notice as a line of an import."""
    return {
        "url": f"http://a.example/n{n}.html",
        "title": f"关于第{n}号河段防汛工作的通知",
        "text": f"各县区人民政府：\n根据《关于第{n}号堤防巡查的意见》（以下简称“巡查意见”）检查第{n}号河段。{text}{PADDING}\n临杉市人民政府\n2026年10月1日",
        "published_date": f"2026-10-{n % 28 + 1:02d}",
        "issuer": "临杉市人民政府",
        "document_number": f"临政〔2026〕{n}号",
        **more,
    }


def written(folder: Path, *lines: dict[str, object]) -> str:
    """The lines as a file."""
    file = folder / "lines.jsonl"
    file.write_text("".join(json.dumps(each, ensure_ascii=False) + "\n" for each in lines), encoding="utf-8")
    return str(file)


def page(title: str, body: str) -> bytes:
    """A page of the invented site."""
    return f"<html><head><title>{title}</title></head><body><h1>{title}</h1><div class='content'>{body}</div></body></html>".encode()


def a_site() -> Site:
    """A list of three notices."""
    titles = {n: f"临杉市水务局关于第{n}号水库安全度汛的通知" for n in (1, 2, 3)}
    entries = "".join(f"<li><a href='/tzgg/{n}.html'>{title}</a><span>2026-10-0{n}</span></li>" for n, title in titles.items())
    bodies = {
        n: f"<p>各县区水务局：</p><p>第{n}号水库应当在汛前完成检查。{PADDING}</p><p>临杉市水务局</p><p>2026年10月{n}日</p>" for n in titles
    }
    return Site({"/tzgg/": page("通知公告", f"<ul>{entries}</ul>"), **{f"/tzgg/{n}.html": page(titles[n], bodies[n]) for n in titles}})


def walk(home: Home, folder: Path) -> dict[str, object]:
    """The journey; its answers by command, without what differs from run to run (times, folders, ports)."""
    told: dict[str, object] = {}
    plain = partial(_plain, str(home.path))
    wet = line(2, "第二次通知。", attachments=[{"name": "巡查表.txt", "url": "http://a.example/f2.txt", "text": "巡查表\f第二页"}])
    repealing = line(9, f"《关于第1号河段防汛工作的通知》（临政〔2026〕1号）同时废止。{PADDING}")
    told["import"] = home.run("import", written(folder, *(line(n) for n in range(1, 9)))).stdout
    home.run("watch", "add", "floods", "河段", check=None)
    told["import again"] = home.run("import", written(folder, line(1), wet, repealing)).stdout
    with serving(a_site()) as site:
        home.source(site.base)
        told["crawl"] = re.sub(r"[\d.]+ ?s\b|:\d{4,5}", "", home.run("crawl", "linshan").stdout)
        site.pages["/tzgg/2.html"] = page("临杉市水务局关于第2号水库安全度汛的通知", f"<p>第2号水库已经完成检查。{PADDING}</p>")
        home.run("crawl", "linshan")
    for query in ("河段", "第二次通知", "水库", "临政〔2026〕9号", "巡查意见", "issuer:临杉市水务局"):
        hits = home.search(query)
        told[f"search {query}"] = [hits["total"], [(hit["title"], hit["revision"], hit["snippet"]["text"]) for hit in hits["hits"]]]
    told["changes"] = [
        {**json.loads(each), "at": "", "url": ""} for each in home.run("changes", "--json", "--since", "0").stdout.splitlines()
    ]
    for words in (("status",), ("runs",), ("history", "2"), ("diff", "2"), ("cites", "9"), ("show", "1")):
        told[" ".join(words)] = plain(home.run(*words, check=None).stdout)
    told["export"] = plain(home.run("export", "河段", "--format", "jsonl").stdout)
    told["watch run"] = [json.loads(each).get("seq") for each in home.run("watch", "run", "--json", check=None).stdout.splitlines()]
    told["deadlines"] = home.run("deadlines", check=None).stdout
    told["metrics"] = sorted({each.split("{")[0].split(" ")[0] for each in home.run("metrics").stdout.splitlines()})
    told["reparse"] = plain(home.run("reparse", "--dry-run").stdout)
    told["repair"] = plain(home.run("repair", check=None).stdout)
    told["checkpoint"] = home.run("checkpoint").returncode
    told["verify"] = plain(home.run("verify").stdout)
    told["index"] = home.run("index", "--rebuild").stdout
    told["doctor"] = home.run("doctor", check=None).returncode
    return told


def _plain(home: str, text: str) -> str:
    """The text without times, ids of records, addresses of the site, sizes, and places in WARC files: ids and times pack to other lengths each time."""
    text = re.sub(r"postgresql\S+|127\.0\.0\.1:\d+/archive_\d+|sqlite:\S+", "DATABASE", text.replace(home, "HOME"))
    text = re.sub(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\.\d+)?(Z|\+\d\d:\d\d)?", "TIME", text)
    text = re.sub(r"127\.0\.0\.1:\d+|[0-9a-f-]{36}|\b[0-9a-f]{12,64}\b|notices-[\w.-]+", "X", text)
    return re.sub(
        r"@\d+|\bat \d+,|\d:\d\d:\d\d|\d+(\.\d+)? ?(s|ms|kB|MB|GB|bytes|minutes?|seconds?|hours?)\b|offset \d+|\(\d+ bytes\)", "N", text
    )
