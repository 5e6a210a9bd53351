"""Folding: what compares equal, and that a part of a text folds to a part of the folded text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notices.text.fold import fold, fold_map, grams
from notices.text.radical_table import IDEOGRAPHS, RADICALS

ANY = st.text(alphabet=st.characters(), max_size=60)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("“两感”指数", "两感指数"),
        ("两 感\n指　数", "两感指数"),
        ("國辦發〔２０１７〕４７號", "国办发[2017]47号"),
        ("国办发﹝2017﹞47号", "国办发（2017）47号"),
        ("ＬＥＤ屏", "led屏"),
        ("A—B―C－D", "a-b-c-d"),
        ("二○二○年", "二〇二〇年"),
        ("《办法》〈细则〉", "<办法><细则>"),
        ("零\u200b宽\u202e度\ufeff", "零宽度"),
        ("㈠", "(一)"),
        ("⼈⺠政府关于⻓江⻔前⻅证的⽂件", "人民政府关于长江门前见证的文件"),
        ("葛\U000e0100城☎\ufe0f", "葛城☎"),
        ("蒙\u180b古", "蒙古"),
        ("瞭解災情，看著水位", "了解灾情，看着水位"),
        ("答覆衞生", "答复卫生"),
    ],
)
def test_written_otherwise_compares_equal(one: str, other: str) -> None:
    assert fold(one) == fold(other)


def test_every_radical_folds_like_its_ideograph() -> None:
    assert len(RADICALS) == len(IDEOGRAPHS) > 100
    assert [fold(radical) for radical in RADICALS] == [fold(ideograph) for ideograph in IDEOGRAPHS]
    assert not any(
        "\u2e80" <= fold(chr(code)) <= "\u2fdf" for code in (*range(0x2E81, 0x2E9A), *range(0x2E9B, 0x2EF4), *range(0x2F00, 0x2FD6))
    )


@given(ANY, st.integers(0, 60), st.integers(0, 60))
def test_part_of_a_text_folds_to_a_part_of_it(text: str, start: int, end: int) -> None:
    assert fold(text[start:end]) in fold(text)


@given(ANY, ANY)
def test_folding_knows_no_neighbours(one: str, other: str) -> None:
    assert fold(one + other) == fold(one) + fold(other)


@given(ANY)
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(ANY)
def test_map_leads_back_to_the_character(text: str) -> None:
    folded, offsets = fold_map(text)
    assert folded == fold(text)
    assert len(offsets) == len(folded)
    assert all(char in fold(text[at]) for char, at in zip(folded, offsets, strict=True))


def test_grams_are_pairs_and_the_last_character() -> None:
    assert grams("两感指数") == ["两感", "感指", "指数", "数"]
    assert grams("两") == ["两"]
    assert grams("") == []
