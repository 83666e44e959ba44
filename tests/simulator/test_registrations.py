"""Registrations by screen, against a model that keeps pairs in a set."""

from hypothesis import given
from hypothesis import strategies as st

from simulator.registrations import Registrations

screens = st.sampled_from(["1000", "2000", "2001"])
codes = st.lists(st.sampled_from(["005930", "000660", "0126Z0"]), min_size=1, max_size=3)
steps = st.lists(
    st.tuples(st.just("add"), screens, codes)
    | st.tuples(st.just("replace"), screens, codes)
    | st.tuples(st.just("remove"), screens | st.just("ALL"), codes | st.just(["ALL"])),
    max_size=30,
)


@given(steps)
def test_a_code_starts_with_its_first_screen_and_ends_with_its_last(program):
    running, model = set(), set()

    def first(code):
        assert code not in running
        running.add(code)

    registrations = Registrations(first, running.remove)
    for name, screen, some in program:
        getattr(registrations, name)(screen, some)
        if name == "replace":
            model = {pair for pair in model if pair[0] != screen}
        if name == "remove":
            model = {
                (on, code)
                for on, code in model
                if not (screen in ("ALL", on) and (code in some or some == ["ALL"]))
            }
        else:
            model |= {(screen, code) for code in some}
        assert running == {code for _, code in model} == set(registrations.codes())
    registrations.clear()
    assert running == set()
