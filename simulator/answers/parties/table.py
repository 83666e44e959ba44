"""The TRs about who trades: investors, foreigners, programs, members, and what is lent."""

from __future__ import annotations

from typing import Callable, Dict

from simulator.answers.parties import (
    foreigners,
    foreignnets,
    intraday,
    investors,
    lending,
    members,
    membership,
    nets,
    programs,
)
from simulator.answers.reply import Inputs, Reply
from simulator.answers.world import World


def _sector_nets(world: World, inputs: Inputs, moment: int) -> Reply:
    from simulator.answers.parties import sectorflows  # noqa: PLC0415 - sectors are not free

    return sectorflows.sector_nets(world, inputs, moment)


PARTIES: Dict[str, Callable[[World, Inputs, int], Reply]] = {
    "opt10002": members.largest,
    "opt10008": foreigners.holdings,
    "opt10009": foreigners.institutions,
    "opt10013": lending.credit,
    "opt10034": foreignnets.foreign_nets,
    "opt10035": foreignnets.foreign_runs,
    "opt10036": foreignnets.foreign_exhaustion,
    "opt10038": membership.ranks,
    "opt10040": members.main_members,
    "opt10042": membership.net_buyers,
    "opt10043": membership.one_in_shares,
    "opt10044": nets.institution_nets,
    "opt10045": investors.institution_trend,
    "opt10051": _sector_nets,
    "opt10052": membership.moments,
    "opt10053": members.left,
    "opt10058": nets.kind_nets,
    "opt10059": investors.by_kind,
    "opt10060": investors.by_kind_chart,
    "opt10061": investors.by_kind_in_all,
    "opt10062": nets.same_side,
    "opt10063": intraday.trading,
    "opt10064": intraday.chart,
    "opt10065": intraday.leaders,
    "opt10066": intraday.by_stock,
    "opt10067": lending.lending_details,
    "opt10068": lending.lending_trend,
    "opt10069": lending.most_lent,
    "opt10070": members.main_members_alone,
    "opt10078": membership.one_by_day,
    "opt10131": nets.runs,
    "opt20068": lending.lending_trend,
    "opt90003": programs.most_traded,
    "opt90008": programs.by_time,
    "opt90009": nets.four_lists,
    "opt90012": lending.lending_details,
    "opt90013": programs.by_day,
    "optkwpro": programs.watched,
}
"""By TR code in lower case, as `simulator.answers.table.ANSWERS`."""
