"""Whether a notice is still there: what counts as evidence, and for what."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.observe.presence import CONFIRMED_LOOKS, CONFIRMED_SPAN, DEAD, Observation, Presence, next_reading, presence, presences

START = datetime(2026, 3, 1, 9, tzinfo=UTC)
WEAK = ("gone_from_list", "blocked", "host_down", "http_500", "refused")
STRONG = tuple(sorted(DEAD))


def looks(*seen: tuple[float, str] | tuple[float, str, bool]) -> list[Observation]:
    return [Observation(START + timedelta(days=s[0]), s[1], s[2] if len(s) == 3 else True) for s in seen]


@st.composite
def any_looks(draw: st.DrawFn) -> list[Observation]:
    """Looks with hours or weeks between them; now and then the clock jumps back."""
    kinds = st.sampled_from(("seen", "on_list_again", *WEAK, *STRONG, *STRONG))
    each = draw(st.lists(st.tuples(st.integers(-30, 400), kinds, st.booleans()), max_size=14))
    at, found = START, []
    for hours, evidence, healthy in each:
        at += timedelta(hours=hours)
        found.append(Observation(at, evidence, healthy))
    return found


@given(any_looks())
def test_withdrawn_means_three_dead_looks_of_a_healthy_site_over_seven_days_and_none_that_read_it(seen: list[Observation]) -> None:
    last_read = max((i for i, look in enumerate(seen) if look.evidence == "seen"), default=-1)
    dead = [look.at for look in seen[last_read + 1 :] if look.evidence in DEAD and look.healthy]
    if presence(seen).state == "withdrawn":
        assert len(dead) >= CONFIRMED_LOOKS
        assert max(dead) - min(dead) >= CONFIRMED_SPAN
    elif len(dead) >= CONFIRMED_LOOKS and dead[-1] - dead[0] >= CONFIRMED_SPAN:
        raise AssertionError(f"confirmed, yet {presence(seen).state}")


@given(any_looks())
def test_state_tells_whether_the_last_page_that_was_looked_at_was_read(seen: list[Observation]) -> None:
    found = presence(seen)
    pages = [look for look in seen if look.evidence not in ("gone_from_list", "on_list_again")]
    if pages and pages[-1].evidence != "seen":
        assert found.state in ("missing", "withdrawn")
    elif found.state == "missing":
        assert found.evidence == "gone_from_list"
    else:
        assert found.state in ("listed", "back")
    dead_before = any(look.evidence in DEAD for look in seen)
    assert dead_before or found.state in ("listed", "missing")


@given(any_looks(), st.lists(st.tuples(st.integers(0, 400), st.sampled_from(WEAK), st.booleans()), min_size=1, max_size=6))
def test_weak_evidence_and_then_a_reading_change_nothing(seen: list[Observation], failed: list[tuple[int, str, bool]]) -> None:
    """What was read, then could not be, and is read again, is what it was."""
    before = presence([*seen, Observation(START, "seen", True)])
    weak = [Observation(START + timedelta(hours=hours), evidence, healthy) for hours, evidence, healthy in failed]
    after = presence([*seen, Observation(START, "seen", True), *weak, Observation(START, "seen", True)])
    assert after == before


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


@pytest.mark.parametrize("evidence", WEAK)
def test_looks_that_could_not_read_it_make_it_missing_with_what_they_met_and_never_withdrawn(evidence: str) -> None:
    found = presence(looks(*((day, evidence) for day in range(0, 400, 5))))
    assert (found.state, found.since, found.evidence) == ("missing", START, evidence)


def test_stronger_evidence_takes_the_place_of_weaker_and_never_the_other_way() -> None:
    days = (
        (0, "gone_from_list"),
        (1, "host_down"),
        (2, "blocked"),
        (3, "gone_from_list"),
        (4, "http_410"),
        (5, "blocked"),
        (6, "soft_404"),
    )
    shown = [found.evidence for found in presences(looks(*days))]
    assert shown == ["gone_from_list", "host_down", "blocked", "blocked", "http_410", "http_410", "soft_404"]
    assert presence(looks(*days)).since == START


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


@pytest.mark.parametrize("evidence", WEAK)
def test_what_was_only_off_the_list_blocked_or_out_of_reach_is_what_it_was_before(evidence: str) -> None:
    assert presence(looks((0, evidence), (1, "seen"))) == Presence()
    back = presence(looks((0, "http_404"), (1, "seen"), (2, evidence), (3, evidence), (4, "seen")))
    assert (back.state, back.since) == ("back", START + timedelta(days=1))


def test_what_is_on_its_list_again_was_missing_from_the_list_alone() -> None:
    assert presence(looks((0, "gone_from_list"), (1, "on_list_again"))) == Presence()
    assert presence(looks((0, "gone_from_list"), (1, "blocked"), (2, "on_list_again"))).state == "missing"
    assert presence(looks((0, "http_404"), (1, "on_list_again"))).state == "missing"


def test_what_is_back_stays_back_until_it_is_not_read_again() -> None:
    seen = looks((0, "http_404"), (1, "seen"), (3, "seen"))
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
