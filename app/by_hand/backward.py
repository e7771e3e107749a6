"""What is written on the board on the way back: the chain rule factor by factor, and the update."""

from __future__ import annotations

import math
import re

from app.by_hand import norms
from app.by_hand.answer import Answer
from app.by_hand.notation import (
    ACTIVATION,
    LOSS,
    ONE_OUTPUT,
    OPTIMIZER,
    PULL_NUMBERS,
    SETTING,
    SLOPE_NUMBERS,
    SLOTS,
    Names,
    d,
)
from app.by_hand.phases import Focus, Phase
from app.by_hand.pieces import MOST_TERMS, Board, Line, Piece, Place, Role, bracketed, equals, joined, op
from app.by_hand.shortcuts import passed_on, returned
from app.numbers import count, number
from core.activations import ACTIVATIONS
from core.optimizers import OPTIMIZERS, Optimizer
from core.probes.explain import LayerNumbers, Link, chain
from core.probes.update import Update
from core.tables import settle


def backward(answer: Answer, phase: Phase, focus: Focus) -> Board:
    """The chain rule from the loss to one weight, and where each factor comes from."""
    names, index, unit, source = Names(answer.network), focus.layer, focus.unit, focus.source
    explained = answer.explained
    numbers = explained.layers[index]
    gradient = float(numbers.dw[unit, source])
    w = names.w(index, unit, source)
    lines = [
        Line(tuple(_chain(answer, names, index, unit, source)), "large"),
        *_pull(answer, names, index, unit),
        *_slope(names, index, unit, numbers),
        Line(tuple(_delta(answer, names, index, unit)), "normal"),
        *norms.unnormalised(names, index, unit, numbers),
    ]
    if numbers.db is not None:
        b = [Piece(d("J", names.b(index, unit)), role="gradient"), op("="), Piece(d("J", names.z(index, unit)))]
        one = [
            op("·"),
            Piece("1"),
            equals(),
            Piece(value=number(float(numbers.db[unit])), role="gradient", strong=True),
        ]
        lines.append(Line((*b, *one), "normal"))
    if answer.update is not None and answer.scope != "sample":
        lines.append(Line(tuple(_mean(answer, w, numbers.place(unit, source))), "normal"))
    lines.append(Line(text=passed_on(answer, index, unit)))
    lines.append(Line(text=norms.not_written(answer)))
    lines += [Line(text=_says(gradient)), Line(tuple(_shapes(index, numbers)), "small")]
    if not math.isnan(float(numbers.slope[unit])):
        lines.insert(-1, Line(curve=numbers.layer.activation, at=float(numbers.u[unit])))
    name = numbers.layer.label[:1].upper() + numbers.layer.label[1:]
    where = name if numbers.layer.units == 1 else f"{name} · neuron {unit + 1} of {numbers.layer.units}"
    return Board(f"{where} · weight {source + 1} of {numbers.layer.fan_in}", tuple(lines))


def _says(gradient: float) -> str:
    if gradient == 0.0 or not math.isfinite(gradient):
        return "The slope is 0: this weight does not change this sample’s loss." if gradient == 0.0 else ""
    return (
        "The slope is negative: raising the weight lowers this sample’s loss."
        if gradient < 0
        else "The slope is positive: lowering the weight lowers this sample’s loss."
    )


def _factors(answer: Answer, names: Names, index: int, unit: int, source: int) -> list[Piece]:
    """The factors of ∂J/∂w: the whole chain where the network is one, else from this layer's own a and z."""
    numbers = answer.explained.layers[index]
    z, a, w = names.z(index, unit), names.a(index, unit), names.w(index, unit, source)
    role: Role = "activation" if index else "input"
    inner = Piece(d(z, w), bracketed(float(numbers.below[source])), role, "this input")
    links = chain(answer.explained, index)
    if links and all(math.isfinite(link.value) for link in links):
        return _linked(names, links, unit, source)
    pull, slope, norm = float(numbers.pull[unit]), float(numbers.slope[unit]), numbers.norm
    if norm is not None and not norm.running:
        all_ = Piece(d("J", z), bracketed(float(numbers.delta[unit])), "gradient", "back through the normalisation")
        return [all_, op("·"), inner]
    if math.isnan(pull) or math.isnan(slope):
        both = Piece(d("J", z), bracketed(float(numbers.delta[unit])), "gradient", "loss and activation together")
        return [both, op("·"), inner]
    outer = Piece(d("J", a), bracketed(pull), "gradient", _origin(answer, index, unit))
    slopes = [Piece(d(a, names.u(index, unit)), bracketed(slope), "sum", "slope of g")]
    if norm is not None:
        slopes += [op("·"), *norms.slope_factors(names, index, unit, norm)]
    return [outer, op("·"), *slopes, op("·"), inner]


def _origin(answer: Answer, index: int, unit: int) -> str:
    """Where ∂J/∂a comes from, in words."""
    if index == len(answer.explained.layers) - 1:
        return "from the loss"
    both = answer.explained.shortcut_terms(index, unit)
    return "from both ways" if len(both) == 1 else "from all ways" if both else "from the next layer"


def _linked(names: Names, links: tuple[Link, ...], unit: int, source: int) -> list[Piece]:
    def name(end: tuple[str, int]) -> str:
        kind, index = end
        if kind == "w":
            return names.w(index, unit, source)
        return "J" if kind == "J" else names.a(index, 0) if kind == "a" else names.z(index, 0)

    roles: dict[str, Role] = {"J": "gradient", "a": "sum", "z": "weight", "w": "input"}
    factors = []
    for link in links:
        kind = "w" if link.below[0] == "w" else link.above[0]
        through = "weight" if link.above[1] != link.below[1] and link.above[0] != "J" else roles[kind]
        role: Role = "activation" if kind == "w" and link.below[1] else through
        factors.append((Piece(d(name(link.above), name(link.below)), bracketed(link.value), role),))
    return joined(factors, "·")


def _chain(answer: Answer, names: Names, index: int, unit: int, source: int) -> list[Piece]:
    value = number(float(answer.explained.layers[index].dw[unit, source]))
    head = [Piece(d("J", names.w(index, unit, source)), role="gradient"), op("=")]
    return [
        *head,
        *_factors(answer, names, index, unit, source),
        equals(),
        Piece(value=value, role="gradient", strong=True),
    ]


def _pull(answer: Answer, names: Names, index: int, unit: int) -> list[Line]:
    """Where ∂J/∂a comes from: the loss, or all paths through the next layer and through shortcuts."""
    explained = answer.explained
    numbers, last = explained.layers[index], index == len(explained.layers) - 1
    pull = float(numbers.pull[unit])
    head = [Piece(d("J", names.a(index, unit)), role="gradient"), op("=")]
    result = Piece(value=number(pull), role="gradient", strong=True)
    if not last:
        terms = []
        above = explained.layers[index + 1]
        for k in range(min(above.layer.units, MOST_TERMS)):
            w = Piece(names.w(index + 1, k, unit), bracketed(float(above.weights[k, unit])), "weight")
            delta = Piece(d("J", names.z(index + 1, k)), bracketed(float(above.delta[k])), "gradient")
            terms.append((w, op("·"), delta))
        rest = explained.pull_terms(index, unit)[MOST_TERMS:]
        more = [op("+"), Piece(r"\ldots", number(float(rest.sum())), "muted", f"{len(rest)} more")] if len(rest) else []
        back = [piece for term in returned(answer, names, index, unit) for piece in (op("+"), *term)]
        return [Line((*head, *joined(terms), *more, *back, equals(), result), "normal")]
    if math.isnan(pull):
        return []
    written = LOSS if len(explained.target) > 1 else {**LOSS, **ONE_OUTPUT}
    formula = written.get(explained.in_force.name, ("", "L'"))[1].replace("_k", f"_{{{unit + 1}}}")
    share = "" if len(explained.target) == 1 else f" / {len(explained.target)}"
    inside = PULL_NUMBERS.get(explained.in_force.name, "").format(
        k=share, a=bracketed(float(numbers.a[unit])), t=bracketed(float(explained.target[unit]))
    )
    return [Line((*head, Piece(formula, inside), equals(), result), "normal")]


def _slope(names: Names, index: int, unit: int, numbers: LayerNumbers) -> list[Line]:
    slope = float(numbers.slope[unit])
    if math.isnan(slope):
        return []
    row = ACTIVATIONS[numbers.layer.activation]
    formula = ACTIVATION.get(row.name, ("", "g'(z)"))[1]
    inside = SLOPE_NUMBERS.get(row.name, "").format(a=bracketed(float(numbers.h[unit])))
    note = "" if inside else f"{row.title} at {names.entering(index)} = {number(float(numbers.u[unit]))}"
    head = [Piece(d(names.a(index, unit), names.u(index, unit)), role="sum"), op("=")]
    if formula != number(slope):
        head += [Piece(names.g(index, unit, formula), inside), equals()]
    return [Line((*head, Piece(value=number(slope), role="sum", note=note, strong=True)), "normal")]


def _delta(answer: Answer, names: Names, index: int, unit: int) -> list[Piece]:
    """∂J/∂u, which is ∂J/∂z where nothing is normalised: of two factors, or of ŷ − y where loss and g go together."""
    numbers = answer.explained.layers[index]
    head = [Piece(d("J", names.u(index, unit)), role="gradient"), op("=")]
    result = Piece(value=number(float(numbers.du[unit])), role="gradient", strong=True)
    pull, slope = float(numbers.pull[unit]), float(numbers.slope[unit])
    if math.isnan(pull) or math.isnan(slope):
        if not math.isnan(pull):
            return [*head, *_together(names, index, unit, numbers), equals(), result]
        if answer.explained.in_force.name not in ("cce", "bce") or answer.network.loss.settings.get("smoothing"):
            return [*head, result]
        inside = f"{number(float(numbers.a[unit]))} − {bracketed(float(answer.explained.target[unit]))}"
        return [*head, Piece(f"{names.a(index, unit)}-{names.y(unit)}", inside), equals(), result]
    outer, inner = (
        Piece(d("J", names.a(index, unit)), bracketed(pull), "gradient"),
        Piece(d(names.a(index, unit), names.u(index, unit)), bracketed(slope), "sum"),
    )
    return [*head, outer, op("·"), inner, equals(), result]


def _together(names: Names, index: int, unit: int, numbers: LayerNumbers) -> list[Piece]:
    """∂J/∂z through a softmax, all of whose outputs each z moves: a (∂J/∂a − Σ a_k ∂J/∂a_k)."""
    a, any_ = names.a(index, unit), names.any(index)
    shared = float(numbers.a @ numbers.pull)
    return [
        Piece(a, bracketed(float(numbers.a[unit])), "activation"),
        op("·"),
        op("("),
        Piece(d("J", a), bracketed(float(numbers.pull[unit])), "gradient"),
        op("−"),
        Piece(rf"\sum_k {any_}\,{d('J', any_)}", bracketed(shared), "gradient", "all outputs"),
        op(")"),
    ]


def _shapes(index: int, numbers: LayerNumbers) -> list[Piece]:
    units, fan_in = numbers.weights.shape
    role: Role = "activation" if index else "input"
    return [
        Piece(d("J", "z"), role="gradient", note=f"{units}×1"),
        op("·"),
        Piece("a^T" if index else "x^T", role=role, note=f"1×{fan_in}"),
        op("→"),
        Piece(d("J", "W"), role="gradient", note=f"{units}×{fan_in}"),
    ]


def _mean(answer: Answer, w: str, place: int) -> list[Piece]:
    assert answer.update is not None
    samples, value = len(answer.update.losses), number(float(answer.update.gradient[place]))
    note = f"mean over {answer.scope_words}" + (", with penalty" if answer.update.penalty else "")
    note += ", by the batch’s statistics" if norms.by_batch(answer.network) else ""
    head = [Piece(d("J", w), role="gradient"), op("="), Piece(rf"\frac{{1}}{{{samples}}}\sum_i {d('J_i', w)}"), op("=")]
    return [*head, Piece(value=value, role="gradient", note=note, strong=True)]


def update(answer: Answer, phase: Phase, focus: Focus) -> Board:
    """W ← w − step, with the optimizer's own numbers."""
    names, found = Names(answer.network), answer.update
    numbers = answer.explained.layers[focus.layer]
    place, w = numbers.place(focus.unit, focus.source), names.w(focus.layer, focus.unit, focus.source)
    row = OPTIMIZERS[answer.optimizer]
    if found is None:
        return Board("Update", (Line(text="There is no sample to take a step from."),))
    before, change, after = (float(v[place]) for v in (answer.explained.theta, found.change, found.theta))
    lines = [*_taken(answer, place, w, before, change, after)]
    if row.name != "sgd":
        lines += [Line((Piece(formula),), "normal") for formula in OPTIMIZER.get(row.name, ())]
        g = Piece("g", number(float(found.used[place])), "gradient", "gradient")
        eta = Piece(r"\eta", number(found.rate), "step", "rate")
        lines.append(Line((g, eta, *_remembered(found, row, place)), "normal"))
        lines.append(Line(tuple(_settings(answer, found, row)), "normal"))
    lines += [Line(text=text) for text in _notes(answer, place)]
    return Board(f"Update · {row.title} · {answer.scope_words}", tuple(lines))


def _remembered(found: Update, row: Optimizer, place: int) -> list[Piece]:
    """What the optimizer remembers of one number after the step, by the letters of its formulas."""
    kept = zip(SLOTS.get(row.name, ()), row.slots, found.slots, strict=False)
    return [Piece(letter, number(float(slot[place])), "muted", name) for letter, name, slot in kept]


def _settings(answer: Answer, found: Update, row: Optimizer) -> list[Piece]:
    """The optimizer's settings and the step's count, where its formulas have letters for them."""
    given = settle("training.optimizer", row.settings, answer.question.model.experiment.training.optimizer.settings)
    pieces = [Piece(SETTING[name], number(value), "muted") for name, value in given.items() if name in SETTING]
    timed = not row.whole and any(re.search(r"\bt\b", written) for written in OPTIMIZER.get(row.name, ()))
    return [*pieces, Piece("t", count(found.t), "muted", "step")] if timed else pieces


def _taken(answer: Answer, place: int, w: str, before: float, change: float, after: float) -> list[Line]:
    found = answer.update
    assert found is not None
    head = [Piece(w, number(after), "weight", "new", strong=True), Piece(r"\leftarrow", "=", "muted", operator=True)]
    old = Piece(w, number(before), "weight", "old", Place("theta", place))
    gradient = Piece(d("J", w), bracketed(float(found.used[place])), "gradient", "gradient")
    if answer.optimizer == "sgd" and not answer.decays:
        rate = Piece(r"\eta", number(found.rate), "step", "rate")
        return [Line((*head, old, op("−"), rate, op("·"), gradient), "large")]
    step = Piece(r"\Delta w", bracketed(change), "step", f"{OPTIMIZERS[answer.optimizer].title}’s step")
    return [Line((*head, old, op("−"), step), "large")]


def _notes(answer: Answer, place: int) -> list[str]:
    found = answer.update
    assert found is not None
    notes = []
    raw, used, change = (float(v[place]) for v in (found.gradient, found.used, found.change))
    if found.penalty:
        notes.append("The gradient has the pull of L1 and L2 in it.")
    if raw != used:
        notes.append(f"Freezing and clipping made {number(raw)} of the gradient {number(used)}.")
    notes += norms.of_a_step(answer)
    if answer.decays:
        notes.append("The step has the weight decay in it.")
    if change == 0.0 and raw != 0.0:
        notes.append("This number is frozen.")
    if OPTIMIZERS[answer.optimizer].whole:
        notes.append("H is made of the last steps and the changes of the gradient; t is the rate, halved till J falls.")
    if answer.dropout:
        notes.append("Written without dropout, which training draws anew for each step.")
    return notes
