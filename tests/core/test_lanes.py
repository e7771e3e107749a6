"""Vectors in compiled code, the loops made of them, and work shared out over threads."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

pytest.importorskip("numba", reason="Numba is not installed, so there is no compiled engine")

from core.engine import pool
from core.engine.compiled import CompiledEngine
from core.engine.lanes import WIDTH, first, floor, library, size, spread, sqrt, total, where
from core.engine.loops import weight_gradient
from core.engine.memory import get, load, pointer, put, put_totals, shift, store
from core.engine.products import product
from core.engine.scalar import jit
from core.network import resolve
from core.random import permutation
from core.spec import Dense, Experiment, Network, with_ids

exponential = library("exp")
Floats = npt.NDArray[Any]


def numbers(*shape: int, dtype: str = "float32") -> Floats:
    return np.random.default_rng(0).normal(size=shape).astype(dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_operators_and_functions_are_numpys(dtype: str) -> None:
    @jit
    def run(x: Any, y: Any, out: Any) -> None:
        p, q = pointer(x), pointer(y)
        a, b = load(p, 0), load(q, 0)
        store(pointer(out[0]), 0, 2.0 * a + b / 3.0 - a * b)
        store(pointer(out[1]), 0, where(a > b, -a, 0.5))
        store(pointer(out[2]), 0, sqrt(size(a)) + floor(b) + exponential(a))
        store(pointer(out[3]), 0, where(first(3), a, spread(get(q, 0))))
        store(pointer(out[4]), 0, total(a))

    x, y, out = numbers(WIDTH, dtype=dtype), numbers(2, WIDTH, dtype=dtype)[1].copy(), np.zeros((5, WIDTH), dtype)
    run(x, y, out)
    expected = [
        2 * x + y / 3 - x * y,
        np.where(x > y, -x, 0.5),
        np.sqrt(abs(x)) + np.floor(y) + np.exp(x),
        np.where(np.arange(WIDTH) < 3, x, y[0]),
        np.full(WIDTH, x.sum()),
    ]
    np.testing.assert_allclose(out, expected, rtol=1e-5 if dtype == "float32" else 1e-13)


def test_nothing_is_greater_or_equal_where_there_is_no_number() -> None:
    @jit
    def run(x: Any, out: Any) -> None:
        a = load(pointer(x), 0)
        store(pointer(out[0]), 0, where(a > 0.0, 1.0 * a, 7.0))
        store(pointer(out[1]), 0, where(a != a, 1.0, 0.0 * where(a == a, a, 0.0)))

    x, out = np.full(WIDTH, np.nan, np.float32), np.zeros((2, WIDTH), np.float32)
    run(x, out)
    assert (out[0] == 7).all()
    assert (out[1] == 1).all()


def test_memory_is_read_and_written_where_it_is_said() -> None:
    @jit
    def run(x: Any, out: Any) -> None:
        p, q = pointer(x), pointer(out)
        put(shift(q, 2), 1, get(p, 5))
        put_totals(q, 4, load(p, 0), load(p, WIDTH), load(p, 2 * WIDTH), load(p, 3 * WIDTH))

    x, out = numbers(4 * WIDTH), np.zeros(10, np.float32)
    run(x, out)
    expected = [0, 0, 0, x[5], *x.reshape(4, WIDTH).sum(axis=1), 0, 0]
    np.testing.assert_allclose(out, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (3, 2), (4, 5), (9, 7), (3, 16), (5, 37)])
@pytest.mark.parametrize("lanes", [WIDTH, 3 * WIDTH])
def test_products_are_matrix_products(rows: int, columns: int, lanes: int) -> None:
    @jit
    def run(m: Any, b: Any, x: Any, out: Any, back: Any, g: Any, gb: Any) -> None:
        w, n = pointer(m), x.shape[1]
        product(w, m.shape[1], 1, pointer(b), True, pointer(x), pointer(out), m.shape[0], m.shape[1], n)
        product(w, 1, m.shape[1], w, False, pointer(out), pointer(back), m.shape[1], m.shape[0], n)
        weight_gradient(pointer(g), pointer(gb), True, pointer(out), pointer(x), m.shape[1], m.shape[0], n)

    m, b, x = numbers(rows, columns), numbers(rows), numbers(columns, lanes)
    out, back = np.zeros((rows, lanes), np.float32), np.zeros((columns, lanes), np.float32)
    g, gb = np.zeros((rows, columns), np.float32), np.zeros(rows, np.float32)
    run(m, b, x, out, back, g, gb)
    np.testing.assert_allclose(out, m @ x + b[:, None], rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(back, m.T @ out, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(g, out @ x.T, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(gb, out.sum(axis=1), rtol=1e-4, atol=1e-4)


# ---- threads ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("count", "step", "cores"), [(10, 1, 4), (7, 3, 2), (64, 64, 3), (1, 1, 8), (200, 64, 2)])
def test_work_is_shared_out_without_gap_or_overlap(
    count: int, step: int, cores: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts: list[tuple[int, int]] = []
    monkeypatch.setattr(pool, "cores", lambda: cores)
    pool.share_out(count, 1e12, lambda start, stop: parts.append((start, stop)), step)
    parts.sort()
    assert [n for start, stop in parts for n in range(start, stop)] == list(range(count))
    assert all(start % step == 0 for start, _ in parts)
    assert len(parts) <= cores
    parts.clear()
    pool.share_out(count, 10.0, lambda start, stop: parts.append((start, stop)), step)
    assert parts == [(0, count)]


def test_an_error_in_a_thread_comes_out() -> None:
    def fail(start: int, stop: int) -> None:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        pool.share_out(100, 1e12, fail)


def test_the_same_bits_whatever_the_number_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "LEAST", 1.0)
    net = resolve(Experiment(network=with_ids(Network((Dense(7, dropout=0.2), Dense(5))))))
    engine, rng = CompiledEngine(net), np.random.default_rng(0)
    x, t = rng.normal(size=(300, len(net.inputs))), rng.normal(size=(300, net.output.units))
    thetas = np.stack([net.initial(seed) for seed in range(11)])
    columns = engine.columns(x), engine.columns(t)
    from core.engine.array import Hyper

    found = []
    for cores in (1, 2, 3, 5):
        monkeypatch.setattr(pool, "cores", lambda cores=cores: cores)
        rates = np.geomspace(1e-3, 0.1, 11)[:, None]
        trained = engine.train(
            engine.zero_state(thetas, "sgd"), *columns, permutation(0, 300), 30, Hyper(rates, 10, "sgd", {}, seed=3)
        )
        arrays = (
            trained.state.thetas,
            trained.loss,
            engine.loss(thetas, x, t),
            engine.losses(thetas[:2], x, t),
            *engine.activations(thetas[:1], x),
        )
        found.append(b"".join(np.ascontiguousarray(array).tobytes() for array in arrays))
    assert len(set(found)) == 1
