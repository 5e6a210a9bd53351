"""The validity that a page's label shows."""

from __future__ import annotations

import pytest

from pipeline.anatomy.validity import labelled_state, read_validity


@pytest.mark.parametrize(
    ("label", "state"),
    [
        ("有效", "in_force"), ("【现行有效】", "in_force"), ("是", "in_force"), ("失效", "expired"), ("已失效", "expired"), ("否", "expired"),
        ("废止", "repealed"), ("已废止", "repealed"), ("宣布废止", "repealed"), ("已修改", "amended"), ("部分失效", "partly_repealed"),
        ("尚未生效", "not_yet_in_force"), ("详见正文", None), ("三年", None), ("", None),
    ],
)  # fmt: skip
def test_label_of_the_page_says_the_state(label: str, state: str | None) -> None:
    assert labelled_state(label) == state
    read = read_validity("本办法自2026年1月1日起施行。", (), label)
    assert (read.state, read.provenance) == ((state, "official") if state else ("unknown", "unknown"))


def test_label_goes_before_the_mark_of_a_title() -> None:
    assert read_validity("", ("已废止",), "有效").state == "in_force"
    assert read_validity("", ("已废止",), "详见正文").state == "repealed"
