"""Who bought and who sold: parts of a volume that add up to it on either side. SYNTHETIC."""

from __future__ import annotations

from typing import Dict, NamedTuple, Tuple

from simulator.answers.synthetic.scene import Scene
from simulator.draws import octets, split

INSTITUTIONS = {
    "금융투자": 60, "보험": 14, "투신": 24, "기타금융": 4, "은행": 4, "연기금": 40, "사모펀드": 26, "국가": 4,
}  # fmt: skip
"""Institutions (기관계) with their usual weights."""

_OTHERS = {"개인": 1_300, "외국인": 700, "기타법인": 30, "내외국인": 8}

_SYNONYMS = {
    "개인투자자": "개인",
    "외국인투자자": "외국인",
    "외인": "외국인",
    "연기금등": "연기금",
    "기금": "연기금",
    "증권": "금융투자",
    "종신금": "기타금융",
    "내국인대우외국인": "내외국인",
    "기관": "기관계",
}

_INVESTED = [each + number for each in ("", "선물", "CALL", "PUT") for number in ("", "2")]
"""What arbitrage holds besides stocks (차익잔고), of either of two stocks that stand in a row."""

WHOLE: Dict[str, Tuple[str, str]] = {
    "전체차익위탁": ("차익위탁", "비차익위탁"),
    "전체": ("차익거래", "비차익거래"),
    **{f"차익{each}": (f"차익위탁{each}", f"차익자기{each}") for each in _INVESTED},
}
"""Parties that are the sum of two others."""


class Flow(NamedTuple):
    """Shares that somebody sold and bought by a moment."""

    sold: int
    bought: int


def flow(scene: Scene, party: str) -> Flow:
    """What a party traded of a subject on a scene's day so far."""
    party = _SYNONYMS.get(party, party)
    if party in WHOLE:
        first, second = (flow(scene, each) for each in WHOLE[party])
        return Flow(first.sold + second.sold, first.bought + second.bought)
    if party == "기관계":
        found = _investors(scene)
        parts = [found[each] for each in INSTITUTIONS]
        return Flow(sum(each.sold for each in parts), sum(each.bought for each in parts))
    if party in _OTHERS or party in INSTITUTIONS:
        return _investors(scene)[party]
    sold, bought = (
        scene.volume * (200 + scene.draw(party + side, 2_000)) // 10_000 for side in "-+"
    )
    return Flow(sold, bought)


def _investors(scene: Scene) -> Dict[str, Flow]:
    """All of a volume by kind of investor: whatever is sold is bought."""
    weights = {**_OTHERS, **INSTITUTIONS}
    drawn = octets(2 * len(weights), "synthetic", scene.key, scene.day, "investors")
    sides = [
        split(
            scene.volume,
            [
                usual * (128 + drawn[2 * place + side])
                for place, usual in enumerate(weights.values())
            ],
        )
        for side in (0, 1)
    ]
    return {party: Flow(*each) for party, each in zip(weights, zip(*sides))}


def money(scene: Scene, party: str) -> Flow:
    """The same in million won at the day's average; what is the sum of others is their exact sum."""
    party = _SYNONYMS.get(party, party)
    parts = tuple(INSTITUTIONS) if party == "기관계" else WHOLE.get(party)
    if parts:
        found = [money(scene, each) for each in parts]
        return Flow(sum(each.sold for each in found), sum(each.bought for each in found))
    return Flow(*(_worth(scene, shares) for shares in flow(scene, party)))


def _worth(scene: Scene, shares: int) -> int:
    return shares * scene.value // max(scene.volume, 1) // 1_000_000
