"""Registrations by screen, against a model that keeps pairs in a dict."""

from hypothesis import given
from hypothesis import strategies as st

from simulator.registrations import Registrations

screens = st.sampled_from(["1000", "2000", "2001"])
codes = st.lists(st.sampled_from(["005930", "000660", "0126Z0"]), min_size=1, max_size=3)
types = st.sets(st.sampled_from(["주식체결", "주식호가잔량"]), min_size=1).map(frozenset)
steps = st.lists(
    st.tuples(st.just("add"), screens, codes, types)
    | st.tuples(st.just("replace"), screens, codes, types)
    | st.tuples(st.just("remove"), screens | st.just("ALL"), codes | st.just(["ALL"])),
    max_size=30,
)


@given(steps)
def test_a_code_has_the_types_of_all_its_screens_until_it_left_the_last(program):
    running, model = {}, {}

    def change(code, types):
        assert running.get(code, frozenset()) != types
        running[code] = types

    registrations = Registrations(change)
    for name, screen, some, *types in program:
        getattr(registrations, name)(screen, some, *types)
        if name == "replace":
            model = {pair: each for pair, each in model.items() if pair[0] != screen}
        if name == "remove":
            model = {
                (on, code): each
                for (on, code), each in model.items()
                if not (screen in ("ALL", on) and (code in some or some == ["ALL"]))
            }
        else:
            for code in some:
                model[screen, code] = model.get((screen, code), frozenset()) | types[0]
        wanted = {
            code: frozenset().union(*(each for (_, other), each in model.items() if other == code))
            for _, code in model
        }
        assert {code: each for code, each in running.items() if each} == wanted
        assert set(registrations.codes()) == set(wanted)
    registrations.clear()
    assert not any(running.values())
