"""Files: what is saved comes back bit for bit, what is broken is said in a sentence, what was there stays whole."""

from __future__ import annotations

import json
import os
import random
import stat
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.activations import ACTIVATIONS
from core.data.features import FEATURES
from core.data.generators import GENERATORS, generate
from core.history import Best, Moment
from core.initializers import INITIALIZERS
from core.model import Model
from core.optimizers import OPTIMIZERS
from core.project import Project, ProjectError, codec, decode, encode, load, save, storage
from core.schedules import SCHEDULES
from core.spec import (
    Choice,
    Data,
    Dense,
    Experiment,
    Frozen,
    Generator,
    Network,
    Output,
    Points,
    Split,
    Stop,
    Training,
    change,
)
from core.stopping import Plateau, Watch
from core.tables import SpecError
from core.trainer import Trainer


def experiment() -> Experiment:
    points = generate(Generator("moons", 40, 0.1)).join(Points([[0.1 + 0.2, -0.0], [1 / 3, 5e-324]], [0, 1], [1, 1]))
    training = Training(0.01, 8, Choice("adam", {"beta1": 0.8}), l2=0.001, seed=3)
    return Experiment("Møøns “1”", Data("classification", 2, points), Network((Dense(4, "relu", 0.1, id=7),)), training)


def trained() -> Project:
    trainer = Trainer(experiment())
    trainer.advance(11)
    return Project(experiment(), trainer.snapshot().moment)


def file_tree(**changes: Any) -> dict[str, Any]:
    """The trained project's file as a tree, its dotted paths changed (None of `...` deletes)."""
    tree = json.loads(encode(trained()))
    for path, value in changes.items():
        at, (*way, last) = tree, path.split("__")
        for step in way:
            at = at[int(step)] if isinstance(at, list) else at[step]
        if value is ...:
            del at[last]
        else:
            at[last] = value
    return tree


def fault(content: bytes | dict[str, Any]) -> str:
    """What is said of it."""
    with pytest.raises(ProjectError) as caught:
        decode(content if isinstance(content, bytes) else json.dumps(content).encode())
    sentence = str(caught.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


def same(a: Project, b: Project) -> bool:
    """Equal to the bit."""
    p, q = a.experiment.data.points, b.experiment.data.points
    bits = all(getattr(p, name).tobytes() == getattr(q, name).tobytes() for name in ("x", "y", "drawn"))
    if a.state is None or b.state is None:
        return bits and a.experiment == b.experiment and a.state is b.state
    places = [(m.step, m.since, m.epoch, m.offset, m.watch, m.best and m.best.since) for m in (a.state, b.state)]
    arrays = [[m.theta, *m.slots, *((m.best.theta, *m.best.slots) if m.best else ())] for m in (a.state, b.state)]
    equal = all(u.dtype == v.dtype and u.tobytes() == v.tobytes() for u, v in zip(*arrays, strict=True))
    return bits and equal and a.experiment == b.experiment and places[0] == places[1]


# ---- there and back --------------------------------------------------------------------------------------------------

finite = st.floats(allow_nan=False, allow_infinity=False, width=64)
seeds = st.integers(0, 2**32 - 1)
plane = st.floats(-1e100, 1e100)
hidden = st.sampled_from([row.name for row in ACTIVATIONS.rows() if row.hidden])


def chosen(table: Any) -> st.SearchStrategy[Choice]:
    """A row by name, some of its settings within their limits."""

    def of(row: Any) -> st.SearchStrategy[Choice]:
        given = st.fixed_dictionaries({}, optional={s.name: st.floats(s.low, s.high) for s in row.settings})
        return st.builds(Choice, st.just(row.name), given)

    return st.sampled_from(table.rows()).flatmap(of)


@st.composite
def experiments(draw: st.DrawFn) -> Experiment:
    task = draw(st.sampled_from(["classification", "regression"]))
    classes = draw(st.integers(2, 8))
    n = draw(st.integers(0, 12))
    x = draw(st.lists(st.tuples(plane, plane), min_size=n, max_size=n))
    value = st.integers(0, classes - 1) if task == "classification" else finite
    points = Points(np.array(x).reshape(n, 2), draw(st.lists(value, min_size=n, max_size=n)),
                    draw(st.lists(st.booleans(), min_size=n, max_size=n)))  # fmt: skip
    generator = st.builds(Generator, st.sampled_from(list(GENERATORS)), st.integers(2, 9), st.floats(0, 1), seed=seeds)
    data = Data(
        task,  # type: ignore[arg-type]
        classes,
        points,
        draw(st.none() | generator),
        Split(draw(st.floats(0.1, 0.9)), draw(seeds)),
        tuple(draw(st.lists(st.sampled_from(list(FEATURES)[:2]), min_size=1, max_size=2, unique=True))),
        draw(st.sampled_from(["none", "min-max", "standard"])),
    )
    units, share = st.integers(1, 5), st.floats(0, 1, exclude_max=True)
    layer = st.builds(Dense, units, hidden, share, st.booleans(), st.integers(1, 10**6), frozen=st.booleans())
    layers = draw(st.lists(layer, max_size=3, unique_by=lambda layer: layer.id))
    single = st.builds(
        Frozen, st.integers(0, 9), st.integers(0, 9), st.integers(0, 9) | st.sampled_from(["x1", "bias"])
    )
    output = Output("auto", draw(st.booleans()), draw(st.booleans()))
    network = Network(tuple(layers), output, draw(chosen(INITIALIZERS)), tuple(draw(st.lists(single, max_size=3))))
    penalty, limit, epochs = st.floats(0, 10), st.floats(0, 1e300), st.integers(0, 10**6)
    training = st.builds(
        Training,
        st.floats(0, 1000, exclude_min=True),
        st.integers(1, 10**9),
        chosen(OPTIMIZERS),
        l1=penalty,
        l2=penalty,
        seed=seeds,
        precision=st.sampled_from(["float32", "float64"]),
        schedule=chosen(SCHEDULES),
        warmup=penalty,
        weight_decay=penalty,
        clip_norm=limit,
        clip_value=limit,
        stop=st.builds(Stop, epochs, limit, limit, epochs),
    )
    return Experiment(draw(st.text(max_size=20)), data, network, draw(training))


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(experiments(), st.booleans(), seeds, st.integers(0, 2**53))
def test_any_experiment_comes_back_bit_for_bit(spec: Experiment, with_state: bool, seed: int, step: int) -> None:
    project = Project(spec)
    if with_state:
        rng, size = np.random.default_rng(seed), Model.of(spec).network.parameters
        slots = OPTIMIZERS[spec.training.optimizer.name].slots
        theta, *arrays = rng.normal(0, 10.0 ** rng.integers(-30, 30), (1 + len(slots), size)).astype("float32")
        best = Best(step // 3, -theta, tuple(-array for array in arrays)) if seed % 2 else None
        watch = Watch(0.1 + seed, seed % 7, 3, seed % 3 == 0, Plateau(0.1 / 3, -0.2, 4, 1)) if seed % 2 else Watch()
        place = (step, step // 2, step // 3, 0)
        project = Project(spec, Moment(*place, theta, tuple(arrays), 0, 0.0, watch, best))
    content = encode(project)
    again = decode(content)
    assert same(again, project)
    assert encode(again) == content


def test_the_weights_of_a_run_come_back_bit_for_bit(tmp_path: Path) -> None:
    project = trained()
    save(tmp_path / "a.json", project)
    assert same(load(tmp_path / "a.json"), project)
    assert len(project.state.slots) == 2  # type: ignore[union-attr]


def test_optimizer_state_may_be_infinite_and_comes_back(tmp_path: Path) -> None:
    project = trained()
    assert project.state is not None
    slots = (np.full_like(project.state.slots[0], np.inf), np.full_like(project.state.slots[1], np.nan))
    odd = Project(project.experiment, Moment(11, 11, 1, 3, project.state.theta, slots, 0, 0.0))
    assert same(decode(encode(odd)), odd)


def test_the_file_is_one_that_a_person_can_read() -> None:
    text = encode(trained()).decode()
    lines = text.splitlines()
    assert '      "classes": 2,' in lines
    assert "        [0.30000000000000004, -0.0, 0, true]," in lines  # a point a line, drawn by hand
    layer = (
        '{"type": "dense", "units": 4, "activation": "relu", "dropout": 0.1, "bias": true, "id": 7, "frozen": false, '
        '"norm": "none", "residual": 0}'
    )
    assert f"        {layer}" in lines
    assert '      "optimizer": {"name": "adam", "settings": {"beta1": 0.8}},' in lines
    assert "Møøns “1”" in text
    assert text.endswith("}\n")
    assert max(map(len, lines)) < 400


def test_a_hundred_thousand_points_are_saved_and_opened() -> None:
    spec = change(Experiment(), "data.points", generate(Generator("circle", 100_000, 0.2)))
    assert same(decode(encode(Project(spec))), Project(spec))


# ---- written by hand -------------------------------------------------------------------------------------------------


def test_an_experiment_alone_is_accepted() -> None:
    content = b'\xef\xbb\xbf{"data": {"points": [[1, 2, 0], [3, 4.5, 1, true]]}, "network": {"layers": [{"units": 3}]}}'
    project = decode(content)
    assert project.state is None
    assert project.experiment.data.points == Points([[1, 2], [3, 4.5]], [0, 1], [0, 1])
    assert [layer.id for layer in project.experiment.network.layers] == [1]
    Trainer(project.experiment).advance(1)


@pytest.mark.parametrize("name", ["auto", "mse", "bce"])
def test_a_loss_may_be_a_name_alone_as_files_once_had_it(name: str) -> None:
    old, new = decode(json.dumps(file_tree(experiment__training__loss=name)).encode()), trained()
    assert old.experiment == change(new.experiment, "training.loss", Choice(name))
    assert json.loads(encode(old))["experiment"]["training"]["loss"] == {"name": name, "settings": {}}


def test_the_settings_of_a_loss_come_back() -> None:
    spec = change(experiment(), "training.loss", Choice("huber", {"delta": 0.3}))
    assert decode(encode(Project(spec))).experiment == spec
    tree = file_tree(experiment__training__loss={"name": "huber", "settings": {"delta": 0}})
    assert "training.loss.delta: 0 is outside 0.001 to 100; choose a value within it." in fault(tree)
    assert "training.loss.detla: there is no such setting here" in fault(
        file_tree(experiment__training__loss={"name": "huber", "settings": {"detla": 1}})
    )
    assert "training.loss: this has to be an object { }" in fault(file_tree(experiment__training__loss=3))


def test_points_are_made_where_only_their_generator_is_given() -> None:
    spec = decode(b'{"data": {"classes": 3, "generator": {"name": "spiral", "classes": 3, "count": 30}}}').experiment
    assert spec.data.points == generate(Generator("spiral", 30, classes=3))
    empty = decode(b'{"data": {"generator": {"name": "spiral"}, "points": []}}').experiment
    assert len(empty.data.points) == 0


def test_layers_without_ids_or_with_the_same_get_their_own() -> None:
    layers = b'{"network": {"layers": [{"units": 3}, {"units": 2, "id": 5}, {"units": 4, "id": 5}]}}'
    ids = [layer.id for layer in decode(layers).experiment.network.layers]
    assert len(set(ids)) == 3
    assert ids[1] == 5
    assert min(ids) > 0


# ---- faults ----------------------------------------------------------------------------------------------------------

TEXTS = [
    (b"", "it is empty"),
    (b" \n\t ", "it is empty"),
    (b'{"data": {}', "it ends too early (line 1, column 12)"),
    (b'{"data":\n  {"classes": zwei}}', "it is not JSON (line 2, column 15)"),
    (b'{"data":\n  {"classes": NaN}}', "it is not JSON (line 2, column"),
    (b'{"data": {}} and more', "it is not JSON (line 1, column 14)"),
    (b"\x89PNG\r\n\x1a\n\x00\x00", "it is not text"),
    (b"\xff\xfe{\x00", "it is not text"),
    (b'{"name": "\xff"}', "it is not text"),
    (b"[" * 100_000, "nested too deeply"),
    (b'{"data":' * 3000 + b"1" + b"}" * 3000, "nested too deeply"),
    (b"[]", "not a Learnscape file"),
    (b"3", "not a Learnscape file"),
    (b"{}", "not a Learnscape file"),
    (b'{"cells": [], "nbformat": 4}', "not a Learnscape file"),
    (b'{"format": "ONNX"}', "a file of another program"),
    (b'{"format": ["learnscape"]}', "a file of another program"),
    (b'{"format": "learnscape"}', "'version' is missing here"),
    (b'{"format": "learnscape", "version": 1}', "'experiment' is missing here"),
    (b'{"format": "learnscape", "version": "1"}', "version: this has to be a whole number, not a text"),
    (b'{"format": "learnscape", "version": 0}', "version: this has to be at least 1"),
    (
        b'{"format": "learnscape", "version": 3, "lessons": 1}',
        "it was made by a newer Learnscape (file version 3; this one reads up to 1); update Learnscape.",
    ),
    (b'{"data": {"points": [[1, 2, 0], [1, 1e999, 1]]}}', "this number is too large"),
    (b'{"data": {"points": [[1, 2, 0], [1, %s, 1]]}}' % (b"9" * 400), "too large"),
    (b'{"training": {"seed": %s}}' % (b"9" * 5000), "too large"),
]


@pytest.mark.parametrize(("content", "said"), TEXTS, ids=[said[:30] for _, said in TEXTS])
def test_what_is_no_file_of_ours_is_said(content: bytes, said: str) -> None:
    assert said in fault(content)


FIELDS = [
    ("training__learning_rate", -1, "training.learning_rate: this has to be above 0"),
    ("training__learning_rate", 1e4, "training.learning_rate: this has to be at most 1000"),
    ("training__learning_rate", "fast", "training.learning_rate: this has to be a number, not a text"),
    ("training__batch_size", 2.5, "training.batch_size: this has to be a whole number, not a number"),
    ("training__lerning_rate", 1, "there is no setting called 'lerning_rate' here; did you mean 'learning_rate'"),
    ("training__precision", "float16", "training.precision: 'float16' is not one of float32, float64"),
    ("training__loss", "bec", "training.loss.name: there is no loss called 'bec'; did you mean 'bce'"),
    ("training__optimizer__name", "adma", "training.optimizer.name: there is no optimizer called 'adma'"),
    ("training__optimizer__settings", {"beta1": 2}, "training.optimizer.beta1: 2 is outside 0 to 0.9999"),
    ("training__optimizer__settings", {"x": 2}, "training.optimizer.x: there is no such setting here"),
    ("network__initializer", {"name": "glorot"}, "network.initializer.name: there is no initializer called 'glorot'"),
    ("network__initializer", {"name": "normal", "settings": {"deviation": -1}}, "network.initializer.deviation: -1"),
    ("network__layers__0__units", 0, "network.layers[0].units: this has to be at least 1"),
    ("network__layers__0__units", 10**30, "network.layers[0].units: this makes 3,000,000,000,000,000,000,000,000,000"),
    ("network__layers__0__units", ..., "network.layers[0]: 'units' is missing here"),
    ("network__layers__0__type", "conv", "network.layers[0].type: 'conv' is not one of dense"),
    ("network__layers__0__activation", "rleu", "network.layers[0].activation: there is no activation called 'rleu'"),
    ("network__layers__0__activation", "softmax", "network.layers[0].activation: softmax is for the output layer"),
    ("network__layers__0__dropout", 1, "network.layers[0].dropout: this has to be below 1"),
    ("network__output__activation", "sofmax", "network.output.activation: there is no activation called 'sofmax'"),
    ("network", [], "network: this has to be an object { }, not a list [ ]"),
    ("data__task", "ranking", "data.task: 'ranking' is not one of classification, regression"),
    ("data__classes", 11, "data.classes: this has to be at most 10"),
    ("data__features", [], "data.features: this needs at least 1 in its list"),
    ("data__features", ["x1", "x3"], "data.features[1]: there is no feature called 'x3'"),
    ("data__features", ["x1", "x1"], "data.features[1]: the feature 'x1' is named twice"),
    ("data__split__share", 1.05, "data.split.share: this has to be at most 1"),
    ("data__generator", {"name": "spirl"}, "data.generator.name: there is no data set called 'spirl'"),
    ("data__points", {"x": 1}, "data.points: this has to be a list of points"),
    ("data__points", [[1, 2, 0], [1, 2]], "data.points: point 1 is not like [x1, x2, class or value]"),
    ("data__points", [[1, 2, 0], 7], "data.points: point 1 is not like"),
    ("data__points", [[1, "2", 0]], "data.points: point 0 is not like"),
    ("data__points", [[1, True, 0]], "data.points: point 0 is not like"),
    ("data__points", [[1, None, 0]], "data.points: point 0 is not like"),
    ("data__points", [[True]], "data.points: point 0 is not like"),
    ("data__points", [[]], "data.points: point 0 is not like"),
    ("data__points", [[1, 0]], "data.features[1]: there is no feature called 'x2'"),
    ("data__points", [[1, 2, 5]], "data.points.y[0]: point 0 has class 5, but the data has 2 classes"),
    ("data__points", [[1, 2, 0.5]], "data.points.y[0]: point 0 has class 0.5"),
]


@pytest.mark.parametrize(("path", "value", "said"), FIELDS, ids=lambda v: str(v)[:40])
def test_a_field_that_is_wrong_is_named(path: str, value: Any, said: str) -> None:
    tree = file_tree(**{f"experiment__{path}": value}, state=None)
    assert said in fault(tree)
    assert said in fault(tree["experiment"])  # a bare Experiment gives the same place


def test_parts_that_do_not_fit_together_are_named() -> None:
    tree = file_tree(experiment__training__loss="bce", experiment__network__output__activation="tanh", state=None)
    assert "training.loss: binary cross-entropy needs a sigmoid output, but the output is tanh; make" in fault(tree)


def test_a_feature_that_overflows_is_named() -> None:
    tree = file_tree(experiment__data__points=[[1e300, 2, 0]], experiment__data__features=["x1^2"], state=None)
    assert "data.points.x[0]: the feature x1^2 of point 0 is too large" in fault(tree)


STATES = [
    ("theta__shape", [3], "state.theta: its shape is [3], but this network needs [17]"),
    ("theta__shape", [17, 1], "state.theta: its shape is [17, 1]"),
    ("theta__dtype", "float16", "state.theta.dtype: 'float16' is not one of float32, float64"),
    ("theta__dtype", "float64", "state.theta: it has 68 bytes, but 17 float64 numbers take 136"),
    ("theta__data", "AAAA", "state.theta: it has 3 bytes, but 17 float32 numbers take 68"),
    ("theta__data", "%%%", "state.theta.data: this is not base64"),
    ("theta__data", "AACAfwAA" * 11 + "AAA=", "state.theta"),
    ("slots", {}, "state.slots: the optimizer needs mean, square, but there is none"),
    ("slots__velocity", {"dtype": "float32", "shape": [0], "data": ""}, "but there is mean, square, velocity"),
    ("slots__mean__shape", [16], "state.slots.mean: its shape is [16]"),
    ("step", -1, "state.step: this has to be at least 0"),
    ("step", 10**18, "state.step: this has to be at most"),
    ("offset", 10**6, "state.offset: 1000000 is beyond the"),
    ("momentum", 1, "state: there is no setting called 'momentum' here"),
]


@pytest.mark.parametrize(("path", "value", "said"), STATES, ids=lambda v: str(v)[:40])
def test_a_state_that_does_not_fit_is_said(path: str, value: Any, said: str) -> None:
    assert said in fault(file_tree(**{f"state__{path}": value}))


def test_weights_that_are_not_finite_are_refused() -> None:
    project = trained()
    assert project.state is not None
    bad = project.state.theta.copy()
    bad[3] = np.nan
    broken = Project(project.experiment, Moment(1, 1, 0, 0, bad, project.state.slots, 0, 0.0))
    with pytest.raises(ProjectError, match=r"state\.theta: a weight is not a finite number"):
        encode(broken)


def test_what_could_not_be_opened_is_not_saved(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    for bad in (
        change(experiment(), "training.learning_rate", 0.0),
        change(experiment(), "training.learning_rate", float("nan")),
        change(experiment(), "name", "\ud800"),
        change(experiment(), "data.classes", 11),
    ):
        with pytest.raises(ProjectError, match=r"a\.json: "):
            save(path, Project(bad))
    with pytest.raises(ProjectError, match=r"state\.theta: its shape is"):
        save(path, Project(change(experiment(), "network.layers", ()), trained().state))
    assert not list(tmp_path.iterdir())


def test_a_fault_is_a_spec_error_with_its_parts() -> None:
    with pytest.raises(SpecError) as caught:
        decode(b'{"training": {"loss": "bec"}}')
    assert (caught.value.path, caught.value.fix) == ("training.loss.name", "did you mean 'bce'")
    assert isinstance(caught.value, ValueError)


def test_nothing_in_a_file_is_executed(tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    pickled = b"cposix\nsystem\n(S'touch " + os.fsencode(marker) + b"'\ntR."
    tree = file_tree(
        experiment__name=pickled.decode(), state__theta__data=__import__("base64").b64encode(pickled).decode()
    )
    for content in (pickled, json.dumps(tree).encode()):
        fault(content)
    assert not marker.exists()


def outcome(content: bytes) -> bool:
    """Whether it opens; anything but a Project or a ProjectError fails the test."""
    try:
        project = decode(content)
    except ProjectError:
        return False
    Model.of(project.experiment)
    return True


def test_damaged_files_open_or_are_refused_and_nothing_else() -> None:
    content, rng = encode(trained()), random.Random(7)
    opened = 0
    for _ in range(1500):
        damaged = bytearray(content)
        for _ in range(rng.choice((1, 1, 2, 5))):
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        opened += outcome(bytes(damaged))
    for _ in range(400):
        outcome(content[: rng.randrange(len(content))])
        start = rng.randrange(len(content))
        outcome(content[:start] + content[start + rng.randrange(40) :])
        outcome(content[:start] + content[start - 30 : start] + content[start:])
    assert 0 < opened < 1500


VALUES = [
    None,
    True,
    -1,
    0,
    2,
    1.5,
    -0.0,
    1e308,
    2**64,
    10**30,
    "",
    "adam",
    "é",
    [],
    [1],
    {},
    {"a": 1},
    [[]],
    [{}],
    [None],
]


def test_files_with_any_value_anywhere_open_or_are_refused() -> None:
    def places(tree: Any) -> list[tuple[Any, Any]]:
        keys = list(tree) if isinstance(tree, dict) else list(range(min(len(tree), 2)))
        found = [(tree, key) for key in keys]
        return found + [place for key in keys if isinstance(tree[key], (dict, list)) for place in places(tree[key])]

    tree = file_tree()
    tried = 0
    for part, key in places(tree):
        kept = part[key]
        for value in VALUES:
            part[key] = value
            outcome(json.dumps(tree).encode())
            tried += 1
        part[key] = kept
    assert tried > 800
    assert outcome(json.dumps(tree).encode())


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.binary(max_size=200))
def test_any_bytes_at_all_are_refused(content: bytes) -> None:
    assert not outcome(content)


# ---- on disk ---------------------------------------------------------------------------------------------------------


def test_a_file_that_cannot_be_read_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def said(path: Any) -> str:
        with pytest.raises(ProjectError) as caught:
            load(path)
        assert str(path) in str(caught.value)
        return str(caught.value)

    assert "there is no such file" in said(tmp_path / "none.json")
    assert "there is no such file" in said(tmp_path / "no" / "none.json")
    assert "it is a folder" in said(tmp_path)
    (tmp_path / "empty.json").touch()
    assert "it is empty" in said(tmp_path / "empty.json")
    assert "no file can have that name" in said("a\0b")
    assert "it cannot be read: file name too long" in said(tmp_path / ("x" * 300))
    if sys.platform != "win32":
        assert "it is a device" in said("/dev/zero")
    (tmp_path / "big.json").write_bytes(b'{"data": {}}')
    monkeypatch.setattr(storage, "MOST_BYTES", 10)
    assert "too large to be a Learnscape file" in said(tmp_path / "big.json")
    monkeypatch.setattr(codec, "MOST_BYTES", 10)
    assert "too large" in fault(b'{"data": {}}')


def test_a_file_that_may_not_be_read_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.json"
    save(path, trained())

    def refuse(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(ProjectError, match=r"a\.json: it cannot be read: permission denied\."):
        load(path)


@pytest.mark.parametrize("moment", ["write", "sync", "rename", "chmod"])
def test_a_failure_in_the_middle_leaves_the_old_file_whole(
    moment: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.json"
    save(path, trained())
    before = path.read_bytes()
    changed = Project(change(experiment(), "name", "new"))

    def fail(*args: Any, **named: Any) -> None:
        raise OSError(28, "No space left on device")

    if moment == "write":
        half = Path.open

        def opened(self: Path, *args: Any, **named: Any) -> Any:
            file = half(self, *args, **named)

            class Half:
                def __enter__(self) -> Any:
                    return self

                def __exit__(self, *error: Any) -> None:
                    file.close()

                def write(self, content: bytes) -> None:
                    file.write(content[: len(content) // 2])
                    fail()

            return Half()

        monkeypatch.setattr(Path, "open", opened)
    else:
        name = {"sync": "fsync", "rename": "replace", "chmod": "chmod"}[moment]
        monkeypatch.setattr(storage.os, name, fail)
    with pytest.raises(ProjectError, match=r"a\.json: it cannot be written: no space left on device\."):
        save(path, changed)
    monkeypatch.undo()
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]
    save(path, changed)
    assert load(path).experiment.name == "new"


def test_an_interrupt_in_the_middle_leaves_the_old_file_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.json"
    save(path, trained())
    before = path.read_bytes()

    def interrupt(handle: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(storage.os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        save(path, Project(Experiment()))
    assert path.read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="permissions and links are POSIX's")
def test_permissions_stay_and_a_link_goes_on_pointing(tmp_path: Path) -> None:
    path, link = tmp_path / "a.json", tmp_path / "link.json"
    save(path, trained())
    usual = stat.S_IMODE((tmp_path / "a.json").stat().st_mode)
    plain = tmp_path / "plain"
    plain.touch()
    assert usual == stat.S_IMODE(plain.stat().st_mode)
    path.chmod(0o640)
    link.symlink_to(path)
    save(link, Project(change(experiment(), "name", "through the link")))
    assert link.is_symlink()
    assert load(path).experiment.name == "through the link"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_what_may_not_be_replaced_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ProjectError, match="it cannot be written: it is a folder"):
        save(tmp_path, trained())
    with pytest.raises(ProjectError, match="it cannot be written: there is no such file or folder"):
        save(tmp_path / "no" / "a.json", trained())
    path = tmp_path / "a.json"
    save(path, trained())
    before = path.read_bytes()
    monkeypatch.setattr(storage.os, "access", lambda path, mode: False)  # whoever runs as root may write all
    with pytest.raises(ProjectError, match="it cannot be written: it is read-only"):
        save(path, Project(Experiment()))
    assert path.read_bytes() == before
