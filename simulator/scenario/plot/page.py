"""The page around a chart: one HTML file that needs no network, and is kept from using one."""

from __future__ import annotations

import json
from html import escape
from typing import Any, Dict, List, Sequence

from simulator.feeds.bars import KRX
from simulator.market import phases
from simulator.scenario.plot import words
from simulator.scenario.plot.axis import wall
from simulator.scenario.plot.day import Day
from simulator.scenario.plot.events import Event
from simulator.scenario.plot.figures import Row, figures, settings

SYNTHETIC = "모든 시세는 합성(가상)입니다 · All prices are synthetic"
SYNTHETIC_BUT = (
    "기록 파일의 시세가 아닌 모든 시세는 합성(가상)입니다 · "
    "All prices are synthetic except those of recorded files"
)

_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:"
)

_STYLE = """
:root { --ink: #20242c; --soft: #6b7280; --line: #e4e7ec; }
* { box-sizing: border-box; }
body { margin: 0; background: #f5f6f8; color: var(--ink); font: 14px/1.5 Pretendard, 'Noto Sans KR',
  'Noto Sans CJK KR', 'Malgun Gothic', 'Apple SD Gothic Neo', sans-serif; }
main { max-width: 1600px; margin: 0 auto; padding: 14px 16px 32px; }
header { display: flex; flex-wrap: wrap; align-items: baseline; gap: 4px 14px; padding: 2px 4px 10px; }
h1 { font-size: 22px; margin: 0; }
h1 small { font-size: 14px; font-weight: 400; color: var(--soft); margin-left: 6px; }
h2 { font-size: 15px; margin: 0 0 8px; }
h2 small, th small { font-weight: 400; color: var(--soft); font-size: 12px; margin-left: 4px; }
.price { font-size: 22px; font-weight: 700; font-variant-numeric: tabular-nums; }
.change { font-weight: 600; font-variant-numeric: tabular-nums; }
.about { flex-basis: 100%; color: var(--soft); font-size: 13px; }
.synthetic { margin-left: auto; padding: 3px 12px; border-radius: 99px; background: #fff3cd;
  color: #7a5200; font-size: 13px; font-weight: 600; }
.card { background: white; border: 1px solid var(--line); border-radius: 10px; padding: 12px 14px; }
#chart { height: 980px; }
nav { display: flex; gap: 6px; padding: 0 0 6px; }
nav button { font: inherit; font-size: 13px; padding: 3px 11px; border: 1px solid var(--line);
  border-radius: 7px; background: white; color: var(--ink); cursor: pointer; }
nav button:hover { background: #f0f2f5; }
nav span { margin-left: auto; color: var(--soft); font-size: 12px; align-self: center; }
.tables { display: grid; grid-template-columns: repeat(auto-fit, minmax(380px, 1fr)); gap: 14px;
  margin-top: 14px; align-items: start; }
.wide { grid-column: 1 / -1; }
table { width: 100%; border-collapse: collapse; font-size: 13px; }
th, td { text-align: left; padding: 4px 6px; border-top: 1px solid var(--line); vertical-align: top; }
tr:first-child th, tr:first-child td { border-top: 0; }
th { font-weight: 500; white-space: nowrap; }
td.value { text-align: right; font-variant-numeric: tabular-nums; }
td.time { white-space: nowrap; font-variant-numeric: tabular-nums; }
"""

# The price axis follows what is visible, and the percent axis follows the price axis.
_SCRIPT = """
const chart = document.getElementById('chart');
const page = JSON.parse(document.getElementById('page').textContent);
const candles = page.figure.data.find(trace => trace.type === 'candlestick');
const expected = page.figure.data.find(trace => trace.name === '예상체결가');
const options = {responsive: true, displaylogo: false, scrollZoom: false, locale: 'ko',
  modeBarButtonsToRemove: ['select2d', 'lasso2d', 'autoScale2d'],
  toImageButtonOptions: {filename: page.file, scale: 2}};
const percent = price => (price / page.base - 1) * 100;
const time = value => typeof value === 'number' ? value : Date.parse(value.replace(' ', 'T') + 'Z');

function visible(start, end) {
  let low = Infinity, high = -Infinity;
  candles.x.forEach((at, n) => {
    if (at < start || at > end) return;
    low = Math.min(low, candles.low[n]);
    high = Math.max(high, candles.high[n]);
  });
  expected.x.forEach((at, n) => {
    const price = expected.y[n];
    if (at < start || at > end || price === null) return;
    low = Math.min(low, price);
    high = Math.max(high, price);
  });
  if (low > high) return null;
  const room = Math.max((high - low) / 12, page.tick * 4);
  return [low - room, high + room];
}

// Sessions are cut to what is visible, so that their names stay in the middle of it.
const whole = page.figure.layout.shapes.map(shape => ({...shape}));
function shapes([start, end]) {
  return whole.map(shape => {
    if (shape.name !== 'phase') return shape;
    const [x0, x1] = [Math.max(shape.x0, start), Math.min(shape.x1, end)];
    const room = (x1 - x0) / (end - start) * (chart.clientWidth - 142);
    const label = {...shape.label, text: room < 11 * shape.label.text.length ? '' : shape.label.text};
    return x0 < x1 ? {...shape, x0, x1, label} : {...shape, visible: false};
  });
}

function follow(change) {
  const own = 'yaxis.range[0]' in change || 'yaxis.range' in change;
  const reset = change['xaxis.autorange'] || change['yaxis.autorange'];
  const moved = 'xaxis.range[0]' in change || 'xaxis.range' in change;
  if (!own && !reset && !moved) return;
  let next = {};
  if (reset) {
    next = {'xaxis.range': page.spans.regular, 'yaxis.range': visible(...page.spans.regular)};
  } else if (moved && !own) {
    const range = visible(...chart.layout.xaxis.range.map(time));
    if (range) next['yaxis.range'] = range;
  }
  const prices = next['yaxis.range'] || chart.layout.yaxis.range;
  next['yaxis6.range'] = prices.map(percent);
  next.shapes = shapes((next['xaxis.range'] || chart.layout.xaxis.range).map(time));
  Plotly.update(chart, {}, next);
}

let busy = false;
page.figure.layout.shapes = shapes(page.spans.regular);
Plotly.newPlot(chart, page.figure.data, page.figure.layout, options).then(() => {
  chart.on('plotly_relayout', change => {
    if (busy) return;
    busy = true;
    follow(change);
    busy = false;
  });
});
for (const button of document.querySelectorAll('nav button')) {
  button.onclick = () => Plotly.relayout(chart, {'xaxis.range': page.spans[button.dataset.span]});
}
"""

_MONTHS = [f"{month}월" for month in range(1, 13)]
_DAYS = [f"{day}요일" for day in "일월화수목금토"]
_LOCALE = {
    "moduleType": "locale",
    "name": "ko",
    "dictionary": {
        "Autoscale": "자동 크기",
        "Box Zoom": "영역 확대",
        "Download plot as a PNG": "PNG 로 저장",
        "Pan": "이동",
        "Reset axes": "처음으로",
        "Zoom in": "확대",
        "Zoom out": "축소",
        "Double-click to zoom back out": "두 번 누르면 처음으로",
    },
    "format": {
        "days": _DAYS,
        "shortDays": [day[0] for day in _DAYS],
        "months": _MONTHS,
        "shortMonths": _MONTHS,
        "date": "%Y-%m-%d",
        "year": "%Y년",
        "month": "%Y년 %b",
        "dayMonth": "%b %-d일",
        "dayMonthYear": "%Y년 %b %-d일",
    },
}


def render(day: Day, events: Sequence[Event], figure: Dict[str, Any], library: str) -> str:
    """The whole page.

    Args:
        day: what is shown.
        events: of the day.
        figure: the chart.
        library: the text of plotly.js.
    """
    data = {
        "figure": figure,
        "spans": _spans(day, events),
        "base": day.base,
        "tick": day.table.tick(day.base),
        "file": f"{day.stock.code}-{day.day}",
    }
    known = SYNTHETIC_BUT if day.scenario.recorded else SYNTHETIC
    title = f"{day.stock.name} {day.stock.code} {day.day}"
    return "\n".join(
        [
            '<!doctype html>\n<html lang="ko">\n<head>\n<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>",
            _header(day, known),
            '<section class="card">',
            _buttons(day),
            '<div id="chart"></div>\n</section>',
            _tables(day, events),
            "</main>",
            f'<script type="application/json" id="page">{_script_safe(data)}</script>',
            f"<script>{library}</script>",
            f"<script>Plotly.register({_script_safe(_LOCALE)});{_SCRIPT}</script>",
            "</body>\n</html>\n",
        ]
    )


def _script_safe(data: Any) -> str:
    """JSON that cannot end the script that it stands in."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c")


def _spans(day: Day, events: Sequence[Event]) -> Dict[str, List[int]]:
    """What the buttons show, as ends of the time axis."""
    regular = [phase for phase in day.phases if phase.board == KRX]
    opening = next(phase for phase in regular if phase.name == phases.CONTINUOUS)
    closing = next(phase for phase in regular if phase.name == phases.CLOSING_AUCTION)
    minute = 60_000
    first = min([regular[0].start, *(event.at for event in events)])
    began, closed = wall(day.day, opening.start), wall(day.day, closing.end)
    return {
        "regular": [wall(day.day, regular[0].start), wall(day.day, regular[-1].start)],
        "opening": [began - 10 * minute, began + 30 * minute],
        "closing": [closed - 40 * minute, closed + 5 * minute],
        "all": [wall(day.day, first), wall(day.day, day.phases[-1].end)],
    }


def _header(day: Day, known: str) -> str:
    parts = [
        f"<header><h1>{escape(day.stock.name)}<small>{escape(day.stock.code)} · "
        f"{escape(day.stock.market)} · {words.weekday(day.day)}</small></h1>"
    ]
    bars = day.minutes[KRX]
    if bars:
        close = bars[-1].close
        moved = close - day.base
        arrow = "▲" if moved > 0 else "▼" if moved < 0 else "–"
        style = f'style="color:{words.colour(moved)}"'
        parts.append(f'<span class="price" {style}>{close:,}</span>')
        changed = f"{arrow} {abs(moved):,} ({words.change(close, day.base)})"
        parts.append(f'<span class="change" {style}>{changed}</span>')
    about = " — ".join(each for each in (day.scenario.name, day.scenario.description) if each)
    parts.append(f'<span class="synthetic">{known}</span>')
    parts.append(f'<span class="about">{escape(about)}</span></header>')
    return "".join(parts)


def _buttons(day: Day) -> str:
    names = {
        "regular": "정규장",
        "opening": "시가 전후",
        "closing": "종가 전후",
        "all": "하루 전체",
    }
    buttons = "".join(f'<button data-span="{span}">{name}</button>' for span, name in names.items())
    hint = "끌어서 확대, 두 번 눌러 처음으로 · drag to zoom, double-click to go back"
    return f"<nav>{buttons}<span>{hint}</span></nav>"


def _tables(day: Day, events: Sequence[Event]) -> str:
    halves = [figures(day), settings(day.scenario)]
    titles = ["하루 요약<small>the day</small>", "시나리오<small>scenario</small>"]
    cards = [
        f'<section class="card"><h2>{title}</h2><table>{"".join(map(_row, rows))}</table></section>'
        for title, rows in zip(titles, halves)
    ]
    lines = "".join(
        f'<tr><td class="time">{words.clock(event.at)}</td><th>{escape(event.title)}</th>'
        f"<td>{escape(event.text)}</td></tr>"
        for event in events
    )
    if lines:
        heading = "<h2>사건<small>events</small></h2>"
        cards.append(f'<section class="card">{heading}<table>{lines}</table></section>')
    return f'<div class="tables">{"".join(cards)}</div>'


def _row(row: Row) -> str:
    style = f' style="color:{row.colour}"' if row.colour else ""
    return (
        f"<tr><th>{escape(row.korean)}<small>{escape(row.english)}</small></th>"
        f'<td class="value"{style}>{escape(row.value)}</td></tr>'
    )
