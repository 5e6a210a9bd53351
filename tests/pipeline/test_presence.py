"""Whether a notice is still there: what counts as evidence, and for what."""

from datetime import UTC, datetime, timedelta

import pytest

from pipeline.presence import Look, next_reading, presence

START = datetime(2026, 3, 1, 9, tzinfo=UTC)


def looks(*seen: tuple[float, str] | tuple[float, str, bool]) -> list[Look]:
    return [Look(START + timedelta(days=s[0]), s[1], s[2] if len(s) == 3 else True) for s in seen]


def test_one_dead_answer_makes_it_missing_with_its_evidence() -> None:
    found = presence(looks((0, "http_404")))
    assert (found.state, found.since, found.evidence) == ("missing", START, "http_404")


@pytest.mark.parametrize("evidence", ["http_404", "http_410", "soft_404"])
def test_three_dead_answers_over_seven_days_confirm_a_withdrawal(evidence: str) -> None:
    assert presence(looks((0, evidence), (3, evidence), (7, evidence))).state == "withdrawn"


def test_three_dead_answers_within_a_week_confirm_nothing() -> None:
    assert presence(looks((0, "http_404"), (1, "http_404"), (6.9, "http_404"))).state == "missing"


def test_two_dead_answers_confirm_nothing_however_far_apart() -> None:
    assert presence(looks((0, "http_404"), (300, "http_404"))).state == "missing"


@pytest.mark.parametrize("evidence", ["blocked", "host_down", "gone_from_list", "http_500", "refused"])
def test_looks_that_tell_of_the_site_or_its_list_move_nothing(evidence: str) -> None:
    found = presence(looks(*((day, evidence) for day in range(0, 400, 5))))
    assert (found.state, found.since, found.evidence) == ("listed", None, "")


def test_blocks_do_not_count_towards_a_withdrawal() -> None:
    assert presence(looks((0, "http_404"), (4, "blocked"), (8, "host_down"), (12, "gone_from_list"))).state == "missing"


def test_blocked_notices_are_looked_for_sooner_and_those_off_the_list_are_not_unread() -> None:
    assert presence(looks((0, "blocked"), (1, "blocked"))).unread == 2
    assert presence(looks((0, "gone_from_list"))).unread == 0


def test_dead_answers_of_a_site_that_is_not_well_confirm_nothing() -> None:
    assert presence(looks((0, "http_404", False), (4, "http_404", False), (9, "http_404", False), (12, "http_404"))).state == "missing"


def test_a_block_between_dead_answers_does_not_hide_them() -> None:
    assert presence(looks((0, "http_404"), (2, "blocked"), (4, "http_404"), (8, "http_404"))).state == "withdrawn"


def test_an_answer_in_between_starts_the_count_anew() -> None:
    assert presence(looks((0, "http_404"), (4, "http_404"), (5, "seen"), (8, "http_404"))).state == "missing"


def test_what_was_dead_and_answers_is_back() -> None:
    assert presence(looks((0, "http_404"), (1, "seen"))).state == "back"
    assert presence(looks((0, "http_404"), (3, "http_404"), (7, "http_404"), (90, "seen"))).state == "back"


def test_what_was_only_off_the_list_blocked_or_out_of_reach_is_not_back() -> None:
    for evidence in ("gone_from_list", "blocked", "host_down"):
        assert presence(looks((0, evidence), (1, "seen"))).state == "listed"


def test_what_is_back_stays_back_until_it_is_dead_again() -> None:
    seen = looks((0, "http_404"), (1, "seen"), (2, "blocked"), (3, "seen"))
    assert (presence(seen).state, presence(seen).since) == ("back", START + timedelta(days=1))
    assert presence([*seen, *looks((9, "http_410"))]).state == "missing"


def test_a_withdrawn_notice_stays_withdrawn_whatever_fails_next() -> None:
    found = presence(looks((0, "http_404"), (3, "http_404"), (7, "http_410"), (9, "blocked"), (20, "host_down")))
    assert (found.state, found.evidence, found.since) == ("withdrawn", "http_410", START + timedelta(days=7))


def test_notices_are_read_again_at_the_ages_that_are_set() -> None:
    days = (1, 7, 30, 180)
    at, read = START, []
    for _ in range(6):
        at = next_reading(START, at, days) or at
        read.append((at - START).days)
    assert read == [1, 7, 30, 180, 360, 540]


def test_a_late_reading_skips_the_ages_that_passed() -> None:
    assert next_reading(START, START + timedelta(days=20), (1, 7, 30)) == START + timedelta(days=30)


def test_absent_notices_are_looked_for_sooner() -> None:
    now = START + timedelta(days=200)
    assert [(next_reading(START, now, (1, 180), n) or now) - now for n in (1, 2, 3)] == [timedelta(days=d) for d in (1, 3, 7)]


def test_no_ages_mean_never() -> None:
    assert next_reading(START, START, ()) is None
