"""Why a download failed, in words that name what the network or TLS said."""

from __future__ import annotations

import re

from OpenSSL import SSL
from scrapy.exceptions import DownloadCancelledError
from service_identity import VerificationError

_SETTINGS = (
    (re.compile(r"certificate", re.I), "relaxed"),
    (re.compile(r"protocol|handshake|too small|renegotiation|cipher|bad ecpoint|closed", re.I), "old"),
)  # what OpenSSL 3 says of a broken chain, and of servers older than TLS 1.2


def told(error: BaseException | None) -> str:
    """An exception of a download in a line: what the network or TLS said, and the setting that reaches such a server."""
    reasons = getattr(error.__cause__ if error else None, "reasons", None) or []
    causes = [getattr(each, "value", each) for each in reasons]
    cause = "; ".join(f"TLS: {tls}" if (tls := _tls(each)) else f"{type(each).__name__}: {each}" for each in causes)
    said = cause or str(error) or ("more bytes than max_body_bytes" if isinstance(error, DownloadCancelledError) else "")
    setting = next((setting for mark, setting in _SETTINGS if "TLS: " in cause and mark.search(cause)), None)
    hint = f'; tls = "{setting}" in the source file reaches such a server' if setting else ""
    return f"{type(error).__name__}: {said}"[: 500 - len(hint)] + hint


def _tls(error: object) -> str | None:
    """What TLS said: the reasons of OpenSSL, or why the certificate is another host's."""
    if isinstance(error, SSL.Error):
        stack = error.args[0] if error.args else []
        said = [str(each[-1]) for each in stack if each] if isinstance(stack, list | tuple) else [str(stack)]
        return ", ".join(said) or "the connection was closed"
    return "certificate of another host" if isinstance(error, VerificationError) else None
