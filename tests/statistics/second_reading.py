"""METHODS read a second time, kept as plain as it can be.

Here: control charts, funnels and outlooks of one series or group, without SQL.
Belongs here: what a model is compared with on many series.
Does not belong here: an expectation.
"""

import math
from itertools import pairwise
from typing import Any

import numpy as np


def control_chart(values: list[float], first: int | None, screen: bool) -> list[dict[str, Any]]:
    """Limits and flags of each point (METHODS §1)."""
    used = values[: first or len(values)]
    mean = sum(used) / len(used)
    ranges = [abs(b - a) for a, b in pairwise(used)]
    average = sum(ranges) / len(ranges)
    kept = [r for r in ranges if r < 3.267 * average] if screen else ranges
    average = sum(kept) / len(kept) if kept else 0
    lower, upper = mean - 2.66 * average, mean + 2.66 * average
    near = 2 * (2.66 / 3) * average
    points: list[dict[str, Any]] = [
        {"is_outside": y > upper or y < lower, "close": abs(y - mean) > near, "is_trend": False, "is_shift": False}
        for y in values
    ]
    for point in points:
        point |= {"close": point["close"] and not point["is_outside"], "is_two_of_three": False}
    for start in range(len(values) - 6):
        run = values[start : start + 7]
        if all(b > a for a, b in pairwise(run)) or all(b < a for a, b in pairwise(run)):
            for point in points[start : start + 7]:
                point["is_trend"] = True
        if all(y > mean for y in run) or all(y < mean for y in run):
            for point in points[start : start + 7]:
                point["is_shift"] = True
    for start in range(len(values) - 2):
        three = points[start : start + 3]
        same = all(y > mean for y in values[start : start + 3]) or all(y < mean for y in values[start : start + 3])
        if same and sum(point["close"] for point in three) >= 2:
            for point in three:
                point["is_two_of_three"] |= point["close"]
    for point in points:
        point |= {"centre_line": mean, "lower_limit": lower, "upper_limit": upper}
        point |= {"lower_near_limit": mean - near, "upper_near_limit": mean + near}
    return points


def funnel(units: list[tuple[float, float]], is_share: bool) -> dict[str, Any]:
    """METHODS §6 on arrays: z without and with over-dispersion, τ² and limits (rates, not multiplied)."""
    x, n = (np.array(part, dtype=float) for part in zip(*units, strict=True))
    pooled = x.sum() / n.sum()
    if is_share:
        y, target, s = np.arcsin(np.sqrt(x / n)), math.asin(math.sqrt(pooled)), 1 / (2 * np.sqrt(n))
    else:
        y, target, s = np.sqrt(x / (n * pooled)), 1.0, 1 / (2 * np.sqrt(n * pooled))
    z = (y - target) / s
    winsorised = np.clip(z, *np.quantile(z, [0.1, 0.9], method="linear"))
    k, phi, w = len(z), np.mean(winsorised**2), 1 / s**2
    tau_squared = max(0.0, (k * phi - (k - 1)) / (w.sum() - (w**2).sum() / w.sum()))
    spread = np.sqrt(s**2 + tau_squared)
    limits = {}
    for name, quantile in (("95", 1.959963984540054), ("998", 3.090232306167813)):
        for end, sign in (("lower", -1), ("upper", 1)):
            at = np.maximum(0, target + sign * quantile * spread)
            limits[f"{end}_limit_{name}"] = np.sin(np.minimum(at, math.pi / 2)) ** 2 if is_share else at**2 * pooled
    return {"z": z, "z_dispersed": (y - target) / spread, "tau_squared": tau_squared, **limits}


class Outlook:
    """The rule on one series of months from an April: numerators, and denominators of a ratio."""

    def __init__(self, numerators: list[float], denominators: list[float] | None, link: str) -> None:
        self.y, self.n, self.link = numerators, denominators, link

    def index(self, series: list[float], year: int) -> list[float] | None:
        whole = [series[12 * k : 12 * k + 12] for k in range(max(0, year - 3), year)]
        if len(whole) < 2:
            return None
        shares = [[value / (sum(values) / 12) for value in values] for values in whole]
        return [max(0.05, sum(column) / len(column)) for column in zip(*shares, strict=True)]

    def to_come(self, series: list[float], at: int, length: int) -> float | None:
        index = self.index(series, at // 12)
        if index is None:
            return None
        level = sum(series[at - 5 : at + 1]) / sum(index[k % 12] for k in range(at - 5, at + 1))
        return level * sum(index[k % 12] for k in range(at + 1, at + 1 + length))

    def error(self, at: int, length: int) -> float | None:
        come = self.to_come(self.y, at, length)
        if come is None:
            return None
        actual = sum(self.y[at + 1 : at + 1 + length])
        if self.n is None:
            half = 0.5 if self.link == "count" else 0
            return math.log((actual + half) / (come + half))
        done, base = (sum(series[at - 11 + length : at + 1]) for series in (self.y, self.n))
        base_to_come = self.to_come(self.n, at, length)
        assert base_to_come is not None
        projected = (done + come) / (base + base_to_come)
        became = (done + actual) / (base + sum(self.n[at + 1 : at + 1 + length]))
        if self.link == "share":
            return math.log(became / (1 - became)) - math.log(projected / (1 - projected))
        return math.log(became / projected)

    def deviation(self, at: int) -> float | None:
        length = 11 - at % 12
        known = [self.error(k, length) for k in range(max(0, at - 60), at - length + 1)]
        squares = [e**2 for e in known if e is not None]
        if len(squares) < 12:
            squares = []
            for other in range(1, 12):
                past = [self.error(k, other) for k in range(max(0, at - 60), at - other + 1)]
                squares += [e**2 * length / other for e in past if e is not None]
        if len(squares) < 12:
            return None
        mean = sum(squares) / len(squares)
        come = self.to_come(self.y, at, length)
        assert come is not None
        return math.sqrt(max(mean, 1 / come) if self.link == "count" else mean)
