"""The Experiment: data, network and training as frozen values.

Everything that can be saved, undone, shown in a form or given on the command line is a field here, declared once
with its range, unit and help. Behaviour lives elsewhere, as functions over these values.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec import Meta, Struct, field

Task = Literal["classification", "regression"]
Scaling = Literal["none", "min-max", "standard"]
Precision = Literal["float32", "float64"]

AUTO = "auto"
"""The name that lets the task decide: of the output activation, of the loss."""


class Points:
    """Data points: ``x`` (N, D) coordinates, ``y`` (N,) class indices or values, ``drawn`` (N,) true if drawn by hand.

    The arrays are read-only copies, so a Points can be shared between versions of an Experiment and between threads.
    Raises ValueError when the lengths differ or a coordinate is not finite.
    """

    __slots__ = ("drawn", "x", "y")

    def __init__(self, x: npt.ArrayLike, y: npt.ArrayLike, drawn: npt.ArrayLike | None = None) -> None:
        self.y: npt.NDArray[np.float64] = _frozen(y, np.float64).reshape(-1)
        n = len(self.y)
        rows = _frozen(x, np.float64) if n or np.size(x) else _frozen(np.empty((0, 2)), np.float64)
        self.x: npt.NDArray[np.float64] = rows if rows.ndim == 2 else rows.reshape(n, -1)
        self.drawn: npt.NDArray[np.bool_] = _frozen(np.zeros(n) if drawn is None else drawn, np.bool_).reshape(-1)
        if not len(self.x) == n == len(self.drawn):
            raise ValueError(f"points need one y and one mark each: {len(self.x)} x, {n} y, {len(self.drawn)} marks")
        if not (np.isfinite(self.x).all() and np.isfinite(self.y).all()):
            raise ValueError("points need finite coordinates and values")

    def __len__(self) -> int:
        return len(self.y)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Points) and (
            self is other
            or (
                np.array_equal(self.x, other.x)
                and np.array_equal(self.y, other.y)
                and np.array_equal(self.drawn, other.drawn)
            )
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Points({len(self)} points, {int(self.drawn.sum())} drawn)"

    def select(self, mask: npt.NDArray[Any]) -> Points:
        """The points where ``mask`` (N,) is true, or at its indices."""
        return Points(self.x[mask], self.y[mask], self.drawn[mask])

    def join(self, other: Points) -> Points:
        """These points followed by ``other``."""
        if not len(self):
            return other
        if not len(other):
            return self
        return Points(
            np.concatenate([self.x, other.x]),
            np.concatenate([self.y, other.y]),
            np.concatenate([self.drawn, other.drawn]),
        )


def _frozen(values: npt.ArrayLike, dtype: Any) -> npt.NDArray[Any]:
    array = np.array(values, dtype=dtype)
    array.setflags(write=False)
    return array


class Spec(Struct, frozen=True, forbid_unknown_fields=True):
    """Base of every part of an Experiment: immutable, and strict about what a file may say."""


class Choice(Spec, frozen=True):
    """One row of a table by name, with those of its settings that differ from the row's defaults."""

    name: str
    settings: dict[str, float] = field(default_factory=dict)


class Generator(Spec, frozen=True):
    """How a point set was made; the same values always make the same points."""

    name: str = "circle"
    count: Annotated[int, Meta(ge=2, le=100_000, title="Points", description="How many points to make.")] = 300
    noise: Annotated[
        float,
        Meta(
            ge=0.0,
            le=1.0,
            title="Noise",
            description="How far points scatter: deviation in units of 2; for values, their error.",
        ),
    ] = 0.1
    classes: Annotated[
        int,
        Meta(ge=2, le=8, title="Classes", description="Blobs, arms or rings, where the set can have more than two."),
    ] = 2
    seed: Annotated[int, Meta(ge=0, le=2**32 - 1, title="Data seed", description="Another seed, another sample.")] = 0


class Split(Spec, frozen=True):
    """Which points train and which are held out to test."""

    share: Annotated[
        float,
        Meta(
            ge=0.1,
            le=1.0,
            title="Training share",
            description="Share of each class that trains; the rest tests. At 100 % all train, and none tests.",
            extra={"unit": "%"},
        ),
    ] = 0.5
    seed: Annotated[int, Meta(ge=0, le=2**32 - 1, title="Split seed", description="Another seed, another split.")] = 0


class Column(Spec, frozen=True):
    """What one coordinate of a table's points is: its name, and the unit it is measured in."""

    name: Annotated[str, Meta(min_length=1, max_length=100)]
    unit: Annotated[str, Meta(max_length=100)] = ""


class Data(Spec, frozen=True):
    """Points, what is asked about them, and how they reach the network.

    Points of a table have ``columns``, one for each coordinate, whose names are the features to choose from. ``labels``
    are the names of the classes, ``target`` is what is asked for, and ``table`` the known table that it all came from.
    """

    task: Task = "classification"
    classes: Annotated[int, Meta(ge=2, le=10, title="Classes", description="How many classes the points may have.")] = 2
    points: Points = field(default_factory=lambda: Points([], []))
    generator: Generator | None = None
    split: Split = Split()
    features: Annotated[tuple[str, ...], Meta(min_length=1)] = ("x1", "x2")
    scaling: Scaling = "none"
    columns: tuple[Column, ...] = ()
    labels: tuple[str, ...] = ()
    target: Column | None = None
    table: str = ""


class Dense(Spec, frozen=True, tag="dense"):
    """A fully connected layer: sums, normalisation, activation, dropout, and a residual connection past all of them.

    ``id`` names it across edits, so that its weights can follow it. ``norm`` is a row of core.layers.NORMS.
    """

    units: Annotated[int, Meta(ge=1, title="Units", description="Neurons in this layer.")]
    activation: str = "tanh"
    dropout: Annotated[
        float,
        Meta(
            ge=0.0,
            lt=1.0,
            title="Dropout",
            description="Chance of each unit being off in a training step.",
            extra={"source": "Srivastava et al. 2014.", "unit": "%"},
        ),
    ] = 0.0
    bias: bool = True
    id: int = 0
    frozen: Annotated[bool, Meta(title="Frozen", description="Training leaves its weights and biases as they are.")] = (
        False
    )
    norm: Annotated[
        str, Meta(title="Normalisation", description="What the sums are normalised over before the activation.")
    ] = "none"
    residual: Annotated[
        int,
        Meta(
            ge=0,
            le=1000,
            title="Residual",
            description="Adds back what went into the block of so many hidden layers that ends here (He, Zhang, Ren & "
            "Sun 2016); 1: what went into this layer; 0: nothing.",
            extra={"unit": "layers", "low": 0, "high": 8},
        ),
    ] = 0


class Output(Spec, frozen=True):
    """The last layer: its width follows from the task, its activation too unless one is named."""

    activation: str = AUTO
    bias: bool = True
    frozen: Annotated[bool, Meta(title="Frozen", description="Training leaves its weights and biases as they are.")] = (
        False
    )


class Frozen(Spec, frozen=True, array_like=True):
    """One number of θ that training leaves as it is: [layer id (0: the output), unit, input].

    ``input`` is what the weight comes from: a feature by name in the first layer, else a unit of the layer before by
    number; or "bias", "γ" or "β". What is not there at present, a feature switched off, say, is passed over.
    """

    layer: Annotated[int, Meta(ge=0)]
    unit: Annotated[int, Meta(ge=0)]
    input: str | int


class Network(Spec, frozen=True):
    """Hidden layers from input to output, how their weights begin, and single ones that are to stay."""

    layers: tuple[Dense, ...] = ()
    output: Output = Output()
    initializer: Choice = Choice("glorot_uniform")
    frozen: tuple[Frozen, ...] = ()


class Stop(Spec, frozen=True):
    """When a run ends by itself; a rule at 0 is off. All but time are looked at when an epoch ends."""

    epochs: Annotated[
        int,
        Meta(ge=0, le=10**9, title="Epochs", description="Stops at the end of this epoch; 0: never."),
    ] = 0
    loss: Annotated[
        float,
        Meta(
            ge=0.0,
            title="Loss under",
            description="Stops when the training loss falls below this; 0: never.",
            extra={"scale": "log", "low": 1e-6, "high": 10.0},
        ),
    ] = 0.0
    seconds: Annotated[
        float,
        Meta(ge=0.0, title="Time", description="Stops after so much training; 0: never.", extra={"unit": "s"}),
    ] = 0.0
    patience: Annotated[
        int,
        Meta(
            ge=0,
            le=10**6,
            title="Early stopping",
            description="After so many epochs without a new lowest test loss (without test points, training "
            "loss) it stops, and θ of the lowest comes back (Prechelt 1998); 0: never.",
            extra={"source": "Prechelt 1998.", "unit": "epochs", "low": 0, "high": 100},
        ),
    ] = 0


class Training(Spec, frozen=True):
    """How θ is changed: every field can be changed while training runs."""

    learning_rate: Annotated[
        float,
        Meta(
            gt=0.0,
            le=1000.0,
            title="Learning rate",
            description="How far each step goes along the optimizer's direction.",
            extra={"scale": "log", "low": 1e-5, "high": 10.0},
        ),
    ] = 0.03
    batch_size: Annotated[
        int,
        Meta(
            ge=1,
            title="Batch",
            description="Samples in each step; as many as there are makes it full-batch.",
            extra={"unit": "samples"},
        ),
    ] = 10
    optimizer: Choice = Choice("sgd")
    loss: Annotated[
        Choice,
        Meta(title="Loss", description="What training makes smaller; auto follows from the task and the output."),
    ] = Choice(AUTO)
    l1: Annotated[
        float,
        Meta(
            ge=0.0,
            le=10.0,
            title="L1",
            description="Adds l1 · Σ|w| to what is minimised: weights are pulled to exactly zero.",
            extra={"source": "Tibshirani 1996, the lasso.", "scale": "log", "low": 1e-6, "high": 10.0},
        ),
    ] = 0.0
    l2: Annotated[
        float,
        Meta(
            ge=0.0,
            le=10.0,
            title="L2",
            description="Adds ½ l2 · Σw² to what is minimised: weights are pulled towards zero.",
            extra={"source": "Hoerl & Kennard 1970, ridge regression.", "scale": "log", "low": 1e-6, "high": 10.0},
        ),
    ] = 0.0
    seed: Annotated[
        int,
        Meta(ge=0, le=2**32 - 1, title="Seed", description="Decides initial weights, shuffling and dropout."),
    ] = 0
    precision: Precision = "float32"
    schedule: Annotated[
        Choice, Meta(title="Schedule", description="How the rate changes over the run, relative to the slider.")
    ] = Choice("constant")
    warmup: Annotated[
        float,
        Meta(
            ge=0.0,
            le=10_000.0,
            title="Warm-up",
            description="Epochs in which the rate first rises in a line; the schedule begins after them.",
            extra={
                "source": "Goyal et al. 2017, section 2.2.",
                "unit": "epochs",
                "scale": "log",
                "low": 0.1,
                "high": 100.0,
            },
        ),
    ] = 0.0
    weight_decay: Annotated[
        float,
        Meta(
            ge=0.0,
            le=10.0,
            title="Weight decay",
            description="Each step also takes rate · decay · w off every weight, past the optimizer (as in AdamW).",
            extra={"source": "Loshchilov & Hutter 2019, algorithm 2.", "scale": "log", "low": 1e-6, "high": 10.0},
        ),
    ] = 0.0
    clip_norm: Annotated[
        float,
        Meta(
            ge=0.0,
            title="Clip norm",
            description="A gradient longer than this is shortened to it, its direction kept; 0: never.",
            extra={"source": "Pascanu, Mikolov & Bengio 2013, algorithm 1.", "scale": "log", "low": 1e-3, "high": 1e3},
        ),
    ] = 0.0
    clip_value: Annotated[
        float,
        Meta(
            ge=0.0,
            title="Clip value",
            description="Each number of the gradient is held between minus this and this; 0: never.",
            extra={
                "source": "Goodfellow, Bengio & Courville 2016, section 10.11.1.",
                "scale": "log",
                "low": 1e-3,
                "high": 1e3,
            },
        ),
    ] = 0.0
    stop: Stop = Stop()


class Experiment(Spec, frozen=True):
    """All that a run depends on: the same Experiment always trains to the same θ."""

    name: str = "Untitled"
    data: Data = Data()
    network: Network = Network()
    training: Training = Training()


def with_ids(network: Network) -> Network:
    """The network with a positive id on each layer that has none or shares one."""
    taken: set[int] = set()
    layers = []
    top = max((layer.id for layer in network.layers), default=0)
    for layer in network.layers:
        if layer.id <= 0 or layer.id in taken:
            top += 1
            layer = msgspec.structs.replace(layer, id=top)
        taken.add(layer.id)
        layers.append(layer)
    return msgspec.structs.replace(network, layers=tuple(layers))


def change(spec: Any, path: str, value: Any) -> Any:
    """A copy of ``spec`` with the field at a dotted ``path`` ("training.learning_rate") set to ``value``."""
    head, _, rest = path.partition(".")
    new = change(getattr(spec, head), rest, value) if rest else value
    return msgspec.structs.replace(spec, **{head: new})
