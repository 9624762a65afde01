"""Where the noise of binary fractions ends and a difference begins.

Here: the macros `exact` and `sign_of`, and the flag of a funnel on its limits.
Belongs here: what happens on a line, and within the last digits of it.
Does not belong here: what lies on the two sides of it.
"""

import pytest

from tests.statistics.sql import ask


@pytest.mark.parametrize(
    ("difference", "scale", "sign"),
    [
        # A difference is none up to 1e-12 of what it is a difference of, that included.
        (1e-12, 1, 0),
        (-1e-12, 1, 0),
        (5e-13, 1, 0),
        (2e-12, 1, 1),
        (-2e-12, 1, -1),
        (5e-10, 1000, 0),
        (5e-10, -1000, 0),
        (2e-9, 1000, 1),
        # What is next to nothing itself is taken for 1e-12.
        (0, 0, 0),
        (5e-25, 0, 0),
        (-2e-24, 0, -1),
    ],
)
def test_a_difference_within_the_last_digits_is_none(difference: float, scale: float, sign: int) -> None:
    assert ask("{{ sign_of('difference', 'scale') }}", difference=difference, scale=scale) == (sign,)


def test_a_sum_is_exact_to_twelve_places_unless_told() -> None:
    assert ask("({{ exact('x') }})::varchar, ({{ exact('x', 3) }})::varchar", x=0.1234567890126) == (
        "0.123456789013",
        "0.123",
    )


@pytest.mark.parametrize(
    ("z", "flag"),
    [
        (3.090232306167813, "above_95"),
        (3.0902323061678137, "above_998"),
        (1.959963984540054, "within"),
        (1.9599639845400545, "above_95"),
        (0, "within"),
        (-1.959963984540054, "within"),
        (-1.9599639845400545, "below_95"),
        (-3.090232306167813, "below_95"),
        (-3.0902323061678137, "below_998"),
    ],
)
def test_a_unit_on_a_limit_is_within_it(z: float, flag: str) -> None:
    assert ask("{{ funnel_flag('z') }}", z=z) == (flag,)
