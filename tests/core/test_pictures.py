"""Points that are pictures: which tables' columns are pixels, and the ink of a sample."""

from __future__ import annotations

import numpy as np
import pytest

from core.data.pictures import picture_shape, pictures
from core.data.tables import TABLES, table_data
from core.spec import Column, Data, Points


def named(form: str, rows: int, columns: int, first: int = 0) -> tuple[Column, ...]:
    return tuple(Column(form.format(r + first, c + first)) for r in range(rows) for c in range(columns))


def test_of_the_tables_only_the_digits_are_pictures() -> None:
    shapes = {row.name: picture_shape(table_data(row.name).columns) for row in TABLES.rows()}
    assert {name for name, shape in shapes.items() if shape} == {"digits"}
    assert shapes["digits"] == (8, 8)


@pytest.mark.parametrize("form", ["pixel {},{}", "r{}c{}", "{}x{}"])
@pytest.mark.parametrize(("rows", "columns", "first"), [(3, 5, 0), (28, 28, 1)])
def test_pixels_are_named_by_row_and_column(form: str, rows: int, columns: int, first: int) -> None:
    assert picture_shape(named(form, rows, columns, first)) == (rows, columns)


@pytest.mark.parametrize(
    "columns",
    [
        (),
        named("pixel {},{}", 3, 3)[:-1],
        named("pixel {},{}", 3, 3)[::-1],
        named("pixel {},{}", 2, 8),
        (*named("pixel {},{}", 3, 3)[:-1], Column("dot 2,2")),
        (*named("pixel {},{}", 3, 3), Column("weight")),
    ],
    ids=["none", "one missing", "upside down", "too few rows", "another name", "another column"],
)
def test_what_is_no_whole_picture_is_none(columns: tuple[Column, ...]) -> None:
    assert picture_shape(columns) is None


def test_ink_goes_from_the_least_to_the_largest_number_row_by_row() -> None:
    data = table_data("digits")
    seen = pictures(data, data.points.x[:2])
    assert seen is not None
    np.testing.assert_array_equal(seen * 16.0, data.points.x[:2].reshape(2, 8, 8))
    beyond = pictures(data, np.full((1, 64), 40.0))
    assert beyond is not None
    assert beyond.max() == beyond.min() == 1.0


def test_without_points_or_with_all_alike_nothing_is_divided_by() -> None:
    columns = named("pixel {},{}", 3, 3)
    names = tuple(column.name for column in columns)
    assert pictures(Data(columns=columns, features=names), np.zeros((1, 9))) is None
    alike = pictures(Data(points=Points(np.ones((2, 9)), [0, 1]), columns=columns, features=names), np.ones((1, 9)))
    assert alike is not None
    assert (alike == 0.0).all()
