"""docs/scenarios.md: what it shows can be read, and it leaves nothing out."""

import re
from pathlib import Path

import pytest

from simulator.scenario import form
from simulator.scenario.fields import Record
from simulator.scenario.read import parse

TEXT = (Path(__file__).parents[3] / "docs" / "scenarios.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```yaml\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
HEAD = "version: 1\nstart: 2026-11-20 08:30\n"


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.split(":")[0])
def test_each_example_can_be_played(block):
    parse(block if "version:" in block else HEAD + block)


def test_every_key_is_told_of():
    records = [each for each in vars(form).values() if isinstance(each, Record)]
    keys = {field.key for record in records for field in record.fields}
    assert len(keys) > 30
    assert [key for key in sorted(keys) if not re.search(rf"\b{key}\b:", TEXT)] == []
