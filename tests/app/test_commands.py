"""The command line: what it understands, what it writes, and what it says when it cannot."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import types
from argparse import Namespace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.__main__ import complete, main
from app.commands import train
from app.version import program_version
from core.engine import choice
from core.presets import FIRST, PRESETS
from core.project import Project, save
from core.reference import BEGIN, END, SECTIONS, markdown
from core.report import history_table, report, weights
from core.spec import Data, Experiment, Network, Points, change
from core.trainer import Trainer

ROOT = Path(__file__).resolve().parent.parent.parent
KEYS = [
    *("dataset", "network", "epochs", "steps", "train_loss", "test_loss", "train_accuracy", "test_accuracy"),
    *("seconds", "engine", "device", "dtype", "seed", "parameters"),
]


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def prepared(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Nothing is compiled here: the precisions for which that was asked."""
    asked: list[str] = []
    monkeypatch.setattr(train, "prepare", lambda precision, say: asked.append(precision))
    monkeypatch.setattr(choice, "_ready", {})
    return asked


def moons(tmp_path: Path, **changes: Any) -> str:
    spec = PRESETS["moons"].experiment
    for path, value in changes.items():
        spec = change(spec, path.replace("__", "."), value)
    save(tmp_path / "moons.json", Project(spec))
    return "moons.json"


def read(folder: Path) -> tuple[dict[str, Any], list[dict[str, str]], dict[str, Any]]:
    result = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    with (folder / "history.csv").open(encoding="utf-8", newline="") as file:
        history = list(csv.DictReader(file))
    with np.load(folder / "theta.npz", allow_pickle=False) as arrays:
        return result, history, dict(arrays)


def leaves(words: list[str]) -> int:
    """The code with which argparse ends."""
    with pytest.raises(SystemExit) as ended:
        main(words)
    return int(ended.value.code or 0)


# ---- words -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "completed"),
    [
        ([], ["gui"]),
        (["a.json"], ["gui", "a.json"]),
        (["./train"], ["gui", "./train"]),
        (["gui", "a.json"], ["gui", "a.json"]),
        (["demo", "--out", "x"], ["demo", "--out", "x"]),
        (["train", "a.json"], ["train", "a.json"]),
        (["--version"], ["--version"]),
        (["-h"], ["-h"]),
    ],
)
def test_without_a_command_it_is_the_window(words: list[str], completed: list[str]) -> None:
    assert complete(words) == completed


def test_version_and_helps_are_worth_reading(capsys: pytest.CaptureFixture[str]) -> None:
    assert leaves(["--version"]) == 0
    assert capsys.readouterr().out == f"Learnscape {program_version()}\n"
    assert leaves(["--help"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("usage: learnscape [-h] [--version] [FILE | COMMAND ...]")
    assert all(word in text for word in ("gui", "demo", "train", "examples:"))
    for command, said in (
        ("gui", ["FILE"]),
        ("demo", ["--size WxH", "pixels", "1600x1000", *PRESETS]),
        ("train", ["--resume", "Ctrl+C", "exit codes:", "default: 100", "NAME-run", "R²"]),
    ):
        assert leaves([command, "--help"]) == 0
        text = capsys.readouterr().out
        assert text.startswith(f"usage: learnscape {command} [-h]")
        assert not [word for word in said if word not in text]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["demo"], "--out"),
        (["demo", "--out", "x", "--dataset", "nope"], "invalid choice: 'nope'"),
        (["demo", "--out", "x", "--size", "big"], "'big' is not WIDTHxHEIGHT, as in 1600x1000"),
        (["demo", "--out", "x", "--size", "10x10"], "10x10 pixels are outside 320x240 to"),
        (["demo", "--out", "x", "--epochs", "0"], "'0' is not a whole number from 1"),
        (["demo", "--out", "x", "--seed", "-1"], "seed"),
        (["train"], "EXPERIMENT"),
        (["train", "moons", "--epochs", "many"], "'many' is not a whole number from 1"),
        (["train", "moons", "--seed", str(2**32)], "'4294967296' is not a whole number from 0 to 4294967295"),
        (["train", "moons", "--device", "tpu"], "invalid choice: 'tpu'"),
        (["a.json", "b.json"], "unrecognized arguments: b.json"),
    ],
)
def test_words_that_are_wrong_are_said(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert leaves(words) == 2
    assert said in capsys.readouterr().err


def test_the_window_and_the_demo_get_what_they_ask_for(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Namespace] = []
    for name in ("gui", "demo"):
        module = types.ModuleType(f"app.{name}")
        module.run = lambda args: seen.append(args)  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, f"app.{name}", module)
        monkeypatch.setattr(f"app.{name}", module, raising=False)
    assert main([]) == main(["a.json"]) == main(["demo", "--out", "shots"]) == 0
    assert main(["demo", "--out", "d", "--dataset", "xor", "--epochs", "7", "--seed", "3", "--theme", "dark",
                 "--size", "800x600"]) == 0  # fmt: skip
    assert [args.file for args in seen[:2]] == [None, "a.json"]
    usual, chosen = vars(seen[2]), vars(seen[3])
    assert {"out": "shots", "dataset": FIRST, "epochs": None, "seed": None, "theme": "light"}.items() <= usual.items()
    assert usual["size"] == (1600, 1000)
    assert {"dataset": "xor", "epochs": 7, "seed": 3, "theme": "dark", "size": (800, 600)}.items() <= chosen.items()


# ---- train -----------------------------------------------------------------------------------------------------------


def test_train_writes_report_history_and_weights(
    tmp_path: Path, prepared: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", moons(tmp_path), "--epochs", "20"]) == 0
    assert prepared == ["float32"], "the fastest engine is ready before the run, so that the run is the same each time"
    said = capsys.readouterr()
    assert said.out == "Wrote report.json, history.csv and theta.npz into moons-run.\n"
    assert "20/20 epochs" in said.err
    assert "loss 0." in said.err
    assert "accuracy" in said.err
    result, history, arrays = read(tmp_path / "moons-run")
    assert list(result) == KEYS
    assert (result["dataset"], result["network"], result["parameters"]) == ("moons", "2-8-4-1", 65)
    assert (result["epochs"], result["steps"], result["dtype"], result["seed"]) == (20, 140, "float32", 0)
    assert (result["engine"], result["device"]) == ("array", "CPU")
    assert 0.8 < result["test_accuracy"] <= 1.0
    assert [int(row["epoch"]) for row in history] == list(range(21))
    assert float(history[-1]["train_loss"]) == pytest.approx(result["train_loss"])
    assert history[0]["gradient/1"] == ""
    assert float(history[1]["gradient/1"]) > 0
    assert arrays["theta"].shape == (65,)
    assert arrays["layer 1/weights"].shape == (8, 2)
    assert arrays["output/biases"].shape == (1,)
    assert np.array_equal(arrays["layer 2/weights"].ravel(), arrays["theta"][24:56])


def test_the_same_seed_gives_the_same_report_but_for_the_seconds(tmp_path: Path) -> None:
    name = moons(tmp_path)
    results = []
    for out, seed in (("a", "5"), ("b", "5"), ("c", "6")):
        assert main(["train", name, "--epochs", "5", "--seed", seed, "--out", out]) == 0
        result, _, arrays = read(tmp_path / out)
        assert result.pop("seconds") > 0
        results.append((result, arrays["theta"].tobytes()))
    assert results[0] == results[1]
    assert results[0][1] != results[2][1]
    assert results[2][0]["seed"] == 6


def test_a_preset_can_be_trained_by_name(tmp_path: Path) -> None:
    assert main(["train", "plane", "--epochs", "30", "--out", "deep/er"]) == 0
    result, history, _ = read(tmp_path / "deep" / "er")
    assert result["dataset"] == "plane"
    assert 0.9 < result["test_accuracy"] < 1.0, "of values it is R²"
    assert float(history[-1]["test_accuracy"]) == pytest.approx(result["test_accuracy"])


def test_resume_goes_on_where_the_file_left_off(tmp_path: Path) -> None:
    spec = PRESETS["moons"].experiment
    whole, half = Trainer(spec), Trainer(spec)
    whole.advance(whole.steps_until(8))
    half.advance(half.steps_until(3))
    save(tmp_path / "half.json", Project(spec, half.snapshot().moment))
    assert main(["train", "half.json", "--resume", "--epochs", "5", "--out", "a"]) == 0
    result, _, arrays = read(tmp_path / "a")
    assert arrays["theta"].tobytes() == whole.theta.tobytes()
    assert (result["epochs"], result["steps"]) == (8, whole.state.step)
    assert main(["train", "half.json", "--epochs", "3", "--out", "b"]) == 0
    assert read(tmp_path / "b")[2]["theta"].tobytes() == half.theta.tobytes(), "without it a run begins anew"


def test_a_stop_rule_of_the_experiment_ends_the_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = change(PRESETS["moons"].experiment, "training.stop.epochs", 4)
    save(tmp_path / "short.json", Project(spec))
    assert main(["train", "short.json", "--epochs", "500"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "Stopped at epoch 4, the last one asked for."
    assert read(tmp_path / "short-run")[0]["epochs"] == 4


def test_divergence_is_a_sentence_and_what_there_is_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = change(PRESETS["plane"].experiment, "training.learning_rate", 2.0)
    save(tmp_path / "wild.json", Project(spec))
    assert main(["train", "wild.json", "--epochs", "500"]) == 3
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("The loss stopped being finite at step ")
    assert "with a learning rate of 2: " in last
    result, history, arrays = read(tmp_path / "wild-run")
    assert np.isfinite(arrays["theta"]).all()
    assert result["train_loss"] > 1e10
    assert len(history) >= 1


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("none.json", None, "none.json: it cannot be read: there is no such file or folder."),
        ("a.json", b"", "a.json: it is empty."),
        ("a.json", b'{"training": {"learning_rate": -1}}', "a.json: training.learning_rate: this has to be above 0."),
        ("a.json", b"{", "a.json: it ends too early (line 1, column 2)."),
        ("a.json", b'{"data": {}}', "data.points: there are no points to learn from; draw some, or choose a data set."),
    ],
)
def test_a_file_that_is_no_experiment_is_one_sentence_and_code_2(
    name: str, content: bytes | None, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    assert main(["train", name]) == 2
    error = capsys.readouterr()
    assert error.err == f"learnscape train: {said}\n"
    assert not error.out
    assert not list(tmp_path.glob("*-run"))


def test_results_that_cannot_be_written_are_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "taken").write_text("a file", encoding="utf-8")
    assert main(["train", moons(tmp_path), "--epochs", "1", "--out", "taken"]) == 2
    assert "the results cannot be written: taken: " in capsys.readouterr().err
    assert (tmp_path / "taken").read_text(encoding="utf-8") == "a file"


def test_a_device_that_is_not_there_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def absent() -> Any:
        raise RuntimeError("CuPy is installed, but no CUDA GPU answers.")

    monkeypatch.setitem(train.BACKENDS, "cuda", absent)
    assert main(["train", moons(tmp_path), "--device", "cuda"]) == 2
    assert capsys.readouterr().err == "learnscape train: CuPy is installed, but no CUDA GPU answers.\n"


def test_ctrl_c_stops_after_the_step_and_writes_what_there_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    advance, calls = Trainer.advance, []

    def interrupted(self: Trainer, steps: int | None = None, seconds: float | None = None) -> int:
        calls.append(steps)
        if len(calls) == 3:
            signal.raise_signal(signal.SIGINT)
        return advance(self, 10)

    usual = signal.getsignal(signal.SIGINT)
    monkeypatch.setattr(Trainer, "advance", interrupted)
    assert main(["train", moons(tmp_path), "--epochs", "1000"]) == 130
    assert signal.getsignal(signal.SIGINT) is usual
    assert capsys.readouterr().err.splitlines()[-1] == "Stopped at epoch 4.317, step 30."
    result, history, arrays = read(tmp_path / "moons-run")
    assert (result["steps"], history[-1]["step"]) == (30, "30")
    assert float(history[-1]["train_loss"]) == pytest.approx(result["train_loss"])
    assert arrays["theta"].shape == (65,)


def test_ctrl_c_before_it_trains_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(precision: str, say: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(train, "prepare", interrupted)
    assert main(["train", moons(tmp_path)]) == 130
    assert capsys.readouterr().err == "learnscape train: stopped; nothing was written.\n"
    assert not list(tmp_path.glob("*-run/*"))


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")
def test_ctrl_c_in_a_real_terminal_and_without_the_window(tmp_path: Path) -> None:
    code = (
        "import sys; from app.__main__ import main; from app.commands import train; "
        "train.prepare = lambda precision, say: None; code = main(sys.argv[1:]); "
        "print('Qt' if 'PySide6' in sys.modules else 'no Qt'); sys.exit(code)"
    )
    words = ["train", "checkerboard", "--epochs", "1000000", "--out", "run"]
    with subprocess.Popen(
        [sys.executable, "-c", code, *words],
        cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stderr is not None
        seen = b""
        while b"accuracy" not in seen:
            some = process.stderr.read1(1000)
            assert some, "it ended by itself"
            seen += some
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert b"Stopped at epoch" in err
    assert b"Traceback" not in err
    assert out.splitlines()[-1] == b"no Qt"
    assert read(tmp_path / "run")[0]["steps"] > 0


# ---- the report itself -----------------------------------------------------------------------------------------------


def test_a_report_says_none_where_nothing_is_defined() -> None:
    empty = report(Trainer(Experiment()), "mine")
    assert list(empty) == KEYS
    assert (empty["dataset"], empty["network"], empty["steps"], empty["epochs"]) == ("mine", "2-1", 0, 0)
    assert [empty[key] for key in KEYS[4:8]] == [None] * 4
    one = Trainer(Experiment("", Data("regression", points=Points([[1.0, 2.0]], [3.0])), Network()))
    assert report(one)["dataset"] == "drawn"
    assert report(one)["train_accuracy"] is None, "R² of a single value is not defined"
    assert isinstance(report(one)["train_loss"], float)
    json.dumps(report(one), allow_nan=False)


def test_a_report_within_an_epoch_measures_theta_as_it_is_and_changes_nothing() -> None:
    trainer = Trainer(PRESETS["moons"].experiment)
    trainer.advance(3)
    rows = len(trainer.history)
    result = report(trainer)
    assert len(trainer.history) == rows
    assert result["train_loss"] != trainer.history.last("train_loss")
    trainer.record()
    assert result["train_loss"] == trainer.history.last("train_loss")
    assert isinstance(result["epochs"], float)
    assert len(history_table(trainer.history).splitlines()) == rows + 2
    assert weights(trainer)["theta"].tobytes() == trainer.theta.tobytes()


# ---- list and reference ----------------------------------------------------------------------------------------------


def test_list_names_all_tables_and_prints_one_in_full(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 0
    out = capsys.readouterr().out
    assert all(name in out for name in SECTIONS)
    assert "lbfgs" in out
    assert main(["list", "optimizers"]) == 0
    out = capsys.readouterr().out
    assert "beta2 = 0.999 (0 to 0.999999)" in out
    assert "Kingma & Ba 2015" in out
    with pytest.raises(SystemExit):
        main(["list", "nothing"])
    assert "invalid choice: 'nothing'" in capsys.readouterr().err


def test_reference_is_printed_or_put_into_a_document(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reference"]) == 0
    assert capsys.readouterr().out == markdown()
    path = tmp_path / "document.md"
    path.write_text(f"before\n{BEGIN}\n{END}\nafter\n", encoding="utf-8")
    assert main(["reference", "--into", str(path)]) == 0
    assert markdown() in path.read_text(encoding="utf-8")
    path.write_text("no marks", encoding="utf-8")
    assert main(["reference", "--into", str(path)]) == 2
    assert "between which" in capsys.readouterr().err
    assert main(["reference", "--into", str(tmp_path / "nowhere.md")]) == 2
