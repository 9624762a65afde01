"""Road casualties as other people publish them.

Here: the casualty records of one year and the workbook of casualties by severity and borough.
Belongs here: a published shape of road casualties, read as published and unedited.
Does not belong here: which areas a measure leaves out.
"""

import re

import polars as pl

from orchestration.landing.received import YEAR_IN_NAME, Received, Table
from orchestration.layouts.layout import Layout, area_id, exact_header

RECORDS_HEADER = (
    "AREFNO",
    "Borough",
    "Boro",
    "CREFNO",
    "Casualty Class",
    "No. of Casualties",
    "Casualty Severity",
    "Ped. Location",
    "Ped. Movement",
    "Mode of Travel",
    " ",
)
YEAR_SHEET = re.compile(r"^(?:19|20)\d{2}$")
# Sheets to 2009 give killed and seriously injured together, later ones apart. The "all casualties" and child
# columns repeat the same people and are not read; the trend, road-user and age sheets repeat the year sheets.
SEVERITY_COLUMNS = {
    "fatal": "fatal",
    "serious": "serious",
    "slight": "slight",
    "ksi": "killed_or_serious",
}
AREA_COLUMN = "1"
REGIONS = {
    "heathrow_airport": "heathrow",
    "london": "greater_london",
    "east": "region_east_of_england",
    "east_of_england": "region_east_of_england",
    **{
        name: f"region_{name}"
        for name in (
            "north_east",
            "north_west",
            "yorkshire_and_the_humber",
            "east_midlands",
            "west_midlands",
            "south_east",
            "south_west",
        )
    },
}


def _records_differences(received: Received) -> list[str]:
    named = [] if YEAR_IN_NAME.search(received.file_name) else ["no year in the file name, and none in the rows"]
    return exact_header(*RECORDS_HEADER)(received) + named


def _read_records(received: Received) -> pl.DataFrame:
    """One row per casualty of the calendar year in the file's name; codes are glued to labels (`3 Slight`)."""
    years = YEAR_IN_NAME.findall(received.file_name)
    label = r"^-?\d+\s+(.*)$"
    return (
        received.tables[0]
        .named()
        .select(
            "line_number",
            period_month=pl.lit(f"{years[0]}-12-01"),
            months_covered=pl.lit(12),
            area=area_id("Borough"),
            casualty_ref=pl.col("AREFNO") + "/" + pl.col("CREFNO"),
            severity=area_id(pl.col("Casualty Severity").str.extract(label)),
            mode=area_id(pl.col("Mode of Travel").str.extract(label)),
            casualties="No. of Casualties",
        )
    )


def _severity_positions(table: Table) -> dict[str, str]:
    """Column position → severity, from the sheet's first three rows; the first column of each severity counts."""
    rows = [table.header, *table.rows.head(2).rows()]
    found: dict[str, str] = {}
    for row in rows:
        for position, cell in enumerate(row):
            severity = SEVERITY_COLUMNS.get(str(cell or "").strip().lower())
            if severity and severity not in found.values():
                found[str(position)] = severity
    return found


def _year_sheets(received: Received) -> list[Table]:
    return [table for table in received.tables if YEAR_SHEET.match(table.name)]


def _workbook_differences(received: Received) -> list[str]:
    sheets = _year_sheets(received)
    if not sheets:
        return ["no sheet named as a year", "no «KSI» or «Fatal» column in it"]
    return [
        f"sheet {table.name} has no column «slight» beside «KSI», or beside «Fatal» and «Serious»"
        for table in sheets
        if set(_severity_positions(table).values())
        not in ({"killed_or_serious", "slight"}, {"fatal", "serious", "slight"})
    ]


def _read_workbook(received: Received) -> pl.DataFrame:
    """One row per area, calendar year and severity, from every sheet named as a year."""
    return pl.concat([_read_year(table) for table in _year_sheets(received)])


def _read_year(table: Table) -> pl.DataFrame:
    positions = _severity_positions(table)
    # Below the header an area row has a name and a figure; blank rows separate boroughs from regions.
    cells = table.rows.with_row_index("line_number", offset=table.first_line).slice(2)
    named = cells.filter(pl.col(AREA_COLUMN).str.strip_chars().str.len_chars() > 0)
    return named.unpivot(
        on=list(positions),
        index=["line_number", AREA_COLUMN],
        variable_name="position",
        value_name="casualties",
    ).select(
        "line_number",
        period_month=pl.lit(f"{table.name}-12-01"),
        months_covered=pl.lit(12),
        area=area_id(AREA_COLUMN, REGIONS),
        severity=pl.col("position").replace(positions),
        casualties="casualties",
    )


LAYOUTS = [
    Layout(
        source="casualty_records",
        extract="road_casualties",
        title="Casualty records of one calendar year, personal columns removed",
        carries=frozenset({"period_month", "months_covered", "area", "casualty_ref", "severity", "mode", "casualties"}),
        areas="boroughs",
        header=RECORDS_HEADER,
        read=_read_records,
        differences=_records_differences,
    ),
    Layout(
        source="casualties_by_borough",
        extract="road_casualties",
        title="Road casualties by severity and borough: a sheet a calendar year",
        carries=frozenset({"period_month", "months_covered", "area", "severity", "casualties"}),
        areas="boroughs",
        header=(),
        read=_read_workbook,
        differences=_workbook_differences,
    ),
]
