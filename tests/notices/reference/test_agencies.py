"""One grammar says what an agency's name is and who signs for it, in titles, letterheads and signatures alike."""

from __future__ import annotations

from datetime import date

import pytest

from notices.reference.agencies import names_in, same_agency, short_name, signs_for_agency
from pipeline.anatomy import read_anatomy
from pipeline.parse.letterhead import head_issuers, loose_signature, signed_order

AGENCIES = ["云岫市人民政府办公室", "云岫市卫生健康委员会", "云岫县工商联", "云岫市第一中学", "云岫市残疾人联合会", "省防汛抗旱指挥部"]


@pytest.mark.parametrize("name", AGENCIES)
def test_letterhead_signature_and_title_know_the_same_agencies(name: str) -> None:
    assert names_in(name) == [name]
    assert head_issuers([f"{name}文件", "云岫发〔2026〕3号"], None) == name
    assert loose_signature(["各单位要认真落实。", name, "2026年3月"]) == (name, None)
    assert loose_signature(["各单位要认真落实。", f"{name}2026年3月1日印发"]) == (name, date(2026, 3, 1))
    assert read_anatomy(f"各单位：\n请认真落实。\n{name}\n2026年3月1日", title=None).issuer == name
    assert read_anatomy("各单位：\n请认真落实。", title=f"{name}关于做好节水工作的通知").issuer == name


@pytest.mark.parametrize(
    "line", ["关于做好节水工作的通知", "请将材料报市教育局", "各县区财政局", "2026年3月1日", "工作要求", "局", "市教育局，市财政局"]
)
def test_running_text_is_not_an_agency(line: str) -> None:
    assert names_in(line) == []


@pytest.mark.parametrize("line", ["市长　李四", "市 长 李 四", "部长：张三丰", "代理省长 王五", "云岫市市长 李四", "主席　阿里木·买买提"])
def test_office_and_name_sign_an_order(line: str) -> None:
    assert signs_for_agency(line, named=True)
    assert signed_order(["现公布条例，自公布之日起施行。", line, "2026年3月1日"]) == date(2026, 3, 1)


@pytest.mark.parametrize("line", ["局长办公室", "云岫市校长联合会", "云岫市财政局", "各位局长", "市长热线电话：12345"])
def test_agency_or_sentence_with_an_office_in_it_does_not_sign(line: str) -> None:
    assert not signs_for_agency(line, named=True)


def test_signers_office_alone_is_passed_over_for_the_agency_above() -> None:
    assert signs_for_agency("市　长")
    assert not signs_for_agency("市　长", named=True)
    assert read_anatomy("现予公布。\n云岫市人民政府\n市　长　李四\n2026年3月1日", title=None).issuer == "云岫市人民政府"


def test_short_forms_compare_equal() -> None:
    assert short_name("云岫市人民政府办公室") == short_name("云岫市政府办")
    assert same_agency("镇政府", "云岫镇人民政府")
    assert not same_agency("市政府办公室", "云岫市红旗区人民政府办公室")
