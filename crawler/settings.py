"""Scrapy's settings for a run: polite, bounded, with every console and every stored pickle off."""

from __future__ import annotations

from crawler.source import Source
from notices.config import Config

KEEP = "pipeline.scrapy_steps.KeepResponse"
STORE = "pipeline.scrapy_steps.StoreNotice"


def settings_for(source: Source, config: Config) -> dict[str, object]:
    """The settings for one run of one source."""
    return {
        **_SAFE,
        "USER_AGENT": config.user_agent,
        "DOWNLOAD_DELAY": source.delay,
        "DOWNLOAD_MAXSIZE": config.max_body_bytes,
        "DOWNLOAD_TIMEOUT": config.request_timeout,
        "DOWNLOAD_VERIFY_CERTIFICATES": source.tls == "verify",
        "TWISTED_DNS_RESOLVER": "scrapy.resolver.CachingHostnameResolver"
        if source.allow_private
        else "crawler.http.resolver.PublicResolver",
        "DOWNLOAD_HANDLERS": _HANDLERS | dict.fromkeys(("http", "https"), _OLD_ANSWERS if source.tls == "old" else _ANSWERS),
        "DOWNLOADER_MIDDLEWARES": {
            "crawler.http.robots.Robots": 100,
            "scrapy.downloadermiddlewares.downloadtimeout.DownloadTimeoutMiddleware": 350,
            "scrapy.downloadermiddlewares.defaultheaders.DefaultHeadersMiddleware": 400,
            "scrapy.downloadermiddlewares.useragent.UserAgentMiddleware": 500,
            "crawler.http.retries.RetryLater": 550,
            "crawler.http.redirects.OwnSiteRedirect": 600,
            KEEP: 640,  # before an answer is followed or asked for again, and after it was decompressed
            "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": 650,
            "crawler.http.complete_body.CompleteBody": 660,  # sees responses before Scrapy decompresses them
            "crawler.http.cookies.Cookies": 700,
            "scrapy.downloadermiddlewares.stats.DownloaderStats": 850,
            "crawler.http.guard.Guard": 990,
        },
        "ITEM_PIPELINES": {STORE: 100},
        "CLOSESPIDER_PAGECOUNT": config.max_pages_per_run,
        "REQUESTS_PER_RUN": config.requests_per_run,  # read by crawler.http.guard
    }


_ANSWERS, _OLD_ANSWERS = "crawler.http.answers.Answers", "crawler.http.answers.OldTlsAnswers"
_HANDLERS: dict[str, str | None] = {"file": None, "data": None, "ftp": None, "s3": None}
_SAFE: dict[str, object] = {
    # Scrapy loads each class of its base lists, even one that is switched off; some of them load HTTP clients: 0.3 s of a start (Scrapy 2.17).
    "DOWNLOADER_MIDDLEWARES_BASE": {},
    "EXTENSIONS_BASE": {"scrapy.extensions.corestats.CoreStats": 0, "scrapy.extensions.closespider.CloseSpider": 0},
    # Those of Scrapy's that the spider uses. Each one is passed twice by whatever comes out of a page; depth and copied meta are not asked for.
    "SPIDER_MIDDLEWARES_BASE": {
        "scrapy.spidermiddlewares.start.StartSpiderMiddleware": 25,
        "scrapy.spidermiddlewares.httperror.HttpErrorMiddleware": 50,
        "scrapy.spidermiddlewares.referer.RefererMiddleware": 700,
        "scrapy.spidermiddlewares.urllength.UrlLengthMiddleware": 800,
    },
    "BOT_NAME": "notices",
    "ROBOTSTXT_OBEY": True,
    "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
    "CONCURRENT_REQUESTS": 8,
    "CONCURRENT_ITEMS": 1,  # of one response, which is one notice at the most; Scrapy makes so many tasks for each response
    "DOWNLOAD_DELAY_JITTER": 0,
    "DOWNLOAD_WARNSIZE": 0,
    "DOWNLOAD_FAIL_ON_DATALOSS": True,
    "RETRY_TIMES": 3,
    "REDIRECT_MAX_TIMES": 5,
    "COOKIES_ENABLED": True,
    "REFERRER_POLICY": "same-origin",
    "TELNETCONSOLE_ENABLED": False,
    "REMOTE_CONTROL_ENABLED": False,
    "HTTPCACHE_ENABLED": False,
    "HTTPPROXY_ENABLED": False,
    "DEFAULT_REQUEST_HEADERS": {
        "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        "Accept-Language": "zh-CN,zh;q=0.9",
        "Accept-Encoding": "gzip, deflate, br",  # those whose end crawler.http.complete_body can find
    },
    "LOG_INSTALL_ROOT_HANDLER": False,  # our own handler; Scrapy's would raise the root logger to DEBUG for every handler there is
    "STATS_DUMP": False,
    "LOGSTATS_INTERVAL": 0,
    "URLLENGTH_LIMIT": 4096,
}
