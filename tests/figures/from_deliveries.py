"""Figures of the sample, counted from its deliveries without the pipeline or its models.

Here: for each measure, what is counted and over what, between two months, for the force.
Belongs here: a second way to a number, written from the definition alone.
Does not belong here: values, thresholds and verdicts (`sample.csv`, worked by hand).
"""

import datetime as dt
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import polars as pl

Counted = tuple[float, float | None]
Count = Callable[[Path, dt.date, dt.date], Counted]

BEGINNING = dt.date(2006, 4, 1)
READERS: dict[str, Callable[[Path], pl.DataFrame]] = {
    ".parquet": pl.read_parquet,
    ".csv": lambda path: pl.read_csv(path, infer_schema_length=None, try_parse_dates=True),
    ".xlsx": pl.read_excel,
}
CITY_AND_AIRPORTS = ["city_of_london", "heathrow"]
WHITE = ["white_british", "white_irish", "white_other"]
MINORITY = ["mixed", "asian", "black", "chinese_or_other"]
SATISFIED = ["completely_satisfied", "very_satisfied", "fairly_satisfied"]
AGREED = ["strongly_agree", "tend_to_agree"]
NO_ANSWER = ["do_not_know", "not_stated"]
CONSTABLE_OR_SERGEANT = ["constable", "sergeant"]

VIOLENCE = {
    "homicide",
    "attempted_murder",
    "grievous_bodily_harm",
    "violence_with_injury",
    "violence_without_injury",
    "harassment",
}
MURDEROUS = {"homicide", "attempted_murder", "grievous_bodily_harm"}
SERIOUS_SEXUAL = {"rape", "serious_sexual"}
TIER_1 = MURDEROUS | SERIOUS_SEXUAL
TIER_2 = {
    "robbery_personal",
    "robbery_business",
    "burglary_dwelling",
    "theft_of_vehicle",
    "theft_from_vehicle",
    "vehicle_interference",
}
ARMED = pl.col("is_gun_enabled") | pl.col("is_knife_enabled")
CLASS_A = (pl.col("offence_code") == "drug_trafficking") & pl.col("drug_type").is_in(["cocaine", "crack", "heroin"])
YOUNG_VICTIMS = pl.col("victims_under_20")


def _of(codes: set[str]) -> pl.Expr:
    return pl.col("offence_code").is_in(sorted(codes))


def month_end(month: dt.date) -> dt.date:
    return (month + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1)


# Deliveries ------------------------------------------------------------------------------------------------------


@cache
def _newest(raw: Path, extract: str) -> pl.DataFrame:
    """Every row of the highest revision of each month."""
    newest: dict[str, tuple[int, Path]] = {}
    for path in (raw / extract).iterdir():
        if named := re.fullmatch(r"(\d{4}-\d{2})(?:_r(\d+))?", path.stem):
            newest[named[1]] = max(newest.get(named[1], (0, path)), (int(named[2] or 1), path))
    frames = []
    for month, (_, path) in sorted(newest.items()):
        rows = READERS[path.suffix](path)
        # A column without any value has no type of its own.
        filled = [column.name for column in rows if column.null_count() < rows.height]
        frames.append(rows.select(filled).with_columns(month=pl.lit(f"{month}-01").str.to_date()))
    return pl.concat(frames, how="diagonal_relaxed")


def latest(raw: Path, extract: str, first: dt.date, last: dt.date) -> pl.DataFrame:
    """Every row of the highest revision of each month from `first` to `last`."""
    return _newest(raw, extract).filter(pl.col("month").is_between(first, last))


def crime(raw: Path, first: dt.date, last: dt.date) -> pl.DataFrame:
    """Accepted offences: rows with an invented borough, or an outcome before the record, are quarantined."""
    rows = latest(raw, "recorded_crime", first, last)
    outcome_in_time = pl.col("outcome_date").is_null() | (pl.col("outcome_date") >= pl.col("recorded_date"))
    return rows.filter((pl.col("area") != "atlantis") & outcome_in_time)


def detected(raw: Path, first: dt.date, last: dt.date) -> pl.DataFrame:
    """Offences whose sanction came in the period, whenever they were recorded."""
    return crime(raw, BEGINNING, last).filter(pl.col("outcome_date").is_between(first, month_end(last)))


def residents(raw: Path, financial_year: int) -> int:
    """Residents of the 32 boroughs at the middle of the year the financial year starts in."""
    people = pl.read_csv(raw / "population" / "mid_year_estimates.csv")
    chosen = people.filter((pl.col("year") == financial_year) & (pl.col("area") != "city_of_london"))
    return int(chosen["population"].sum())


def milestones(raw: Path, month: dt.date) -> pl.DataFrame:
    """Each milestone as it stands at the month end: `first_due` as first delivered, `due` the earlier of that and the
    present date, `times_redated`, and whether it is `achieved`."""
    ordered = latest(raw, "milestones", BEGINNING, month).sort("month")
    return (
        ordered.group_by("milestone_ref", maintain_order=True)
        .agg(
            pl.col("programme", "title", "current_due", "completed_date", "month").last(),
            first_due=pl.col("original_due").first(),
            times_redated=(pl.col("current_due") != pl.col("current_due").shift(1)).sum(),
        )
        .with_columns(
            due=pl.min_horizontal("first_due", "current_due"),
            achieved=(pl.col("completed_date") <= month_end(month)).fill_null(False),
        )
    )


# Ways of counting ------------------------------------------------------------------------------------------------


def _offences(which: pl.Expr, added: pl.Expr | None = None) -> Count:
    """Offences recorded in the period, or the sum of a column of them."""

    def count(raw: Path, first: dt.date, last: dt.date) -> Counted:
        rows = crime(raw, first, last).filter(which)
        return (rows.height if added is None else rows.select(added).to_series().sum()), None

    return count


def _per_resident(which: pl.Expr) -> Count:
    def count(raw: Path, first: dt.date, last: dt.date) -> Counted:
        year = first.year if first.month >= 4 else first.year - 1
        return crime(raw, first, last).filter(which).height, residents(raw, year)

    return count


def _detections(which: pl.Expr) -> Count:
    return lambda raw, first, last: (detected(raw, first, last).filter(which).height, None)


def _detected_of_recorded(which: pl.Expr) -> Count:
    """Sanction detections in the period, and the offences recorded in it: two different counts."""
    return lambda raw, first, last: (
        detected(raw, first, last).filter(which).height,
        crime(raw, first, last).filter(which).height,
    )


def _arrested_of_domestic(raw: Path, first: dt.date, last: dt.date) -> Counted:
    domestic = crime(raw, first, last).filter("is_domestic")
    return domestic["arrest_date"].is_not_null().sum(), domestic.height


def _networks(raw: Path, first: dt.date, last: dt.date) -> Counted:
    return latest(raw, "criminal_networks", first, last)["network_ref"].n_unique(), None


def _asset_cases(raw: Path, first: dt.date, last: dt.date) -> Counted:
    return latest(raw, "asset_recovery", first, last).height, None


def _asset_cases_recovered(raw: Path, first: dt.date, last: dt.date) -> Counted:
    stages = latest(raw, "asset_recovery", first, last)["stage"]
    return stages.is_in(["confiscated", "forfeited"]).sum(), None


def _asset_value(raw: Path, first: dt.date, last: dt.date) -> Counted:
    return latest(raw, "asset_recovery", first, last)["value_gbp"].sum(), None


def _killed_or_seriously_injured(raw: Path, first: dt.date, last: dt.date) -> Counted:
    hurt = latest(raw, "road_casualties", first, last).filter(~pl.col("area").is_in(CITY_AND_AIRPORTS))
    return hurt["severity"].is_in(["fatal", "serious"]).sum(), None


def _agreed(question: str) -> Count:
    """Weights of those of the Public Attitude Survey who agree, and of all who answered."""

    def count(raw: Path, first: dt.date, last: dt.date) -> Counted:
        asked = latest(raw, "public_attitude", first, last).filter(survey="pas", question=question)
        answered = asked.filter(~pl.col("answer").is_in(NO_ANSWER))
        return answered.filter(pl.col("answer").is_in(AGREED))["weight"].sum(), answered["weight"].sum()

    return count


def _published(question: str) -> Count:
    """The British Crime Survey's percentage for the year that ends with the period."""

    def count(raw: Path, first: dt.date, last: dt.date) -> Counted:
        published = latest(raw, "public_attitude", last, last).filter(survey="bcs", question=question)
        return published["published_value"].item(), None

    return count


def _satisfied(column: str, groups: list[str] | None = None) -> Count:
    """Weights of the victims satisfied, and of all who answered; null was not asked."""

    def count(raw: Path, first: dt.date, last: dt.date) -> Counted:
        answered = latest(raw, "victim_satisfaction", first, last).filter(pl.col(column) != "not_stated")
        if groups:
            answered = answered.filter(pl.col("ethnic_group").is_in(groups))
        return answered.filter(pl.col(column).is_in(SATISFIED))["weight"].sum(), answered["weight"].sum()

    return count


def _satisfied_white_and_minority(raw: Path, first: dt.date, last: dt.date) -> Counted:
    white, minority = (_satisfied("overall", groups)(raw, first, last) for groups in (WHITE, MINORITY))
    return 100 * white[0] / (white[1] or 0), 100 * minority[0] / (minority[1] or 0)


def _in_time(service: str) -> Count:
    def count(raw: Path, first: dt.date, last: dt.date) -> Counted:
        received = latest(raw, "service_levels", first, last).filter(service=service)
        return received["within_standard"].sum(), received["demand"].sum()

    return count


def _days_in_time(raw: Path, first: dt.date, last: dt.date) -> Counted:
    days = latest(raw, "service_levels", first, last).filter(service="emergency_calls")
    return (10 * days["within_standard"] >= 9 * days["demand"]).sum(), days.height


def _complaints_and_officers(raw: Path, first: dt.date, last: dt.date) -> Counted:
    """Complaints received, and the mean of the officers (full-time equivalents) at each month end."""
    officers = latest(raw, "workforce", first, last).filter(role="officer")
    return latest(raw, "complaints", first, last).height, officers["fte"].sum() / officers["month"].n_unique()


def _complaint_days(raw: Path, first: dt.date, last: dt.date) -> Counted:
    """Days from receipt to close of the complaints closed in the period, whenever received."""
    received = latest(raw, "complaints", BEGINNING, last)
    closed = received.filter(pl.col("closed_date").is_between(first, month_end(last)))
    return (closed["closed_date"] - closed["received_date"]).dt.total_days().sum(), closed.height


def _complaints_open_over_120_days(raw: Path, first: dt.date, last: dt.date) -> Counted:
    received = latest(raw, "complaints", BEGINNING, last)
    still_open = pl.col("closed_date").is_null() | (pl.col("closed_date") > month_end(last))
    is_old = pl.col("received_date") < month_end(last) - dt.timedelta(days=120)
    return received.filter(still_open & is_old).height, None


def _hours_lost(role: str) -> Count:
    def count(raw: Path, first: dt.date, last: dt.date) -> Counted:
        people = latest(raw, "workforce", first, last).filter(role=role)
        return people["sickness_hours"].sum(), people["contracted_hours"].sum()

    return count


def _strength(role: str, column: str = "fte") -> Count:
    """A level: that of the last month end."""
    return lambda raw, first, last: (latest(raw, "workforce", last, last).filter(role=role)[column].sum(), None)


def _share_of_officers(which: pl.Expr, among: pl.Expr | None = None) -> Count:
    def count(raw: Path, first: dt.date, last: dt.date) -> Counted:
        officers = latest(raw, "workforce", last, last).filter(role="officer")
        if among is not None:
            officers = officers.filter(among)
        return officers.filter(which)["headcount"].sum(), officers["headcount"].sum()

    return count


def _officers_against_budget(raw: Path, first: dt.date, last: dt.date) -> Counted:
    officers = latest(raw, "workforce", last, last).filter(role="officer")
    return officers["fte"].sum(), officers["budgeted_fte"].sum()


def _returned(measure: str) -> Count:
    """What was returned for the force, added up over the period."""

    def count(raw: Path, first: dt.date, last: dt.date) -> Counted:
        returned = latest(raw, "measure_returns", first, last).filter(measure_id=measure, area="force")
        base = returned["denominator"]
        return returned["numerator"].sum(), None if base.null_count() else base.sum()

    return count


def _returned_level(measure: str) -> Count:
    """A level returned for the force: that of the last month end."""
    return lambda raw, first, last: _returned(measure)(raw, last, last)


def _achieved_of_due(programme: str) -> Count:
    def count(raw: Path, first: dt.date, last: dt.date) -> Counted:
        due = milestones(raw, last).filter((pl.col("programme") == programme) & (pl.col("due") <= month_end(last)))
        return due["achieved"].sum(), due.height

    return count


# Measures --------------------------------------------------------------------------------------------------------

MEASURES: dict[str, Count] = {
    "victim_satisfaction": _satisfied("overall"),
    "victim_satisfaction_gap": _satisfied_white_and_minority,
    "counter_terrorism_milestones": _achieved_of_due("counter_terrorism"),
    "most_serious_violence_rate": _per_resident(_of(TIER_1)),
    "gun_enabled_crime": _per_resident(pl.col("is_gun_enabled") & ~_of({"weapon_possession"})),
    "serious_violence_brought_to_justice": _detected_of_recorded(_of(TIER_1)),
    "domestic_violence_arrest_rate": _arrested_of_domestic,
    "serious_youth_violence_victims": _offences(_of(MURDEROUS) | ARMED, YOUNG_VICTIMS),
    "youth_weapon_incidents": _offences((_of(MURDEROUS) | ARMED) & (YOUNG_VICTIMS > 0)),
    "youth_violence_victims": _offences(_of(VIOLENCE), YOUNG_VICTIMS),
    "criminal_networks_disrupted": _networks,
    "asset_recovery_cases": _asset_cases,
    "asset_recovery_cases_recovered": _asset_cases_recovered,
    "asset_recovery_value": _asset_value,
    "class_a_trafficking_detections": _detections(CLASS_A),
    "local_concerns": _agreed("police_deal_with_local_concerns"),
    "local_concerns_proxy": _agreed("police_deal_with_things_that_matter"),
    "serious_acquisitive_crime_rate": _per_resident(_of(TIER_2)),
    "serious_acquisitive_crime_brought_to_justice": _detected_of_recorded(_of(TIER_2)),
    "killed_or_seriously_injured": _killed_or_seriously_injured,
    "olympics_milestones": _achieved_of_due("olympics"),
    "total_recorded_crime": _per_resident(pl.lit(True)),
    "violence_against_person": _per_resident(_of(VIOLENCE)),
    "knife_enabled_crime": _per_resident(pl.col("is_knife_enabled")),
    "homicide": _offences(_of({"homicide"})),
    "grievous_bodily_harm": _offences(_of({"grievous_bodily_harm"})),
    "domestic_violence_homicide": _offences(_of({"homicide"}) & pl.col("is_domestic")),
    "weapon_enabled_serious_violence": _offences(_of(MURDEROUS) & ARMED),
    "serious_sexual_offences_reported": _offences(_of(SERIOUS_SEXUAL)),
    "rape_brought_to_justice": _detected_of_recorded(_of({"rape"})),
    "sanction_detection_rate": _detected_of_recorded(pl.lit(True)),
    "offences_brought_to_justice": _returned("offences_brought_to_justice"),
    "confidence_in_local_policing": _agreed("confident_in_local_policing"),
    "perceived_high_antisocial_behaviour": _published("perceives_high_antisocial_behaviour"),
    "justice_system_effective": _published("justice_system_is_effective"),
    "justice_system_fair": _published("justice_system_is_fair"),
    "fear_of_crime": _agreed("worried_about_crime"),
    "satisfaction_with_policing_events": _agreed("satisfied_with_policing_of_events"),
    "understands_local_issues": _agreed("police_understand_local_issues"),
    "informed_about_local_police": _agreed("informed_about_local_police"),
    "informed_about_london_police": _agreed("informed_about_london_police"),
    "satisfaction_access": _satisfied("access"),
    "satisfaction_action": _satisfied("action"),
    "satisfaction_follow_up": _satisfied("follow_up"),
    "satisfaction_treatment": _satisfied("treatment"),
    "call_handling_satisfaction": _satisfied("call_handling"),
    "emergency_calls_answered": _in_time("emergency_calls"),
    "emergency_call_days_met": _days_in_time,
    "non_emergency_calls_answered": _in_time("non_emergency_calls"),
    "complaints_per_100_officers": _complaints_and_officers,
    "complaint_days": _complaint_days,
    "complaints_open_over_120_days": _complaints_open_over_120_days,
    "electronic_evidence_in_28_days": _in_time("electronic_evidence"),
    "procurement_savings": _returned("procurement_savings"),
    "cashable_savings": _returned("cashable_savings"),
    "spend_against_budget": _returned("spend_against_budget"),
    "officer_sickness": _hours_lost("officer"),
    "staff_sickness": _hours_lost("staff"),
    "female_officers": _share_of_officers(pl.col("gender") == "female"),
    "minority_ethnic_officers": _share_of_officers(pl.col("ethnic_group").is_in(MINORITY)),
    "female_senior_officers": _share_of_officers(
        pl.col("gender") == "female", among=~pl.col("rank").is_in(CONSTABLE_OR_SERGEANT)
    ),
    "officer_strength": _strength("officer"),
    "staff_strength": _strength("staff"),
    "pcso_strength": _strength("pcso"),
    "officers_against_budget": _officers_against_budget,
    "special_constables": _strength("special", "headcount"),
    "leadership_quality": _returned("leadership_quality"),
    "staff_informed": _returned("staff_informed"),
    "leadership_programme_coverage": _returned_level("leadership_programme_coverage"),
    "ward_bases_completed": _returned_level("ward_bases_completed"),
    "equality_scheme_actions": _achieved_of_due("equality_scheme"),
    "performance_framework_milestones": _achieved_of_due("performance_framework"),
    "estates_milestones": _achieved_of_due("estates"),
    "information_milestones": _achieved_of_due("information"),
    "resources_milestones": _achieved_of_due("resources"),
    "business_plan_milestones": _achieved_of_due("business_plan"),
    "workplace_accidents": _returned("workplace_accidents"),
}


def counted(raw: Path, measure: str, first: dt.date, last: dt.date) -> Counted:
    """(numerator, denominator) of a measure from the month `first` to the month `last`; a level is that of `last`; the
    gap's come as its two groups' percentages, a percentage published without a base as the numerator."""
    return MEASURES[measure](raw, first, last)
