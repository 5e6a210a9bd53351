"""`notices source catalogue | add | enable | disable` and `source check --all`, against sites on loopback."""

from __future__ import annotations

import io
import json
import subprocess
import tomllib
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from cli.main import main
from crawler.source import load_source
from notices.config import load_config
from scheduler import read_schedule
from tests.support.archive_home import Home
from tests.support.site_server import Site, list_page, serving, small_site

REGION = "990100"  # of no place: conditions narrowed to it look at the site of the test alone


class CatalogueHome(Home):
    """An archive whose keeper has rows of his own in the catalogue; they are about sites on loopback."""

    def run(self, *words: str, check: int | None = 0, timeout: float = 100, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run `notices WORDS`; what fetches nothing runs in this process, which is much faster."""
        if words[0] == "crawl" or (words[1] in ("add", "check") and "--offline" not in words):
            return super().run(*words, check=check, timeout=timeout, stdin=stdin)
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err), pytest.MonkeyPatch.context() as patch:
            patch.setenv("NOTICES_HOME", str(self.path))
            code = main(words)
        assert check is None or code == check, f"{words}: exit {code}\n{out.getvalue()}\n{err.getvalue()}"
        return subprocess.CompletedProcess(words, code, out.getvalue(), err.getvalue())

    def rows_of(self, base: str, *ids: str, path: str = "/tzgg/", publisher: str = "临杉市水务局") -> None:
        """Add a row for each id; a column's path ends in the second part of its id unless that is tzgg."""
        self.path.mkdir(parents=True, exist_ok=True)
        with (self.path / "catalogue.tsv").open("a", encoding="utf-8") as handle:
            for ident in ids:
                column = ident.partition("/")[2]
                url = base + (path if column == "tzgg" else f"/{column}/")
                name = {"tzgg": "通知公告"}.get(column, column)
                handle.write(
                    "\t".join([ident, publisher, REGION, "city", name, url, "", "trs", "", "2026-10-02", "a list kept by hand"]) + "\n"
                )

    def add(self, *words: str, check: int = 0) -> list[dict[str, Any]]:
        """What `source add` prints as JSON."""
        done = self.run("source", "add", *words, "--allow-private", "--delay", "0.01", "--json", check=check)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def check_all(self, *words: str, check: int = 0) -> dict[str, dict[str, Any]]:
        """What `source check --all` prints as JSON, by id, for the keeper's own rows."""
        own = ("--region", REGION, "--allow-private", "--delay", "0.01", "--json")
        done = self.run("source", "check", "--all", *own, *words, check=check)
        return {value["id"]: value for value in map(json.loads, done.stdout.splitlines())}


@pytest.fixture
def home(tmp_path: Path) -> CatalogueHome:
    return CatalogueHome(tmp_path / "home")


def two_columns() -> Site:
    site = small_site(4, 4)
    site.pages["/gsgg/"] = list_page([9, 8, 7], 0, 1)
    return site


def test_columns_are_found_by_words_and_conditions(home: CatalogueHome) -> None:
    found = [json.loads(line) for line in home.run("source", "catalogue", "发改委", "--level", "ministry", "--json").stdout.splitlines()]
    assert {row["publisher"] for row in found} >= {"国家发展和改革委员会"}
    assert all(row["level"] == "central" and row["ministry"] for row in found)
    assert {"id", "site", "region", "column", "url", "platform", "evidence", "evidence_date", "reach", "default"} <= set(found[0])
    table = home.run("source", "catalogue", "江西", "--kind", "通知公告").stdout
    assert "江西省科学技术厅" in table
    assert "https://kjt.jiangxi.gov.cn/" in table


def test_region_includes_what_is_located_in_it(home: CatalogueHome) -> None:
    lines = home.run("source", "catalogue", "--region", "福建", "--json").stdout.splitlines()
    regions = {json.loads(line)["region"] for line in lines}
    assert {"350000", "350500"} <= regions
    assert all(region.startswith("35") for region in regions)


def test_empty_answer_says_what_to_try(home: CatalogueHome) -> None:
    done = home.run("source", "catalogue", "江苏省水利厅公示牌", "--region", "海南", check=1)
    assert done.stdout == ""
    assert "near it" in done.stderr
    assert "without --region" in home.run("source", "catalogue", "江苏", "--region", "海南", check=1).stderr


@pytest.mark.parametrize("words", [["--region", "火星"], ["--level", "galactic"], ["--platform", "wordperfect"]])
def test_unknown_value_is_a_usage_error(home: CatalogueHome, words: list[str]) -> None:
    assert words[1] in home.run("source", "catalogue", *words, check=2).stderr


def test_without_words_the_defaults_and_the_totals_are_shown(home: CatalogueHome) -> None:
    out = home.run("source", "catalogue").stdout
    assert "国家发展和改革委员会" in out
    assert "1824 columns" in out


def test_added_source_is_enabled_after_its_list_was_read_and_crawls(home: CatalogueHome) -> None:
    with serving(two_columns()) as site:
        home.rows_of(site.base, "lanxi/tzgg", "lanxi/gsgg")
        [added] = home.add("临杉市水务局")
        assert (added["site"], added["outcome"], added["columns"], added["entries"]) == ("lanxi", "enabled", 2, 7)
        assert site.requests["/robots.txt"] == 1
        assert not [path for path in site.requests if path.startswith("/tzgg/202610")]  # the list alone, no notice
        source = load_source(home.path / "sources/lanxi.toml")
        assert (source.enabled, source.region, [c.name for c in source.columns]) == (True, REGION, ["通知公告", "gsgg"])
        assert "published 2026-10-02 in a list kept by hand" in (home.path / "sources/lanxi.toml").read_text(encoding="utf-8")
        assert "new 4" in home.run("crawl").stdout  # the notices of /gsgg/ do not exist


def test_unread_site_is_written_disabled_with_the_reason(home: CatalogueHome) -> None:
    site = two_columns()
    site.pages["/robots.txt"] = b"User-agent: *\nDisallow: /\n"
    with serving(site):
        home.rows_of(site.base, "lanxi/tzgg")
        home.rows_of("http://127.0.0.1:9", "beiwan/tzgg")
        added = {value["site"]: value for value in home.add("lanxi", "beiwan", check=3)}
    assert {value["outcome"] for value in added.values()} == {"disabled"}
    assert "robots" in added["lanxi"]["problems"][0]
    assert site.requests["/tzgg/"] == 0
    text = (home.path / "sources/lanxi.toml").read_text(encoding="utf-8")
    assert "robots" in text
    assert load_source(home.path / "sources/lanxi.toml").enabled is False
    assert sorted(p.name for p in (home.path / "sources").iterdir()) == ["beiwan.toml", "lanxi.toml"]


def test_unread_column_is_left_out_as_a_comment(home: CatalogueHome) -> None:
    with serving(two_columns()) as site:
        home.rows_of(site.base, "lanxi/tzgg", "lanxi/gone")
        [added] = home.add("lanxi", check=3)
    assert (added["outcome"], added["columns"]) == ("enabled", 1)
    text = (home.path / "sources/lanxi.toml").read_text(encoding="utf-8")
    assert [c["url"] for c in tomllib.loads(text)["columns"]] == [f"{site.base}/tzgg/"]
    assert f'# url = "{site.base}/gone/"' in text
    assert "404" in text


def test_adding_again_changes_nothing_and_adds_what_is_new(home: CatalogueHome) -> None:
    with serving(two_columns()) as site:
        home.rows_of(site.base, "lanxi/tzgg")
        home.add("lanxi")
        path = home.path / "sources/lanxi.toml"
        path.write_text("# mine\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
        before, asked = path.read_text(encoding="utf-8"), site.requests["/tzgg/"]
        assert home.add("lanxi")[0]["outcome"] == "present"
        assert (path.read_text(encoding="utf-8"), site.requests["/tzgg/"]) == (before, asked)
        home.rows_of(site.base, "lanxi/gsgg")
        assert home.add("lanxi/gsgg")[0]["outcome"] == "enabled"
        text = path.read_text(encoding="utf-8")
    assert text.startswith(before)
    assert len(load_source(path).columns) == 2


def test_site_that_comes_back_is_enabled_by_adding_it_again(home: CatalogueHome) -> None:
    site = Site()
    with serving(site):
        home.rows_of(site.base, "lanxi/tzgg")
        assert home.add("lanxi", check=3)[0]["outcome"] == "disabled"
        site.pages |= two_columns().pages
        assert home.add("lanxi")[0]["outcome"] == "enabled"
    assert load_source(home.path / "sources/lanxi.toml").enabled


def test_unknown_name_names_what_is_near_and_writes_nothing(home: CatalogueHome) -> None:
    assert "ndrc" in home.run("source", "add", "国家发展与改革委", "ndrc", check=2).stderr
    assert not (home.path / "sources").exists()
    assert "--defaults" in home.run("source", "add", check=2).stderr


def test_offline_writes_all_defaults_disabled(home: CatalogueHome) -> None:
    home.run("source", "add", "--defaults", "--offline")
    sources = [load_source(path) for path in sorted((home.path / "sources").glob("*.toml"))]
    assert len(sources) == 10
    assert not any(source.enabled for source in sources)
    assert len({source.schedule for source in sources}) > 5  # they do not all start at one time


def test_enable_and_disable_change_one_line(home: CatalogueHome) -> None:
    path = home.source("http://127.0.0.1:9")
    text = path.read_text(encoding="utf-8").replace("enabled = true", "enabled = true  # since the flood") + "# end\n"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o640)
    home.run("source", "disable", "linshan")
    assert path.read_text(encoding="utf-8") == text.replace("enabled = true", "enabled = false")
    assert path.stat().st_mode & 0o777 == 0o640
    home.run("source", "enable", "linshan")
    assert path.read_text(encoding="utf-8") == text


def test_enabling_a_shipped_source_copies_it(home: CatalogueHome) -> None:
    home.run("source", "enable", "ndrc")
    assert load_source(home.path / "sources/ndrc.toml").enabled
    assert "no source 'nowhere'" in home.run("source", "enable", "nowhere", check=2).stderr


def test_bad_source_file_does_not_stop_the_others(home: CatalogueHome) -> None:
    home.source("http://127.0.0.1:9")
    (home.path / "sources/broken.toml").write_text("name = ", encoding="utf-8")
    done = home.run("source", "list", check=3)
    assert "linshan" in done.stdout
    assert "broken.toml" in done.stderr
    assert "broken.toml" in home.run("source", "enable", "broken", check=2).stderr
    home.run("source", "disable", "linshan")
    home.rows_of("http://127.0.0.1:9", "broken/gsgg")
    home.run("source", "catalogue", "临杉")
    [added] = home.add("broken", check=3)
    assert added["outcome"] == "failed"


def test_bad_line_of_the_own_catalogue_does_not_stop_the_others(home: CatalogueHome) -> None:
    home.rows_of("http://127.0.0.1:9", "lanxi/tzgg")
    with (home.path / "catalogue.tsv").open("a", encoding="utf-8") as handle:
        handle.write("half a line\n")
    done = home.run("source", "catalogue", "临杉", "--json")
    assert json.loads(done.stdout)["id"] == "lanxi/tzgg"
    assert "catalogue.tsv:2" in done.stderr


def test_check_all_reports_what_still_reads_and_goes_on_where_it_ended(home: CatalogueHome) -> None:
    with serving(two_columns()) as site:
        home.rows_of(site.base, "lanxi/tzgg", "lanxi/gone")
        found = home.check_all(check=3)
        assert (found["lanxi/tzgg"]["reads"], found["lanxi/tzgg"]["entries"], found["lanxi/tzgg"]["newest"]) == (True, 4, "2026-10-05")
        assert "404" in found["lanxi/gone"]["problem"]
        asked = site.requests["/tzgg/"]
        home.rows_of(site.base, "lanxi/gsgg")  # as if the run had been ended before this one
        again = home.check_all(check=3)
        assert (site.requests["/tzgg/"], site.requests["/gsgg/"]) == (asked, 1)
        assert again["lanxi/tzgg"]["checked_at"] == found["lanxi/tzgg"]["checked_at"]
        del site.pages["/tzgg/"]
        later = home.check_all("--fresh", "0", check=3)["lanxi/tzgg"]
        assert later["reads"] is False
        assert later["read_at"] == found["lanxi/tzgg"]["read_at"]
        assert site.most_at_once == 1
    shown = json.loads(home.run("source", "catalogue", "临杉", "--kind", "通知公告", "--json").stdout)
    assert shown["read_at"] == found["lanxi/tzgg"]["read_at"]
    assert "404" in shown["problem"]
    assert not (home.path / "notices.db").exists()


def test_check_enabled_looks_at_own_sources(home: CatalogueHome) -> None:
    with serving(small_site(3)) as site:
        home.source(site.base)
        home.source(site.base, "lanxi", "/gone/")
        (home.path / "sources/broken.toml").write_text("name = ", encoding="utf-8")
        done = home.run("source", "check", "--enabled", check=3)
    assert "linshan: 通知公告" in done.stdout
    assert "NOT READ" in done.stdout
    assert "1 columns read, 1 not" in done.stdout
    assert "broken.toml" in done.stderr
    assert "--all or --enabled" in home.run("source", "check", check=2).stderr


def test_bad_source_file_does_not_stop_crawl_status_and_clock(home: CatalogueHome) -> None:
    with serving(small_site(2)) as site:
        home.source(site.base)
        (home.path / "sources/broken.toml").write_text("name = ", encoding="utf-8")
        done = Home.run(home, "crawl", check=3)
        assert "new 2" in done.stdout
        assert "broken.toml" in done.stderr
    done = Home.run(home, "status", check=3)
    assert "linshan" in done.stdout
    assert "broken.toml" in done.stderr
    assert [job.name for job in read_schedule(load_config({"NOTICES_HOME": str(home.path)})).jobs] == ["crawl:linshan", "index", "verify"]
