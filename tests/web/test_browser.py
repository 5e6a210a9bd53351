"""The reading room in a browser: journeys of readers in both languages, with and without scripts, keys, accessibility, and not one message of the console.

Run by `make test-web`; screenshots at three widths are written into the folder that NOTICES_SCREENSHOTS names.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.quick_home import QuickHome
from tests.support.reading_room import EVIL, PADDING, archive_in, line, served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

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
    "/n/1/r/1",
    "/n/1?as_of=2040-01-01",
    "/n/6",
    "/n/6/r/1/a/1",
    "/doc/临水/2022/1",
    "/search?past=1&q=河道",
    "/search?q=河道&since=2020&until=2030&kind=通知&issuer=临杉",
    "/search?q=日期:2020-13",
    "/sources",
    "/archive/import/2024-03",
    "/changes",
    "/deadlines",
    "/status",
    "/maintain?query=河道",
    "/n/99",
)
PASSWORD = "a long password 长"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A reading room of two processes."""
    folder = tmp_path_factory.mktemp("browser")
    home = archive_in(folder)
    _with_a_file_and_a_deadline(home, folder / "more.jsonl")
    _changed_last_month(home)
    home.run("maintainer", "add", "li", stdin=f"{PASSWORD}\n")
    with served(home, workers=2) as base:
        yield base


def _with_a_file_and_a_deadline(home: QuickHome, file: Path) -> None:
    last = datetime.now(UTC) + timedelta(days=20)
    text = f"报名时间为{last.year}年{last.month}月{last.day}日至{last.year}年{last.month}月{last.day}日。{PADDING}"
    files = [{"name": f"附件{EVIL}.pdf", "text": f"第一页{EVIL}\f第二页"}]
    file.write_text(
        json.dumps(line(6, "临杉市水利局关于堤防加固报名的公告", text, attachments=files), ensure_ascii=False), encoding="utf-8"
    )
    home.run("import", str(file))


def _last_month() -> datetime:
    """A day of the month before this one."""
    return datetime.now(UTC).replace(day=1) - timedelta(days=3)


def _changed_last_month(home: QuickHome) -> None:
    """The first notice's second revision is of last month, and no part of what the archive began with."""
    raw, then = sqlite3.connect(home.path / "notices.db"), f"{_last_month():%Y-%m-%d} 10:00:00.000000"
    raw.execute("update change set baseline = 0, at = ? where seq = (select max(seq) from change where notice_id = 1)", (then,))
    raw.execute("update revision set created_at = ? where notice_id = 1 and n = 2", (then,))
    raw.execute("update revision set created_at = '2024-03-02 10:00:00.000000' where notice_id = 1 and n = 1")
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
    signed = {"username": "li", "password": PASSWORD}  # sent where a page asks for it, and only there
    with opened(browser, locale=language, java_script_enabled=scripts, base_url=site, http_credentials=signed) as context:
        page = context.new_page()
        messages: list[str] = []
        page.on("console", lambda message: messages.append(message.text))
        page.on("pageerror", lambda error: messages.append(str(error)))
        yield page, scripts
        assert messages == []
        assert context.cookies() == []


@contextmanager
def opened(browser: Browser, **options: Any) -> Iterator[BrowserContext]:
    """A reader's window; how long a page takes is not what these tests are about."""
    with browser.new_context(**options) as context:
        context.set_default_timeout(300_000)
        context.set_default_navigation_timeout(300_000)
        yield context


def shot(page: Page, name: str) -> None:
    """A picture of the page, where somebody looks at them."""
    if shots := os.environ.get("NOTICES_SCREENSHOTS"):
        Path(shots).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(shots) / f"{name}.png", full_page=True)


def test_a_new_reader_finds_a_notice_what_changed_in_it_what_repeals_it_and_saves_the_search(
    reader: tuple[Page, bool], request: pytest.FixtureRequest
) -> None:
    page, scripts = reader
    name = request.node.callspec.id

    def look(step: str) -> None:
        shot(page, f"journey-{name}-{step}")

    page.goto("/")
    if scripts:
        page.keyboard.press("/")
        page.keyboard.type("临政〔2018〕5号")
        page.keyboard.press("Enter")
        page.wait_for_url("**/search**")
        page.keyboard.press("j")
        look("1-found")
        page.keyboard.press("Enter")
    else:
        page.fill("#q", "临政〔2018〕5号")
        page.click("form.ask button")
        look("1-found")
        page.click(".hits h3 a")
    page.wait_for_url("**/n/1")
    look("2-notice")
    assert "临政〔2018〕5号" in page.inner_text(".number")
    (changed,) = page.locator(".revisions li").filter(has_text=f"{_last_month():%Y-%m}").all()  # what changed in it last month
    changed.locator("a[href*=diff]").click()
    look("3-changed")
    assert "职责" in page.inner_text("ins.change mark")
    page.go_back()
    assert "临政〔2020〕9号" in page.inner_text(".banner >> nth=0")  # what repeals it
    page.click(".banner a")
    page.wait_for_url("**/n/2")
    look("4-repealing")
    page.goto("/changes")
    assert f"{_last_month():%Y-%m}" in page.inner_text("table")
    page.click("table a[href='/n/1/r/2']")
    assert page.url.endswith("/n/1/r/2")
    page.fill("#q", "河道")
    page.press("#q", "Enter")
    page.wait_for_url("**/search**")
    feed = page.get_attribute("a[href*='feed.atom']", "href")
    assert feed
    assert page.request.get(feed).ok
    page.click("a[href*='/maintain?query=']")  # and saves the search
    assert page.input_value("input[name=query] >> nth=-1") == "河道"
    page.fill("input[name=name]:not([type=hidden])", f"rivers {name}")
    look("5-saving")
    page.click("button[value=add]")
    page.wait_for_selector(f"th:has-text('rivers {name}')")
    look("6-saved")
    page.locator("tr").filter(has_text=f"rivers {name}").locator("button[value=remove]").click()
    page.wait_for_url("**/maintain**")
    assert page.locator("tr").filter(has_text=f"rivers {name}").count() == 0


def test_keys_go_to_the_next_and_the_previous_hit(browser: Browser, site: str) -> None:
    with opened(browser, base_url=site) as context:
        page = context.new_page()
        page.goto("/search?q=河道")
        hits = [each.get_attribute("href") for each in page.locator(".hits h3 a").all()]
        assert len(hits) > 2
        for key, at in (("j", 0), ("j", 1), ("j", 2), ("k", 1), ("k", 0), ("k", 0), ("j", 1)):
            page.keyboard.press(key)
            assert page.evaluate("document.activeElement.getAttribute('href')") == hits[at]
        page.keyboard.press("Enter")
        page.wait_for_url(f"**{hits[1]}")
        page.keyboard.press("/")
        page.keyboard.type("jk/")  # typed into the box, they are characters
        assert page.input_value("#q") == "jk/"


def test_a_print_has_the_text_and_no_controls(browser: Browser, site: str) -> None:
    with opened(browser, base_url=site) as context:
        page = context.new_page()
        page.emulate_media(media="print")
        for address in ("/n/1", "/n/6", "/search?q=河道", "/n/1/diff"):
            page.goto(address)
            assert page.locator("button:visible, input:visible, nav:visible").count() == 0, address
        page.goto("/n/1")
        assert page.locator(".text p:visible").count() > 3
        assert page.pdf(format="A4").startswith(b"%PDF")


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
    with opened(browser, base_url=site) as context:
        page = context.new_page()
        page.goto("/")
        with page.expect_response("**/complete**"):
            page.type("#q", "河道巡查")
        page.wait_for_selector("#completions option", state="attached")
        assert "河道巡查" in (page.get_attribute("#completions option >> nth=0", "value") or "")


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_every_page_fits_and_is_accessible(browser: Browser, site: str, colours: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    signed = {"username": "li", "password": PASSWORD}
    problems = []
    for width in WIDTHS:
        with opened(
            browser,
            base_url=site,
            color_scheme=colours,
            viewport={"width": width, "height": 900},
            locale="zh-CN",
            bypass_csp=True,
            http_credentials=signed,
        ) as context:
            page = context.new_page()
            for number, address in enumerate(PAGES):
                page.goto(address)
                shot(page, f"{number:02d}-{width}-{colours}")
                assert page.evaluate("document.documentElement.scrollWidth") <= width, (address, width)
                found = axe.run(page).response["violations"]
                problems += [(address, width, each["id"]) for each in found if each["impact"] in ("serious", "critical")]
    assert problems == []


def test_no_page_breaks_its_policy(browser: Browser, site: str) -> None:
    with opened(browser, base_url=site, http_credentials={"username": "li", "password": PASSWORD}) as context:
        page = context.new_page()
        messages: list[str] = []
        page.on("console", lambda message: messages.append(message.text))
        page.on("dialog", lambda dialog: messages.append(dialog.message))
        for address in PAGES:
            page.goto(address)
        answered = (
            "404 (Not Found)",
            "400 (Bad Request)",
            "401 (Unauthorized)",
        )  # the browser's own words for pages that are meant to be so
        assert [message for message in messages if not any(each in message for each in answered)] == []
