"""Figures of the sample, counted from its deliveries without the pipeline or its models.

Here: for each measure, what is counted and over what, between two months, for the force.
Belongs here: a second way to a number, written from the definition alone.
Does not belong here: values, thresholds and verdicts (`sample.csv`, worked by hand).
"""

import datetime as dt
import re
from pathlib import Path

import polars as pl

CITY_AND_AIRPORTS = ["city_of_london", "heathrow"]
WHITE = ["white_british", "white_irish", "white_other"]
MINORITY = ["mixed", "asian", "black", "chinese_or_other"]
SATISFIED = ["completely_satisfied", "very_satisfied", "fairly_satisfied"]


def latest(raw: Path, extract: str, first: dt.date, last: dt.date) -> pl.DataFrame:
    """Every row of the highest revision of each month from `first` to `last`."""
    newest: dict[str, tuple[int, Path]] = {}
    for path in (raw / extract).iterdir():
        named = re.fullmatch(r"(\d{4}-\d{2})(?:_r(\d+))?", path.stem)
        if not named or not f"{first:%Y-%m}" <= named[1] <= f"{last:%Y-%m}":
            continue
        newest[named[1]] = max(newest.get(named[1], (0, path)), (int(named[2] or 1), path))
    readers = {
        ".parquet": pl.read_parquet,
        ".csv": lambda path: pl.read_csv(path, infer_schema_length=None),
        ".xlsx": pl.read_excel,
    }
    frames = [readers[path.suffix](path).with_columns(month=pl.lit(month)) for month, (_, path) in newest.items()]
    return pl.concat(frames, how="vertical_relaxed")


def crime(raw: Path, first: dt.date, last: dt.date) -> pl.DataFrame:
    """Accepted offences: rows with an invented borough, or an outcome before the record, are quarantined."""
    rows = latest(raw, "recorded_crime", first, last)
    outcome_in_time = pl.col("outcome_date").is_null() | (pl.col("outcome_date") >= pl.col("recorded_date"))
    return rows.filter((pl.col("area") != "atlantis") & outcome_in_time)


def residents(raw: Path, financial_year: int) -> int:
    """Residents of the 32 boroughs at the middle of the year the financial year starts in."""
    people = pl.read_csv(raw / "population" / "mid_year_estimates.csv")
    chosen = people.filter((pl.col("year") == financial_year) & (pl.col("area") != "city_of_london"))
    return int(chosen["population"].sum())


def counted(raw: Path, measure: str, first: dt.date, last: dt.date) -> tuple[float, float | None]:
    """(numerator, denominator) of a measure from `first` to `last`; the gap's come as its two groups' percentages."""
    year = first.year if first.month >= 4 else first.year - 1
    if measure == "domestic_violence_arrest_rate":
        domestic = crime(raw, first, last).filter("is_domestic")
        return domestic["arrest_date"].is_not_null().sum(), domestic.height
    if measure == "gun_enabled_crime":
        with_gun = crime(raw, first, last).filter("is_gun_enabled")
        possession = with_gun.filter(pl.col("offence_code") == "weapon_possession").height
        return with_gun.height - possession, residents(raw, year)
    if measure == "serious_acquisitive_crime_rate":
        codes = "^(robbery_.*|burglary_dwelling|theft_of_vehicle|theft_from_vehicle|vehicle_interference)$"
        rows = crime(raw, first, last)
        return rows["offence_code"].str.contains(codes).sum(), residents(raw, year)
    if measure == "total_recorded_crime":
        return crime(raw, first, last).height, residents(raw, year)
    if measure == "criminal_networks_disrupted":
        return latest(raw, measure.removesuffix("_disrupted"), first, last)["network_ref"].n_unique(), None
    if measure == "killed_or_seriously_injured":
        hurt = latest(raw, "road_casualties", first, last).filter(~pl.col("area").is_in(CITY_AND_AIRPORTS))
        return hurt["severity"].is_in(["fatal", "serious"]).sum(), None
    if measure == "officer_sickness":
        officers = latest(raw, "workforce", first, last).filter(pl.col("role") == "officer")
        return officers["sickness_hours"].sum(), officers["contracted_hours"].sum()
    if measure == "local_concerns_proxy":
        asked = latest(raw, "public_attitude", first, last).filter(
            (pl.col("survey") == "pas") & (pl.col("question") == "police_deal_with_things_that_matter")
        )
        answered = asked.filter(~pl.col("answer").is_in(["do_not_know", "not_stated"]))
        agreed = answered.filter(pl.col("answer").is_in(["strongly_agree", "tend_to_agree"]))
        return agreed["weight"].sum(), answered["weight"].sum()
    answered = latest(raw, "victim_satisfaction", first, last).filter(pl.col("overall") != "not_stated")
    if measure == "victim_satisfaction":
        return answered.filter(pl.col("overall").is_in(SATISFIED))["weight"].sum(), answered["weight"].sum()
    if measure == "victim_satisfaction_gap":
        return _satisfied(answered, WHITE), _satisfied(answered, MINORITY)
    raise LookupError(measure)


def _satisfied(answered: pl.DataFrame, groups: list[str]) -> float:
    group = answered.filter(pl.col("ethnic_group").is_in(groups))
    return 100 * group.filter(pl.col("overall").is_in(SATISFIED))["weight"].sum() / group["weight"].sum()
