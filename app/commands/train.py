"""``learnscape train``: an experiment trains without a window, and its results are written."""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from app.commands.options import count, seed
from core.backend import BACKENDS, backend
from core.engine.choice import prepare
from core.presets import PRESETS, seeded
from core.project import Project, load, write_whole
from core.report import history_table, report, weights
from core.tables import SpecError
from core.trainer import Trainer

NAME = "train"
EPOCHS = 100
SLICE = 0.1
"""Seconds between looks at the progress bar and at Ctrl+C."""

DONE, FAULTY, DIVERGED, INTERRUPTED = 0, 2, 3, 130

DESCRIPTION = """\
Train an experiment without a window, and write into DIR
  report.json    losses, accuracies (of values: R²), steps, seconds, and what was trained on what
  history.csv    every recorded epoch: losses, accuracies, rate, each layer's gradient norm and update ratio
  theta.npz      the weights: "theta" as one vector, and each layer's own, as "layer 1/weights" (units, inputs)
Losses are means over all points; gradients are of the epoch's last batch; seconds count the training alone."""

EPILOG = """\
examples:
  learnscape train moons.json
  learnscape train spiral-3 --epochs 500 --seed 7 --out runs/7
  learnscape train moons.json --resume --epochs 50

'learnscape list' says what an experiment can be made of, with every setting's range.
Ctrl+C stops after the present step and still writes what there is; twice, it stops at once.
exit codes: 0 trained; 2 the experiment cannot be read or run; 3 the loss stopped being finite
(what there is before that is written); 130 stopped by Ctrl+C."""


def add(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        NAME,
        help="train an experiment without a window, write report, history and weights",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    presets = ", ".join(PRESETS)
    parser.add_argument("experiment", metavar="EXPERIMENT", help=f"a saved experiment (.json), or one of {presets}")
    epochs = f"passes over the data, fewer if a stop rule of the experiment says so (default: {EPOCHS})"
    parser.add_argument("--epochs", metavar="N", type=count, default=EPOCHS, help=epochs)
    parser.add_argument("--out", metavar="DIR", help="folder to write into (default: NAME-run in the current folder)")
    parser.add_argument("--device", choices=tuple(BACKENDS), default="cpu", help="where to compute (default: cpu)")
    parser.add_argument(
        "--seed", metavar="S", type=seed, help="of initial weights, shuffles, dropout (default: the experiment's own)"
    )
    parser.add_argument(
        "--resume", action="store_true", help="go on from the weights in the file (default: begin anew from the seed)"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Train and write; gives the exit code, and says on stderr in a sentence what went wrong."""
    try:
        project = _project(args.experiment)
        trainer = Trainer(seeded(project.experiment, args.seed), backend(args.device))
        if args.resume and project.state is not None:
            trainer.load(project.state)
        if problem := trainer.model.untrainable:
            raise problem
        out = Path(args.out or f"{Path(args.experiment).stem}-run")
        out.mkdir(parents=True, exist_ok=True)
        if args.device == "cpu":
            prepare(trainer.training.precision, lambda text: print(text, file=sys.stderr))
        stopped = _train(trainer, args.epochs)
        _write(trainer, out)
    except (SpecError, RuntimeError) as error:
        return _say(f"learnscape train: {error}", FAULTY)
    except KeyboardInterrupt:
        return _say("learnscape train: stopped; nothing was written.", INTERRUPTED)
    except MemoryError:
        return _say("learnscape train: there is not enough memory for a network this large.", FAULTY)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return _say(f"learnscape train: the results cannot be written: {where}{error.strerror}.", FAULTY)
    return _conclude(trainer, out, stopped)


def _say(sentence: str, code: int) -> int:
    print(sentence, file=sys.stderr)
    return code


def _project(name: str) -> Project:
    """The file by that name, or the preset where there is no such file."""
    if name in PRESETS and not Path(name).exists():
        return Project(PRESETS[name].experiment)
    return load(name)


def _train(trainer: Trainer, epochs: int) -> bool:
    """Train so many epochs under a progress bar, or until a stop rule; true if Ctrl+C ended it before."""
    tqdm.monitor_interval = 0  # the bar is updated often enough to do without a thread that watches it
    first = trainer.epoch_now
    target = trainer.epoch + epochs
    with _interrupted() as stopped, tqdm(total=epochs, unit="epoch", bar_format=BAR, file=sys.stderr) as bar:
        while not (trainer.divergence or trainer.stopped or stopped()) and (left := trainer.steps_until(target)):
            trainer.advance(left, SLICE)
            bar.update(round(trainer.epoch_now - first, 2) - bar.n)
            bar.set_postfix_str(_progress(trainer), refresh=False)
        if trainer.offset and trainer.divergence is None:
            trainer.record()
        return stopped()


BAR = "{l_bar}{bar}| {n:.4g}/{total:.4g} epochs [{elapsed}<{remaining}{postfix}]"


def _progress(trainer: Trainer) -> str:
    history = trainer.history
    score = "accuracy" if trainer.model.classes else "R²"
    return f"loss {history.last('train_loss'):.4g}, {score} {history.last('train_accuracy'):.4g}"


@contextlib.contextmanager
def _interrupted() -> Iterator[Callable[[], bool]]:
    """Within it, the first Ctrl+C only makes the function it gives true, so that no step is left half done."""
    pressed = False
    usual = signal.getsignal(signal.SIGINT)

    def note(number: int, frame: Any) -> None:
        nonlocal pressed
        pressed = True
        signal.signal(signal.SIGINT, usual)

    signal.signal(signal.SIGINT, note)
    try:
        yield lambda: pressed
    finally:
        signal.signal(signal.SIGINT, usual)


def _write(trainer: Trainer, out: Path) -> None:
    """The three files, each whole or not at all."""
    arrays = io.BytesIO()
    np.savez(arrays, allow_pickle=False, **weights(trainer))
    text = json.dumps(report(trainer), indent=2, ensure_ascii=False, allow_nan=False)
    write_whole(out / "report.json", f"{text}\n".encode())
    write_whole(out / "history.csv", history_table(trainer.history).encode())
    write_whole(out / "theta.npz", arrays.getvalue())


def _conclude(trainer: Trainer, out: Path, stopped: bool) -> int:
    print(f"Wrote report.json, history.csv and theta.npz into {out}.")
    gone = trainer.divergence
    if gone is not None:
        return _say(
            f"The loss stopped being finite at step {gone.step}, with a learning rate of {gone.rate:g}: "
            "what was written is from before that; choose a smaller rate.",
            DIVERGED,
        )
    if trainer.stopped:
        print(trainer.stopped)
    if stopped:
        return _say(f"Stopped at epoch {trainer.epoch_now:.4g}, step {trainer.state.step}.", INTERRUPTED)
    return DONE
