"""The domains that pandera and dbt share, read from the dbt seeds so that each is written once.

Here: area identifiers, offence codes and measure identifiers.
Belongs here: a domain that a pandera rule checks and a dbt model joins to.
Does not belong here: anything only one of the two needs.
"""

import csv
from functools import cache
from pathlib import Path

SEEDS = Path(__file__).parents[2] / "dbt_project" / "seeds"


def _rows(seed: str) -> list[dict[str, str]]:
    with (SEEDS / f"{seed}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@cache
def area_ids(*of_type: str) -> frozenset[str]:
    """Every `area_id` of `seeds/areas.csv`, or those of some types of area."""
    return frozenset(row["area_id"] for row in _rows("areas") if not of_type or row["area_type"] in of_type)


@cache
def boroughs() -> frozenset[str]:
    """The 32 boroughs that a force figure needs."""
    return area_ids("borough")


@cache
def offence_codes(source: str) -> frozenset[str]:
    """The offence labels published by one source, as keyed in `seeds/offence_groups.csv`."""
    return frozenset(row["offence_code"] for row in _rows("offence_groups") if row["source"] == source)


@cache
def measure_ids(**having: str) -> frozenset[str]:
    """Every `measure_id` of the catalogue, `seeds/measures.csv`, whose row has these values."""
    return frozenset(row["measure_id"] for row in _rows("measures") if having.items() <= row.items())
