"""An outsider's arithmetic: what follows from figures that are known, of counts that are not.

Here: the linear relations between counts, and the least and the most that a sum of them can be.
Belongs here: what anybody with the public edition, the definitions and a computer could do.
Does not belong here: how figures are withheld, and what is expected (`test_disclosure.py`).
"""

import itertools
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_matrix

Key = Hashable
# Counts with their weights, and what they add up to.
Equation = tuple[dict[Key, float], float]


class Relations:
    """Equations between counts, none below 0: a sum of unknown ones, weighted, is a number."""

    def __init__(self) -> None:
        self.known: dict[Key, float] = {}
        self._equations: list[Equation] = []

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

    def disclosed(self, sums: Sequence[Iterable[Key]], least_count: int) -> list[int]:
        """Which of the sums of counts (by number) can only be from 1 to under the least count that is given.

        Counts that agree with everything known, and for which a sum is 0 or large enough, settle that one: some are
        found at random, and for what is left the least and the most are solved for.
        """
        found = []
        pending: dict[int, tuple[float, list[Key]]] = {}
        for number, keys in enumerate(sums):
            keys = list(keys)
            settled = sum(self.known[key] for key in keys if key in self.known)
            if unknown := [key for key in keys if key not in self.known]:
                pending[number] = (settled, unknown)
            elif 1e-6 < settled < least_count - 1e-6:
                found.append(number)
        for numbers, equations in self._apart(pending):
            found += _narrowed({number: pending[number] for number in numbers}, equations, least_count)
        return sorted(found)

    def _apart(self, pending: Mapping[int, tuple[float, list[Key]]]) -> Iterator[tuple[list[int], list[Equation]]]:
        """The sums, with the equations that their counts are connected with, in sets that have no count in common."""
        leader: dict[Key, Key] = {}

        def find(key: Key) -> Key:
            while (above := leader.setdefault(key, key)) != key:
                leader[key] = leader[above]
                key = leader[key]
            return key

        for keys in itertools.chain(
            (list(terms) for terms, _ in self._equations), (keys for _, keys in pending.values())
        ):
            for key in keys[1:]:
                leader[find(key)] = find(keys[0])
        equations = defaultdict(list)
        for equation in self._equations:
            equations[find(next(iter(equation[0])))].append(equation)
        numbers = defaultdict(list)
        for number, (_, keys) in pending.items():
            numbers[find(keys[0])].append(number)
        for key, together in numbers.items():
            yield together, equations[key]


def _narrowed(pending: dict[int, tuple[float, list[Key]]], equations: list[Equation], least_count: int) -> list[int]:
    unknown = {key: None for terms, _ in equations for key in terms}
    unknown |= {key: None for _, keys in pending.values() for key in keys}
    column = {key: number for number, key in enumerate(unknown)}
    relations = _matrix([{column[key]: weight for key, weight in terms.items()} for terms, _ in equations], len(column))
    totals = np.array([total for _, total in equations])
    sums = _matrix([{column[key]: 1.0 for key in keys} for _, keys in pending.values()], len(column))
    settled = np.array([known for known, _ in pending.values()])
    numbers = np.array(list(pending))
    open_ = np.ones(len(numbers), dtype=bool)
    random = np.random.default_rng(0)

    def solve(goal: np.ndarray) -> float:
        """The least of a weighted sum; every sum that its counts settle is closed."""
        ended = linprog(goal, A_eq=relations, b_eq=totals, bounds=(0, 1e6), method="highs")
        assert ended.status == 0, ended.message
        reached = sums @ ended.x + settled
        open_[(reached < 1e-6) | (reached > least_count - 1e-6)] = False
        return float(ended.fun)

    for _ in range(20):
        if open_.any():
            solve(random.normal(size=len(column)) * (random.random(len(column)) < 0.5))
    found = []
    for row in range(len(numbers)):
        if open_[row]:
            goal = sums[[row]].toarray()[0]
            lowest = settled[row] + solve(goal)
            highest = settled[row] - solve(-goal)
            if lowest > 1e-6 and highest < least_count - 1e-6:
                found.append(int(numbers[row]))
    return found


def _matrix(rows: list[dict[int, float]], width: int) -> csr_matrix:
    cells = [(row, column, weight) for row, terms in enumerate(rows) for column, weight in terms.items()]
    at, columns, weights = zip(*cells, strict=True) if cells else ((), (), ())
    return csr_matrix((weights, (at, columns)), shape=(len(rows), width))
