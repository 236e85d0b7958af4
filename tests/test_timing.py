import pytest
from hypothesis import given
from hypothesis import strategies as st

from improv.timing import Window


def test_an_empty_window_has_nothing_to_say() -> None:
    window = Window()
    assert (window.count, window.median, window.p99, window.max) == (0, None, None, None)


def test_quantiles_are_measurements_that_were_taken() -> None:
    window = Window()
    for number in range(100, 0, -1):
        window.add(float(number))
    assert (window.count, window.median, window.p99, window.max) == (100, 50.0, 99.0, 100.0)


def test_one_measurement_is_all_of_them() -> None:
    window = Window()
    window.add(0.25)
    assert (window.median, window.p99, window.max) == (0.25, 0.25, 0.25)


def test_the_oldest_leaves() -> None:
    window = Window(2)
    for seconds in (8.0, 0.5, 0.25):
        window.add(seconds)
    assert (window.count, window.max) == (2, 0.5)


def test_a_window_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError):
        Window(0)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60), st.integers(1, 20), st.floats(0, 1))
def test_quantiles_are_those_of_the_last_measurements_sorted(values: list[float], size: int, share: float) -> None:
    window = Window(size)
    for value in values:
        window.add(value)
    last = sorted(values[-size:])
    found = window.quantile(share)
    assert found in last
    assert sum(value <= found for value in last) >= share * len(last) - 1e-4
    assert window.max == last[-1]
