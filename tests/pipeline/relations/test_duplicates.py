"""One instrument published twice: reference/domain.md §4.6."""

from __future__ import annotations

import time
import zlib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.relations.duplicates import Fingerprint, candidate_keys, fingerprint, same_agency, same_instrument, similarity, sketch

BODY = "\n".join(
    f"第{n}项工作由牵头单位会同配合单位在{n}月底前完成，逐项建立台账，责任到人，并将进展情况形成书面材料，确保{n * 7}个村全部覆盖。"
    for n in range(1, 12)
)
TITLE = "关于开展农村饮水安全排查整治工作的通知"


def copy(text: str = BODY, title: str = TITLE, **known: object) -> Fingerprint:
    return fingerprint(text, title=title, **known)  # type: ignore[arg-type]


def test_repost_with_other_furniture_is_the_same() -> None:
    one = copy(dates=(date(2021, 3, 4), date(2021, 3, 5)))
    other = copy("来源：本站　浏览次数：317\n" + BODY + "\n扫一扫在手机打开当前页\n相关链接", dates=(None, date(2022, 8, 1)))
    assert same_instrument(one, other)
    assert set(candidate_keys(one)) & set(candidate_keys(other))


def test_short_and_long_name_of_the_issuer_are_the_same() -> None:
    one = copy(title="市政府办公室" + TITLE, dates=(date(2021, 3, 4), None))
    other = copy(title="无锡市人民政府办公室" + TITLE, dates=(date(2021, 3, 4), None))
    assert same_instrument(one, other)
    assert one.title == other.title


def test_yearly_series_with_one_title_is_not_merged() -> None:
    later = BODY.replace("月底", "月中旬").replace("个村", "个行政村")
    assert not same_instrument(copy(dates=(date(2020, 3, 4), None)), copy(later, dates=(date(2021, 3, 4), None)))


def test_yearly_series_without_signing_dates_is_told_apart_by_its_figures() -> None:
    def text(year: int) -> str:
        return (
            f"{year}年报名时间为{year}年{year % 9 + 1}月{year % 27 + 1}日，计划招收{year * 3}人，其中{year * 2}人。"
            + "请各单位认真组织实施。" * 30
        )

    assert not same_instrument(copy(text(2019)), copy(text(2020)))
    assert same_instrument(copy(text(2020)), copy(text(2020) + "打印本页"))


def test_same_number_of_different_agencies_is_not_merged() -> None:
    key = "新政办发|2020|15"
    one = copy(title="新邵县人民政府办公室" + TITLE, number_key=key)
    other = copy("各乡镇：现将名单公布如下。" * 20, title="大同市新荣区人民政府办公室关于公布名单的通知", number_key=key)
    assert not same_instrument(one, other)


def test_same_code_and_number_with_other_title_and_text_is_not_merged() -> None:
    key = "新政办发|2020|15"
    assert not same_instrument(copy(number_key=key), copy("名单如下，请查收。" * 30, title="关于公布获奖名单的通知", number_key=key))


def test_same_number_and_shortened_title_is_the_same() -> None:
    key = "锡政办发|2021|9"
    assert same_instrument(copy(number_key=key), copy("点击查看附件", title="开展农村饮水安全排查整治工作的通知", number_key=key))


def test_different_numbers_are_never_merged() -> None:
    assert not same_instrument(copy(number_key="锡政办发|2021|9"), copy(number_key="锡政办发|2021|10"))


def test_number_in_the_title_counts() -> None:
    assert copy(title=TITLE + "（锡政办发〔2021〕9号）").number == "锡政办发|2021|9"
    assert copy(title=TITLE + "（锡政办发〔2021〕9号）").title == copy().title


def test_stubs_need_the_same_day() -> None:
    assert not same_instrument(copy("见附件"), copy("见附件"))
    assert same_instrument(copy("见附件", dates=(date(2021, 3, 4), None)), copy("点击下载", dates=(date(2021, 3, 4), None)))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("市政府办公室", "无锡市人民政府办公室", True),
        ("无锡市人民政府办公室", "市政府办公室", True),
        ("国家卫生健康委员会", "卫生健康委", True),
        ("市政府办公室", "无锡市惠山区人民政府办公室", False),
        ("无锡市人民政府办公室", "苏州市人民政府办公室", False),
        ("市教育局", "无锡市财政局", False),
    ],
)
def test_names_of_one_agency(one: str, other: str, same: bool) -> None:
    assert same_agency(one, other) is same


@given(st.text(max_size=300), st.text(max_size=300))
def test_comparison_is_symmetric_and_never_fails(one: str, other: str) -> None:
    first, second = fingerprint(one, title=one[:40]), fingerprint(other, title=other[:40])
    assert same_instrument(first, second) == same_instrument(second, first)
    assert 0 <= similarity(first.shingles, second.shingles) <= 1
    assert similarity(first.shingles, first.shingles) == 1


def test_huge_text_is_bounded() -> None:
    began = time.process_time()
    made = fingerprint("饮水安全排查整治" * 500_000, title=TITLE)
    assert time.process_time() - began < 2
    assert len(made.shingles) <= 128


@given(
    st.text(st.sampled_from("甲乙丙丁戊己庚a1é😀\ud800，"), max_size=400)
    | st.integers(1000, 3000).map(lambda n: "".join(map(chr, range(0x4E00, 0x4E00 + n))))
)
def test_sketch_has_the_smallest_hashes_whatever_way_they_are_found(text: str) -> None:
    kept = "".join(each for each in text if each.isalnum() or each == "_")
    pieces = {kept[start : start + 6] for start in range(max(1, len(kept) - 5))}
    assert list(sketch(text).shingles) == sorted({zlib.crc32(each.encode("utf-8", "surrogatepass")) for each in pieces})[:128]
