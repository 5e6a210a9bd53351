"""The reading room in a browser: journeys of readers in both languages, with and without scripts, keys, accessibility, and not one message of the console.

Run by `make test-web`; screenshots at three widths are written into the folder that NOTICES_SCREENSHOTS names.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.quick_home import QuickHome
from tests.support.reading_room import archive_in, served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
WIDTHS = (375, 800, 1280)
PAGES = (
    "/",
    "/search?q=河道",
    "/search?q=检查&copies=all",
    "/search?q=鱿鱼圈圈",
    "/n/1",
    "/n/3",
    "/n/1/diff",
    "/sources",
    "/changes",
    "/status",
    "/n/99",
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A reading room of two processes."""
    home = archive_in(tmp_path_factory.mktemp("browser"))
    _changed_last_month(home)
    with served(home, workers=2) as base:
        yield base


def _changed_last_month(home: QuickHome) -> None:
    import sqlite3

    raw = sqlite3.connect(home.path / "notices.db")
    raw.execute("update change set baseline = 0 where seq = (select max(seq) from change where notice_id = 1)")
    raw.commit()
    raw.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    playwright = pytest.importorskip("playwright.sync_api")
    if CHROMIUM is None:
        (pytest.fail if os.environ.get("NOTICES_SCREENSHOTS") else pytest.skip)(
            "chromium is not installed"
        )  # make test-web must not pass unseen
    with playwright.sync_playwright() as started:
        made = started.chromium.launch(executable_path=CHROMIUM)
        yield made
        made.close()


@pytest.fixture(params=[("zh-CN", True), ("zh-CN", False), ("en-GB", True), ("en-GB", False)], ids=["zh", "zh-plain", "en", "en-plain"])
def reader(request: pytest.FixtureRequest, browser: Browser, site: str) -> Iterator[tuple[Page, bool]]:
    """A page of a reader's own; any message of its console, and any error of a script, fails the test. The second is whether scripts run."""
    language, scripts = request.param
    with browser.new_context(locale=language, java_script_enabled=scripts, base_url=site) as context:
        page = context.new_page()
        messages: list[str] = []
        page.on("console", lambda message: messages.append(message.text))
        page.on("pageerror", lambda error: messages.append(str(error)))
        yield page, scripts
        assert messages == []
        assert context.cookies() == []


def test_a_new_reader_finds_a_notice_what_changed_in_it_what_repeals_it_and_follows_the_query(reader: tuple[Page, bool]) -> None:
    page, scripts = reader
    page.goto("/")
    if scripts:
        page.keyboard.press("/")
        page.keyboard.type("临政〔2018〕5号")
        page.keyboard.press("Enter")
        page.wait_for_url("**/search**")
        page.keyboard.press("j")
        page.keyboard.press("Enter")
    else:
        page.fill("#q", "临政〔2018〕5号")
        page.click("form.ask button")
        page.click(".hits h3 a")
    page.wait_for_url("**/n/1")
    assert "临政〔2018〕5号" in page.inner_text(".number")
    assert "临政〔2020〕9号" in page.inner_text(".banner")
    page.click(".revisions a[href*=diff]")
    assert "职责" in page.inner_text("ins.change")
    page.go_back()
    page.click(".banner a")
    page.wait_for_url("**/n/2")
    page.goto("/changes")
    page.click("table a[href='/n/1/r/2']")
    assert page.url.endswith("/n/1/r/2")
    page.goto("/search?q=河道")
    feed = page.get_attribute("a[href*='feed.atom']", "href")
    assert feed
    assert page.request.get(feed).ok


def test_a_filter_is_added_and_removed(reader: tuple[Page, bool]) -> None:
    page, _scripts = reader
    page.goto("/search?q=检查")
    page.click(".facets a[href*='issuer']")
    assert page.locator(".chips li").count() == 1
    page.click(".chips a")
    assert page.locator(".chips li").count() == 0
    assert page.input_value("#q") == "检查"


def test_the_language_switches_and_stays(reader: tuple[Page, bool]) -> None:
    page, _scripts = reader
    page.goto("/search?q=河道&lang=zh")
    page.click(".languages a")
    assert page.get_attribute("html", "lang") == "en"
    page.click(".hits h3 a >> nth=0")
    assert page.get_attribute("html", "lang") == "en"


def test_typing_is_completed(browser: Browser, site: str) -> None:
    with browser.new_context(base_url=site) as context:
        page = context.new_page()
        page.goto("/")
        with page.expect_response("**/complete**"):
            page.type("#q", "河道巡查")
        page.wait_for_selector("#completions option", state="attached")
        assert "河道巡查" in (page.get_attribute("#completions option >> nth=0", "value") or "")


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_every_page_fits_and_is_accessible(browser: Browser, site: str, colours: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    shots = os.environ.get("NOTICES_SCREENSHOTS")
    problems = []
    for width in WIDTHS:
        with browser.new_context(
            base_url=site, color_scheme=colours, viewport={"width": width, "height": 900}, locale="zh-CN", bypass_csp=True
        ) as context:
            page = context.new_page()
            for number, address in enumerate(PAGES):
                page.goto(address)
                if shots:
                    Path(shots).mkdir(parents=True, exist_ok=True)
                    page.screenshot(path=Path(shots) / f"{number:02d}-{width}-{colours}.png", full_page=True)
                assert page.evaluate("document.documentElement.scrollWidth") <= width, (address, width)
                found = axe.run(page).response["violations"]
                problems += [(address, width, each["id"]) for each in found if each["impact"] in ("serious", "critical")]
    assert problems == []


def test_no_page_breaks_its_policy(browser: Browser, site: str) -> None:
    with browser.new_context(base_url=site) as context:
        page = context.new_page()
        messages: list[str] = []
        page.on("console", lambda message: messages.append(message.text))
        page.on("dialog", lambda dialog: messages.append(dialog.message))
        for address in PAGES:
            page.goto(address)
        assert [message for message in messages if "404" not in message] == []
