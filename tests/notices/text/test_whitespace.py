"""White space is left out, or collapsed, in the same way everywhere."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from notices.reference.number_grammar import normalise_number_text
from notices.text.whitespace import collapse_whitespace, remove_whitespace

BLANKS = " \t\n\r\u3000\xa0\u2003\u2028"


def test_blanks_of_every_kind_are_white_space() -> None:
    assert remove_whitespace(f"关于{BLANKS}两感\u3000的 通知\n") == "关于两感的通知"
    assert collapse_whitespace(f"{BLANKS}关于{BLANKS}两感 的通知 ") == "关于 两感 的通知"


def test_a_number_also_loses_zero_width_characters() -> None:
    assert normalise_number_text("云政\u200b办发 〔2026〕\ufeff3\u3000号") == "云政办发〔2026〕3号"


@given(st.text(alphabet=st.one_of(st.sampled_from(BLANKS), st.characters(codec="utf-8")), max_size=60))
def test_no_other_character_is_lost_and_a_second_pass_changes_nothing(text: str) -> None:
    bare, one_line = remove_whitespace(text), collapse_whitespace(text)
    assert bare == "".join(char for char in text if not char.isspace()) == remove_whitespace(one_line)
    assert (remove_whitespace(bare), collapse_whitespace(one_line)) == (bare, one_line)
    assert "  " not in one_line
