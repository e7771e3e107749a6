"""What is written of normalised sums: from z to u, which the activation sees, and from ∂J/∂u back to ∂J/∂z."""

from __future__ import annotations

from collections.abc import Sequence

from app.by_hand.answer import Answer
from app.by_hand.notation import Names, d
from app.by_hand.pieces import MOST_TERMS, Line, Piece, Place, bracketed, equals, op, total
from app.numbers import number
from core.layers import EPSILON, NORMS
from core.network import Block, Network
from core.probes.explain import LayerNumbers
from core.probes.normalised import Normalised

MEAN, VARIANCE = r"\mu", r"\sigma^2"
_ROOT = r"\sqrt{\sigma^2+\epsilon}"


def by_batch(network: Network) -> bool:
    """Whether a layer is normalised by statistics of the batch, which a single sample has none of."""
    return any(NORMS[layer.norm].statistics for layer in network.layers)


def normalised(names: Names, index: int, unit: int, numbers: LayerNumbers) -> list[Line]:
    """Mean, variance, ẑ, and u = γ ẑ + β, each with its numbers; nothing where the layer has no normalisation."""
    norm, layer = numbers.norm, numbers.layer
    if norm is None:
        return []
    inside = f"({number(float(numbers.z[unit]))} − {bracketed(float(norm.mean[unit]))}) / {_root(norm, unit)}"
    result = Piece(value=number(float(norm.normal[unit])), role="sum", strong=True)
    standard = [Piece(rf"\frac{{{names.z(index, unit)}-\mu}}{{{_ROOT}}}", inside), equals(), result]
    gain = Piece(names.gain(index, unit), bracketed(float(norm.gain[unit])), "weight", "gain", _place(layer.gain, unit))
    shift = Piece(
        names.shift(index, unit), bracketed(float(norm.shift[unit])), "weight", "shift", _place(layer.shift, unit)
    )
    value = Piece(names.normal(index, unit), bracketed(float(norm.normal[unit])), "sum")
    scaled = [gain, op("·"), value, op("+"), shift, equals()]
    u = Piece(value=number(float(norm.u[unit])), role="sum", strong=True)
    return [
        *(_running(numbers, norm, unit) if norm.running else _over_units(numbers, norm, unit)),
        Line((Piece(names.normal(index, unit), role="sum"), op("="), *standard), "normal"),
        Line((Piece(names.u(index, unit), role="sum"), op("="), *scaled, u), "normal"),
    ]


def _root(norm: Normalised, unit: int) -> str:
    """The deviation with its numbers."""
    return f"√({number(float(norm.variance[unit]))} + {number(EPSILON)})"


def _place(block: Block | None, unit: int) -> Place | None:
    return None if block is None else Place("theta", block.start + unit)


def _running(numbers: LayerNumbers, norm: Normalised, unit: int) -> list[Line]:
    """The running mean and variance, which lie in θ, and that a training step has others."""
    mean, variance = (
        Piece(letter, number(float(values[unit])), "weight", note, _place(block, unit))
        for letter, values, note, block in (
            (MEAN, norm.mean, "running mean", numbers.layer.mean),
            (VARIANCE, norm.variance, "running variance", numbers.layer.variance),
        )
    )
    says = "As in predicting, by the running mean and variance; a training step goes by those of its batch instead."
    return [Line((mean, variance), "normal"), Line(text=says)]


def _over_units(numbers: LayerNumbers, norm: Normalised, unit: int) -> list[Line]:
    """Mean and variance of the sums of all units of the layer."""
    count = len(numbers.z)
    rows: tuple[tuple[str, str, Sequence[float], float], ...] = (
        (MEAN, "z_k", numbers.z.tolist(), float(norm.mean[unit])),
        (VARIANCE, r"(z_k-\mu)^2", ((numbers.z - norm.mean) ** 2).tolist(), float(norm.variance[unit])),
    )
    return [
        Line(
            (
                Piece(letter, role="sum"),
                op("="),
                Piece(rf"\frac{{1}}{{{count}}}\sum_k {summed}"),
                equals(),
                *_mean_of(values),
                equals(),
                Piece(value=number(result), role="sum", strong=True),
            ),
            "normal",
        )
        for letter, summed, values, result in rows
    ]


def _mean_of(values: Sequence[float]) -> list[Piece]:
    """(1 + 2 + 3) / 3; of a long sum, what is left as one number."""
    rest = values[MOST_TERMS:]
    more = [Piece(value="+", role="muted"), Piece(value=bracketed(sum(rest)), role="muted", note=f"{len(rest)} more")]
    return [
        Piece(value="(", role="muted"),
        *total(values[:MOST_TERMS], "text"),
        *(more if rest else []),
        Piece(value=f") / {len(values)}", role="muted"),
    ]


def shape(numbers: LayerNumbers) -> list[Piece]:
    """The shapes between z and the activation."""
    if numbers.norm is None:
        return []
    note = f"{len(numbers.z)}"
    return [op("→"), Piece(r"\hat{z}", role="sum", note=note), op("→"), Piece("u", role="sum", note=note)]


# the way back


def slope_factors(names: Names, index: int, unit: int, norm: Normalised) -> list[Piece]:
    """∂u/∂z as a factor of a chain, by running statistics: they are constants, so it is γ over the deviation."""
    value = float(norm.gain[unit] * norm.inverse[unit])
    return [Piece(d(names.u(index, unit), names.z(index, unit)), bracketed(value), "weight", "slope of normalising")]


def unnormalised(names: Names, index: int, unit: int, numbers: LayerNumbers) -> list[Line]:
    """∂J/∂γ and ∂J/∂β, and ∂J/∂z from ∂J/∂u; nothing where the layer has no normalisation."""
    norm = numbers.norm
    if norm is None:
        return []
    du, z = d("J", names.u(index, unit)), names.normal(index, unit)
    arrived = Piece(du, bracketed(float(norm.dshift[unit])), "gradient")
    normal = Piece(z, bracketed(float(norm.normal[unit])), "sum")
    gain = Piece(names.gain(index, unit), bracketed(float(norm.gain[unit])), "weight")
    lines = [
        _line(d("J", names.gain(index, unit)), [arrived, op("·"), normal], float(norm.dgain[unit])),
        # β moves u one for one; its number has only just been written, as that of ∂J/∂u.
        _line(d("J", names.shift(index, unit)), [Piece(du)], float(norm.dshift[unit])),
    ]
    head, delta = d("J", names.z(index, unit)), float(numbers.delta[unit])
    if norm.running:
        factor = Piece(
            rf"\frac{{{names.gain(index, unit)}}}{{{_ROOT}}}",
            f"{bracketed(float(norm.gain[unit]))} / {_root(norm, unit)}",
            "weight",
        )
        return [*lines, _line(head, [arrived, op("·"), factor], delta)]
    pull = Piece(d("J", z), bracketed(float(norm.pull[unit])), "gradient")
    each = d("J", r"\hat{z}_k")
    over = rf"\frac{{1}}{{{len(numbers.z)}}}\sum_k"
    inside = [
        pull,
        op("−"),
        Piece(f"{over} {each}", bracketed(norm.mean_pull), "gradient", "mean over the layer"),
        op("−"),
        normal,
        op("·"),
        Piece(rf"{over} \hat{{z}}_k {each}", bracketed(norm.mean_product), "gradient", "mean of its products with ẑ"),
    ]
    terms = [op("("), *inside, op(")"), op("/"), Piece(_ROOT, _root(norm, unit), "sum")]
    return [
        *lines,
        _line(d("J", z), [arrived, op("·"), gain], float(norm.pull[unit])),
        _line(head, terms, delta),
        Line(text="Each z of the layer moves its mean and variance, and with them the u of every neuron."),
    ]


def _line(head: str, terms: Sequence[Piece], value: float) -> Line:
    result = Piece(value=number(value), role="gradient", strong=True)
    return Line((Piece(head, role="gradient"), op("="), *terms, equals(), result), "normal")


def not_written(answer: Answer) -> str:
    """What of a network with batch norm has to stay unwritten on the way back; "" for any other."""
    if not by_batch(answer.network):
        return ""
    return (
        "Batch norm goes by its running statistics here. A training step’s gradient goes through the mean and variance "
        "of the batch, too, and so through all of its samples: that one is not written out."
    )


def of_a_step(answer: Answer) -> list[str]:
    """What batch norm makes of a training step, in sentences."""
    if not by_batch(answer.network):
        return []
    says = ["The gradient goes by the batch’s own mean and variance, as in training."]
    if answer.update is not None and len(answer.update.losses) == 1:
        says.append("Of one sample for a batch, batch norm makes each ẑ 0, and no gradient comes back through it.")
    return says
