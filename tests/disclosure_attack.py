"""An outsider's arithmetic: what follows from figures that are known, of counts that are not.

Here: the linear relations between counts, and the least and the most that a sum of them can be.
Belongs here: what anybody with the public edition, the definitions and a computer could do.
Does not belong here: how figures are withheld, and what is expected (`test_disclosure.py`).
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_matrix

Key = Hashable


class Relations:
    """Equations between counts, none below 0: a sum of unknown ones, weighted, is a number."""

    def __init__(self) -> None:
        self.known: dict[Key, float] = {}
        self._equations: list[tuple[dict[Key, float], float]] = []
        self._possible: list[dict[Key, float]] = []

    def add(self, terms: Mapping[Key, float], total: float) -> None:
        self._equations.append((dict(terms), total))

    def work_out(self) -> None:
        """Solve every equation with one unknown count, again and again; of those left, all unknown ones of a sum of 0
        are 0."""
        left = self._equations
        solved = True
        while solved:
            solved, rest = False, []
            for terms, total in left:
                unknown = {key: weight for key, weight in terms.items() if key not in self.known}
                total -= sum(weight * self.known[key] for key, weight in terms.items() if key in self.known)
                if not unknown:
                    assert abs(total) < 1e-4, f"figures contradict each other by {total}"
                elif len(unknown) == 1 or (abs(total) < 1e-6 and min(unknown.values()) > 0):
                    self.known |= {key: round(total / weight, 9) for key, weight in unknown.items()}
                    solved = True
                else:
                    rest.append((unknown, total))
            left = rest
        # The same sum twice says nothing new.
        self._equations = list(
            {(frozenset(terms.items()), round(total, 6)): (terms, total) for terms, total in left}.values()
        )

    def discloses(self, keys: Iterable[Key], least_count: int) -> bool:
        """Whether the counts of `keys` can only add up to something from 1 to under the least count that is given."""
        keys = list(keys)
        # Counts that agree with everything known, and for which the sum is another, settle it without solving.
        for counts in self._possible:
            if counts.keys() >= {key for key in keys if key not in self.known}:
                total = sum(self.known.get(key, counts.get(key, 0.0)) for key in keys)
                if total < 1e-6 or total > least_count - 1e-6:
                    return False
        lowest, highest = self.bounds(keys)
        return lowest > 1e-6 and highest < least_count - 1e-6

    def bounds(self, keys: Iterable[Key]) -> tuple[float, float]:
        """The least and the most that the counts of `keys` can add up to."""
        keys = list(keys)
        settled = sum(self.known[key] for key in keys if key in self.known)
        wanted = [key for key in keys if key not in self.known]
        if not wanted:
            return settled, settled
        equations = self._around(wanted)
        unknown = sorted({key for terms, _ in equations for key in terms} | set(wanted), key=repr)
        column = {key: number for number, key in enumerate(unknown)}
        cells = [
            (row, column[key], weight) for row, (terms, _) in enumerate(equations) for key, weight in terms.items()
        ]
        rows, columns, weights = zip(*cells, strict=True) if cells else ((), (), ())
        matrix = csr_matrix((weights, (rows, columns)), shape=(len(equations), len(unknown)))
        totals = np.array([total for _, total in equations])
        goal = np.zeros(len(unknown))
        goal[[column[key] for key in wanted]] = 1
        ends = []
        for sign in (1, -1):
            found = linprog(sign * goal, A_eq=matrix, b_eq=totals, bounds=(0, None), method="highs")
            assert found.status in (0, 3), found.message
            ends.append(sign * found.fun if found.status == 0 else np.inf)
            if found.status == 0:
                self._possible.append(dict(zip(unknown, found.x, strict=True)))
        return settled + ends[0], settled + ends[1]

    def _around(self, wanted: list[Key]) -> list[tuple[dict[Key, float], float]]:
        """The equations that are connected with the counts wanted, over others."""
        of_key = defaultdict(list)
        for number, (terms, _) in enumerate(self._equations):
            for key in terms:
                of_key[key].append(number)
        found: set[int] = set()
        waiting, seen = list(wanted), set(wanted)
        while waiting:
            for number in of_key[waiting.pop()]:
                if number not in found:
                    found.add(number)
                    fresh = self._equations[number][0].keys() - seen
                    seen |= fresh
                    waiting += fresh
        return [self._equations[number] for number in sorted(found)]
