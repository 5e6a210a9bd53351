"""A revision whose files alone had changed, taken out of SQL: verification names it, repair reads it again from its bytes."""

from __future__ import annotations

from pathlib import Path

import pytest

from notices.config import Config, load_config
from pipeline.sql.database import open_database
from preservation.findings import Finding
from preservation.verify import verify_archive
from tests.support.imported import change, copy_of, value
from tests.support.quick_home import QuickHome
from tests.support.site_server import Page, notice_page, notice_path, serving, small_site

LIST = "/tzgg/files/list.txt"
NEWEST = "(select max(id) from revision)"
REMOVED = "; ".join(
    [f"delete from {table} where revision_id = {NEWEST}" for table in ("attachment", "citation", "alias", "correction")]
    + ["update notice set revisions = revisions - 1", f"delete from revision where id = {NEWEST}"]
)


def a_file(content: str) -> Page:
    return 200, {"Content-Type": "text/plain; charset=utf-8"}, content.encode()


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One notice crawled twice; its file changed meanwhile."""
    home = QuickHome(tmp_path_factory.mktemp("crawled") / "home")
    site = small_site(1)
    site.pages[notice_path(1)] = notice_page(1, extra=f'<a href="{LIST}">附件：名单.txt</a>')
    with serving(site):
        home.source(site.base)
        for content in ("甲村 三十户", "甲村 三十一户"):
            site.pages[LIST] = a_file(content)
            home.run("crawl", "--revisit")
    assert value(load_config(home.environment), "select count(*) from revision") == 2
    return home.path


@pytest.fixture
def config(crawled: Path, tmp_path: Path) -> Config:
    return copy_of(crawled, tmp_path / "home")


def found(config: Config) -> list[Finding]:
    database = open_database(config)
    try:
        return list(verify_archive(database, config))
    finally:
        database.dispose()


def test_removed_revision_of_a_file_is_damage_and_comes_back(config: Config, crawled: Path) -> None:
    query = "select title || n || (select text || digest from attachment where revision_id = revision.id) from revision where n = 2"
    before = value(config, query)
    change(config, REMOVED)
    assert [(each.kind, each.place) for each in found(config)] == [("unread", "notice 1")]
    home = QuickHome(config.home)
    home.run("repair", "--apply")
    assert value(config, query) == before
    home.run("verify")


def test_file_with_the_text_of_one_that_a_revision_contains_is_accounted_for(config: Config) -> None:
    change(config, REMOVED)
    change(config, "update attachment set text = '甲村  三十一户 '")  # as if the server had made the file again
    assert [each.kind for each in found(config)] == ["rewritten"]
