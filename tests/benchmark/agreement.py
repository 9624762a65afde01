"""Whether everyone came to the same result.

Here: what a run left behind, and how two of them differ.
Belongs here: a comparison that a fast but wrong script would fail.
Does not belong here: time and memory.
"""

from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl

from orchestration.layouts.monthly_extracts import LAYOUTS
from tests.benchmark.duckdb_script import run

COLUMNS = next(sorted(layout.header) for layout in LAYOUTS if layout.extract == "recorded_crime")
KEYS = ["measure_id", "period_month", "area_id"]
# The measures that all of them make. Of these, numerator and denominator are compared;
OVER_OFFENCES = [
    "domestic_violence_arrest_rate",
    "domestic_violence_arrests_in_period",
    "sanction_detection_rate",
    "serious_violence_brought_to_justice_cohort",
]
# of these, the numerator: the release divides some by residents, which are no row of recorded crime.
COUNTS = [
    "class_a_trafficking_detections",
    "gun_enabled_crime",
    "homicide",
    "knife_enabled_crime",
    "serious_acquisitive_crime_rate",
    "serious_youth_violence_victims",
    "total_recorded_crime",
]
PUBLISHED = """
select
    measure_id,
    period_month,
    area_id,
    cast(numerator as bigint) as numerator,
    case when list_contains($over_offences, measure_id) then cast(denominator as bigint) end as denominator
from fct_source_result
inner join dim_area using (area_id)
where period_basis = 'month' and source = 'crime_system' and population_group = 'all'
    and part_of_force and numerator is not null
    and list_contains($over_offences || $counts, measure_id)
"""


@dataclass(frozen=True)
class Outcome:
    """What one run made: rows accepted (with a digest of them) and quarantined, rows by rule, the monthly measures."""

    rows: dict[str, int]
    measures: pl.DataFrame


def of_refresh(warehouse: Path) -> Outcome:
    """The landed rows, and of the release those measures that the scripts make too."""
    with duckdb.connect(str(warehouse / "current" / "performance.duckdb"), read_only=True) as release:
        published = release.sql(PUBLISHED, params={"over_offences": OVER_OFFENCES, "counts": COUNTS}).pl()
    accepted = warehouse / "landing" / "recorded_crime"
    quarantined = warehouse / "quarantine" / "recorded_crime"
    return Outcome(_rows(accepted, quarantined), published)


def of_script(out: Path) -> Outcome:
    """What a script that does the same work left in its folder."""
    return Outcome(_rows(out / "landing", out / "quarantined"), _measures(out))


def of_barest(out: Path) -> Outcome:
    """The barest script checks nothing and keeps no row: it has measures alone."""
    return Outcome({}, _measures(out))


def expected_of_barest(out: Path) -> Outcome:
    """The measures over every row, accepted or quarantined, from what the DuckDB script that does the work left."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{out / 'reference.duckdb'}' as script (read_only)")
        connection.execute("create view recorded_crime as select * from script.recorded_crime")
        run(connection, out / "quarantined", ["summary.sql"])
        connection.execute("alter table summary rename to accepted")
        run(connection, out / "quarantined", ["barest.sql"])
        connection.execute("insert into summary by name select * from accepted")
        run(connection, out / "quarantined", ["measures.sql"])
        return Outcome({}, connection.sql("select * from measure").pl())


def differences(one: Outcome, other: Outcome) -> list[str]:
    """In words, each with both figures; empty when the two agree."""
    said = [
        f"{what}: {one.rows.get(what, 0):,} and {other.rows.get(what, 0):,}"
        for what in sorted(one.rows.keys() | other.rows.keys())
        if one.rows.get(what, 0) != other.rows.get(what, 0)
    ]
    both = one.measures.join(other.measures, on=KEYS, how="full", coalesce=True, suffix="_other")
    unequal = both.filter(
        pl.col("numerator").ne_missing(pl.col("numerator_other"))
        | pl.col("denominator").ne_missing(pl.col("denominator_other"))
    )
    return said + [
        f"{measure} of {area} in {month:%Y-%m}: {numerator}/{denominator} and {numerator_other}/{denominator_other}"
        for measure, month, area, numerator, denominator, numerator_other, denominator_other in unequal.select(
            *KEYS, "numerator", "denominator", "numerator_other", "denominator_other"
        )
        .sort(KEYS)
        .rows()
    ]


def _rows(accepted: Path, quarantined: Path) -> dict[str, int]:
    """Counts by name; the digest stands for the content of every accepted row."""
    content = ", ".join(["cast(line_number as bigint)", *COLUMNS])
    with duckdb.connect() as connection:
        landed, digest = connection.execute(
            f"select count(*), sum(cast(hash({content}) % 1000000007 as hugeint)) from read_parquet($files)",
            {"files": f"{accepted}/**/*.parquet"},
        ).fetchone() or (0, 0)
        broken = connection.execute(
            "select rule, count(*) from (select unnest(string_split(rules, '; ')) as rule"
            " from read_csv($files, all_varchar = true, union_by_name = true)) group by rule",
            {"files": f"{quarantined}/**/*.csv"},
        ).fetchall()
        set_aside = connection.execute(
            "select count(*) from read_csv($files, all_varchar = true, union_by_name = true)",
            {"files": f"{quarantined}/**/*.csv"},
        ).fetchall()[0][0]
    by_rule = {f"rows that break {rule}": rows for rule, rows in broken}
    return {"rows accepted": landed, "digest of their content": int(digest), "rows quarantined": set_aside, **by_rule}


def _measures(out: Path) -> pl.DataFrame:
    with duckdb.connect(str(out / "reference.duckdb"), read_only=True) as database:
        return database.sql("select * from measure").pl()
