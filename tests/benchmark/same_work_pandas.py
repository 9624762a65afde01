"""A first refresh's work on recorded crime, by hand in pandas: the same as `same_work.sql`.

Here: readings, rules, and what is kept of each delivery.
Belongs here: what a person who knows pandas would write for the same deliveries and measures.
Does not belong here: what another reference needs.
"""

import hashlib
import sys
from pathlib import Path

import duckdb
import pandas as pd

SEEDS = Path(__file__).parents[2] / "dbt_project" / "seeds"
DAYS = ["period_month", "recorded_date", "arrest_date", "outcome_date"]
FLAGS = ["is_domestic", "is_gun_enabled", "is_knife_enabled"]
COUNTS = ["months_covered", "victims_under_20", "offences"]
TEXTS = ["offence_ref", "offence_code", "victim_group", "outcome_type", "drug_type"]
OUTCOMES = ["charge", "summons", "caution", "taken_into_consideration", "penalty_notice", "cannabis_warning"]
SLUG = "[a-z0-9][a-z0-9_]{0,39}"
TRUE = ["true", "t", "yes", "y", "1"]
FALSE = ["false", "f", "no", "n", "0"]
WORDS = dict.fromkeys(TRUE, True) | dict.fromkeys(FALSE, False)
GROUPED = r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?"
TOTALS = ["force", "region", "region_part", "country"]
TOO_LATE = pd.Timestamp(2050, 1, 1)
# What a count is known by.
CELL = [
    *("period_month", "months_covered", "area", "offence_code", "is_domestic", "is_gun_enabled", "is_knife_enabled"),
    *("victims_under_20", "victim_group", "arrest_date", "outcome_type", "outcome_date", "drug_type"),
]
KEYS = ["period_month", "area"]
SUMMED = ["offences", "victims_under_20"]


def main() -> None:
    """Arguments: the folder of deliveries and the folder to write to."""
    raw, out = (Path(argument) for argument in sys.argv[1:])
    (out / "landing").mkdir()
    (out / "quarantined" / "recorded_crime").mkdir(parents=True)
    areas = pd.read_csv(SEEDS / "areas.csv").query("area_type != 'business_group'")
    offences = pd.read_csv(SEEDS / "offence_groups.csv").query("source == 'crime_system'")
    summaries = []
    with duckdb.connect(str(out / "reference.duckdb"), config={"threads": 2}) as database:
        for path in sorted((raw / "recorded_crime").glob("*.csv")):
            accepted = _land(path, areas, offences["offence_code"], out)
            stored = "insert into recorded_crime" if summaries else "create table recorded_crime as"
            database.register("accepted", accepted)
            database.execute(f"{stored} select * from accepted")
            summaries.append(_summary(accepted))
        database.register("measured", _measures(pd.concat(summaries), offences))
        database.execute("create table measure as select * from measured")


def _land(path: Path, areas: pd.DataFrame, offence_codes: pd.Series, out: Path) -> pd.DataFrame:
    """Read and check one delivery, write its rows where they belong, and return the accepted ones."""
    delivery_id = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    received = pd.read_csv(path, dtype="str", keep_default_na=False, na_values=[""])
    rows = pd.DataFrame({"delivery_id": delivery_id, "line_number": received.index + 2}, index=received.index)
    read = {
        **{name: _day(received[name]) for name in DAYS},
        **{name: _flag(received[name]) for name in FLAGS},
        **{name: _count(received[name]) for name in COUNTS},
        **{name: _text(received[name]) for name in TEXTS},
        "area": _area(received["area"]),
    }
    for name in received.columns:
        rows[name] = read[name]
    rows["period_month"] = rows["period_month"].fillna(_month(rows["recorded_date"]))
    rows["months_covered"] = rows["months_covered"].fillna(1)
    broken = _broken(received, read, rows, pd.Timestamp(f"{path.stem}-01"), areas, offence_codes)
    is_broken = pd.Series(False, index=rows.index)
    for fails in broken.values():
        is_broken |= fails
    codes = pd.DataFrame({code: fails[is_broken] for code, fails in broken.items()})
    aside = received[is_broken]
    aside.insert(0, "delivery_id", delivery_id)
    aside.insert(1, "line_number", rows["line_number"][is_broken])
    aside.insert(2, "rules", codes.apply(lambda row: "; ".join(row.index[row]), axis="columns").astype("str"))
    aside.to_csv(out / "quarantined" / "recorded_crime" / f"{delivery_id}.csv", index=False)
    accepted = rows[~is_broken]
    # Days without a time, as Parquet and DuckDB have them.
    accepted = accepted.assign(**{name: accepted[name].astype("date32[pyarrow]") for name in DAYS})
    accepted.to_parquet(out / "landing" / f"{delivery_id}.parquet", index=False)
    return accepted


def _text(column: pd.Series) -> pd.Series:
    text = column.str.strip()
    return text.mask(text == "")


def _day(column: pd.Series) -> pd.Series:
    """The first format that reads a cell; the others are tried only where it does not."""
    text = _text(column)
    day = pd.to_datetime(text, format="%Y-%m-%d", errors="coerce")
    for written in ("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%d/%m/%Y"):
        unread = day.isna() & text.notna()
        if unread.any():
            day = day.fillna(pd.to_datetime(text[unread], format=written, errors="coerce"))
    return day.dt.normalize()


def _month(day: pd.Series) -> pd.Series:
    return day.dt.to_period("M").dt.to_timestamp()


def _flag(column: pd.Series) -> pd.Series:
    return _text(column).str.lower().map(WORDS).astype("boolean")


def _count(column: pd.Series) -> pd.Series:
    text = _text(column)
    number = pd.to_numeric(text, errors="coerce")
    unread = number.isna() & text.notna()
    if unread.any():
        grouped = text[unread].where(text[unread].str.fullmatch(GROUPED)).str.replace(",", "", regex=False)
        number = number.fillna(pd.to_numeric(grouped, errors="coerce"))
    return number.where(number % 1 == 0).astype("Int64")


def _area(column: pd.Series) -> pd.Series:
    lower = column.str.lower().str.replace("&", "and", regex=False)
    return _text(lower.str.replace("[^a-z0-9]+", "_", regex=True).str.strip("_"))


def _broken(
    received: pd.DataFrame,
    read: dict[str, pd.Series],
    rows: pd.DataFrame,
    file_month: pd.Timestamp,
    areas: pd.DataFrame,
    offence_codes: pd.Series,
) -> dict[str, pd.Series]:
    """Code → where a row breaks the rule; null is no breach."""
    has_text = {name: _text(received[name]).notna() for name in DAYS + FLAGS + COUNTS}
    unread = {f"{name}_unreadable": has_text[name] & read[name].isna() for name in has_text}
    missing = {
        f"{name}_missing": rows[name].isna() & ~has_text[name]
        for name in ["period_month", *FLAGS, "victims_under_20", "offences"]
    }
    missing |= {f"{name}_missing": rows[name].isna() for name in ("area", "offence_code")}
    recorded, arrest, outcome = rows["recorded_date"], rows["arrest_date"], rows["outcome_date"]
    month, reference, offences = rows["period_month"], rows["offence_ref"], rows["offences"]
    counts = rows.loc[reference.isna(), CELL]
    is_repeated_count = pd.Series(False, index=rows.index)
    is_repeated_count[counts.index] = counts.duplicated(keep=False)
    in_domain = {
        "months_covered": rows["months_covered"].between(1, 12),
        "offence_ref": reference.str.len() <= 64,
        "victims_under_20": rows["victims_under_20"] >= 0,
        "victim_group": rows["victim_group"].str.fullmatch(SLUG),
        "outcome_type": rows["outcome_type"].isin(OUTCOMES),
        "drug_type": rows["drug_type"].str.fullmatch(SLUG),
        "offences": offences >= 0,
    }
    return {
        **unread,
        **missing,
        **{
            f"{name}_out_of_domain": rows[name].notna() & ~passes.fillna(True).astype(bool)
            for name, passes in in_domain.items()
        },
        "period_is_a_month": month.notna() & (month.dt.day != 1),
        "period_before_1990": month < pd.Timestamp(1990, 1, 1),
        "period_too_late": month >= TOO_LATE,
        "area_unknown": rows["area"].notna() & ~rows["area"].isin(areas["area_id"]),
        "record_of_a_total": reference.notna()
        & rows["area"].isin(areas.loc[areas["area_type"].isin(TOTALS), "area_id"]),
        "offence_unknown": rows["offence_code"].notna() & ~rows["offence_code"].isin(offence_codes),
        "month_differs_from_file_name": month.notna() & (month != file_month),
        "offence_ref_repeated": reference.notna() & reference.duplicated(keep=False),
        "record_or_count": reference.isna() != recorded.isna(),
        "count_repeated": is_repeated_count,
        "record_counts_one": reference.notna() & _is_true(offences != 1),
        "record_covers_one_month": recorded.notna() & _is_true(rows["months_covered"] != 1),
        "too_many_offences": _is_true(offences > 1_000_000 * rows["months_covered"]),
        "too_many_victims": _is_true(rows["victims_under_20"] > 100 * offences.clip(lower=0)),
        "arrest_before_record": recorded - arrest > pd.Timedelta(days=183),
        "fact_too_late": (arrest >= TOO_LATE) | (outcome >= TOO_LATE),
        "recorded_outside_period": recorded.notna() & month.notna() & (_month(recorded) != month),
        "outcome_before_record": outcome < recorded,
        "outcome_incomplete": rows["outcome_type"].isna() != outcome.isna(),
    }


def _is_true(condition: pd.Series) -> pd.Series:
    return condition.fillna(False).astype(bool)


def _summary(accepted: pd.DataFrame) -> pd.DataFrame:
    """Counts by month, area, offence, flags, drug, month of arrest and of outcome."""
    days = {name: pd.to_datetime(accepted[name]) for name in DAYS}
    keyed = accepted.assign(
        period_month=days["period_month"],
        arrest_month=_month(days["arrest_date"]),
        outcome_month=_month(days["outcome_date"]),
    )
    by = [*KEYS, "offence_code", *FLAGS, "drug_type", "arrest_month", "outcome_month"]
    return keyed.groupby(by, dropna=False, observed=True)[SUMMED].sum().reset_index()


def _measures(summary: pd.DataFrame, offence_groups: pd.DataFrame) -> pd.DataFrame:
    """The monthly counts that the measures of recorded crime are made of, one row per measure, month and area."""
    crime = summary.merge(offence_groups, on="offence_code")
    group, category = crime["offence_group"], crime["offence_category"]
    is_domestic, is_gun, is_knife = (crime[name].astype(bool) for name in FLAGS)
    is_serious = crime["is_tier_1"].astype(bool)
    is_violent = group.isin(["homicide", "attempted_murder", "grievous_bodily_harm"])
    is_class_a = (group == "drug_trafficking") & crime["drug_type"].isin(["cocaine", "crack", "heroin"])
    every = pd.Series(True, index=crime.index)

    def counted(condition: pd.Series, month: str = "period_month", quantity: str = "offences") -> pd.Series:
        """Sum over the rows that meet a condition, by month and area."""
        return crime[condition].groupby([month, "area"])[quantity].sum().rename_axis(KEYS)

    total = counted(every)
    domestic = counted(is_domestic)
    recorded = {
        "total_recorded_crime": (total, None),
        "homicide": (counted(group == "homicide"), None),
        "gun_enabled_crime": (
            counted(is_gun & category.isin(["violence", "sexual", "robbery", "burglary"])),
            None,
        ),
        "knife_enabled_crime": (counted(is_knife), None),
        "serious_acquisitive_crime_rate": (counted(crime["is_tier_2"].astype(bool)), None),
        "serious_youth_violence_victims": (
            counted(is_violent | is_gun | is_knife, quantity="victims_under_20"),
            None,
        ),
        "domestic_violence_arrest_rate": (counted(is_domestic & crime["arrest_month"].notna()), domestic),
        "serious_violence_brought_to_justice_cohort": (
            counted(is_serious & crime["outcome_month"].notna()),
            counted(is_serious),
        ),
    }
    later = {
        "domestic_violence_arrests_in_period": (counted(is_domestic, "arrest_month"), domestic),
        "sanction_detection_rate": (counted(every, "outcome_month"), total),
        "class_a_trafficking_detections": (counted(is_class_a, "outcome_month"), None),
    }
    # Arrests and outcomes are known for a month when it and the three before it were delivered.
    months = total.index.get_level_values("period_month")
    settled = total.index[months >= months.min() + pd.DateOffset(months=3)]
    measured = []
    for cells, measures in ((total.index, recorded), (settled, later)):
        for name, (numerator, denominator) in measures.items():
            parts = pd.DataFrame({"numerator": numerator.reindex(cells, fill_value=0)})
            parts["denominator"] = pd.NA if denominator is None else denominator.reindex(cells, fill_value=0)
            measured.append(parts.astype("Int64").reset_index().assign(measure_id=name))
    measure = pd.concat(measured).rename(columns={"area": "area_id"})
    measure["period_month"] = measure["period_month"].astype("date32[pyarrow]")
    return measure[["measure_id", "period_month", "area_id", "numerator", "denominator"]]


if __name__ == "__main__":
    main()
