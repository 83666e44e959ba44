"""``sapi-kiwoom scenario`` and the options that name scenarios."""

import subprocess
import sys

import pytest

from sapi_kiwoom import app, krx
from sapi_kiwoom.cli import main, parser
from sapi_kiwoom.cli.options import market_options
from sapi_kiwoom.cli.serve import run as serve
from simulator.scenario import plot as plots
from simulator.scenario.errors import ScenarioError
from simulator.scenario.read import named, shipped


def test_list_names_each_scenario_on_a_line(capsys):
    assert main(["scenario", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == shipped()
    assert all(named(line.split()[0]).description in line for line in lines)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("five-oclock", ["closed at 05:00 for 240 s", "2026-11-20 04:58 to 09:10", "seed 17"]),
        ("opening-surge", ["and 92 more", "1 script entries", "08:59:30"]),
        ("flaky-server", ["latency 50 to 3000 ms", "late one in 8 CommRqData for 8 s"]),
        ("orders-elsewhere", ["09:40 type 1 000660 1 shares hoga 00 at 500,000", "200 015760"]),
        ("warned-stock", ["0 거래량 급증: 247540 298380"]),
        ("volatile-day", ["fills book", "5,000,000,000 won"]),
    ],
)
def test_check_says_what_a_scenario_is(capsys, name, words):
    assert main(["scenario", "check", name]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"{name}: ")
    assert all(word in out for word in words), out


def test_check_ends_with_2_and_the_place_of_an_error(capsys, tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("version: 1\nstocks: [005930, 000661]\n", encoding="utf-8")
    assert main(["scenario", "check", str(path)]) == 2
    told = capsys.readouterr().err
    assert f"{path}:2: stocks[1]: there is no stock 000661" in told
    assert main(["scenario", "check", "nothing"]) == 2
    assert "no scenario is called 'nothing'" in capsys.readouterr().err


def test_check_reads_recordings(capsys, tmp_path):
    (tmp_path / "003550.csv").write_text("time,price\nx,y\n", encoding="utf-8")
    path = tmp_path / "mine.yaml"
    path.write_text("version: 1\nfeed: {recorded: [{files: [003550.csv]}]}", encoding="utf-8")
    assert main(["scenario", "check", str(path)]) == 2
    assert "003550.csv:" in capsys.readouterr().err


def test_options_give_way_to_the_scenario_and_stand_before_it(tmp_path):
    def market(*arguments):
        return market_options(parser().parse_args(["serve", "--simulator", *arguments]))

    assert market()["speed"] == 1
    assert market("--scenario", "vi-day")["scenario"] == named("vi-day")
    path = tmp_path / "fast.yaml"
    path.write_text("version: 1\nspeed: 60", encoding="utf-8")
    assert market("--scenario", str(path))["speed"] == 60
    given = market("--scenario", str(path), "--speed", "2", "--state", str(tmp_path))
    assert (given["speed"], given["state"]) == (2, tmp_path)


def test_a_simulator_begins_with_its_scenario_unless_told_otherwise():
    vi = named("vi-day")
    assert app.simulator(scenario="vi-day").loop.now() == vi.start
    later = vi.start + krx.MINUTE
    assert app.simulator(scenario=vi, at=later).loop.now() == later
    with pytest.raises(ScenarioError, match="did you mean vi-day"):
        app.simulator(scenario="vi-dai")


def test_a_client_of_a_scenario_sees_its_stocks():
    with app.simulate(scenario="warned-stock") as client:
        assert client.call("get-stock-name", stock_code="298380") == "에이비엘바이오"


def test_scenarios_belong_to_the_simulator(capsys):
    assert main(["serve", "--scenario", "vi-day"]) == 1
    assert "add --simulator" in capsys.readouterr().err


def test_a_server_ends_with_its_scenario(tmp_path, monkeypatch):
    class Served:
        def __init__(self, loop, *_, **__):
            self.loop, self.ended = loop, []
            made.append(self)

        def stop(self):
            self.ended.append(self.loop.now())
            self.loop.stop()

        def run(self):
            self.loop.run()

    made = []
    monkeypatch.setattr(app, "App", Served)
    path = tmp_path / "short.yaml"
    path.write_text("version: 1\nspeed: max\nstart: 2026-11-20 09:00\nend: 09:05", encoding="utf-8")
    options = parser().parse_args(
        ["serve", "--simulator", "amqp://nobody", "--scenario", str(path)]
    )
    assert serve(options) == 0
    (served,) = made
    assert served.ended == [krx.midnight(krx.date(2026, 11, 20)) + 545 * krx.MINUTE]


def test_without_pyyaml_everything_but_scenarios_works():
    program = (
        "import sys; sys.modules['yaml'] = None\n"
        "from sapi_kiwoom import app\n"
        "app.simulator(at=1795132800000000)\n"
        "from sapi_kiwoom.cli import main; sys.exit(main(['scenario', 'check', 'vi-day']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 2
    assert 'pip install "sapi-kiwoom[scenarios]"' in done.stderr


def test_plot_draws_the_day_that_the_scenario_is_about(monkeypatch, capsys, tmp_path):
    drawn = []
    monkeypatch.setattr(plots, "plot", lambda *arguments: drawn.append(arguments[:4]))
    out = tmp_path / "day.html"
    assert main(["scenario", "plot", "vi-day", "-o", str(out)]) == 0
    chosen = ["--code", "035420", "--day", "2026-11-19"]
    assert main(["scenario", "plot", "vi-day", "-o", str(out), *chosen]) == 0
    vi, day = named("vi-day"), krx.date(2026, 11, 20)
    assert drawn == [
        (vi, plots.eventful(vi, day), day, out),
        (vi, "035420", krx.date(2026, 11, 19), out),
    ]
    assert str(out) in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["scenario", "plot", "vi-day", "-o", str(out), "--day", "tomorrow"])
    assert "2026-11-20" in capsys.readouterr().err
