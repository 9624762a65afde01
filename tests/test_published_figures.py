"""The published files, as they are, give the published figures.

Here: the figures each publisher states, found in one release at June 2015.
Belongs here: a figure somebody published, with where it comes from.
Does not belong here: the sample (`test_sample_figures.py`).
"""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.conftest import PUBLISHED, Warehouse


def _one(warehouse: Warehouse, query: str, *parameters: object) -> tuple[Any, ...]:
    rows = warehouse.release().execute(query, list(parameters)).fetchall()
    assert len(rows) == 1, rows
    return rows[0]


def _rolling_year(warehouse: Warehouse, measure: str, month: str, area: str = "force") -> dict[str, float]:
    """Source → numerator of the twelve months to a month."""
    return dict(
        warehouse.release()
        .execute(
            "select source, numerator from fct_source_result where measure_id = ? and area_id = ?"
            " and period_month = ? and period_basis = 'rolling_12_months' and numerator is not null",
            [measure, area, f"{month}-01"],
        )
        .fetchall()
    )


def test_offences_to_march_2013_are_what_each_publisher_says(published: Warehouse) -> None:
    assert _rolling_year(published, "total_recorded_crime", "2013-03") == {
        "mps_borough_long": 770220,
        "mps_borough_wide": 768753,
        "borough_financial_year": 771566,
        "police_force_area": 770220,
        "borough_financial_year_total": 771566,
    }


def test_offences_without_a_borough_are_not_lost(published: Warehouse) -> None:
    assert _rolling_year(published, "total_recorded_crime", "2013-03", "not_recorded") == {"mps_borough_long": 2688}


def test_the_baseline_comes_from_the_source_of_the_figure(published: Warehouse) -> None:
    row = _one(
        published,
        "select source, numerator, numerator_same_period_last_year from fct_measure_result"
        " where measure_id = 'total_recorded_crime' and area_id = 'force' and period_month = '2013-03-01'"
        " and period_basis = 'rolling_12_months'",
    )
    assert row == ("mps_borough_long", 770220, 815443)


def test_offences_of_the_force_by_rolling_year_are_the_home_offices(published: Warehouse) -> None:
    years = {
        month: _rolling_year(published, "total_recorded_crime", month)["police_force_area"]
        for month in ("2007-03", "2008-03", "2009-03")
    }
    assert years == {"2007-03": 921779, "2008-03": 862866, "2009-03": 845036}


def test_the_crime_rate_divides_by_the_boroughs_residents(published: Warehouse) -> None:
    """112.2 per 1,000 over the 32 boroughs is published for 862,032 offences in 2007/08; 862,866 give 112.3."""
    offences, denominator, rate = _one(
        published,
        "select numerator, denominator, value from fct_source_result where measure_id = 'total_recorded_crime'"
        " and source = 'police_force_area' and area_id = 'force' and period_month = '2008-03-01'"
        " and period_basis = 'financial_year_to_date'",
    )
    assert rate == pytest.approx(1000 * offences / denominator)
    assert round(1000 * 862032 / denominator, 1) == 112.2


def test_two_publishers_of_2007_08_stand_side_by_side(published: Warehouse) -> None:
    assert _rolling_year(published, "total_recorded_crime", "2008-03") == {
        "borough_financial_year": 862032,
        "police_force_area": 862866,
        "borough_financial_year_total": 862032,
    }
    row = _one(
        published,
        "select source, numerator, numerator_same_period_last_year from fct_measure_result"
        " where measure_id = 'total_recorded_crime' and area_id = 'force' and period_month = '2008-03-01'"
        " and period_basis = 'rolling_12_months'",
    )
    assert row == ("borough_financial_year", 862032, 921779)


def _rates(published: Warehouse, source: str) -> dict[tuple[str, str], float]:
    """(area as published, financial year as 1999-00) → offences per 1,000 residents, 1999-00 to 2009-10."""
    rows = (
        published.release()
        .execute(
            "select if(area_id = 'force', 'Met Police Area', dim_area.title),"
            " replace(dim_month.financial_year, '/', '-'), results.value"
            " from fct_source_result as results"
            " join dim_area using (area_id) join dim_month using (period_month)"
            " where results.measure_id = 'total_recorded_crime' and results.source = ?"
            " and results.period_basis = 'financial_year_to_date' and results.value is not null"
            " and dim_month.financial_year <= '2009/10'",
            [source],
        )
        .fetchall()
    )
    return {(area, year): value for area, year, value in rows}


def _rates_in_the_file() -> dict[tuple[str, str], float]:
    rows = pl.read_csv(PUBLISHED / "crime rates.csv", infer_schema=False).filter(
        pl.col("Offences") == "All recorded offences", pl.col("Year") <= "2009-10", pl.col("Rate") != "n/a"
    )
    return {(area, year): float(rate) for area, year, rate in rows.select("Borough", "Year", "Rate").rows()}


def test_the_crime_rates_of_boroughs_are_the_352_published_ones(published: Warehouse) -> None:
    ours = _rates(published, "borough_financial_year")
    in_file = _rates_in_the_file()
    compared = {key: (ours[key], in_file[key]) for key in ours.keys() & in_file if key[0] != "Met Police Area"}
    assert len(compared) == 352
    assert {key: both for key, both in compared.items() if abs(both[0] - both[1]) > 0.05 + 1e-9} == {}


def test_the_publishers_own_rates_stand_beside_ours(published: Warehouse) -> None:
    theirs = _rates(published, "borough_financial_year_rate")
    assert theirs == _rates_in_the_file()
    ours = _rates(published, "borough_financial_year")
    assert {
        year: (round(rate, 1), theirs[area, year]) for (area, year), rate in ours.items() if area == "Met Police Area"
    } == {
        "1999-00": (142.2, 142.1),
        "2000-01": (137.4, 137.4),
        "2001-02": (144.4, 144.4),
        "2002-03": (146.5, 146.5),
        "2003-04": (143.6, 143.5),
        "2004-05": (136.7, 136.6),
        "2005-06": (131.0, 130.9),
        "2006-07": (121.4, 121.3),
        "2007-08": (112.2, 112.0),
        "2008-09": (108.3, 108.2),
        "2009-10": (104.5, 104.4),
    }


def test_why_the_publishers_rate_of_the_force_is_another_is_told(published: Warehouse) -> None:
    row = _one(
        published,
        "select measure_id, reason from dim_source where source = 'borough_financial_year_rate'",
    )
    assert row == (
        "total_recorded_crime",
        "the publisher's own rate: its force rate divides by Greater London with the City, ours by the 32 boroughs",
    )
    chosen = _one(
        published,
        "select source, value is not null from fct_measure_result where measure_id = 'total_recorded_crime'"
        " and area_id = 'force' and period_month = '2000-03-01' and period_basis = 'financial_year_to_date'",
    )
    assert chosen == ("borough_financial_year", True)


def test_categories_that_mix_tiers_and_others_give_no_figure_of_a_tier(published: Warehouse) -> None:
    rows = (
        published.release()
        .execute("select distinct measure_id from fct_source_result where source like 'borough_financial_year%'")
        .fetchall()
    )
    assert {measure for (measure,) in rows} & {"serious_acquisitive_crime_rate", "most_serious_violence_rate"} == set()


def test_england_and_wales_has_a_rate_and_no_count(published: Warehouse) -> None:
    """Its categories overlap: in 2002/03 they add up to 6,875,374, a sixth more than its 5,899,450 offences."""
    row = _one(
        published,
        "select value, numerator, source from fct_source_result where area_id = 'england_and_wales'"
        " and measure_id = 'total_recorded_crime' and period_month = '2003-03-01'"
        " and period_basis = 'financial_year_to_date'",
    )
    assert row == (112.2, None, "borough_financial_year_rate")


@pytest.mark.parametrize(
    ("area", "figures"),
    [
        # The published 2007 figure is 3,784; the sheet's 33 authorities add up to 3,785.
        ("greater_london", {"2007-12": 3785, "2008-12": 3526, "2009-12": 3227}),
        ("force", {"2007-12": 3737, "2008-12": 3475, "2009-12": 3181}),
    ],
)
def test_killed_or_seriously_injured_leave_out_the_airports(
    published: Warehouse, area: str, figures: dict[str, int]
) -> None:
    found = {
        month: _rolling_year(published, "killed_or_seriously_injured", month, area)["casualties_by_borough"]
        for month in figures
    }
    assert found == figures


@pytest.mark.parametrize(("area", "change"), [("greater_london", -6.8), ("force", -7.0)])
def test_the_fall_to_2008_is_the_published_one(published: Warehouse, area: str, change: float) -> None:
    row = _one(
        published,
        "select round(change_percent, 1) from fct_measure_result"
        " where measure_id = 'killed_or_seriously_injured' and area_id = ? and period_month = '2008-12-01'"
        " and period_basis = 'rolling_12_months'",
        area,
    )
    assert row == (change,)


def test_a_calendar_year_stands_in_for_the_financial_year_and_says_so(published: Warehouse) -> None:
    row = _one(
        published,
        "select verdict, verdict_stage, baseline, value, reason from fct_target_verdict"
        " where target_id = 'killed_or_seriously_injured_2008_09' and period_month = '2008-12-01'",
    )
    assert row == (
        "met",
        "latest_year",
        3737,
        3475,
        "calendar year 2008 stands in for the financial year 2008/09",
    )


def test_the_halving_by_2010_is_not_measurable_without_a_baseline(published: Warehouse) -> None:
    row = _one(
        published,
        "select verdict, reason from fct_target_verdict"
        " where target_id = 'killed_or_seriously_injured_2010' and period_month = '2009-12-01'",
    )
    assert row == ("not_measurable", "no baseline value")


def test_the_casualty_file_and_the_workbook_agree_on_2013(published: Warehouse) -> None:
    figures = _rolling_year(published, "killed_or_seriously_injured", "2013-12", "greater_london")
    assert (figures["casualty_records"], figures["casualties_by_borough"]) == (2324, 2324)


def test_severities_of_2013_are_the_same_from_both_files(published: Warehouse) -> None:
    rows = (
        published.release()
        .execute(
            "select source, severity, sum(casualties) from fct_road_casualties join dim_area using (area_id)"
            " where period_month = '2013-12-01' and part_of_greater_london and area_id <> 'heathrow'"
            " group by all order by all"
        )
        .fetchall()
    )
    assert rows == [
        (source, severity, count)
        for source in ("casualties_by_borough", "casualty_records")
        for severity, count in (("fatal", 132), ("serious", 2192), ("slight", 24875))
    ]


def test_casualties_of_2010_are_the_published_ones(published: Warehouse) -> None:
    rows = (
        published.release()
        .execute(
            "select severity, sum(casualties) from fct_road_casualties join dim_area using (area_id)"
            " where period_month = '2010-12-01' and part_of_greater_london and area_id <> 'heathrow'"
            " group by all order by all"
        )
        .fetchall()
    )
    assert rows == [("fatal", 126), ("serious", 2760), ("slight", 26003)]


def test_serious_acquisitive_crime_fell_as_published_and_met_its_target(published: Warehouse) -> None:
    years = [
        _rolling_year(published, "serious_acquisitive_crime_rate", month)["police_force_area"]
        for month in ("2007-03", "2008-03", "2009-03")
    ]
    assert years == [238881, 219266, 203903]
    row = _one(
        published,
        "select verdict, verdict_stage, source from fct_target_verdict"
        " where target_id = 'serious_acquisitive_crime_rate_2008_09' and period_month = '2009-03-01'",
    )
    assert row == ("met", "final", "police_force_area")
    fall = _one(
        published,
        "select round(numerator_change_percent, 1) from fct_measure_result"
        " where measure_id = 'serious_acquisitive_crime_rate' and area_id = 'force'"
        " and period_month = '2009-03-01' and period_basis = 'financial_year_to_date'",
    )
    assert fall == (-7.0,)


def test_robberies_of_2007_08_are_the_published_37_000(published: Warehouse) -> None:
    row = _one(
        published,
        "select offences from fct_recorded_crime where source = 'police_force_area' and area_id = 'force'"
        " and period_month = '2008-03-01' and offence_group = 'robbery'",
    )
    assert row[0] == pytest.approx(37000, abs=50)


@pytest.mark.parametrize("measure", ["gun_enabled_crime", "domestic_violence_arrest_rate", "officer_sickness"])
def test_a_measure_has_no_value_from_files_without_its_columns(published: Warehouse, measure: str) -> None:
    row = _one(
        published,
        "select count(value), count(numerator), any_value(reason) from fct_measure_result where measure_id = ?",
        measure,
    )
    assert row[:2] == (0, 0)
    assert row[2].startswith("no source: no delivery carries")


@pytest.mark.parametrize(("month", "officers"), [("2013-05", 30636), ("2014-03", 30712), ("2015-06", 31733)])
def test_officer_strength_is_the_published_month_end(published: Warehouse, month: str, officers: int) -> None:
    row = _one(
        published,
        "select value, source from fct_measure_result where measure_id = 'officer_strength'"
        " and area_id = 'force' and period_basis = 'month' and period_month = ?",
        f"{month}-01",
    )
    assert row == (officers, "police_force_strength")


def test_officers_of_march_2003_are_the_published_28_231(published: Warehouse) -> None:
    rows = (
        published.release()
        .execute(
            "select period_month::varchar, value, source from fct_measure_result where measure_id = 'officer_strength'"
            " and area_id = 'force' and period_basis = 'month' and value is not null and period_month < '2010-01-01'"
            " order by period_month"
        )
        .fetchall()
    )
    assert rows == [
        ("2003-03-01", 28231, "officer_rank"),
        ("2004-03-01", 30036, "officer_rank"),
        ("2005-03-01", 31074, "officer_rank"),
        ("2006-03-01", 30946, "officer_rank"),
    ]


@pytest.mark.parametrize(("month", "percentage"), [("2014-12", 72), ("2015-03", 73), ("2015-06", 73)])
def test_a_quarterly_percentage_is_the_published_one_and_fills_its_quarter_alone(
    published: Warehouse, month: str, percentage: int
) -> None:
    bases = {
        basis: (value, reason)
        for basis, value, reason in published.release()
        .execute(
            "select period_basis, value, reason from fct_measure_result"
            " where measure_id = 'local_concerns_proxy' and area_id = 'force' and period_month = ?",
            [f"{month}-01"],
        )
        .fetchall()
    }
    assert bases["quarter"] == (percentage, None)
    assert bases["month"] == (None, "not delivered for this period")
    assert bases["rolling_12_months"][0] is None
    assert bases["rolling_12_months"][1].startswith("incomplete: ")


def test_a_measure_without_any_delivery_is_on_the_scorecard_with_its_reason(published: Warehouse) -> None:
    rows = dict(
        published.release()
        .execute("select measure_id, reason from scorecard where verdict = 'not_measurable'")
        .fetchall()
    )
    assert rows["criminal_networks_disrupted"] == "no source: no delivery of criminal_networks"
    assert rows["victim_satisfaction"] == "no source: no delivery of victim_satisfaction"


def test_a_chart_that_ended_years_ago_says_nothing_of_now(published: Warehouse) -> None:
    """Officers by rank were published up to March 2006."""
    rows = published.release().execute(
        "select measure_id, variation, assurance, chart_note from scorecard where charted_month < '2012-12-01'"
        " order by measure_id"
    )
    ended = rows.fetchall()
    assert ended
    for measure_id, variation, assurance, note in ended:
        assert (variation, assurance) == ("not_assessable", None), measure_id
        assert note.startswith("its latest point is of March 2006"), measure_id


def test_a_release_of_real_files_is_labelled_real_and_says_what_is_late(published: Warehouse) -> None:
    row = _one(published, "select data_kind, status, provisional_because from release")
    assert row == (
        "real",
        "provisional",
        "; ".join(
            f"{extract} has not been delivered for June 2015"
            for extract in (
                "asset_recovery",
                "complaints",
                "criminal_networks",
                "measure_returns",
                "milestones",
                "road_casualties",
                "service_levels",
                "victim_satisfaction",
            )
        ),
    )


# The rule's mean error of the year's end, in per cent, stated for other series: seen from month 3, 6 and 9.
STATED = {"borough": {3: 7.5, 6: 5.7, 9: 3.1}, "force": {3: 4.8, 6: 3.0, 9: 2.4}}


@pytest.mark.long
def test_years_ended_where_the_outlook_said(published: Warehouse, tmp_path: Path) -> None:
    """Four rates of recorded crime, the financial years 2013/14 to 2022/23, two of which were those of the pandemic."""
    own = published.copy(tmp_path)
    ended = own.refresh("2023-06")
    assert ended.returncode == 0, ended.stdout[-3000:]
    tried = (
        own.release()
        .execute(
            "select dim_area.area_type, month_of_financial_year, count(*), avg(error_percent), avg(is_inside_80::int)"
            " from fct_outlook_backtest join dim_area using (area_id)"
            " where dim_area.area_type in ('borough', 'force') and month_of_financial_year in (3, 6, 9)"
            " and measure_id in ('total_recorded_crime', 'violence_against_person', 'serious_acquisitive_crime_rate',"
            " 'serious_acquisitive_crime_with_all_burglary') group by all"
        )
        .fetchall()
    )
    assert len(tried) == 6
    for area_type, month, projections, error, inside in tried:
        assert projections == 4 * 10 * (32 if area_type == "borough" else 1)
        assert error <= STATED[area_type][month], (area_type, month)
        if area_type == "borough":
            assert 0.75 < inside < 0.95, month
