"""The reference: all that the tables hold, with sources, and the README's part as the rows give it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from core.optimizers import OPTIMIZERS
from core.reference import BEGIN, END, SECTIONS, inserted, markdown, text
from core.schedules import SCHEDULES

README = Path(__file__).resolve().parents[2] / "README.md"

NAMED = {
    "activations": "linear sigmoid hard_sigmoid tanh relu leaky_relu elu selu gelu silu softplus softsign mish sine "
    "gaussian softmax",
    "losses": "mse mae huber bce cce hinge",
    "optimizers": "sgd momentum nesterov adagrad adadelta rmsprop adam adamw amsgrad adamax nadam radam lion lbfgs",
    "schedules": "constant step exponential cosine cosine_restarts linear polynomial one_cycle cyclical plateau",
    "initializers": "zeros constant uniform normal glorot_uniform glorot_normal he_uniform he_normal lecun_uniform "
    "lecun_normal orthogonal",
    "regularisation": "l1 l2 weight_decay clip_norm clip_value warmup",
    "stop": "epochs loss seconds patience",
    "layers": "units dropout frozen",
}
"""What the curriculum asks for, by table."""


@pytest.mark.parametrize("name", NAMED)
def test_everything_asked_for_is_there(name: str) -> None:
    assert sorted(entry.name for entry in SECTIONS[name].entries()) == sorted(NAMED[name].split())


@pytest.mark.parametrize("name", ["activations", "losses", "optimizers", "schedules", "initializers", "regularisation"])
def test_each_has_a_source(name: str) -> None:
    for entry in SECTIONS[name].entries():
        assert re.search(r"(1[89]|20)\d\d|PyTorch", f"{entry.source} {entry.help}"), entry.name


def test_the_readme_is_what_the_rows_give() -> None:
    document = README.read_text(encoding="utf-8")
    assert inserted(document) == document, "run: learnscape reference --into README.md"


def test_settings_come_with_default_and_range() -> None:
    (adam,) = [entry for entry in SECTIONS["optimizers"].entries() if entry.name == "adam"]
    assert adam.settings[0] == "beta1 = 0.9 (0 to 0.9999): Share of the old mean kept in each step."
    (units,) = [entry for entry in SECTIONS["layers"].entries() if entry.name == "units"]
    assert units.settings == ("units (1 to ∞)",)
    (clip,) = [entry for entry in SECTIONS["regularisation"].entries() if entry.name == "clip_norm"]
    assert clip.settings == ("clip_norm = 0 (0 to ∞)",)
    said = text(SECTIONS["schedules"])
    for row in SCHEDULES.rows():
        assert row.title in said
        for setting in row.settings:
            assert f"{setting.name} = {setting.default:g}" in said
    assert max(map(len, said.splitlines())) <= 100


def test_every_line_of_a_table_has_as_many_cells_as_its_head() -> None:
    for block in markdown().split("### ")[1:]:
        rows = [re.split(r"(?<!\\)\|", line)[1:-1] for line in block.splitlines() if line.startswith("|")]
        assert len(rows) > 2
        assert {len(row) for row in rows} == {len(rows[0])}


def test_a_new_row_is_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    before = markdown()
    rows = dict(OPTIMIZERS._rows)
    del rows["lion"]
    monkeypatch.setattr(OPTIMIZERS, "_rows", rows)
    assert "| `lion` |" in before
    assert "| `lion` |" not in markdown()


def test_a_document_without_the_marks_is_refused() -> None:
    assert inserted(f"a\n{BEGIN}\nold\n{END}\nb").startswith(f"a\n{BEGIN}\n\n### Activations")
    with pytest.raises(ValueError, match="between which"):
        inserted("a document")
