"""`notices metrics`: what Prometheus's own parser reads out of it, and where it is written."""

from __future__ import annotations

from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from tests.support.quick_home import QuickHome
from tests.support.site_server import notice_path, serving, small_site


def values(text: str) -> dict[tuple[str, ...], float]:
    """Every sample by its name and the values of its labels, in the order of their names."""
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {(sample.name, *(value for _name, value in sorted(sample.labels.items()))): sample.value for sample in samples}


def test_sizes_ages_and_health_of_an_archive(tmp_path: Path) -> None:
    home = QuickHome(tmp_path / "home")
    with serving(small_site(3)) as site:
        home.source(site.base)
        site.pages[notice_path(2)] = (404, {}, b"not found")
        home.run("crawl", check=None)
    found = values(home.run("metrics").stdout)
    assert found["notices_archived_notices",] == found["notices_source_notices", "linshan"] == 2
    assert found["notices_runs_total", "done", "linshan"] == 1
    assert found["notices_last_success_timestamp_seconds", "linshan"] <= found["notices_collected_timestamp_seconds",]
    assert sum(found["notices_source_state", "linshan", state] for state in ("ok", "new", "paused", "degraded", "failing")) == 1
    assert (found["notices_index_waiting",], found["notices_index_problem",]) == (0, 0)
    assert found["notices_warc_bytes",] > 1000


def test_file_is_written_whole_and_a_bad_place_is_named(tmp_path: Path) -> None:
    home = QuickHome(tmp_path / "home")
    assert "no archive" in home.run("metrics", check=2).stderr
    home.run("import", "-", stdin='{"url": "https://a.example/1", "title": "关于堤防巡查的通知", "text": "各县：请巡查。"}\n')
    file = tmp_path / "notices.prom"
    assert home.run("metrics", "--textfile", str(file)).stdout == ""
    assert values(file.read_text(encoding="utf-8"))["notices_archived_notices",] == 1
    assert [path.name for path in tmp_path.iterdir() if "prom" in path.name] == ["notices.prom"]
    assert str(tmp_path / "none") in home.run("metrics", "--textfile", str(tmp_path / "none/notices.prom"), check=2).stderr
