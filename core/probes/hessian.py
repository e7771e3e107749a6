"""The curvature of the objective without its Hessian: products with vectors, and the extreme eigenpairs.

Pearlmutter, "Fast Exact Multiplication by the Hessian", 1994, showed that H v costs about as much as a gradient: it is
the derivative of the gradient along v. Here that derivative is a central difference of the engine's own gradient in
float64, because every activation, loss and penalty then counts as training has it, without second derivatives in the
tables; seven digits are right, many more than a sharpness needs. Eigenpairs are Lanczos's (1950).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.probes.directions import Floats
from core.probes.landscape import Objective

STEP = 1e-7
"""How far θ is moved to each side, relative to 1 + ‖θ‖.

A smooth function would like 6e-6, the cube root of the rounding, but where a kink of ReLU lies within the step the
difference takes it for a huge curvature: a short step crosses few, and rounding still leaves seven digits.
"""
EXACT = 64
"""Free parameters up to which the whole Hessian is computed: one stack of gradients, and every eigenpair at once."""
TOLERANCE = 1e-3
"""An eigenvalue's residual ‖H v − λ v‖, relative to |λ|, at which it is good enough to be shown; its error is
about the square of that."""
MOST = 80
"""Products at most for an eigenpair."""
_FRESH = 0.1
"""How much of a random vector a start that was given gets: an eigenvector alone would find nothing but itself."""
_NOTHING = 1e-12


@dataclass(frozen=True, eq=False)
class Eigenpair:
    """H ``vector`` ≈ ``value`` · ``vector`` (P,), of length 1 and zero where θ is frozen or a running statistic.

    ``residual`` is ‖H v − λ v‖, ``products`` the products with H it took. Value and residual are NaN where the gradient
    is not finite or nothing is free.
    """

    value: float
    vector: Floats
    residual: float
    products: int

    def settled(self, tolerance: float = TOLERANCE) -> bool:
        """Whether the residual is within ``tolerance`` of the value."""
        return self.residual <= tolerance * abs(self.value) + _NOTHING


def hessian_products(
    objective: Objective, theta: npt.ArrayLike, vectors: npt.ArrayLike, free: npt.ArrayLike | None = None
) -> Floats:
    """H V (K, P) for the rows of ``vectors`` (K, P) at ``theta`` (P,), with one stack of 2 K gradients.

    With ``free`` (P,), 1 for what may move and 0 for what is frozen, the frozen rows and columns of H are zero, as are
    those of running statistics, which no gradient moves. The objective should compute in float64. NaN or infinite where
    the gradients are.
    """
    theta = np.asarray(theta, dtype=np.float64)
    rows = np.atleast_2d(np.asarray(vectors, dtype=np.float64))
    mask = _mask(objective, free)
    rows = rows * mask
    size = max(1, objective.stack // 2)
    parts = []
    with np.errstate(over="ignore", invalid="ignore"):
        reach = STEP * (1.0 + np.linalg.norm(theta))
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        steps = reach * rows / np.where(lengths > 0, lengths, 1.0)
        for start in range(0, len(rows), size):
            some = steps[start : start + size]
            _, gradients = objective.gradient(np.concatenate([theta + some, theta - some]))
            parts.append(gradients[: len(some)] - gradients[len(some) :])
        products: Floats = np.concatenate(parts) * (lengths / (2.0 * reach)) * mask
    return products


def _mask(objective: Objective, free: npt.ArrayLike | None) -> Floats:
    """1 (P,) for what a gradient moves, 0 for what is frozen and for running statistics."""
    trained = (~objective.engine.network.statistics).astype(np.float64)
    return trained if free is None else trained * np.asarray(free, dtype=np.float64)


def hessian(objective: Objective, theta: npt.ArrayLike, free: npt.ArrayLike | None = None) -> Floats:
    """The whole Hessian (P, P) at ``theta`` (P,), symmetric; frozen rows and columns are zero."""
    theta = np.asarray(theta, dtype=np.float64)
    full = hessian_products(objective, theta, np.eye(len(theta)), free)
    return (full + full.T) / 2.0


def extreme_eigenpairs(
    objective: Objective, theta: npt.ArrayLike, count: int = 1, free: npt.ArrayLike | None = None, seed: int = 0
) -> tuple[list[Eigenpair], Eigenpair]:
    """The ``count`` largest eigenpairs at ``theta`` (P,), largest first, and the smallest one.

    Exact to rounding up to ``EXACT`` free parameters, else what one run of Lanczos of at most ``MOST`` products gives.
    """
    last: _Krylov | None = None
    for last in _krylov(objective, theta, seed, MOST, None, free):
        if all(pair.settled() for pair in [*last.top(count), last.bottom()]):
            break
    if last is None:
        nothing = _nothing(len(np.asarray(theta)))
        return [nothing] * count, nothing
    return last.top(count), last.bottom()


def top_eigenpair(
    objective: Objective,
    theta: npt.ArrayLike,
    seed: int = 0,
    tolerance: float = TOLERANCE,
    most: int = MOST,
    start: npt.ArrayLike | None = None,
    free: npt.ArrayLike | None = None,
) -> Eigenpair:
    """The largest eigenvalue of the Hessian at ``theta`` (P,), the sharpness, with its vector.

    Exact to rounding up to ``EXACT`` free parameters. Beyond that by Lanczos from ``start`` (P,), the vector of a θ
    nearby, say, or a random vector drawn from ``seed``, until the residual is within ``tolerance`` of the value, or for
    ``most`` products. ``free`` (P,) leaves the rows and columns of what is frozen out.
    """
    *_, pair = refine_eigenpair(objective, theta, seed, tolerance, most, start, free)
    return pair


def refine_eigenpair(
    objective: Objective,
    theta: npt.ArrayLike,
    seed: int = 0,
    tolerance: float = TOLERANCE,
    most: int = MOST,
    start: npt.ArrayLike | None = None,
    free: npt.ArrayLike | None = None,
) -> Iterator[Eigenpair]:
    """The same, better with every product, so that whoever iterates may show it or break off; at least one."""
    found = False
    for space in _krylov(objective, theta, seed, most, start, free):
        pair = space.top(1)[0]
        found = True
        yield pair
        if pair.settled(tolerance):
            return
    if not found:
        yield _nothing(len(np.asarray(theta)))


@dataclass(frozen=True, eq=False)
class _Krylov:
    """H seen from a space: orthonormal ``basis`` (k, P), eigenvalues (k,) ascending and vectors (k, k) in that basis.

    ``rest`` is what H leads out of the space by, from its last basis vector.
    """

    basis: Floats
    values: Floats
    vectors: Floats
    rest: float
    products: int

    def _pair(self, index: int) -> Eigenpair:
        vector = self.vectors[:, index] @ self.basis
        residual = self.rest * abs(float(self.vectors[-1, index]))
        return Eigenpair(float(self.values[index]), vector, residual, self.products)

    def top(self, count: int) -> list[Eigenpair]:
        return [self._pair(index) for index in range(len(self.values) - 1, max(-1, len(self.values) - 1 - count), -1)]

    def bottom(self) -> Eigenpair:
        return self._pair(0)


def _nothing(parameters: int) -> Eigenpair:
    return Eigenpair(float("nan"), np.zeros(parameters), float("nan"), 0)


def _krylov(
    objective: Objective,
    theta: npt.ArrayLike,
    seed: int,
    most: int,
    start: npt.ArrayLike | None,
    free: npt.ArrayLike | None,
) -> Iterator[_Krylov]:
    """Growing spaces with what H is in them; the last one is all there is to find. None where nothing is finite."""
    theta = np.asarray(theta, dtype=np.float64)
    places = np.flatnonzero(_mask(objective, free))
    if not len(places) or not np.isfinite(theta).all():
        return
    if len(places) <= EXACT:
        yield from _whole(objective, theta, places)
        return
    basis = np.zeros((min(most, len(places)), len(theta)))
    basis[0] = _start(len(theta), places, seed, start)
    along: list[float] = []
    across: list[float] = []
    for k in range(len(basis)):
        product = hessian_products(objective, theta, basis[k], free)[0]
        if not np.isfinite(product).all():
            return
        along.append(float(basis[k] @ product))
        for _ in range(2):  # once leaves the errors of rounding, twice is enough (Giraud, Langou & Rozložník 2005)
            product -= (basis[: k + 1] @ product) @ basis[: k + 1]
        rest = float(np.linalg.norm(product))
        values, vectors = np.linalg.eigh(np.diag(along) + np.diag(across, 1) + np.diag(across, -1))
        yield _Krylov(basis[: k + 1], values, vectors, rest, k + 1)
        if k + 1 == len(basis) or rest <= _NOTHING * max(1.0, float(np.abs(values).max())):
            return
        across.append(rest)
        basis[k + 1] = product / rest


def _whole(objective: Objective, theta: Floats, places: npt.NDArray[np.intp]) -> Iterator[_Krylov]:
    """All of space at once."""
    basis = np.eye(len(theta))[places]
    block = hessian_products(objective, theta, basis)[:, places]
    if np.isfinite(block).all():
        values, vectors = np.linalg.eigh((block + block.T) / 2.0)
        yield _Krylov(basis, values, vectors, 0.0, len(places))


def _start(parameters: int, places: npt.NDArray[np.intp], seed: int, start: npt.ArrayLike | None) -> Floats:
    """A vector (P,) of length 1 to begin from, zero where θ is frozen."""
    vector = np.zeros(parameters)
    vector[places] = np.random.default_rng((0x4C414E43, seed)).standard_normal(len(places))
    vector /= np.linalg.norm(vector)
    if start is None:
        return vector
    given = np.zeros(parameters)
    given[places] = np.asarray(start, dtype=np.float64)[places]
    length = float(np.linalg.norm(given))
    if length > 0 and np.isfinite(length):
        vector = given / length + _FRESH * vector
    unit: Floats = vector / np.linalg.norm(vector)
    return unit
