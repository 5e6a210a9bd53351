"""What a failed request means for an entry and for an archived notice."""

from __future__ import annotations

import pytest
from scrapy.exceptions import IgnoreRequest
from scrapy.http import TextResponse
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.internet.error import ConnectionRefusedError as NobodyThere
from twisted.python.failure import Failure

from crawler.failures import evidence_of, failed_state, reason_of, status_of
from crawler.http.guard import Refused


def answered(status: int) -> Failure:
    return Failure(HttpError(TextResponse("http://www.linshan.example/", status=status)))


@pytest.mark.parametrize(
    ("failure", "state", "evidence"),
    [
        (answered(404), "gone", "http_404"),
        (answered(410), "gone", "http_410"),
        (answered(500), "failed", "http_500"),
        (answered(503), "failed", "blocked"),
        (answered(403), "failed", "blocked"),
        (Failure(Refused("private address 10.0.0.1")), "refused", "refused"),
        (Failure(IgnoreRequest("the site's robots.txt could not be read: HTTP 503")), "failed", "host_down"),
        (Failure(NobodyThere()), "failed", "host_down"),
    ],
)
def test_failure_has_a_state_and_is_evidence(failure: Failure, state: str, evidence: str) -> None:
    assert (failed_state(failure), evidence_of(failure)) == (state, evidence)
    assert reason_of(failure)


def test_reason_is_the_status_or_the_error() -> None:
    assert (status_of(answered(404)), reason_of(answered(404))) == (404, "HTTP 404")
    assert reason_of(Failure(Refused("another site: http://x/"))) == "Refused: another site: http://x/"
    assert len(reason_of(Failure(ValueError("x" * 9000)))) <= 500
