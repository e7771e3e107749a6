"""A network's equations on arrays, NumPy's or CuPy's, one line each: forwards, the losses, and the chain rule back.

Inside, a batch is (units, batch) and a stack of networks adds a leading run axis: activations are (R, units, B).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from core.activations import ACTIVATIONS
from core.backend import Backend
from core.elementary import Elementary
from core.layers import NORMS, standardising
from core.losses import LOSSES
from core.network import Block, Layer, Network

Statistics = list[tuple[Block, Any]]
"""Blocks of running statistics, and what of each (R, units) a batch had."""


class Normal(NamedTuple):
    """What a normalisation leaves for the way back: ẑ (R, units, B), 1 / deviation, and the axis its means are over.

    The axis is None where they were none of this batch. ``statistics`` is what running ones are to follow.
    """

    value: Any
    inverse: Any
    axis: int | None
    statistics: Statistics


class Passed(NamedTuple):
    """A layer's pass, (R, units, B) each: what enters its activation, and what leaves it after dropout and shortcut."""

    z: Any
    a: Any
    normal: Normal | None


class Equations:
    """Forward, losses and gradient of a stack of networks of one architecture; all arrays are on the device."""

    def __init__(self, network: Network, backend: Backend, dtype: Any) -> None:
        self.network, self.backend, self.dtype = network, backend, np.dtype(dtype)
        xp = self.xp = backend.xp
        self.f = Elementary.of(xp)
        self.formulas = [
            formula(self.f) if (formula := ACTIVATIONS[layer.activation].formula) else None for layer in network.layers
        ]
        self.inverse, self.standard, self.back = standardising(self.f)
        self.loss_row = LOSSES[network.loss.name]
        self.value, self.slope = self.loss_row.formula(self.f)
        self.numbers = self.loss_row.coefficients(network.loss.settings, network.output.units)
        self.share = 1.0 / network.output.units if self.loss_row.over_outputs == "mean" else 1.0
        penalised = np.zeros(network.parameters, self.dtype)
        for layer in network.layers:
            penalised[layer.weight.start : layer.weight.stop] = 1.0
        self.penalised = self.array(penalised)

    def array(self, values: Any) -> Any:
        """``values`` on this engine's device, in its precision."""
        with np.errstate(over="ignore"):  # what float32 cannot hold becomes infinite, and the loss says so
            return self.backend.to_device(np.ascontiguousarray(values, dtype=self.dtype))

    def measure(self, thetas: Any, a: Any, targets: Any) -> tuple[Any, Any]:
        """Each sample's loss (R, B) and outputs (R, K, B) for device arrays ``a`` (D, B) and ``targets`` (K, B)."""
        with np.errstate(over="ignore", invalid="ignore"):
            last = self._forward(thetas, a)[-1]
            return self._sample_losses(last.z, last.a, targets), last.a

    # forwards

    def _forward(self, thetas: Any, x: Any, masks: list[Any] | None = None, batch: bool = False) -> list[Passed]:
        """What every layer comes to; with ``batch``, batch norm goes by the batch's own statistics."""
        passes: list[Passed] = []
        a = x
        for index, (layer, formula) in enumerate(zip(self.network.layers, self.formulas, strict=True)):
            z, normal = self.xp.matmul(self.network.weights(thetas, index), a), None
            if layer.bias:
                z = z + layer.bias.of(thetas)[:, :, None]
            if layer.norm != "none":
                z, normal = self._normalise(layer, thetas, z, batch)
            a = formula[0](z) if formula else self._softmax(z)
            if masks and masks[index] is not None:
                a = a * masks[index]
            if layer.shortcut is not None:
                a = self._added(a, passes[layer.shortcut - 1].a if layer.shortcut else x)
            passes.append(Passed(z, a, normal))
        return passes

    def _added(self, a: Any, other: Any) -> Any:
        """a (R, m, B) + ``other`` (…, n, B), unit by unit as far as both go; m units."""
        shared = min(a.shape[1], other.shape[-2])
        some = a[:, :shared, :] + other[..., :shared, :]
        return some if shared == a.shape[1] else self.xp.concat([some, a[:, shared:, :]], axis=1)

    def _normalise(self, layer: Layer, thetas: Any, z: Any, batch: bool) -> tuple[Any, Normal]:
        """γ ẑ + β, and what the way back needs."""
        row = NORMS[layer.norm]
        gain, shift = (block.of(thetas)[:, :, None] for block in (layer.gain, layer.shift) if block)
        if row.statistics and not batch:
            mean, variance = (layer.blocks[name].of(thetas)[:, :, None] for name in row.statistics)
            axis, statistics = None, []
        else:
            axis = 2 if row.over == "samples" else 1
            mean = self._over(z, axis)
            variance = self._over((z - mean) ** 2, axis)
            count = z.shape[axis]
            # Running variances are to be those of all samples that there might be, hence unbiased.
            values = (mean, variance * (count / max(1, count - 1)))
            statistics = [(layer.blocks[name], v[:, :, 0]) for name, v in zip(row.statistics, values, strict=False)]
        inverse = self.inverse(variance)
        normal = self.standard(z, mean, inverse)
        return gain * normal + shift, Normal(normal, inverse, axis, statistics)

    def _over(self, values: Any, axis: int) -> Any:
        return self.xp.sum(values, axis=axis, keepdims=True) / values.shape[axis]

    def _softmax(self, z: Any) -> Any:
        e = self.f.exp(z - self.xp.max(z, axis=1, keepdims=True))
        return e / self.xp.sum(e, axis=1, keepdims=True)

    def _log_softmax(self, z: Any) -> Any:
        shifted = z - self.xp.max(z, axis=1, keepdims=True)
        return shifted - self.f.log(self.xp.sum(self.f.exp(shifted), axis=1, keepdims=True))

    # losses

    def _sample_losses(self, z: Any, out: Any, targets: Any) -> Any:
        reads = self.loss_row.reads
        read = out if reads == "outputs" else z if reads == "logits" else self._log_softmax(z)
        return self.xp.sum(self.value(read, targets, self.numbers), axis=1) * self.share

    def _output_delta(self, z: Any, out: Any, targets: Any) -> Any:
        """dL/dz (R, K, B) of each sample's loss at the output layer."""
        reads = self.loss_row.reads
        if reads == "logits":
            return self.slope(z, targets, self.numbers) * self.share
        if reads == "log-probabilities":
            return self.slope(out, targets, self.numbers) * self.share
        pull = self.slope(out, targets, self.numbers) * self.share
        formula = self.formulas[-1]
        if formula:
            return pull * formula[1](z, out)
        return out * (pull - self.xp.sum(pull * out, axis=1, keepdims=True))

    def _mean(self, losses: Any) -> Any:
        return self.xp.sum(losses, axis=1) / losses.shape[1]

    def _penalty(self, thetas: Any, l1: float, l2: float) -> Any:
        if not (l1 or l2):
            return 0.0
        w = thetas * self.penalised
        return self.xp.sum(l1 * self.f.abs(w) + 0.5 * l2 * w * w, axis=1)

    # backwards

    def _gradient(
        self, thetas: Any, x: Any, targets: Any, masks: list[Any], l1: float, l2: float, batch: bool = False
    ) -> tuple[Any, Any, Statistics]:
        """The objective (R,), its gradient (R, P), and, with ``batch``, what running statistics are to follow."""
        passes = self._forward(thetas, x, masks, batch)
        z, out, _ = passes[-1]
        loss = self._mean(self._sample_losses(z, out, targets)) + self._penalty(thetas, l1, l2)
        delta = self._output_delta(z, out, targets) / targets.shape[-1]
        gradient = self._backward(thetas, x, passes, masks, delta)
        if l1 or l2:
            gradient = gradient + self.penalised * (l2 * thetas + l1 * self.f.sign(thetas))
        return loss, gradient, [pair for passed in passes if passed.normal for pair in passed.normal.statistics]

    def _backward(self, thetas: Any, x: Any, passes: list[Passed], masks: list[Any], delta: Any) -> Any:
        """The chain rule from dL/dz of the output to the gradient (R, P), from the last layer to the first."""
        gradient = self.xp.zeros_like(thetas)
        # dL/da of each layer, as far as shortcuts from it lead to layers that were passed already.
        shortcuts: dict[int, Any] = {}
        for index in range(len(self.network.layers) - 1, -1, -1):
            layer, below = self.network.layers[index], passes[index - 1].a if index else x
            self._put(gradient, layer.weight, self.xp.matmul(delta, below.mT))
            normal = passes[index].normal
            # Batch statistics take every bias off again: its gradient is 0, and not what rounding makes of that.
            if layer.bias and not (normal and normal.axis == 2):
                self._put(gradient, layer.bias, self.xp.sum(delta, axis=2))
            if not index:
                break
            delta = self.xp.matmul(self.network.weights(thetas, index).mT, delta)
            under = self.network.layers[index - 1]
            if index - 1 in shortcuts:
                delta = self._added(delta, shortcuts.pop(index - 1))
            if under.shortcut:
                source = under.shortcut - 1
                shortcuts[source] = self._gathered(shortcuts.get(source), delta, self.network.layers[source].units)
            delta = self._through(index - 1, delta, passes[index - 1], masks[index - 1])
            if (below_normal := passes[index - 1].normal) is not None:
                delta = self._unnormalise(under, thetas, gradient, delta, below_normal)
        return gradient

    def _put(self, gradient: Any, block: Block, value: Any) -> None:
        gradient[:, block.start : block.stop] = self.xp.reshape(value, (value.shape[0], -1))

    def _gathered(self, before: Any, delta: Any, units: int) -> Any:
        """What comes back through shortcuts to a layer of ``units``, with that of one more."""
        part = delta[:, : min(units, delta.shape[1]), :]
        if before is None:
            return part
        return self._added(before, part) if before.shape[1] >= part.shape[1] else self._added(part, before)

    def _through(self, index: int, delta: Any, passed: Passed, mask: Any) -> Any:
        """dL/da -> dL/dz at a hidden layer, through its dropout mask and activation."""
        value, slope = self.formulas[index]  # type: ignore[misc]
        if mask is None and self.network.layers[index].shortcut is None:
            return delta * slope(passed.z, passed.a)
        # The pass kept a after its mask and with its shortcut; the slope wants it before.
        pulled = delta if mask is None else delta * mask
        return pulled * slope(passed.z, value(passed.z))

    def _unnormalise(self, layer: Layer, thetas: Any, gradient: Any, delta: Any, normal: Normal) -> Any:
        """dL/d(γ ẑ + β) -> dL/dz, with the gradient of γ and β."""
        if layer.gain is None or layer.shift is None:
            raise ValueError(f"{layer.label} is normalised without a gain and a shift")
        self._put(gradient, layer.gain, self.xp.sum(delta * normal.value, axis=2))
        self._put(gradient, layer.shift, self.xp.sum(delta, axis=2))
        gain = layer.gain.of(thetas)[:, :, None]
        if normal.axis is None:
            return delta * (gain * normal.inverse)
        if normal.axis == 2:
            pulled, inverse = delta, gain * normal.inverse
        else:
            pulled, inverse = delta * gain, normal.inverse
        mean, product = self._over(pulled, normal.axis), self._over(pulled * normal.value, normal.axis)
        return self.back(pulled, normal.value, inverse, mean, product)
