"""A Project to and from the bytes of its file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
import numpy as np
from msgspec import Meta, Struct

from core.activations import ACTIVATIONS
from core.data.generators import GENERATORS, generate
from core.data.tables import TABLES, load_table
from core.history import Best, Moment
from core.initializers import INITIALIZERS
from core.layers import NORMS
from core.losses import LOSSES
from core.model import Model
from core.optimizers import OPTIMIZERS
from core.project.faults import ProjectError, faults
from core.project.text import TypedArray, as_points, as_text, from_points
from core.schedules import SCHEDULES
from core.spec import AUTO, Experiment, Points, change, with_ids
from core.stopping import Watch
from core.tables import SpecError, Table

FORMAT = "learnscape"
VERSION = 1
MOST_BYTES = 512 << 20
"""Larger files are refused unread."""

Count = Annotated[int, Meta(ge=0, le=2**53)]


@dataclass(frozen=True, eq=False)
class Project:
    """What a file holds: an Experiment, and where its run is (None: at its initial weights)."""

    experiment: Experiment
    state: Moment | None = None


class _Best(Struct, frozen=True, forbid_unknown_fields=True):
    """A Best as it stands in a file."""

    theta: TypedArray
    slots: dict[str, TypedArray] = {}
    since: Count = 0


class _State(Struct, frozen=True, forbid_unknown_fields=True):
    """A Moment as it stands in a file: the optimizer's arrays by the names its row gives them."""

    theta: TypedArray
    slots: dict[str, TypedArray] = {}
    step: Count = 0
    since: Count = 0
    epoch: Count = 0
    offset: Count = 0
    watch: Watch = Watch()
    best: _Best | None = None


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    """The file as a whole, the Experiment not yet read."""

    format: str
    version: Annotated[int, Meta(ge=1)]
    experiment: dict[str, Any]
    state: _State | None = None


# ---- writing ---------------------------------------------------------------------------------------------------------


def encode(project: Project) -> bytes:
    """The project as UTF-8 JSON; raises ProjectError where ``decode`` would refuse it: what is saved can be opened."""
    points = project.experiment.data.points
    tree = msgspec.to_builtins(change(project.experiment, "data.points", Points([], [])), enc_hook=from_points)
    tree["data"]["points"] = points
    state = None if project.state is None else _written(project.state, project.experiment)
    with faults(b""):
        _accept(tree, state)
        tree["data"]["points"] = from_points(points)
        file = {"format": FORMAT, "version": VERSION, "experiment": tree}
        file["state"] = None if state is None else msgspec.to_builtins(state)
        try:
            return as_text(file).encode()
        except UnicodeEncodeError:
            raise ProjectError("it has a character that no file can hold", "name", "choose another name") from None


def _written(moment: Moment, experiment: Experiment) -> _State:
    best = None
    if moment.best is not None:
        slots = _slots(moment.best.slots, experiment)
        best = _Best(TypedArray.of(moment.best.theta), slots, moment.best.since)
    theta, slots = TypedArray.of(moment.theta), _slots(moment.slots, experiment)
    return _State(theta, slots, moment.step, moment.since, moment.epoch, moment.offset, moment.watch, best)


def _slots(slots: tuple[Any, ...], experiment: Experiment) -> dict[str, TypedArray]:
    names = OPTIMIZERS[experiment.training.optimizer.name].slots
    return {name: TypedArray.of(slot) for name, slot in zip(names, slots, strict=False)}


# ---- reading ---------------------------------------------------------------------------------------------------------


def decode(content: bytes) -> Project:
    """The project that the bytes of a file hold; raises ProjectError, one sentence that says what is wrong where."""
    with faults(content):
        tree = _tree(content)
        file = _outer(tree) if "format" in tree else _File(FORMAT, VERSION, tree)
        return _accept(file.experiment, file.state)


def _tree(content: bytes) -> dict[str, Any]:
    """The JSON object in ``content``, if it can be one of ours."""
    if len(content) > MOST_BYTES:
        raise too_large()
    content = content.removeprefix(b"\xef\xbb\xbf")
    if not content.strip():
        raise ProjectError("it is empty")
    tree = msgspec.json.decode(content)
    fields = Experiment.__struct_fields__
    if not isinstance(tree, dict) or not ("format" in tree or any(name in tree for name in fields)):
        raise ProjectError(f"it is JSON, but not a Learnscape file, which has {', '.join(fields[1:])}")
    return tree


def too_large() -> ProjectError:
    """What is said of a file beyond MOST_BYTES."""
    return ProjectError(f"it is larger than {MOST_BYTES >> 20} MB, too large to be a Learnscape file")


def _outer(tree: dict[str, Any]) -> _File:
    """The file's outermost part; its format and version come first, since all else depends on them."""
    if tree["format"] != FORMAT:
        raise ProjectError(f"it is a file of another program: its format is not {FORMAT!r}")
    version = tree.get("version")
    if type(version) is int and version > VERSION:
        what = f"it was made by a newer Learnscape (file version {version}; this one reads up to {VERSION})"
        raise ProjectError(what, "", "update Learnscape")
    return msgspec.convert(tree, _File)


def _accept(tree: dict[str, Any], state: _State | None) -> Project:
    """The project of an Experiment's tree and a state, if every part of them is right and they fit together."""
    experiment = msgspec.convert(_brought_up(tree), Experiment, dec_hook=_hook)
    experiment = msgspec.structs.replace(experiment, network=with_ids(experiment.network))
    for path, table, name in _names(experiment):
        _look_up(path, table, name)
    model = Model.of(_with_points(experiment, tree))
    return Project(model.experiment, None if state is None else _moment(state, model))


def _brought_up(tree: dict[str, Any]) -> dict[str, Any]:
    """The tree as it is written now: a loss was a name alone before losses had settings."""
    training = tree.get("training")
    if not isinstance(training, dict) or not isinstance(training.get("loss"), str):
        return tree
    return {**tree, "training": {**training, "loss": {"name": training["loss"]}}}


def _hook(kind: type, value: Any) -> Any:
    """A Points from its rows; one that is a Points already stays what it is."""
    return value if isinstance(value, kind) else as_points(value)


def _with_points(experiment: Experiment, tree: dict[str, Any]) -> Experiment:
    """The Experiment, its points made where the file names a generator or a table and says nothing of points."""
    data = experiment.data
    if "points" in tree.get("data", {}) or (data.generator is None and not data.table):
        return experiment
    points = generate(data.generator) if data.generator is not None else load_table(data.table).points
    return msgspec.structs.replace(experiment, data=msgspec.structs.replace(data, points=points))


def _names(experiment: Experiment) -> Iterator[tuple[str, Table[Any], str]]:
    """Every name in the Experiment that a table has to know, with its place."""
    network, training, generator = experiment.network, experiment.training, experiment.data.generator
    if generator is not None:
        yield "data.generator.name", GENERATORS, generator.name
    if experiment.data.table:
        yield "data.table", TABLES, experiment.data.table
    for index, layer in enumerate(network.layers):
        yield f"network.layers[{index}].activation", ACTIVATIONS, layer.activation
        yield f"network.layers[{index}].norm", NORMS, layer.norm
    yield "network.initializer.name", INITIALIZERS, network.initializer.name
    yield "training.optimizer.name", OPTIMIZERS, training.optimizer.name
    yield "training.schedule.name", SCHEDULES, training.schedule.name
    if network.output.activation != AUTO:
        yield "network.output.activation", ACTIVATIONS, network.output.activation
    if training.loss.name != AUTO:
        yield "training.loss.name", LOSSES, training.loss.name


def _look_up(path: str, table: Table[Any], name: str) -> None:
    try:
        table[name]
    except SpecError as error:
        raise ProjectError(error.what, path, error.fix) from None


def _moment(state: _State, model: Model) -> Moment:
    """Where the run is, checked against the network and the data it is a run of."""
    theta, slots = _point("state", state.theta, state.slots, model)
    samples = len(model.prepared.y_train)
    if state.offset >= max(1, samples):
        raise ProjectError(f"{state.offset} is beyond the {samples} training points", "state.offset")
    best = None
    if state.best is not None:
        best = Best(state.best.since, *_point("state.best", state.best.theta, state.best.slots, model))
    place = (state.step, state.since, state.epoch, state.offset)
    return Moment(*place, theta, slots, 0, float("nan"), state.watch, best)


def _point(path: str, stored: TypedArray, slots: dict[str, TypedArray], model: Model) -> tuple[Any, tuple[Any, ...]]:
    """θ and the optimizer's arrays, checked."""
    size, wanted = model.network.parameters, OPTIMIZERS[model.experiment.training.optimizer.name].slots
    theta = _array(f"{path}.theta", stored, size)
    if not np.isfinite(theta).all():
        raise ProjectError("a weight is not a finite number", f"{path}.theta", 'put "state": null to begin anew')
    if set(slots) != set(wanted):
        there, needed = (", ".join(sorted(names)) or "none" for names in (slots, wanted))
        raise ProjectError(f"the optimizer needs {needed}, but there is {there}", f"{path}.slots")
    return theta, tuple(_array(f"{path}.slots.{name}", slots[name], size) for name in wanted)


def _array(path: str, stored: TypedArray, length: int) -> Any:
    try:
        return stored.array(length)
    except ValueError as error:
        raise ProjectError(str(error), path, 'put "state": null to begin anew') from None
