"""What every answer carries and every request must satisfy: headers against injection, framing and sniffing, names of hosts, sizes."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection

from anyio import sleep
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.access import host_of, is_own_form
from web.problems import TOO_MANY, problem, too_many
from web.rates import PAGES, QUESTIONS, Rates, asked_by

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
AGENTS, CHECK, WATCHES = (
    "/mcp",
    "/api/v1/citations",
    "/maintain/watches",
)  # what takes a body by POST: calls of tools, texts to check; both only read
LONGEST_ADDRESS = 8192
TARRY, _MOST_TARRYING = 1.0, 100  # seconds that a refusal for a rate waits, and how many of a process may; one more is told at once
_METHODS = ("GET", "HEAD", "OPTIONS")


class Guard:
    """Refuses what no reader sends, and adds the headers to every answer that has none of its own."""

    def __init__(self, app: ASGIApp, names: Collection[str]) -> None:
        self._app = app
        self._questions, self._pages = Rates(*QUESTIONS), Rates(*PAGES)
        self._tarrying = 0
        self._names = frozenset(name.lower() for name in names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        refused = self._refused(scope)
        if refused is not None:
            status, why = refused
            if status == 429:
                await self._tarry()
            answer = too_many(Request(scope)) if status == 429 else problem(Request(scope), status, why)
            if status == 405:
                answer.headers["Allow"] = ", ".join(_METHODS)
            await answer(scope, receive, with_headers)
            return
        await self._app(scope, receive, with_headers)

    async def _tarry(self) -> None:
        """Let a network that asks too much wait for its refusal, so that it asks less: each of its connections gets one a second, not hundreds."""
        if self._tarrying < _MOST_TARRYING:
            self._tarrying += 1
            try:
                await sleep(TARRY)
            finally:
                self._tarrying -= 1

    def _refused(self, scope: Scope) -> tuple[int, str] | None:
        """The status and the reason, if the request is refused."""
        headers, takes_body = Headers(scope=scope), scope["path"] in (AGENTS, CHECK, WATCHES)
        asks = (
            takes_body
            or scope["path"].startswith("/maintain")
            or (bool(scope.get("query_string")) and not scope["path"].startswith("/static/"))
        )
        origin = headers.get("origin") if takes_body else None
        too_long = 400 if scope["path"].startswith("/api/") else 414  # to a program it is one more value beyond its limit
        reasons = (
            (not self._is_ours(headers.get("host", "")), 421, "This server does not answer for that host name."),
            (
                len(scope.get("raw_path") or b"") + len(scope.get("query_string") or b"") > LONGEST_ADDRESS,
                too_long,
                "The address is too long.",
            ),
            (
                not (takes_body and scope["method"] in ("POST", "DELETE")) and scope["method"] not in _METHODS,
                405,
                "The reading room only answers GET and HEAD.",
            ),
            (bool(origin) and not self._is_ours(host_of(origin or "")), 403, "Pages of other sites may not ask here."),
            (
                scope["path"] == WATCHES and not is_own_form(headers, host_of(origin or "").lower() == headers.get("host", "").lower()),
                403,
                "Pages of other sites may not ask here.",
            ),
        )
        for wrong, status, why in reasons:
            if wrong:
                return status, why
        rates = self._questions if asks else self._pages
        if not scope["path"].startswith("/static/") and not rates.allows(asked_by(scope)):
            return 429, TOO_MANY
        return None

    def _is_ours(self, host: str) -> bool:
        """Whether a Host header names us: a configured name, this machine, or an address in digits, which no other site can point to us by."""
        name = host.strip().lower()
        name = name[1:].partition("]")[0] if name.startswith("[") else name.partition(":")[0]
        if name in self._names or name == "localhost":
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True
