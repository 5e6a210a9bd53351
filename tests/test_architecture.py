"""docs/architecture.md and CONTRIBUTING.md are about the program as it is."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]
GUIDES = ("docs/architecture.md", "CONTRIBUTING.md")


@pytest.fixture(scope="module")
def draw() -> ModuleType:
    """The program that draws the rooms; docs/ is not a package."""
    spec = importlib.util.spec_from_file_location("draw_architecture", ROOT / "docs/draw_architecture.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its dataclasses look themselves up
    spec.loader.exec_module(module)
    return module


def test_drawing_is_up_to_date(draw: ModuleType) -> None:
    assert draw.TARGET.read_text(encoding="utf-8") == draw.drawing(), "run python docs/draw_architecture.py"


def test_rooms_that_use_each_other_are_not_drawn(draw: ModuleType) -> None:
    with pytest.raises(ValueError, match="index <-> pipeline"):
        draw.rows({"index": {"pipeline"}, "pipeline": {"index"}})


def test_stages_use_the_vocabulary_alone(draw: ModuleType) -> None:
    found = draw.uses(draw.rooms())
    assert [found[stage] for stage in ("crawler", "pipeline", "index")] == [{"notices"}] * 3
    assert found["notices"] == set()


@pytest.mark.parametrize("guide", GUIDES)
def test_named_places_exist(guide: str) -> None:
    text = (ROOT / guide).read_text(encoding="utf-8")
    places = [p for p in re.findall(r"`([\w./-]+)`", text) if re.search(r"/|\.(?:py|md|toml)$", p) and "NAME" not in p]
    assert len(places) > 20
    assert [p for p in places if not (ROOT / p).exists() and p not in ("test_bounds.py", "engine.py")] == []


def test_table_answers_at_least_twenty_questions_and_every_room_is_in_it() -> None:
    text = (ROOT / GUIDES[0]).read_text(encoding="utf-8").split("## Where do I change")[1]
    answers = re.findall(r"^\| .+ \| (.+) \|$", text, re.M)[1:]
    assert len(answers) > 20
    assert {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "benchmarks"} <= set(re.findall(r"`(\w+)/", text))
