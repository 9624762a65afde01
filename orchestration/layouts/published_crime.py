"""Recorded crime as other people publish it.

Here: the borough-level shapes of the Metropolitan Police, by month and by financial year, and the Home Office's police
force areas.
Belongs here: a published shape of recorded crime, read as published and unedited.
Does not belong here: which offences form a group (`seeds/offence_groups.csv`).
"""

import re

import polars as pl

from orchestration.landing.received import Received
from orchestration.layouts.layout import Layout, area_id, exact_header, header_differences, plain_number

COUNT = frozenset({"period_month", "months_covered", "area", "offence_code", "offences"})
MONTH = re.compile(r"^(19|20)\d{2}(0[1-9]|1[0-2])$")
WIDE_KEY = ("MajorText", "MinorText", "LookUp_BoroughName")
LONG_HEADER = ("", "X", "Month", "CrimeType ", "CrimeDetails", "CrimeCount", "Borough")
FORCE_HEADER = ("12 months ending", "PFA", "Region", "Offence", "Rolling year total number of offences")
YEARS_HEADER = ("Code", "Borough", "Year", "Offences", "Rate", "Number_of_offences")
FINANCIAL_YEAR = r"^(\d{4})-(\d{2})$"
ALL_OFFENCES = "All recorded offences"
NO_FIGURE = "n/a"
NOT_POLICE_FORCES = ("Action Fraud", "CIFAS", "UK Finance", "British Transport Police")


def _wide_differences(received: Received) -> list[str]:
    differences = header_differences(received, WIDE_KEY, any_order=True, also=_is_month)
    if differences:
        return differences
    header = received.tables[0].header
    months = [name for name in header if _is_month(name)]
    twice = [f"month {name} twice" for name in sorted(set(months)) if months.count(name) > 1]
    return twice if months else ["no column named as a month (201004)"]


def _is_month(name: str) -> bool:
    return MONTH.match(name) is not None


def _read_wide(received: Received) -> pl.DataFrame:
    """One row per borough, offence and month column; a blank cell stays blank."""
    frame = received.tables[0].named()
    months = [name for name in frame.columns if _is_month(name)]
    return frame.unpivot(
        on=months,
        index=["line_number", *WIDE_KEY],
        variable_name="month",
        value_name="offences",
    ).select(
        "line_number",
        period_month=_month("month"),
        months_covered=pl.lit(1),
        area=area_id("LookUp_BoroughName", {"london_heathrow_and_london_city_airports": "heathrow"}),
        offence_code=pl.col("MajorText") + ": " + pl.col("MinorText"),
        offences="offences",
    )


def _read_long(received: Received) -> pl.DataFrame:
    """One row per month, offence and borough; the publisher writes NULL where the borough was not recorded."""
    return (
        received.tables[0]
        .named()
        .select(
            "line_number",
            period_month=_month("Month"),
            months_covered=pl.lit(1),
            area=area_id("Borough", {"null": "not_recorded"}),
            offence_code=pl.col("CrimeType ") + ": " + pl.col("CrimeDetails"),
            offences="CrimeCount",
        )
    )


def _read_forces(received: Received) -> pl.DataFrame:
    """One row per force, offence and rolling year. Windows overlap: quarterly from June 2007, a year each."""
    other = {"metropolitan_police": "force"}
    bodies = area_id("PFA", other)
    is_police = ~pl.col("PFA").is_in(NOT_POLICE_FORCES) & (bodies != "force")
    return (
        received.tables[0]
        .named()
        .select(
            "line_number",
            period_month=pl.col("12 months ending").str.to_date("%d-%m-%Y", strict=False).dt.truncate("1mo"),
            months_covered=pl.lit(12),
            area=pl.when(is_police).then(bodies + "_police").otherwise(bodies),
            offence_code="Offence",
            offences="Rolling year total number of offences",
        )
    )


def _years_differences(received: Received) -> list[str]:
    differences = exact_header(*YEARS_HEADER)(received)
    if differences:
        return differences
    years = _financial_years(received.tables[0].named())
    return [] if years.n_unique() > 1 else ["fewer than two financial years, and the last one is left out"]


def _financial_years(rows: pl.DataFrame) -> pl.Series:
    written = rows.get_column("Year").cast(pl.String).str.strip_chars()
    return written.filter(written.str.contains(FINANCIAL_YEAR).fill_null(False))


def _read_years(received: Received) -> pl.DataFrame:
    """One row per area, financial year and category of offence, and one with the publisher's rate of all offences.

    The last year of the file is left out: the publisher adds the running year as it stands, without saying how many
    months it has. So is a row without a figure (`n/a`), and every count of England and Wales: its categories overlap
    and add up to more than all its offences, so that of it only the rate is read. The number of all offences is not
    read either, being the sum of its categories.
    """
    rows = received.tables[0].named()
    text = pl.col("Year").cast(pl.String).str.strip_chars()
    starts = text.str.extract(FINANCIAL_YEAR, 1).cast(pl.Int32)
    ends = starts + 1
    is_financial_year = (ends % 100 == text.str.extract(FINANCIAL_YEAR, 2).cast(pl.Int32)).fill_null(False)
    offence = pl.col("Offences").cast(pl.String).str.strip_chars()
    is_rate = offence == ALL_OFFENCES
    area = area_id("Borough", {"met_police_area": "force"})
    figure = pl.when(is_rate).then(plain_number("Rate")).otherwise(plain_number("Number_of_offences"))
    return rows.filter(
        text.ne_missing(_financial_years(rows).max()),
        figure.ne_missing(NO_FIGURE),
        is_rate | area.ne_missing("england_and_wales"),
    ).select(
        "line_number",
        period_month=pl.when(is_financial_year).then(ends.cast(pl.String) + "-03-01").otherwise(text),
        months_covered=pl.lit(12),
        area=area,
        offence_code=offence,
        offences=pl.when(~is_rate).then(figure),
        published_rate=pl.when(is_rate).then(figure),
    )


def _month(column: str) -> pl.Expr:
    return (pl.col(column) + "01").str.to_date("%Y%m%d", strict=False)


LAYOUTS = [
    Layout(
        source="mps_borough_wide",
        extract="recorded_crime",
        title="MPS Borough Level Crime: a column a month",
        carries=COUNT,
        areas="boroughs",
        header=WIDE_KEY,
        read=_read_wide,
        differences=_wide_differences,
    ),
    Layout(
        source="mps_borough_long",
        extract="recorded_crime",
        title="MPS recorded crime by borough: a row a month, older categories",
        carries=COUNT,
        areas="boroughs",
        header=LONG_HEADER,
        read=_read_long,
        differences=exact_header(*LONG_HEADER),
    ),
    Layout(
        source="police_force_area",
        extract="recorded_crime",
        title="Recorded crime by police force area: rolling twelve months",
        carries=COUNT,
        areas="forces",
        header=FORCE_HEADER,
        read=_read_forces,
        differences=exact_header(*FORCE_HEADER),
    ),
    Layout(
        source="borough_financial_year",
        extract="recorded_crime",
        title="Recorded crime and crime rates by borough and financial year",
        carries=COUNT | {"published_rate"},
        areas="boroughs",
        header=YEARS_HEADER,
        read=_read_years,
        differences=_years_differences,
    ),
]
