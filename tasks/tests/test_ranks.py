"""The manual order, as numbers."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tasks import ranks

positions = st.integers(min_value=-(2**50), max_value=2**50)


@given(low=positions, high=positions)
def test_what_lies_between_two_positions_is_between_them_or_there_is_no_room(low, high):
    middle = ranks.between(low, high)

    assert (low < middle < high) if middle is not None else high - low <= 1


@given(neighbour=positions)
def test_at_either_end_there_is_always_room(neighbour):
    assert ranks.between(None, neighbour) < neighbour < ranks.between(neighbour, None)


@given(count=st.integers(1, 300), low=st.none() | positions, room=st.integers(1, 2**40))
def test_a_spread_rises_and_stays_inside_with_room_for_more(count, low, room):
    high = (low or 0) + room
    spread = ranks.spread(count, low, high)

    if spread is None:
        assert low is not None
        assert room // (count + 1) < ranks.LEAST_STEP
    else:
        line = [*([] if low is None else [low]), *spread, high]
        assert len(spread) == count
        assert all(after - before >= ranks.LEAST_STEP for before, after in pairwise(line))
