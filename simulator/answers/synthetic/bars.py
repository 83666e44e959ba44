"""Scenes folded: minutes and ticks into bars, days into weeks, months and years."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Callable, List, Optional

from sapi_kiwoom import krx
from simulator.answers.synthetic.scene import Scene
from simulator.answers.synthetic.subjects import Scenes


def periods(days: Scenes, period: Callable[[date], object]) -> Scenes:
    """Weeks, months or years; each is labelled with its first trading day."""
    kept: Optional[Scene] = None
    for scene in days:
        if scene is None:
            yield None
        elif kept is not None and period(kept.day) == period(scene.day):
            kept = replace(
                kept,
                day=scene.day,
                base=scene.base,
                open=scene.open,
                high=max(kept.high, scene.high),
                low=min(kept.low, scene.low),
                volume=kept.volume + scene.volume,
                value=kept.value + scene.value,
                facts={**kept.facts, "누적거래량": kept.volume + scene.volume},
            )
        else:
            if kept is not None:
                yield kept
            kept = scene
    if kept is not None:
        yield kept


def bars(minutes: Scenes, span: int, single: bool, label: Optional[int] = None) -> Scenes:
    """Bars of ``span`` minutes or ticks, newest first: prices are the bar's, and so is 거래량 if ``single``.

    Args:
        label: minutes of a bar, which begins at a multiple of them; None counts.
    """
    group: List[Scene] = []
    for scene in minutes:
        if scene is None:
            yield None
            continue
        if group and not (
            len(group) < span if label is None else _slot(scene, span) == _slot(group[0], span)
        ):
            yield _bar(group, single, label)
            group = []
        group.append(scene)
    if group:
        yield _bar(group, single, label)


def _slot(scene: Scene, span: int) -> int:
    return scene.at // (span * krx.MINUTE)


def _bar(group: List[Scene], single: bool, label: Optional[int]) -> Scene:
    newest, oldest = group[0], group[-1]
    at = oldest.at if label is None else _slot(newest, label) * label * krx.MINUTE
    facts = dict(newest.facts)
    if single:
        facts["거래량"] = sum(abs(each.last) for each in group)
    return replace(
        newest,
        at=at,
        open=fact(oldest, "분시가", oldest.price),
        high=max(fact(each, "분고가", each.price) for each in group),
        low=min(fact(each, "분저가", each.price) for each in group),
        facts=facts,
    )


def fact(scene: Scene, name: str, usual: int) -> int:
    """What a scene knows under a name, ``usual`` where that is nothing."""
    found = scene.facts.get(name)
    return found if isinstance(found, int) else usual


def linked(rows: Scenes) -> Scenes:
    """Scenes that know the one behind them."""
    ahead: Optional[Scene] = None
    for scene in rows:
        if scene is None:
            yield None
            continue
        if ahead is not None:
            ahead.previous = scene
            yield ahead
            ahead.previous = None
        ahead = scene
    if ahead is not None:
        yield ahead
