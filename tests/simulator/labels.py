"""The table of all TRs in docs/fidelity.md: ``python -m tests.simulator.labels`` writes it again."""

from pathlib import Path

from sapi_kiwoom import catalogue
from simulator.answers import label

DOCUMENT = Path(__file__).parents[2] / "docs" / "fidelity.md"
BEGIN, END = "<!-- begin: TRs by label -->\n", "<!-- end: TRs by label -->\n"


def table():
    """A line for each group: its modelled TRs, its synthetic ones."""
    groups = {}
    for tr in catalogue.trs().values():
        by_label = groups.setdefault(tr.group, {"modelled": [], "synthetic": []})
        by_label[label(tr.code)].append(tr.code)
    lines = ["| group | modelled | synthetic |", "|---|---|---|"]
    for group, found in sorted(groups.items()):
        cells = [", ".join(sorted(codes, key=str.lower)) for codes in found.values()]
        lines.append(f"| {group} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def written():
    """The table as the document has it."""
    text = DOCUMENT.read_text(encoding="utf-8")
    return text[text.index(BEGIN) + len(BEGIN) : text.index(END)]


def write():
    """Put the table into the document."""
    text = DOCUMENT.read_text(encoding="utf-8")
    DOCUMENT.write_text(text.replace(BEGIN + written(), BEGIN + table()), encoding="utf-8")


if __name__ == "__main__":
    write()
