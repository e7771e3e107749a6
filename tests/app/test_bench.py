"""The benchmarks: the table, the file and the choice of rows; how fast anything is, no test says."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from app.__main__ import main
from app.bench import cuda, peers, rows, runner
from app.bench.limit import products, whole_step
from app.bench.networks import Training, digits, hyper, network, one_hot, two_classes
from app.bench.options import Options
from app.bench.rows import Measured, Row, Way, in_turn, rated, table_line
from app.bench.table import BENCHMARKS, NAMES, measure
from core.backend import CPU, cuda_problem
from core.engine.array import ArrayEngine

KEYS = ["name", "what", "ours", "peer", "peer_name", "unit", "ratio"]


@pytest.fixture
def in_here(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Benchmarks give a made-up row at once; the names of those that were asked for."""
    asked: list[str] = []

    def at_once(name: str, options: Options) -> list[Row] | None:
        asked.append(name)
        if name == "wide":
            return None
        return [Row(name, "something", 2000.0, 10.0, "a peer", "epochs/s", 200.0, 0.01, 0.02, "≥ 100 ×", "a remark")]

    monkeypatch.setattr(runner, "_apart", at_once)
    return asked


def test_the_table_is_printed_and_the_file_written(
    in_here: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "bench.json"
    assert main(["bench", "--quick", "--only", "sweep", "step-small", "--json", str(file)]) == 0
    assert in_here == ["step-small", "sweep"]
    written = json.loads(file.read_text(encoding="utf-8"))
    assert [row["name"] for row in written] == in_here
    assert all(list(row)[:7] == KEYS for row in written)
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].split()[:4] == ["name", "ours", "peer", "ratio"]
    assert printed[1].split()[0] == "step-small"
    assert "2,000 epochs/s ±1 %" in printed[1]
    assert "200 ×" in printed[1]
    assert "a remark" in printed[2]


def test_all_are_measured_unless_some_are_named_and_a_failure_does_not_end_it(
    in_here: list[str], tmp_path: Path
) -> None:
    file = tmp_path / "bench.json"
    assert main(["bench", "--json", str(file)]) == 1
    assert in_here == list(BENCHMARKS["cpu"])
    assert set(NAMES) == {name for names in BENCHMARKS.values() for name in names}
    assert [row["name"] for row in json.loads(file.read_text())] == [name for name in in_here if name != "wide"]


def test_a_benchmark_of_another_device_is_said_to_be_none_here(
    in_here: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["bench", "--only", "start", "map"]) == 2
    assert capsys.readouterr().err == "learnscape bench: cpu has no benchmark called map.\n"
    assert in_here == []


def test_what_is_no_benchmark_and_where_nothing_can_be_written(
    in_here: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["bench", "--only", "nothing"])
    assert main(["bench", "--only", "start", "--json", str(tmp_path / "no" / "bench.json")]) == 2
    assert "cannot be written" in capsys.readouterr().err


@pytest.mark.skipif(not cuda_problem(), reason="there is a GPU")
def test_without_a_gpu_its_benchmarks_say_why(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "--device", "cuda"]) == 2
    assert "CuPy" in capsys.readouterr().err


def test_the_benchmarks_of_a_gpu_on_a_stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their rows, measured where a GPU's arrays are NumPy's, and nothing compiles."""

    class Device:
        def synchronize(self) -> None:
            waited.append(1)

    class Cupy:
        cuda = SimpleNamespace(Device=Device)

        def __getattr__(self, name: str) -> Any:
            return getattr(np, name)

    def refuse(source: str) -> Any:
        raise RuntimeError("no compiler")

    waited: list[int] = []
    gpu = replace(CPU, name="cuda", title="a stand-in", xp=Cupy(), compile=refuse)
    monkeypatch.setattr(cuda, "backend", lambda name: gpu)
    monkeypatch.setattr(cuda, "_compiled", ArrayEngine)
    for name, value in (("SMALL", (1, 20)), ("SWEEP", 20), ("MAP", 30), ("SEVERAL", 20)):
        monkeypatch.setattr(cuda, name, value)
    found = [row for name in BENCHMARKS["cuda"] for row in measure(name, Options(quick=True, device="cuda"))]
    names = ["step-small"] * 4 + ["sweep"] * 2 + ["map"] * 2 + ["landscape"] * 2 + ["boundary"]
    assert [row.name for row in found] == names
    assert all(row.ours and row.peer and row.ratio and row.ours > 0 for row in found)
    assert "30 learning rates, 2-16-16-1 tanh, sgd, batch 25, on a stand-in; the processor trains 20" in found[6].what
    assert len(waited) > 20


def test_every_benchmark_is_there() -> None:
    for device, names in BENCHMARKS.items():
        for where in names.values():
            module, _, function = where.partition(":")
            assert callable(getattr(__import__(module, fromlist=[function]), function)), (device, where)


def test_one_is_measured_in_a_process_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "bench.json"
    command = [sys.executable, "-m", "app", "bench", "--quick", "--only", "boundary", "--json", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", cwd=runner.ROOT, check=False)
    assert done.returncode == 0, done.stderr
    (row,) = json.loads(file.read_text(encoding="utf-8"))
    assert row["ours"] > 0
    assert row["unit"] == "ms"
    assert (row["ratio"] is None) == (row["peer"] is None) == (row["peer_name"] == rows.NO_TORCH)
    assert "boundary" in done.stdout


def test_without_pytorch_the_row_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers, "find_spec", lambda name: None)
    pytest.importorskip("numba")
    (row,) = measure("boundary", Options(quick=True))
    assert (row.peer, row.ratio, row.peer_name) == (None, None, "PyTorch is not installed")
    assert "-" in table_line(row)
    assert peers.classifier(np.zeros((2, 2)), np.zeros(2), 2, 0.1, 2) is None


def test_ways_are_run_in_turn_after_one_round_to_warm_up() -> None:
    order: list[str] = []
    first, second = in_turn(Way(lambda: order.append("a"), 2.0), Way(lambda: order.append("b")), repeats=3)
    assert order == ["a", "b"] * 4
    assert len(first.seconds) == len(second.seconds) == 3


def test_medians_spreads_and_ratios() -> None:
    ours, peer = Measured([1.0, 2.0, 3.0, 4.0, 100.0]), Measured([6.0] * 5)
    assert (ours.median, ours.spread) == (3.0, (4.0 - 2.0) / 2 / 3.0)
    assert peer.spread == 0.0
    rate, time = rated("x", "", "epochs/s", "p", ours, peer, ""), rated("x", "", "ms", "p", ours, peer, "")
    assert (rate.ours, rate.ratio) == (1 / 3.0, 2.0)
    assert (time.ours, time.peer, time.ratio) == (3000.0, 6000.0, 2.0)


def test_multiply_adds_are_counted() -> None:
    assert products((2, 8, 8, 1), 1) == 2 * (16 + 64 + 8) + 64 + 8
    assert whole_step((2, 1), 1, 3) > products((2, 1), 1)


def test_networks_are_the_ones_that_are_named() -> None:
    small = network((2, 8, 8, 1))
    assert (small.shape, small.parameters, small.output.units) == ((2, 8, 8, 1), 105, 1)
    x, labels = digits()
    assert x.shape == (1797, 64)
    assert sorted(set(labels.tolist())) == list(range(10))
    net = network((64, 8, 10), "relu", "softmax", "cce")
    ours = Training.of(ArrayEngine(net), x, one_hot(labels, 10), labels.astype(float), hyper("adam", 0.01, 32))
    before: Any = ours.engine.loss(ours.state.thetas, x, one_hot(labels, 10))
    ours.steps(2)
    assert ours.engine.loss(ours.state.thetas, x, one_hot(labels, 10))[0] < before[0] / 2


def test_the_peer_learns_the_same_thing() -> None:
    torch = peers.torch_on()
    if torch is None:
        pytest.skip("PyTorch is not installed")
    x, t = two_classes(50)
    model = peers.module(torch, (2, 8, 1))
    data, wanted = torch.tensor(x, dtype=torch.float32), torch.tensor(t, dtype=torch.float32)

    def loss() -> float:
        return float(torch.nn.functional.mse_loss(model(data), wanted).detach())

    before = loss()
    peers.eager(torch, model, x, t, "MSELoss", "Adam", 0.03, 10)(60)
    assert loss() < before / 2
