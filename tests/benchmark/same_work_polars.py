"""A first refresh's work on recorded crime, by hand in polars: the same as `same_work.sql`.

Here: readings, rules, and what is kept of each delivery.
Belongs here: what a person who knows polars would write for the same deliveries and measures.
Does not belong here: what another reference needs.
"""

import datetime as dt
import hashlib
import sys
from pathlib import Path

import duckdb
import polars as pl

SEEDS = Path(__file__).parents[2] / "dbt_project" / "seeds"
DAYS = ["period_month", "recorded_date", "arrest_date", "outcome_date"]
FLAGS = ["is_domestic", "is_gun_enabled", "is_knife_enabled"]
COUNTS = ["months_covered", "victims_under_20", "offences"]
TEXTS = ["offence_ref", "offence_code", "victim_group", "outcome_type", "drug_type"]
OUTCOMES = ["charge", "summons", "caution", "taken_into_consideration", "penalty_notice", "cannabis_warning"]
SLUG = "^[a-z0-9][a-z0-9_]{0,39}$"
CLASS_A = ["cocaine", "crack", "heroin"]
KEYS = ["period_month", "area"]
# What a count is known by.
CELL = [
    *("period_month", "months_covered", "area", "offence_code", "is_domestic", "is_gun_enabled", "is_knife_enabled"),
    *("victims_under_20", "victim_group", "arrest_date", "outcome_type", "outcome_date", "drug_type"),
]
TOO_LATE = dt.date(2050, 1, 1)


def main() -> None:
    """Arguments: the folder of deliveries and the folder to write to."""
    raw, out = (Path(argument) for argument in sys.argv[1:])
    (out / "landing").mkdir()
    (out / "quarantined" / "recorded_crime").mkdir(parents=True)
    areas = pl.read_csv(SEEDS / "areas.csv").filter(pl.col("area_type") != "business_group")
    offences = pl.read_csv(SEEDS / "offence_groups.csv").filter(source="crime_system")
    rules = _rules(areas, offences["offence_code"])
    summaries = []
    with duckdb.connect(str(out / "reference.duckdb"), config={"threads": 2}) as database:
        for path in sorted((raw / "recorded_crime").glob("*.csv")):
            accepted = _land(path, rules, out)
            stored = "insert into recorded_crime" if summaries else "create table recorded_crime as"
            database.register("accepted", accepted)
            database.execute(f"{stored} select * from accepted")
            summaries.append(_summary(accepted))
        database.register("measured", _measures(pl.concat(summaries), offences))
        database.execute("create table measure as select * from measured")


def _land(path: Path, rules: dict[str, pl.Expr], out: Path) -> pl.DataFrame:
    """Read and check one delivery, write its rows where they belong, and return the accepted ones."""
    delivery_id = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    received = pl.read_csv(path, infer_schema=False, row_index_name="line_number", row_index_offset=2)
    file_month = pl.lit(dt.date.fromisoformat(f"{path.stem}-01"))
    rows = (
        received.with_columns(pl.exclude("line_number").name.prefix("received_"))
        .with_columns(
            *[_day(name) for name in DAYS],
            *[_flag(name) for name in FLAGS],
            *[_count(name) for name in COUNTS],
            *[_text(pl.col(name)) for name in TEXTS],
            _area(),
            delivery_id=pl.lit(delivery_id),
            file_month=file_month,
        )
        .with_columns(
            period_month=pl.coalesce("period_month", pl.col("recorded_date").dt.month_start()),
            months_covered=pl.col("months_covered").fill_null(1),
        )
        .with_columns(is_broken=pl.any_horizontal(rules.values()).fill_null(False))
    )
    # A repeated key is known by the whole delivery, a repeated count by all counts.
    counts = rows.filter(pl.col("offence_ref").is_null())
    repeated_counts = counts.filter(counts.select(CELL).is_duplicated())["line_number"]
    repeated = {
        "offence_ref_repeated": rows["offence_ref"].is_duplicated() & rows["offence_ref"].is_not_null(),
        "count_repeated": rows["line_number"].is_in(repeated_counts.implode()),
    }
    rows = rows.with_columns(**repeated).with_columns(is_broken=pl.any_horizontal("is_broken", *repeated))
    # The rules are told apart only where one is broken.
    broken = rows.filter("is_broken")
    codes = [
        pl.when(fails).then(pl.lit(code))
        for code, fails in {**rules, **{code: pl.col(code) for code in repeated}}.items()
    ]
    broken.select(
        "delivery_id",
        "line_number",
        pl.concat_str(codes, separator="; ", ignore_nulls=True).alias("rules"),
        pl.col("^received_.*$").name.map(lambda name: name.removeprefix("received_")),
    ).write_csv(out / "quarantined" / "recorded_crime" / f"{delivery_id}.csv")
    columns = ["delivery_id", "line_number", *[name for name in received.columns if name != "line_number"]]
    accepted = rows.filter(~pl.col("is_broken")).select(columns)
    accepted.write_parquet(out / "landing" / f"{delivery_id}.parquet")
    return accepted


def _day(name: str) -> pl.Expr:
    text = pl.col(name).str.strip_chars()
    return pl.coalesce(
        text.str.to_date("%Y-%m-%d", strict=False),
        text.str.to_date("%Y-%m-%d %H:%M:%S", strict=False),
        text.str.to_date("%Y-%m-%dT%H:%M:%S", strict=False),
        text.str.to_date("%d/%m/%Y", strict=False),
    )


def _flag(name: str) -> pl.Expr:
    text = pl.col(name).str.strip_chars().str.to_lowercase()
    is_true = text.is_in(["true", "t", "yes", "y", "1"])
    is_false = text.is_in(["false", "f", "no", "n", "0"])
    return pl.when(is_true).then(True).when(is_false).then(False).alias(name)


def _count(name: str) -> pl.Expr:
    text = pl.col(name).str.strip_chars()
    is_grouped = text.str.contains(r"^[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?$")
    number = pl.when(is_grouped).then(text.str.replace_all(",", "", literal=True)).otherwise(text)
    return number.str.replace(r"\.0+$", "").cast(pl.Int64, strict=False).alias(name)


def _text(column: pl.Expr) -> pl.Expr:
    text = column.str.strip_chars()
    return pl.when(text != "").then(text)


def _area() -> pl.Expr:
    lower = pl.col("area").str.to_lowercase().str.replace_all("&", "and", literal=True)
    return _text(lower.str.replace_all("[^a-z0-9]+", "_").str.strip_chars("_")).alias("area")


def _rules(areas: pl.DataFrame, offence_codes: pl.Series) -> dict[str, pl.Expr]:
    """Code → where a row breaks the rule; null is no breach."""
    has_text = {name: pl.col(f"received_{name}").str.strip_chars() != "" for name in DAYS + FLAGS + COUNTS}
    unread = {
        f"{name}_unreadable": has_text[name] & (pl.col(name).is_null())
        for name in DAYS + FLAGS + COUNTS
        if name not in ("period_month", "months_covered")
    }
    # These two are filled where they are not said.
    unread["period_month_unreadable"] = has_text["period_month"] & _day("received_period_month").is_null()
    unread["months_covered_unreadable"] = has_text["months_covered"] & _count("received_months_covered").is_null()
    is_empty = {name: ~has_text[name].fill_null(False) for name in has_text}
    missing = {
        f"{name}_missing": pl.col(name).is_null() & is_empty[name]
        for name in ["period_month", *FLAGS, "victims_under_20", "offences"]
    }
    missing |= {f"{name}_missing": pl.col(name).is_null() for name in ("area", "offence_code")}
    totals = areas.filter(pl.col("area_type").is_in(["force", "region", "region_part", "country"]))["area_id"]
    recorded, arrest, outcome = pl.col("recorded_date"), pl.col("arrest_date"), pl.col("outcome_date")
    is_record = pl.col("offence_ref").is_not_null()
    return {
        **unread,
        **missing,
        "months_covered_out_of_domain": ~pl.col("months_covered").is_between(1, 12),
        "offence_ref_out_of_domain": pl.col("offence_ref").str.len_chars() > 64,
        "victims_under_20_out_of_domain": pl.col("victims_under_20") < 0,
        "victim_group_out_of_domain": ~pl.col("victim_group").str.contains(SLUG),
        "outcome_type_out_of_domain": ~pl.col("outcome_type").is_in(OUTCOMES),
        "drug_type_out_of_domain": ~pl.col("drug_type").str.contains(SLUG),
        "offences_out_of_domain": pl.col("offences") < 0,
        "period_is_a_month": pl.col("period_month").dt.day() != 1,
        "period_before_1990": pl.col("period_month") < dt.date(1990, 1, 1),
        "period_too_late": pl.col("period_month") >= TOO_LATE,
        "area_unknown": ~pl.col("area").is_in(areas["area_id"].implode()),
        "record_of_a_total": is_record & pl.col("area").is_in(totals.implode()),
        "offence_unknown": ~pl.col("offence_code").is_in(offence_codes.implode()),
        "month_differs_from_file_name": pl.col("period_month") != pl.col("file_month"),
        "record_or_count": is_record != recorded.is_not_null(),
        "record_counts_one": is_record & (pl.col("offences") != 1),
        "record_covers_one_month": recorded.is_not_null() & (pl.col("months_covered") != 1),
        "too_many_offences": pl.col("offences") > 1_000_000 * pl.col("months_covered"),
        "too_many_victims": pl.col("victims_under_20") > 100 * pl.col("offences").clip(0),
        "arrest_before_record": recorded - arrest > dt.timedelta(days=183),
        "fact_too_late": pl.max_horizontal(arrest, outcome) >= TOO_LATE,
        "recorded_outside_period": recorded.dt.month_start() != pl.col("period_month"),
        "outcome_before_record": outcome < recorded,
        "outcome_incomplete": pl.col("outcome_type").is_null() != outcome.is_null(),
    }


def _summary(accepted: pl.DataFrame) -> pl.DataFrame:
    """Counts by month, area, offence, flags, drug, month of arrest and of outcome."""
    return accepted.group_by(
        "period_month",
        "area",
        "offence_code",
        *FLAGS,
        "drug_type",
        arrest_month=pl.col("arrest_date").dt.month_start(),
        outcome_month=pl.col("outcome_date").dt.month_start(),
    ).agg(pl.sum("offences"), pl.sum("victims_under_20"))


def _measures(summary: pl.DataFrame, offence_groups: pl.DataFrame) -> pl.DataFrame:
    """The monthly counts that the measures of recorded crime are made of, one row per measure, month and area."""
    crime = summary.join(offence_groups, on="offence_code")
    count = pl.col("offences")
    group, category = pl.col("offence_group"), pl.col("offence_category")
    is_domestic, is_gun, is_knife = (pl.col(name) for name in FLAGS)
    is_serious, is_violent = pl.col("is_tier_1"), group.is_in(["homicide", "attempted_murder", "grievous_bodily_harm"])
    with_gun = is_gun & category.is_in(["violence", "sexual", "robbery", "burglary"])
    recorded = crime.group_by(KEYS).agg(
        total_recorded_crime=count.sum(),
        homicide=count.filter(group == "homicide").sum(),
        gun_enabled_crime=count.filter(with_gun).sum(),
        knife_enabled_crime=count.filter(is_knife).sum(),
        serious_acquisitive_crime_rate=count.filter(pl.col("is_tier_2")).sum(),
        serious_youth_violence_victims=pl.col("victims_under_20").filter(is_violent | is_gun | is_knife).sum(),
        domestic_violence_arrest_rate=count.filter(is_domestic & pl.col("arrest_month").is_not_null()).sum(),
        serious_violence_brought_to_justice_cohort=count.filter(
            is_serious & pl.col("outcome_month").is_not_null()
        ).sum(),
        domestic=count.filter(is_domestic).sum(),
        serious=count.filter(is_serious).sum(),
    )
    arrested = crime.group_by(period_month="arrest_month", area="area").agg(
        domestic_violence_arrests_in_period=count.filter(is_domestic).sum()
    )
    is_class_a = (group == "drug_trafficking") & pl.col("drug_type").is_in(CLASS_A)
    detected = crime.group_by(period_month="outcome_month", area="area").agg(
        sanction_detection_rate=count.sum(), class_a_trafficking_detections=count.filter(is_class_a).sum()
    )
    # Arrests and outcomes are known for a month when it and the three before it were delivered.
    settled = (
        recorded.filter(pl.col("period_month") >= pl.col("period_month").min().dt.offset_by("3mo"))
        .join(arrested, on=KEYS, how="left")
        .join(detected, on=KEYS, how="left")
        .with_columns(pl.col(pl.Int64).fill_null(0))
    )
    denominators = {
        "domestic_violence_arrest_rate": "domestic",
        "serious_violence_brought_to_justice_cohort": "serious",
        "domestic_violence_arrests_in_period": "domestic",
        "sanction_detection_rate": "total_recorded_crime",
    }
    of_later_facts = [name for name in [*arrested.columns, *detected.columns] if name not in KEYS]
    of_records = [name for name in recorded.columns if name not in [*KEYS, "domestic", "serious"]]
    measured = [
        frame.select(
            pl.lit(name).alias("measure_id"),
            "period_month",
            pl.col("area").alias("area_id"),
            pl.col(name).cast(pl.Int64).alias("numerator"),
            (pl.col(denominators[name]) if name in denominators else pl.lit(None)).cast(pl.Int64).alias("denominator"),
        )
        for frame, names in ((recorded, of_records), (settled, of_later_facts))
        for name in names
    ]
    return pl.concat(measured)


if __name__ == "__main__":
    main()
