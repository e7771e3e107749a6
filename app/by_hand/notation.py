"""How things are written: LaTeX of activations, losses and optimizers, and the names of a network's numbers."""

from __future__ import annotations

import re

from core.network import Network

ACTIVATION: dict[str, tuple[str, str]] = {
    "linear": (r"z", r"1"),
    "sigmoid": (r"\frac{1}{1+e^{-z}}", r"a\,(1-a)"),
    "hard_sigmoid": (
        r"\min(\max(\frac{z}{6}+\frac{1}{2},\,0),\,1)",
        r"\frac{1}{6}\ \mathrm{if}\ |z|<3,\ \mathrm{else}\ 0",
    ),
    "tanh": (r"\tanh z", r"1-a^2"),
    "softsign": (r"\frac{z}{1+|z|}", r"\frac{1}{(1+|z|)^2}"),
    "relu": (r"\max(0,\,z)", r"1\ \mathrm{if}\ z>0,\ \mathrm{else}\ 0"),
    "leaky_relu": (r"\max(0.01\,z,\,z)", r"1\ \mathrm{if}\ z>0,\ \mathrm{else}\ 0.01"),
    "elu": (r"z\ \mathrm{if}\ z>0,\ \mathrm{else}\ e^z-1", r"1\ \mathrm{if}\ z>0,\ \mathrm{else}\ a+1"),
    "selu": (
        r"\lambda z\ \mathrm{if}\ z>0,\ \mathrm{else}\ \lambda\alpha(e^z-1)",
        r"\lambda\ \mathrm{if}\ z>0,\ \mathrm{else}\ a+\lambda\alpha",
    ),
    "softplus": (r"\ln(1+e^z)", r"\frac{1}{1+e^{-z}}"),
    "silu": (r"z\,\sigma(z)", r"\sigma(z)\,(1+z\,(1-\sigma(z)))"),
    "gelu": (r"\frac{z}{2}(1+\tanh(\sqrt{\frac{2}{\pi}}(z+0.0447z^3)))", r"g'(z)"),
    "mish": (r"z\tanh(\ln(1+e^z))", r"g'(z)"),
    "sine": (r"\sin z", r"\cos z"),
    "gaussian": (r"e^{-z^2}", r"-2\,z\,a"),
    "softmax": (r"\frac{e^{z}}{\sum_k e^{z_k}}", r"a\,(1-a)"),
}
"""g(z) and g'(z) of each activation, z and a standing for the neuron's; a row that is not here is written g(z)."""

LOSS: dict[str, tuple[str, str]] = {
    "mse": (r"\frac{1}{K}\sum_k(\hat{y}_k-y_k)^2", r"\frac{2}{K}(\hat{y}_k-y_k)"),
    "mae": (r"\frac{1}{K}\sum_k|\hat{y}_k-y_k|", r"\frac{1}{K}\,\mathrm{sign}(\hat{y}_k-y_k)"),
    "huber": (
        r"\frac{1}{K}\sum_k h(\hat{y}_k-y_k),\quad "
        r"h(e)=\frac{1}{2}e^2\ \mathrm{if}\ |e|\le\delta,\ \mathrm{else}\ \delta\,(|e|-\frac{\delta}{2})",
        r"\frac{1}{K}\min(\max(\hat{y}_k-y_k,\,-\delta),\,\delta)",
    ),
    "hinge": (
        r"\frac{1}{K}\sum_k\max(0,\,1-y_k\hat{y}_k)",
        r"-\frac{1}{K}\,y_k\ \mathrm{if}\ y_k\hat{y}_k<1,\ \mathrm{else}\ 0",
    ),
    "bce": (
        r"\frac{1}{K}\sum_k(-y_k\ln\hat{y}_k-(1-y_k)\ln(1-\hat{y}_k))",
        r"\frac{1}{K}\,\frac{\hat{y}_k-y_k}{\hat{y}_k\,(1-\hat{y}_k)}",
    ),
    "cce": (r"-\sum_k y_k\ln\hat{y}_k", r"-\frac{y_k}{\hat{y}_k}"),
}
"""J of one sample with K outputs, and ∂J/∂ŷ."""

ONE_OUTPUT: dict[str, tuple[str, str]] = {
    "mse": (r"(\hat{y}-y)^2", r"2\,(\hat{y}-y)"),
    "mae": (r"|\hat{y}-y|", r"\mathrm{sign}(\hat{y}-y)"),
    "huber": (
        r"\frac{1}{2}(\hat{y}-y)^2\ \mathrm{if}\ |\hat{y}-y|\le\delta,\ "
        r"\mathrm{else}\ \delta\,(|\hat{y}-y|-\frac{\delta}{2})",
        r"\min(\max(\hat{y}-y,\,-\delta),\,\delta)",
    ),
    "hinge": (r"\max(0,\,1-y\,\hat{y})", r"-y\ \mathrm{if}\ y\,\hat{y}<1,\ \mathrm{else}\ 0"),
    "bce": (r"-y\ln\hat{y}-(1-y)\ln(1-\hat{y})", r"\frac{\hat{y}-y}{\hat{y}\,(1-\hat{y})}"),
}
"""The same for a single output."""

PART: dict[str, str] = {
    "mse": "(ŷ − y)²",
    "mae": "|ŷ − y|",
    "huber": "Huber",
    "hinge": "hinge",
    "bce": "cross-entropy",
    "cce": "−y ln ŷ",
}
"""What each output adds to a loss, as the head of a column."""

LOSS_NUMBERS: dict[str, str] = {
    "mse": "({a} − {t})²",
    "mae": "|{a} − {t}|",
    "hinge": "max(0, 1 − {t} · {a})",
    "bce": "−{t} · ln {a} − (1 − {t}) · ln(1 − {a})",
    "cce": "−{t} · ln {a}",
}
"""What one output adds to a loss, with its numbers."""

PULL_NUMBERS: dict[str, str] = {
    "mse": "2{k} · ({a} − {t})",
    "mae": "sign({a} − {t}){k}",
    "bce": "({a} − {t}) / ({a} · (1 − {a})){k}",
    "cce": "−{t} / {a}",
}
"""∂J/∂ŷ with its numbers; k is "/ K" for several outputs."""

SLOPE_NUMBERS: dict[str, str] = {"sigmoid": "{a} · (1 − {a})", "tanh": "1 − {a}²"}
"""g'(z) with its numbers, where it is written by a."""

_MEAN = r"m\leftarrow\beta_1m+(1-\beta_1)g"
_SQUARE = r"v\leftarrow\beta_2v+(1-\beta_2)g^2"
_MEAN_HAT, _SQUARE_HAT = r"\hat{m}=\frac{m}{1-\beta_1^t}", r"\hat{v}=\frac{v}{1-\beta_2^t}"
_MEANS = rf"{_MEAN},\quad {_SQUARE}"
_HATS = rf"{_MEAN_HAT},\quad {_SQUARE_HAT}"

OPTIMIZER: dict[str, tuple[str, ...]] = {
    "sgd": (r"\Delta w=\eta\,g",),
    "momentum": (r"v\leftarrow\mu v+g", r"\Delta w=\eta\,v"),
    "nesterov": (r"v\leftarrow\mu v+g", r"\Delta w=\eta\,(g+\mu v)"),
    "adagrad": (r"s\leftarrow s+g^2", r"\Delta w=\frac{\eta}{1+\kappa\,(t-1)}\,\frac{g}{\sqrt{s}+\epsilon}"),
    "adadelta": (
        r"s\leftarrow\rho s+(1-\rho)g^2",
        r"d=\frac{\sqrt{u+\epsilon}}{\sqrt{s+\epsilon}}\,g",
        r"\Delta w=\eta\,d",
        r"u\leftarrow\rho u+(1-\rho)d^2",
    ),
    "rmsprop": (
        r"s\leftarrow\rho s+(1-\rho)g^2",
        r"v\leftarrow\mu v+\frac{g}{\sqrt{s}+\epsilon}",
        r"\Delta w=\eta\,v",
    ),
    "adam": (_MEANS, _HATS, r"\Delta w=\eta\,\frac{\hat{m}}{\sqrt{\hat{v}}+\epsilon}"),
    "adamw": (
        _MEANS,
        _HATS,
        r"\Delta w=\eta\,\frac{\hat{m}}{\sqrt{\hat{v}}+\epsilon}+\eta\lambda w",
    ),
    "amsgrad": (
        _MEANS,
        r"v_{\max}\leftarrow\max(v_{\max},\,v)",
        rf"{_MEAN_HAT},\quad \hat{{v}}_{{\max}}=\frac{{v_{{\max}}}}{{1-\beta_2^t}}",
        r"\Delta w=\eta\,\frac{\hat{m}}{\sqrt{\hat{v}_{\max}}+\epsilon}",
    ),
    "adamax": (
        rf"{_MEAN},\quad u\leftarrow\max(\beta_2u,\,|g|+\epsilon)",
        rf"{_MEAN_HAT},\quad \Delta w=\eta\,\frac{{\hat{{m}}}}{{u}}",
    ),
    "nadam": (
        _MEANS,
        _SQUARE_HAT,
        r"\mu_t=\beta_1\,(1-\frac{1}{2}\cdot 0.96^{\psi t})",
        r"\hat{m}=\frac{(1-\mu_t)\,g}{1-\mu_1\cdots\mu_t}+\frac{\mu_{t+1}\,m}{1-\mu_1\cdots\mu_{t+1}}",
        r"\Delta w=\eta\,\frac{\hat{m}}{\sqrt{\hat{v}}+\epsilon}",
    ),
    "radam": (
        _MEANS,
        _MEAN_HAT,
        r"\rho_\infty=\frac{2}{1-\beta_2}-1,\quad \rho_t=\rho_\infty-\frac{2t\beta_2^t}{1-\beta_2^t}",
        r"r_t=\sqrt{\frac{(\rho_t-4)(\rho_t-2)\,\rho_\infty}{(\rho_\infty-4)(\rho_\infty-2)\,\rho_t}}",
        r"\Delta w=\eta\,r_t\,\hat{m}\,\frac{\sqrt{1-\beta_2^t}}{\sqrt{v}+\epsilon}\ "
        r"\mathrm{if}\ \rho_t>5,\ \mathrm{else}\ \eta\,\hat{m}",
    ),
    "lbfgs": (
        r"s_i=w_{i+1}-w_i",
        r"y_i=g_{i+1}-g_i",
        r"H=\mathrm{curvature}^{-1}(s_i,\,y_i)",
        r"\Delta w=t\,H\,g",
    ),
    "lion": (r"\Delta w=\eta\,(\mathrm{sign}(\beta_1m+(1-\beta_1)g)+\lambda w)", r"m\leftarrow\beta_2m+(1-\beta_2)g"),
}
"""From the gradient g to the step Δw of each optimizer."""

SLOTS: dict[str, tuple[str, ...]] = {
    "momentum": ("v",),
    "nesterov": ("v",),
    "adagrad": ("s",),
    "adadelta": ("s", "u"),
    "rmsprop": ("s", "v"),
    "adam": ("m", "v"),
    "adamw": ("m", "v"),
    "amsgrad": ("m", "v", r"v_{\max}"),
    "adamax": ("m", "u"),
    "nadam": ("m", "v"),
    "radam": ("m", "v"),
    "lion": ("m",),
}
"""The letters, in an optimizer's formulas, of what it remembers between steps."""

SETTING = {
    "momentum": r"\mu",
    "rho": r"\rho",
    "beta1": r"\beta_1",
    "beta2": r"\beta_2",
    "epsilon": r"\epsilon",
    "weight_decay": r"\lambda",
    "rate_decay": r"\kappa",
    "momentum_decay": r"\psi",
    "delta": r"\delta",
}
"""The letter, in their formulas, of each setting of optimizers and losses that has one."""


_LETTER = r"(?<![A-Za-z\\])(?:z_k|[az])(?![A-Za-z])"
"""The letters a and z by themselves, as they are not within a LaTeX command, and z_k: that of any neuron."""


class Names:
    """The names of a network's numbers as LaTeX, no longer than they need be.

    A network of one layer needs no layer in its names; one of single units is written w₁, w₂, as the simplest network
    of the textbooks is.
    """

    def __init__(self, network: Network) -> None:
        self._normalised = [layer.norm != "none" for layer in network.layers]
        self._shortcuts = [layer.shortcut is not None for layer in network.layers]
        self._layers = len(network.layers)
        self._units = [layer.units for layer in network.layers]
        self._inputs = len(network.inputs)
        self._line = self._layers > 1 and self._inputs == 1 and set(self._units) == {1}

    def _at(self, letter: str, index: int, *places: int) -> str:
        if self._line:
            return f"{letter}_{{{index + 1}}}"
        comma = "," if any(place > 8 for place in places) else r"\,"
        low = comma.join(str(place + 1) for place in places)
        below = f"_{{{low}}}" if low else ""
        return f"{letter}{below}^{{({index + 1})}}" if self._layers > 1 else f"{letter}{below}"

    def _unit(self, index: int, unit: int) -> tuple[int, ...]:
        return (unit,) if self._units[index] > 1 else ()

    def w(self, index: int, unit: int, source: int) -> str:
        """A weight: to ``unit`` of layer ``index`` from ``source``."""
        return self._at("w", index, *self._unit(index, unit), source)

    def b(self, index: int, unit: int) -> str:
        """A bias."""
        return self._at("b", index, *self._unit(index, unit))

    def z(self, index: int, unit: int) -> str:
        """A weighted sum."""
        return self._at("z", index, *self._unit(index, unit))

    def normal(self, index: int, unit: int) -> str:
        """A sum that was made to have mean 0 and variance 1."""
        return self._at(r"\hat{z}", index, *self._unit(index, unit))

    def gain(self, index: int, unit: int) -> str:
        """What a normalised sum is multiplied by."""
        return self._at(r"\gamma", index, *self._unit(index, unit))

    def shift(self, index: int, unit: int) -> str:
        """What is added to a normalised sum then."""
        return self._at(r"\beta", index, *self._unit(index, unit))

    def u(self, index: int, unit: int) -> str:
        """What enters the activation: z itself, but where sums are normalised."""
        return self._at("u", index, *self._unit(index, unit)) if self._normalised[index] else self.z(index, unit)

    def h(self, index: int, unit: int) -> str:
        """What leaves the activation: a itself, but where a shortcut has yet to be added."""
        return self._at("h", index, *self._unit(index, unit)) if self._shortcuts[index] else self.a(index, unit)

    def entering(self, index: int) -> str:
        """The letter of what enters the activation, in plain words."""
        return "u" if self._normalised[index] else "z"

    def g(self, index: int, unit: int, written: str) -> str:
        """A formula of z and a = g(z), of ACTIVATION, in the letters of a neuron: indexed as they are elsewhere."""
        above = f"^{{({index + 1})}}" if self._layers > 1 else ""
        letters = {"z": self.u(index, unit), "a": self.h(index, unit), "z_k": f"{self.entering(index)}_k{above}"}

        def letter(found: re.Match[str]) -> str:
            name = letters[found.group()]
            return rf"({name})" if "^" in name and found.string.startswith("^", found.end()) else name

        return re.sub(_LETTER, letter, written)

    def a(self, index: int, unit: int) -> str:
        """What leaves a layer; ŷ in the last one."""
        if index == self._layers - 1:
            return r"\hat{y}" + (f"_{{{unit + 1}}}" if self._units[index] > 1 else "")
        return self._at("a", index, *self._unit(index, unit))

    def any(self, index: int) -> str:
        """What leaves any neuron k of a layer, within a sum over them."""
        last = index == self._layers - 1
        return r"\hat{y}_k" if last else f"a_k^{{({index + 1})}}"

    def y(self, unit: int) -> str:
        """A target."""
        return "y" + (f"_{{{unit + 1}}}" if self._units[-1] > 1 else "")

    def below(self, index: int, source: int) -> str:
        """An input of layer ``index``: x in the first."""
        if index:
            return self.a(index - 1, source)
        return "x" if self._line else f"x_{{{source + 1}}}"


def d(above: str, below: str) -> str:
    """A partial derivative."""
    return rf"\frac{{\partial {above}}}{{\partial {below}}}"
