"""What was said then: the ledger, restated figures with their causes, and the commands over releases.

Here: releases of builds made by hand, of a few figures, deliveries and definitions each; and of the sample.
Belongs here: a promise about what earlier releases said, and about releases that are there.
Does not belong here: what a refresh publishes (`test_refresh.py`), the death of a process (`test_kills.py`).
"""

import copy
import datetime as dt
import errno
import html
import json
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from orchestration import publishing
from orchestration.board_pack import words
from orchestration.board_pack.author import read_pack
from orchestration.board_pack.content import Selection
from orchestration.guard import only_refresh
from orchestration.landing.synchronise import CURRENT_DELIVERY
from orchestration.ledger import LedgerDamaged, read_entries, settle, write_entry
from orchestration.measure_definition import definition_digests
from orchestration.publishing import Release, prune, publish
from orchestration.releases import roll_back, violations
from orchestration.restatement import Unexplained
from tests.conftest import ROOT, Warehouse

FIRST_DAY = dt.datetime(2009, 1, 12, 6, tzinfo=dt.UTC)
CRIME, RESIDENTS, CALLS = "recorded_crime", "population", "service_levels"
# Measures of the builds below: columns of the catalogue that are not null.
HOMICIDE = {"measure_type": "count", "numerator_kind": "flow", "extract": CRIME, "settles_after": 3}
BURGLARY = HOMICIDE | {"measure_type": "rate", "denominator_kind": "stock", "denominator_extract": RESIDENTS}
DETECTIONS = HOMICIDE | {"needs_columns": "outcome_type outcome_date"}
ANSWERED = {"measure_type": "percentage", "numerator_kind": "flow", "denominator_kind": "flow", "extract": CALLS}
CATALOGUE = {"homicide": HOMICIDE, "burglary": BURGLARY, "detections": DETECTIONS, "answered": ANSWERED}


def _node(kind: str, schema: str, name: str, *behind: str, macros: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "resource_type": kind,
        "schema": schema,
        "name": name,
        "checksum": {"checksum": f"{name} as it is"},
        "depends_on": {"nodes": list(behind), "macros": [f"macro.performance.{macro}" for macro in macros]},
        "description": name,
        "config": {"meta": {"source": "a hand-made build"}},
        "columns": {},
    }


def _project() -> dict[str, Any]:
    """A dbt manifest of few models: homicide and detections count offences by a macro that burglary does not use."""
    model, seed = "model.performance.", "seed.performance."
    of_measures = [f"{model}measure_{measure_id}" for measure_id in CATALOGUE]
    nodes = [
        *(_node("seed", "seeds", name) for name in ("measures", "series_breaks", "source_preference", "targets")),
        _node("model", "staging", "stg_recorded_crime"),
        _node("model", "staging", "stg_service_levels"),
        _node("model", "measures", "measure_homicide", f"{model}stg_recorded_crime", macros=("in_group",)),
        _node("model", "measures", "measure_detections", f"{model}stg_recorded_crime", macros=("in_group",)),
        _node("model", "measures", "measure_burglary", f"{model}stg_recorded_crime"),
        _node("model", "measures", "measure_answered", f"{model}stg_service_levels"),
        _node("model", "results", "res_result", *of_measures, f"{seed}measures", f"{seed}series_breaks"),
        _node("model", "results", "res_target_verdict", f"{model}res_result", f"{seed}targets", macros=("verdict",)),
        _node("model", "marts", "fct_measure_result", f"{model}res_result"),
        _node("model", "marts", "fct_target_verdict", f"{model}res_target_verdict"),
        _node("model", "marts", "scorecard", f"{model}res_target_verdict"),
        _node("model", "marts", "delivery"),
    ]
    macros = {
        f"macro.performance.{name}": {
            "package_name": "performance",
            "macro_sql": f"{name} as it is",
            "depends_on": {"macros": []},
        }
        for name in ("in_group", "verdict")
    }
    return {"nodes": {f"{n['resource_type']}.performance.{n['name']}": n for n in nodes}, "macros": macros}


Key = tuple[str, str, str, str]


@dataclass
class Build:
    """A build database made by hand, and the releases published from it, a day apart.

    `figures`: (measure, basis, month, area) → value, numerator, denominator, source. `verdicts`: (target, month) →
    measure, value, threshold, verdict, is_settled; of Bexley, on the month. `deliveries`: (extract, source, month,
    revision) → its digest, status, rows set aside.
    """

    warehouse: Path
    figures: dict[Key, tuple[float | None, float | None, float | None, str]] = field(default_factory=dict)
    verdicts: dict[tuple[str, str], tuple[str, float, float | None, str, bool]] = field(default_factory=dict)
    deliveries: dict[tuple[str, str, str, int], tuple[str, str, int]] = field(default_factory=dict)
    catalogue: dict[str, dict[str, Any]] = field(default_factory=lambda: {k: dict(v) for k, v in CATALOGUE.items()})
    targets: dict[str, tuple[str | None, str, float]] = field(default_factory=dict)
    project: dict[str, Any] = field(default_factory=_project)
    days: int = 0

    def figure(self, measure: str, month: str, value: float | None, base: float | None = None, **others: str) -> None:
        """A month's figure of Bexley; of a rate, `value` is the count and `base` the residents."""
        basis, area = others.get("basis", "month"), others.get("area", "bexley")
        given = value / base if value is not None and base else value
        self.figures[(measure, basis, month, area)] = (given, value, base, others.get("source", "crime_system"))

    def deliver(self, month: str, revision: int = 1, **others: Any) -> None:
        extract, source = others.get("extract", CRIME), others.get("source", "crime_system")
        digest = others.get("sha256", f"{extract} {month} {revision}")
        self.deliveries[(extract, source, month, revision)] = (
            digest,
            others.get("status", "landed"),
            others.get("aside", 0),
        )

    def publish(self, month: str = "2008-12", by: Callable[..., Release] = publish) -> Release:
        (self.warehouse / "build.duckdb").unlink(missing_ok=True)
        with duckdb.connect(str(self.warehouse / "build.duckdb")) as build:
            self._fill(build, month)
        manifest = self.warehouse / "dbt_manifest.json"
        manifest.write_text(json.dumps(self.project), encoding="utf-8")
        self.days += 1
        with only_refresh(self.warehouse):
            return by(self.warehouse, manifest, month, FIRST_DAY + dt.timedelta(days=self.days - 1), {})

    def say(self, month: str = "2008-12") -> None:
        """Compare with what was said and add to the ledger, as a release does, without its copy of the marts."""
        self.days += 1
        at = FIRST_DAY + dt.timedelta(days=self.days - 1)
        entries = read_entries(self.warehouse, {})
        release_id = f"{month}_r{len(entries) + 1}"
        with duckdb.connect() as build:
            self._fill(build, month)
            digests = definition_digests(build, self.project)
            write_entry(build, self.warehouse, entries, release_id, at, digests)
        (self.warehouse / "releases" / release_id).mkdir()
        settle(self.warehouse)

    def query(self, query: str, release_id: str | None = None) -> list[tuple[Any, ...]]:
        folder = self.warehouse / "releases" / release_id if release_id else self.warehouse / "current"
        with duckdb.connect(str(folder / "performance.duckdb"), read_only=True) as release:
            return release.execute(query).fetchall()

    def restated(self) -> dict[tuple[str, ...], tuple[str, str]]:
        """(measure or target, basis, month, area) → cause and explanation, of the newest entry's restatements."""
        newest = read_entries(self.warehouse, {})[-1].release_id
        rows = pl.read_parquet(self.warehouse / "ledger" / newest / "restatement.parquet").select(
            pl.coalesce("target_id", "measure_id"), "period_basis", pl.col("period_month").dt.strftime("%Y-%m"),
            "area_id", "cause", "explanation",
        )  # fmt: skip
        return {row[:4]: row[4:] for row in rows.iter_rows()}

    def causes(self) -> dict[str, str]:
        """Month → cause, where every restatement is of the same measure and basis."""
        return {key[2]: cause for key, (cause, _) in self.restated().items()}

    def _fill(self, build: duckdb.DuckDBPyConnection, month: str) -> None:
        figures = [(*key[:2], f"{key[2]}-01", key[3], *given) for key, given in self.figures.items() if key[2] <= month]
        verdicts = [
            (target_id, f"{of}-01", self.targets[target_id][1], *given)
            for (target_id, of), given in self.verdicts.items()
            if of <= month and self.targets[target_id][1] <= f"{month}-31"
        ]
        deliveries = [(str(n), *key, *given) for n, (key, given) in enumerate(self.deliveries.items())]
        catalogue = [{"measure_id": measure_id, **row} for measure_id, row in self.catalogue.items()]
        targets = [(target_id, *row) for target_id, row in self.targets.items()]
        for name, rows in (("figure", figures), ("verdict", verdicts), ("given", deliveries), ("target", targets)):
            build.register(name, pl.DataFrame(rows, schema=COLUMNS[name], orient="row"))
        build.register("catalogue", pl.DataFrame(catalogue, infer_schema_length=None))
        build.register("reported", pl.DataFrame({"month": [f"{month}-01"]}))
        build.execute(MADE_BY_HAND)


COLUMNS: dict[str, dict[str, Any]] = {
    "figure": dict.fromkeys(["measure_id", "period_basis", "month", "area_id"], pl.String)
    | dict.fromkeys(["value", "numerator", "denominator"], pl.Float64)
    | {"source": pl.String},
    "verdict": dict.fromkeys(["target_id", "month", "known_from", "measure_id"], pl.String)
    | {"value": pl.Float64, "threshold": pl.Float64, "verdict": pl.String, "is_settled": pl.Boolean},
    "given": dict.fromkeys(["delivery_id", "extract", "source", "month"], pl.String)
    | {"revision": pl.Int64, "sha256": pl.String, "status": pl.String, "rows_quarantined": pl.Int64},
    "target": {"target_id": pl.String, "supersedes": pl.String, "known_from": pl.String, "amount": pl.Float64},
}
CURRENT = re.sub(r"\{\{ source\('landing', '(\w+)'\) \}\}", r"landing.\1", CURRENT_DELIVERY.read_text("utf-8"))
MADE_BY_HAND = f"""
    create schema landing; create schema staging; create schema seeds; create schema marts; create schema intermediate;
    create table landing.reporting_month as
        select month::date as reporting_month, last_day(month::date) as targets_known_on from reported;
    create table landing.extract (extract varchar);
    create table landing.layout_column as
        from (values
            ('recorded_crime', 'crime_system', 'boroughs', 'offences'),
            ('recorded_crime', 'published', 'boroughs', 'offences'),
            ('population', 'estimates', 'boroughs', 'population'),
            ('service_levels', 'switchboard', 'force', 'demand')
        ) as layouts (extract, source, areas, column_name);
    create table landing.delivery as
        select
            delivery_id, extract, source, month || '.csv' as file_name, revision, sha256, status,
            null::varchar as reason, null::timestamptz as received_at, null::timestamptz as withdrawn_at,
            null::boolean as is_partial, false as is_synthetic, null::varchar as confirmed_because
        from given;
    create table landing.delivery_period as
        select
            delivery_id, (month || '-01')::date as period_month, 1 as months_covered,
            100 - rows_quarantined as rows_accepted, rows_quarantined
        from given;
    create view staging.stg_current_delivery as {CURRENT};
    create table intermediate.int_late_month (input varchar, period_month date, because varchar);
    create table seeds.measures (
        measure_id varchar, multiplier double, better varchar, measure_type varchar, numerator_kind varchar,
        denominator_kind varchar, extract varchar, denominator_extract varchar, extract_item varchar,
        needs_columns varchar, base_measure varchar, group_a varchar, group_b varchar, settles_after integer
    );
    insert into seeds.measures by name from catalogue;
    create table seeds.series_breaks (
        measure_id varchar, source varchar, break_month date, reason varchar, evidence varchar
    );
    create table seeds.source_preference (
        extract varchar, measure_id varchar, source varchar, rank integer, reason varchar
    );
    create table seeds.targets as
        select * replace (known_from::date as known_from), 'the plan' as source, null::varchar as reading from target;
    create table marts.fct_measure_result as
        select
            * exclude (month), month::date as period_month, 'all' as population_group,
            (month::date - case when period_basis = 'rolling_12_months' then to_months(11) else to_months(0) end)::date
                as window_from
        from figure;
    create table marts.fct_target_verdict as
        select
            * exclude (month) replace (known_from::date as known_from), month::date as period_month,
            month::date as compared_month, 'bexley' as area_id, 'all' as population_group, 'month' as period_basis,
            'month' as verdict_stage, 'crime_system' as source
        from verdict;
    create table marts.delivery as
        select
            deliveries.* replace (case when status = 'landed' then 'current' else status end as status),
            100 as rows_accepted, 0 as rows_quarantined, null::date as first_month
        from landing.delivery as deliveries;
    create table marts.scorecard as
        select
            reporting.reporting_month, 'cpa' as tier, measures.measure_id, verdicts.target_id,
            'all' as population_group, 'month' as period_basis, verdicts.value, verdicts.threshold,
            coalesce(verdicts.verdict, 'no_target') as verdict, verdicts.verdict_stage, false as is_provisional,
            null::varchar as provisional_because
        from seeds.measures as measures
        cross join landing.reporting_month as reporting
        left join marts.fct_target_verdict as verdicts
            on measures.measure_id = verdicts.measure_id and reporting.reporting_month = verdicts.period_month;
"""


def _copy(made: Build, folder: Path) -> Build:
    """A build of its own for a test, with the warehouse as it is."""
    shutil.copytree(made.warehouse, folder / "warehouse", symlinks=True)
    return replace(copy.deepcopy(made), warehouse=folder / "warehouse")


@pytest.fixture(scope="module")
def december(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Homicides of Bexley, 1 in January to 12 in December 2008 and 78 in the year, and a few other figures, each
    month delivered once and published in December."""
    made = Build(tmp_path_factory.mktemp("december"))
    made.deliver("2007-12")
    for month in range(1, 13):
        made.deliver(f"2008-{month:02}")
        made.figure("homicide", f"2008-{month:02}", month)
    made.figure("homicide", "2008-12", 78, basis="rolling_12_months")
    made.deliver("2008-06", extract=RESIDENTS, source="estimates")
    for month in ("2008-03", "2008-12"):
        made.figure("burglary", month, 50, 1000)
    made.figure("detections", "2008-12", 9)
    made.deliver("2008-12", extract=CALLS, source="switchboard")
    made.figure("answered", "2008-12", 80, source="switchboard")
    made.publish()
    return made


@pytest.fixture
def build(december: Build, tmp_path: Path) -> Build:
    return _copy(december, tmp_path)


@pytest.fixture(scope="module")
def to_january(december: Build, tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Three releases of December, and one of January, which is current."""
    made = _copy(december, tmp_path_factory.mktemp("three"))
    for revision in (2, 3):
        made.deliver("2008-12", revision)
        made.figure("homicide", "2008-12", 12 + revision)
        made.publish()
    made.publish("2009-01")
    return made


@pytest.fixture
def three(to_january: Build, tmp_path: Path) -> Build:
    return _copy(to_january, tmp_path)


# Causes


def test_a_month_delivered_again_before_it_settled_is_of_late_records(build: Build) -> None:
    """Homicides settle after 3 months: of 2008-10 by 2009-01, after the last release's month."""
    build.deliver("2008-10", 2)
    build.figure("homicide", "2008-10", 11)
    build.say()
    assert build.restated() == {
        ("homicide", "month", "2008-10", "bexley"): (
            "late_records",
            "late records: recorded_crime of 2008-10 delivered again",
        )
    }


def test_a_month_delivered_again_after_it_settled_is_a_re_delivery(build: Build) -> None:
    """2008-09 settled with 2008-12, which was reported; 2008-10 had not."""
    for month in ("2008-09", "2008-10"):
        build.deliver(month, 2)
        build.figure("homicide", month, 20)
    build.say()
    assert build.causes() == {"2008-09": "re_delivery", "2008-10": "late_records"}


def test_a_measure_that_settles_at_once_has_no_late_records(build: Build) -> None:
    build.deliver("2008-12", 2, extract=CALLS, source="switchboard")
    build.figure("answered", "2008-12", 85, source="switchboard")
    build.say()
    assert build.causes() == {"2008-12": "re_delivery"}


def test_a_withdrawn_delivery_is_a_re_delivery_also_of_a_month_that_has_not_settled(build: Build) -> None:
    build.deliver("2008-12", 2)
    build.say()
    build.deliver("2008-12", 2, status="withdrawn")
    build.figure("homicide", "2008-12", 13)
    build.say()
    assert build.restated()[("homicide", "month", "2008-12", "bexley")] == (
        "re_delivery",
        "re-delivery: recorded_crime of 2008-12 withdrawn",
    )


def test_rows_mended_out_of_quarantine_are_named_before_late_records(build: Build) -> None:
    build.deliver("2008-12", 2, aside=4)
    build.say()
    build.deliver("2008-12", 3, aside=1)
    build.figure("homicide", "2008-12", 15)
    build.say()
    said = "recorded_crime of 2008-12 delivered again, rows mended"
    assert build.restated()[("homicide", "month", "2008-12", "bexley")] == (
        "re_delivery",
        f"re-delivery: {said}; late records: {said}",
    )


def test_residents_delivered_again_explain_a_rate_whose_count_stands(build: Build) -> None:
    """The estimate of 2008 divides April 2008 to March 2009, and not March 2008."""
    build.deliver("2008-06", 2, extract=RESIDENTS, source="estimates")
    build.deliver("2008-12", 2)
    build.figure("burglary", "2008-12", 50, 1100)
    build.say()
    assert build.restated() == {
        ("burglary", "month", "2008-12", "bexley"): (
            "population",
            "population: population of 2008-06 delivered again",
        )
    }
    build.figure("burglary", "2008-03", 50, 1100)
    with pytest.raises(Unexplained):
        build.say()


def test_another_source_is_the_cause_where_one_was_chosen(build: Build) -> None:
    build.deliver("2008-12", 1, source="published")
    build.figure("homicide", "2008-12", 14, source="published")
    build.say()
    cause, explanation = build.restated()[("homicide", "month", "2008-12", "bexley")]
    assert cause == "source"
    assert explanation.startswith("source: published in place of crime_system; ")


def _multiplied(build: Build) -> None:
    build.catalogue["homicide"]["multiplier"] = 1000


def _modelled_anew(build: Build) -> None:
    build.project["nodes"]["model.performance.measure_homicide"]["checksum"]["checksum"] = "otherwise"


def _counted_anew(build: Build) -> None:
    build.project["macros"]["macro.performance.in_group"]["macro_sql"] = "otherwise"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_multiplied, "definition: the measure's own is changed"),
        (_modelled_anew, "definition: the measure's own is changed"),
        (_counted_anew, "definition: what the measure is made from is changed"),
    ],
)
def test_a_changed_catalogue_row_model_or_macro_is_a_definition(
    change: Callable[[Build], None], words: str, build: Build
) -> None:
    change(build)
    build.figure("homicide", "2008-01", 5)
    build.say()
    assert build.restated() == {("homicide", "month", "2008-01", "bexley"): ("definition", words)}


@pytest.mark.parametrize("change", [_multiplied, _modelled_anew, _counted_anew])
def test_a_definition_explains_no_figure_of_another_measure(change: Callable[[Build], None], build: Build) -> None:
    change(build)
    build.figure("burglary", "2008-12", 51, 1000)
    with pytest.raises(Unexplained):
        build.say()


def test_the_least_ordinary_of_several_causes_comes_first_and_all_are_named(build: Build) -> None:
    """A change far behind the measure comes after the delivery that moved the figure."""
    build.deliver("2008-12", 2)
    build.figure("homicide", "2008-12", 15)
    _counted_anew(build)
    build.say()
    late = "late records: recorded_crime of 2008-12 delivered again"
    assert build.restated()[("homicide", "month", "2008-12", "bexley")] == (
        "late_records",
        f"{late}; definition: what the measure is made from is changed",
    )
    build.deliver("2008-12", 3)
    build.figure("homicide", "2008-12", 16)
    _multiplied(build)
    build.say()
    assert build.restated()[("homicide", "month", "2008-12", "bexley")] == (
        "definition",
        f"definition: the measure's own is changed; {late}",
    )


def test_a_rolling_year_has_the_cause_of_the_months_in_its_window(build: Build) -> None:
    """2008-01 is in the year to 2008-12; 2007-12 is not, and explains nothing of it."""
    build.deliver("2008-01", 2)
    build.figure("homicide", "2008-12", 80, basis="rolling_12_months")
    build.say()
    assert build.restated() == {
        ("homicide", "rolling_12_months", "2008-12", "bexley"): (
            "re_delivery",
            "re-delivery: recorded_crime of 2008-01 delivered again",
        )
    }
    build.deliver("2007-12", 2)
    build.figure("homicide", "2008-12", 81, basis="rolling_12_months")
    with pytest.raises(Unexplained):
        build.say()


def test_facts_that_come_late_reach_from_an_earlier_month_into_a_later_one(build: Build) -> None:
    """Detections of 2008-12 are of offences recorded in any month before; homicides of 2008-12 are of that month."""
    build.deliver("2008-02", 2)
    build.figure("detections", "2008-12", 10)
    build.say()
    assert build.causes() == {"2008-12": "re_delivery"}
    build.deliver("2008-02", 3)
    build.figure("detections", "2008-12", 9)
    build.figure("homicide", "2008-12", 13)
    with pytest.raises(Unexplained):
        build.say()


def test_a_figure_that_goes_or_comes_for_a_reported_month_is_restated(build: Build) -> None:
    build.deliver("2008-11", status="withdrawn")
    del build.figures[("homicide", "month", "2008-11", "bexley")]
    build.publish()
    build.deliver("2008-11", 2)
    build.figure("homicide", "2008-11", 12)
    build.publish()
    rows = build.query(
        "select release_before, release_after, value_before, value_after, cause from fct_restatement"
        " order by release_after"
    )
    assert rows == [
        ("2008-12_r1", "2008-12_r2", 11, None, "re_delivery"),
        ("2008-12_r2", "2008-12_r3", None, 12, "late_records"),
    ]


def test_digits_that_only_the_order_of_adding_up_moves_restate_nothing(build: Build) -> None:
    """A tenth of the tolerance of 1e-9 of 12, then ten times of it."""
    build.figure("homicide", "2008-12", 12 * (1 + 1e-10))
    build.figure("homicide", "2008-11", 13)
    build.deliver("2008-11", 2)
    build.say()
    assert set(build.causes()) == {"2008-11"}
    build.figure("homicide", "2008-12", 12 * (1 + 1e-8))
    with pytest.raises(Unexplained):
        build.say()


# Verdicts and targets


@pytest.fixture(scope="module")
def december_judged(december: Build, tmp_path_factory: pytest.TempPathFactory) -> Build:
    """At most 12 homicides in a month, by a target that is new: met in November and December."""
    made = _copy(december, tmp_path_factory.mktemp("judged"))
    made.targets["at_most_12"] = (None, "2008-04-01", 12)
    for month, value in (("2008-11", 11.0), ("2008-12", 12.0)):
        made.verdicts[("at_most_12", month)] = ("homicide", value, 12, "met", True)
    made.publish()
    return made


@pytest.fixture
def judged(december_judged: Build, tmp_path: Path) -> Build:
    return _copy(december_judged, tmp_path)


def test_a_verdict_that_turns_is_restated_with_its_figure_which_says_so(judged: Build) -> None:
    judged.deliver("2008-12", 2)
    judged.figure("homicide", "2008-12", 14)
    judged.verdicts[("at_most_12", "2008-12")] = ("homicide", 14, 12, "not_met", True)
    judged.publish()
    rows = judged.query(
        "select target_id, value_before, value_after, threshold_before, threshold_after, verdict_before, verdict_after,"
        " is_verdict_flipped, cause from fct_restatement order by target_id"
    )
    assert rows == [
        ("at_most_12", 12, 14, 12, 12, "met", "not_met", True, "late_records"),
        (None, 12, 14, None, None, None, None, True, "late_records"),
    ]


def test_a_verdict_owes_nothing_to_the_model_of_another_measure(judged: Build) -> None:
    judged.deliver("2008-12", 2)
    judged.verdicts[("at_most_12", "2008-12")] = ("homicide", 14, 12, "not_met", True)
    judged.project["nodes"]["model.performance.measure_answered"]["checksum"]["checksum"] = "otherwise"
    judged.say()
    late = "late records: recorded_crime of 2008-12 delivered again"
    assert [explanation for _, explanation in judged.restated().values()] == [late]


def test_a_changed_rule_of_judging_explains_a_verdict_that_turns(judged: Build) -> None:
    judged.project["macros"]["macro.performance.verdict"]["macro_sql"] = "otherwise"
    judged.verdicts[("at_most_12", "2008-12")] = ("homicide", 12, 12, "not_met", True)
    judged.say()
    said = "definition: the way verdicts are made is changed"
    assert judged.restated() == {("at_most_12", "month", "2008-12", "bexley"): ("definition", said)}


def test_a_changed_target_restates_thresholds_and_no_figure(judged: Build) -> None:
    judged.targets["at_most_12"] = (None, "2008-04-01", 10)
    for month, value in (("2008-11", 11.0), ("2008-12", 12.0)):
        judged.verdicts[("at_most_12", month)] = ("homicide", value, 10, "not_met", True)
    judged.say()
    assert judged.restated() == {
        ("at_most_12", "month", month, "bexley"): ("target", "target: it is changed")
        for month in ("2008-11", "2008-12")
    }


def test_a_target_in_the_place_of_another_is_held_against_what_that_one_said(judged: Build) -> None:
    """Of a threshold of 11 in place of 12: November stays met, December is missed. January is new."""
    judged.targets["at_most_11"] = ("at_most_12", "2009-01-15", 11)
    for month, value, verdict in (("2008-11", 11.0, "met"), ("2008-12", 12.0, "not_met"), ("2009-01", 9.0, "met")):
        judged.verdicts[("at_most_11", month)] = ("homicide", value, 11, verdict, True)
    judged.publish("2009-01")
    rows = judged.query(
        "select target_id, strftime(period_month, '%Y-%m'), threshold_before, threshold_after, verdict_before,"
        " verdict_after, is_verdict_flipped, explanation from fct_restatement order by period_month"
    )
    why = "target: it takes the place of at_most_12"
    assert rows == [
        ("at_most_11", "2008-11", 12, 11, "met", "met", False, why),
        ("at_most_11", "2008-12", 12, 11, "met", "not_met", True, why),
    ]


def test_a_release_of_an_earlier_month_withdraws_no_target_that_came_later(judged: Build) -> None:
    judged.targets["at_most_11"] = ("at_most_12", "2009-01-15", 11)
    judged.verdicts[("at_most_11", "2008-12")] = ("homicide", 12, 11, "not_met", True)
    judged.say("2009-01")
    judged.figure("homicide", "2008-12", 11)
    judged.deliver("2008-12", 2)
    judged.say("2008-12")
    assert [key[0] for key in judged.restated()] == ["homicide"]


def test_a_verdict_that_turns_because_its_figure_has_settled_is_of_late_records(judged: Build) -> None:
    judged.verdicts[("at_most_12", "2009-01")] = ("homicide", 12, 12, "met", False)
    judged.say("2009-01")
    judged.verdicts[("at_most_12", "2009-01")] = ("homicide", 12, 12, "not_met", True)
    judged.say("2009-02")
    assert judged.restated() == {
        ("at_most_12", "month", "2009-01", "bexley"): ("late_records", "late records: judged at another age")
    }


# What nothing explains


def test_a_difference_that_nothing_explains_is_refused_by_measure_and_count_and_nothing_is_published(
    judged: Build,
) -> None:
    for month in ("2008-01", "2008-02"):
        judged.figure("homicide", month, 99)
    # A figure that was not there.
    judged.figure("burglary", "2008-02", 5, 100)
    judged.verdicts[("at_most_12", "2008-12")] = ("homicide", 12, 12, "not_met", True)
    before = sorted(judged.warehouse.glob("*/2008-12_r*"))
    with pytest.raises(Unexplained) as refused:
        judged.publish()
    said = "These are not as they were reported, and no delivery, definition, target or source has changed"
    assert str(refused.value).startswith(
        f"{said}: burglary (1 figures, 0 verdicts), homicide (2 figures, 1 verdicts). The build is made anew"
    )
    assert (judged.warehouse / "current").readlink() == Path("releases/2008-12_r2")
    assert sorted(judged.warehouse.glob("*/2008-12_r*")) == before


def test_a_difference_that_was_refused_leaves_nothing_in_the_way_of_the_next_release(build: Build) -> None:
    build.figure("homicide", "2008-12", 99)
    with pytest.raises(Unexplained):
        build.publish()
    build.deliver("2008-12", 2)
    assert build.publish().release_id == "2008-12_r2"
    assert list(build.warehouse.glob("ledger/.*")) == []


# What was said then


def test_what_was_said_then_is_still_given_with_the_span_it_stood(build: Build) -> None:
    build.deliver("2008-12", 2)
    build.figure("homicide", "2008-12", 15)
    build.publish()
    rows = build.query(
        "select value, reported_from_release, strftime(reported_from at time zone 'UTC', '%d %H:%M'),"
        " reported_until_release, strftime(reported_until at time zone 'UTC', '%d %H:%M') from fct_reported_result"
        " where measure_id = 'homicide' and period_basis = 'month' and period_month = '2008-12-01'"
        " order by reported_from"
    )
    assert rows == [
        (12, "2008-12_r1", "12 06:00", "2008-12_r2", "13 06:00"),
        (15, "2008-12_r2", "13 06:00", None, None),
    ]


def test_a_figure_that_never_changed_has_one_row_from_its_first_release(build: Build) -> None:
    build.figure("homicide", "2009-01", 1)
    build.publish("2009-01")
    rows = build.query("select count(*), count(reported_until) from fct_reported_result where measure_id = 'homicide'")
    # Thirteen months and the year to December.
    assert rows == [(14, 0)]
    first = "select strftime(period_month, '%Y-%m') from fct_reported_result where reported_from_release = '2009-01_r1'"
    assert build.query(first) == [("2009-01",)]


def test_the_scorecard_is_kept_as_each_release_gave_it(judged: Build) -> None:
    judged.deliver("2008-12", 2)
    judged.verdicts[("at_most_12", "2008-12")] = ("homicide", 14, 12, "not_met", True)
    judged.publish()
    rows = judged.query(
        "select release_id, target_id, value, threshold, verdict from fct_reported_verdict"
        " where measure_id = 'homicide' order by published_at"
    )
    assert rows == [
        ("2008-12_r1", None, None, None, "no_target"),
        ("2008-12_r2", "at_most_12", 12, 12, "met"),
        ("2008-12_r3", "at_most_12", 14, 12, "not_met"),
    ]


def test_an_entry_stores_what_changed_and_nothing_else(build: Build) -> None:
    build.deliver("2008-12", 2)
    build.figure("homicide", "2008-12", 15)
    build.publish()
    stored = pl.read_parquet(build.warehouse / "ledger" / "2008-12_r2" / "figure.parquet")
    assert stored.select("measure_id", "value").rows() == [("homicide", 15)]


def test_a_refresh_that_changes_nothing_adds_nothing(build: Build) -> None:
    before = {path: path.stat().st_mtime_ns for path in build.warehouse.glob("ledger/**/*")}
    assert not build.publish().is_new
    assert {path: path.stat().st_mtime_ns for path in build.warehouse.glob("ledger/**/*")} == before


def test_a_release_of_an_earlier_month_leaves_later_months_as_they_were_said(build: Build) -> None:
    """What counts is the order of publishing: December, October again, December again."""
    build.deliver("2008-10", 2)
    build.figure("homicide", "2008-10", 11)
    build.figure("homicide", "2008-12", 79, basis="rolling_12_months")
    build.publish()
    build.deliver("2008-10", 3)
    build.figure("homicide", "2008-10", 12)
    build.figure("homicide", "2008-12", 80, basis="rolling_12_months")
    build.publish("2008-10")
    assert build.causes() == {"2008-10": "late_records"}
    assert build.query("select max(period_month)::varchar from fct_reported_result") == [("2008-10-01",)]
    build.publish()
    # The year to December was last spoken of before the delivery; October itself was restated by its own release.
    assert build.restated() == {
        ("homicide", "rolling_12_months", "2008-12", "bexley"): (
            "late_records",
            "late records: recorded_crime of 2008-10 delivered again",
        )
    }
    rows = build.query(
        "select value, reported_from_release from fct_reported_result"
        " where period_basis = 'month' and period_month = '2008-10-01' order by reported_from"
    )
    assert rows == [(10, "2008-12_r1"), (11, "2008-12_r2"), (12, "2008-10_r1")]


# The ledger itself


def _cut_a_file(ledger: Path) -> None:
    content = (ledger / "2008-12_r1" / "figure.parquet").read_bytes()
    (ledger / "2008-12_r1" / "figure.parquet").write_bytes(content[:-10])


def _lose_a_file(ledger: Path) -> None:
    (ledger / "2008-12_r1" / "verdict.parquet").unlink()


def _change_an_entry(ledger: Path) -> None:
    entry = ledger / "2008-12_r1" / "entry.json"
    entry.write_text(entry.read_text().replace("2009-01-12", "2009-01-11"))


def _lose_an_entry(ledger: Path) -> None:
    shutil.rmtree(ledger / "2008-12_r1")


def _lose_the_last_entry(ledger: Path) -> None:
    shutil.rmtree(ledger / "2009-01_r1")


def _lose_all(ledger: Path) -> None:
    shutil.rmtree(ledger)


@pytest.mark.parametrize(
    "damage", [_cut_a_file, _lose_a_file, _change_an_entry, _lose_an_entry, _lose_the_last_entry, _lose_all]
)
def test_a_damaged_ledger_stops_the_release_with_its_remedy(damage: Callable[[Path], None], three: Build) -> None:
    damage(three.warehouse / "ledger")
    with pytest.raises(LedgerDamaged) as stopped:
        three.publish("2008-12")
    assert str(stopped.value).startswith("The ledger of what was said is damaged: the entry ")
    assert f"Restore {three.warehouse / 'ledger'} whole from a backup and run again" in str(stopped.value)
    assert (three.warehouse / "current").readlink() == Path("releases/2009-01_r1")


def test_other_code_of_the_pack_makes_another_release_which_restates_nothing(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not build.publish().is_new
    monkeypatch.setattr(publishing, "digest_of_setters", lambda: "of other code")
    again = build.publish()
    assert (again.release_id, again.is_new, again.manifest["restated"]) == ("2008-12_r2", True, {})
    assert not build.publish().is_new


def test_a_template_of_the_pack_is_part_of_its_code(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "orchestration", tmp_path / "code")
    code = tmp_path / "code"
    before = publishing.digest_of_setters(code)
    assert before == publishing.digest_of_setters()
    (code / "status.py").write_text("", encoding="utf-8")
    (code / "board_pack" / "words.pyc").write_bytes(b"compiled")
    assert publishing.digest_of_setters(code) == before
    with (code / "board_pack" / "templates" / "board_pack.css").open("a", encoding="utf-8") as style:
        style.write("p { color: black }")
    assert publishing.digest_of_setters(code) != before


def test_an_entry_whose_release_came_is_moved_into_its_place(build: Build) -> None:
    """As a refresh leaves it that is killed between the two renames."""
    ledger = build.warehouse / "ledger"
    (ledger / "2008-12_r1").rename(ledger / ".building-2008-12_r1")
    assert not build.publish().is_new
    assert [path.name for path in ledger.iterdir()] == ["2008-12_r1"]


def test_an_entry_whose_release_never_came_is_deleted(build: Build) -> None:
    ledger = build.warehouse / "ledger"
    shutil.copytree(ledger / "2008-12_r1", ledger / ".building-2008-12_r2")
    build.publish()
    assert [path.name for path in ledger.iterdir()] == ["2008-12_r1"]


def test_the_number_of_a_release_that_is_gone_is_not_used_again(build: Build) -> None:
    shutil.rmtree(build.warehouse / "releases" / "2008-12_r1")
    assert build.publish().release_id == "2008-12_r2"


# Releases that are there


def _run(build: Build, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "orchestration.releases", *command],
        cwd=ROOT,
        env=Warehouse(build.warehouse, build.warehouse).environment(),
        capture_output=True,
        text=True,
        check=False,
    )


def test_releases_are_listed_with_the_current_one_and_the_damaged_ones(three: Build) -> None:
    (three.warehouse / "releases" / "2008-12_r2" / "performance.duckdb").chmod(0o644)
    (three.warehouse / "releases" / "2008-12_r2" / "performance.duckdb").write_bytes(b"cut")
    lines = _run(three, "list").stdout.splitlines()
    assert [line.split()[0] for line in lines[1:5]] == ["2009-01_r1", "2008-12_r3", "2008-12_r2", "2008-12_r1"]
    assert re.fullmatch(r"2009-01_r1 +2009-01 +2009-01-15 06:00 +real +final +\d\.\d  current", lines[1])
    assert re.fullmatch(r"2008-12_r2 +2008-12 +damaged +0\.0", lines[3])


def test_a_rollback_points_current_at_an_earlier_release_until_the_next_refresh(
    three: Build, capsys: pytest.CaptureFixture[str]
) -> None:
    roll_back(three.warehouse, "2008-12_r1")
    assert (three.warehouse / "current").readlink() == Path("releases/2008-12_r1")
    assert capsys.readouterr().out.startswith("current was 2009-01_r1 and is now 2008-12_r1 (real, final).\n")
    three.publish("2009-01")
    assert (three.warehouse / "current").readlink() == Path("releases/2009-01_r1")


@pytest.mark.parametrize("named", ["2008-12_r9", "../releases/2008-12_r1", ""])
def test_no_rollback_leads_to_what_is_no_release(named: str, three: Build) -> None:
    with pytest.raises(SystemExit, match="No release is called"):
        roll_back(three.warehouse, named)
    assert (three.warehouse / "current").readlink() == Path("releases/2009-01_r1")


def test_no_rollback_leads_to_a_damaged_release(three: Build) -> None:
    (three.warehouse / "releases" / "2008-12_r1" / "performance.duckdb").unlink()
    with pytest.raises(SystemExit, match="Not rolled back: 2008-12_r1 is damaged"):
        roll_back(three.warehouse, "2008-12_r1")
    assert (three.warehouse / "current").readlink() == Path("releases/2009-01_r1")


def test_a_rollback_waits_for_no_refresh_and_says_who_holds_the_warehouse(three: Build) -> None:
    with only_refresh(three.warehouse):
        ended = _run(three, "rollback", "--release", "2008-12_r1")
    assert (ended.returncode, ended.stderr.startswith("Not started: another refresh holds this warehouse")) == (1, True)


@pytest.mark.parametrize("where", ["write_parquet", "_freeze", "point_at"])
def test_a_publication_that_is_tried_again_is_whole_and_so_is_the_ledger(
    where: str, build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    build.deliver("2008-12", 2)
    build.figure("homicide", "2008-12", 13)

    def once_more(*arguments: Any) -> Release:
        with monkeypatch.context() as patch:
            patch.setattr(publishing, where, _stale)
            with pytest.raises(OSError, match="Stale file handle"):
                publish(*arguments)
        return publish(*arguments)

    assert build.publish(by=once_more).release_id == "2008-12_r2"
    folders = build.warehouse / "releases"
    assert sorted(folder.name for folder in folders.iterdir()) == ["2008-12_r1", "2008-12_r2"]
    assert violations(build.warehouse, folders / "2008-12_r2") == []
    assert sorted(folder.name for folder in (build.warehouse / "ledger").iterdir()) == ["2008-12_r1", "2008-12_r2"]
    assert build.causes() == {"2008-12": "late_records"}


def _stale(*_: Any) -> None:
    raise OSError(errno.ESTALE, "Stale file handle")


def test_of_a_month_the_newest_releases_are_kept_and_numbers_go_on(build: Build) -> None:
    for revision in range(2, 6):
        build.deliver("2008-12", revision)
        build.figure("homicide", "2008-12", 12 + revision)
        published = build.publish()
    assert (published.release_id, published.pruned) == ("2008-12_r5", ["2008-12_r2"])
    assert sorted(path.name for path in build.warehouse.glob("releases/*")) == [f"2008-12_r{n}" for n in (3, 4, 5)]
    assert build.query("select count(distinct release_id) from fct_reported_verdict") == [(5,)]


def _made_up(releases: Path, *names: str) -> None:
    """Release folders with a manifest each, built in the order given."""
    for day, name in enumerate(names):
        (releases / name).mkdir(parents=True)
        manifest = {"built_at": f"2009-01-{day + 1:02}T06:00:00+00:00"}
        (releases / name / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def test_of_all_releases_the_oldest_go_but_never_the_newest_of_a_month(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Six, of which four may stay: r1 of December and of November are the oldest that are not their month's newest."""
    monkeypatch.setattr(publishing, "KEPT_IN_ALL", 4)
    _made_up(tmp_path, "2008-10_r1", "2008-11_r1", "2008-12_r1", "2008-11_r2", "2008-12_r2", "2008-12_r3")
    assert prune(tmp_path, kept="2008-12_r3") == ["2008-11_r1", "2008-12_r1"]


def test_what_current_points_to_and_what_is_damaged_is_never_deleted(tmp_path: Path) -> None:
    _made_up(tmp_path, *(f"2008-12_r{number}" for number in range(1, 7)))
    (tmp_path / "2008-12_r2" / "manifest.json").write_text("{", encoding="utf-8")
    assert prune(tmp_path, kept="2008-12_r1") == ["2008-12_r3"]


def test_a_release_that_is_as_it_was_published_is_verified(three: Build) -> None:
    for name in ("2008-12_r1", "2009-01_r1"):
        assert violations(three.warehouse, three.warehouse / "releases" / name) == []


def _change_a_byte(release: Path) -> None:
    content = bytearray((release / "performance.duckdb").read_bytes())
    content[len(content) // 2] ^= 1
    (release / "performance.duckdb").chmod(0o644)
    (release / "performance.duckdb").write_bytes(content)


def _lose_the_database(release: Path) -> None:
    (release / "performance.duckdb").unlink()


def _add_a_file(release: Path) -> None:
    (release / "performance.duckdb.wal").write_bytes(b"of another database")


def _lose_the_manifest(release: Path) -> None:
    (release / "manifest.json").unlink()


def _claim(release: Path, change: Callable[[dict[str, Any]], None]) -> None:
    manifest = json.loads((release / "manifest.json").read_text())
    change(manifest)
    (release / "manifest.json").chmod(0o644)
    (release / "manifest.json").write_text(json.dumps(manifest))


def _claim_a_row(release: Path) -> None:
    _claim(release, lambda manifest: manifest["tables"]["scorecard"].update(rows=5))


def _claim_other_content(release: Path) -> None:
    _claim(release, lambda manifest: manifest["tables"]["scorecard"].update(content_hash="of another"))


def _claim_another_name(release: Path) -> None:
    _claim(release, lambda manifest: manifest.update(release_id="2008-12_r2"))


def _claim_another_entry(release: Path) -> None:
    _claim(release, lambda manifest: manifest.update(ledger_entry="of another"))


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (_change_a_byte, "performance.duckdb has other content than was published"),
        (_lose_the_database, "performance.duckdb is missing"),
        (_add_a_file, "performance.duckdb.wal was not published with it"),
        (_lose_the_manifest, "manifest.json is missing or cannot be read"),
        (_claim_a_row, "table scorecard has 4 rows in place of 5"),
        (_claim_other_content, "table scorecard has other content"),
        (_claim_another_name, "its tables or its manifest name another release, or other content"),
        (_claim_another_entry, "the entry of 2008-12_r1 is missing, or not the one that release was made with"),
    ],
)
def test_what_is_not_as_it_was_published_is_named(damage: Callable[[Path], None], said: str, build: Build) -> None:
    release = build.warehouse / "releases" / "2008-12_r1"
    damage(release)
    found = violations(build.warehouse, release)
    assert len(found) == 1
    assert said in found[0]


def test_the_manifest_says_what_the_release_was_made_with(judged: Build) -> None:
    manifest = json.loads((judged.warehouse / "current" / "manifest.json").read_text())
    assert manifest["packages"]["duckdb"] == duckdb.__version__
    assert set(manifest["packages"]) == {"python", *publishing.PACKAGES}
    parquet = {f"parquet/{table}.parquet" for table in manifest["tables"]}
    assert set(manifest["files"]) == {"performance.duckdb", "run.json", *parquet}
    assert manifest["tables"]["fct_measure_result"]["rows"] == len(judged.figures)
    deliveries = [(d["extract"], d["file_name"], d["status"]) for d in manifest["deliveries"]]
    assert len(deliveries) == 15
    assert (RESIDENTS, "2008-06.csv", "current") in deliveries
    first = json.loads((judged.warehouse / "releases" / "2008-12_r1" / "manifest.json").read_text())
    assert first["targets_version"] != manifest["targets_version"]
    assert stat.S_IMODE((judged.warehouse / "current" / "manifest.json").stat().st_mode) == 0o444


# Through the whole pipeline


@dataclass(frozen=True)
class Restated:
    """The sample's March 2009 again, by a project of its own: three months of crime delivered again without their
    first five records, one target raised, one measure counted otherwise. May 2008 had settled, and January and
    February 2009 had not."""

    warehouse: Warehouse
    project: Path

    def refresh(self) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "orchestration.refresh", "--month", "2009-03"],
            cwd=self.project,
            env=self.warehouse.environment(PYTHONPATH=str(self.project)),
            capture_output=True,
            text=True,
            check=False,
        )

    def query(self, query: str) -> list[tuple[Any, ...]]:
        """Ask the new release, with the one before attached as `before`."""
        with self.warehouse.release() as release:
            first = self.warehouse.folder / "releases" / "2009-03_r1" / "performance.duckdb"
            release.execute(f"attach '{first}' as before (read_only)")
            return release.execute(query).fetchall()


@pytest.fixture(scope="module")
def restated(sample: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Restated:
    folder = tmp_path_factory.mktemp("restated")
    own, project = sample.copy(folder), folder / "project"
    ignored = shutil.ignore_patterns("target", "logs", "__pycache__")
    for part in ("orchestration", "dbt_project"):
        shutil.copytree(ROOT / part, project / part, ignore=ignored)
    for month in ("2008-05", "2009-01", "2009-02"):
        rows = pl.read_parquet(own.raw / "recorded_crime" / f"{month}.parquet")
        rows[5:].write_parquet(own.raw / "recorded_crime" / f"{month}_r9.parquet")
    _replace(project / "dbt_project" / "seeds" / "targets.csv", "at_least,325,", "at_least,425,")
    model = project / "dbt_project" / "models" / "measures" / "workforce" / "measure_special_constables.sql"
    _replace(model, "'special', 'headcount'", "'pcso', 'headcount'")
    dbt, place = str(Path(sys.executable).with_name("dbt")), str(project / "dbt_project")
    parse = [dbt, "--quiet", "--no-partial-parse", "parse", "--project-dir", place, "--profiles-dir", place]
    subprocess.run(parse, cwd=project, check=True)
    made = Restated(own, project)
    ended = made.refresh()
    assert "Published release 2009-03_r2" in ended.stdout, ended.stdout[-2000:] + ended.stderr[-2000:]
    return made


def _replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


FIGURES_APART = """
    select measure_id, period_basis, period_month, area_id, population_group, was.value, now.value as value_after
    from before.fct_measure_result as was
    inner join fct_measure_result as now using (measure_id, period_basis, period_month, area_id, population_group)
    where (was.value, was.numerator, was.denominator) is distinct from (now.value, now.numerator, now.denominator)
        and (was.value is not null or now.value is not null)
"""


@pytest.mark.long
def test_every_figure_that_differs_between_two_releases_is_restated_and_no_other(restated: Restated) -> None:
    told = """
        select measure_id, period_basis, period_month, area_id, population_group, value_before, value_after
        from fct_restatement where target_id is null and release_after = '2009-03_r2'
    """
    assert restated.query(f"select count(*) from ({FIGURES_APART})")[0][0] > 500
    assert restated.query(f"({FIGURES_APART} except {told}) union all ({told} except {FIGURES_APART})") == []


@pytest.mark.long
def test_every_restated_figure_has_the_cause_that_was_made(restated: Restated) -> None:
    """Special constables are counted otherwise. Figures of crime are of a settled month where their window has May
    2008, or where they count facts of any earlier month; else of late records."""
    rows = restated.query("""
        select distinct
            case
                when restatements.measure_id = 'special_constables' then 'definition'
                when measures.extract <> 'recorded_crime' then 'nothing'
                when regexp_matches(coalesce(measures.needs_columns, ''), '(arrest|outcome)_date') then 're_delivery'
                when figures.window_from <= '2008-05-01' then 're_delivery'
                else 'late_records'
            end as made,
            restatements.cause
        from fct_restatement as restatements
        inner join fct_measure_result as figures
            using (measure_id, period_basis, period_month, area_id, population_group)
        inner join dim_measure as measures using (measure_id)
        where restatements.target_id is null
        order by all
    """)
    assert rows == [(cause, cause) for cause in ("definition", "late_records", "re_delivery")]


@pytest.mark.long
def test_a_raised_target_is_the_cause_of_its_verdicts_and_of_no_others(restated: Restated) -> None:
    rows = restated.query("""
        select target_id, count(*), count(distinct threshold_before), any_value(threshold_before),
            count(distinct threshold_after), any_value(threshold_after)
        from fct_restatement where cause = 'target' group by target_id
    """)
    assert rows == [("criminal_networks_disrupted_2008_09", 12, 1, 325, 1, 425)]


@pytest.mark.long
def test_every_restated_figure_is_still_given_as_it_was_said_then(restated: Restated) -> None:
    rows = restated.query(f"""
        select count(*), count(*) filter (where apart.value is not distinct from said.value)
        from ({FIGURES_APART}) as apart
        inner join fct_reported_result as said
            using (measure_id, period_basis, period_month, area_id, population_group)
        where said.reported_until_release = '2009-03_r2'
    """)
    assert rows == restated.query(f"select count(*), count(*) from ({FIGURES_APART}) where value is not null")


@pytest.mark.long
def test_the_pack_shows_every_restated_figure_with_its_cause(restated: Restated) -> None:
    pack = read_pack(restated.warehouse.folder / "current" / "performance.duckdb", Selection())
    shown = sum(found.figures for found in pack.restated)
    assert [(shown,)] == restated.query("select count(*) from fct_restatement where target_id is null")
    assert {found.cause_text for found in pack.restated} == {
        words.CAUSES[cause] for cause in ("definition", "late_records", "re_delivery")
    }
    (networks, *_) = [found for found in pack.restated_verdicts if "425" in found.after_text]
    assert "325" in networks.before_text and networks.cause_text == words.CAUSES["target"]
    page = html.unescape((restated.warehouse.folder / "current" / "board_pack.html").read_text(encoding="utf-8"))
    assert [found.explanation for found in pack.restated if found.explanation not in page] == []


@pytest.mark.long
def test_what_was_said_then_is_answered_by_the_macro(restated: Restated) -> None:
    said = restated.query("""
        select release_id, max(published_at) as published from fct_reported_verdict
        where release_id like '2009-03_r%' group by release_id order by published
    """)
    assert [release_id for release_id, _ in said] == ["2009-03_r1", "2009-03_r2"]
    # Both were published on one day: its end is after the second.
    rows = restated.query(f"""
        select distinct threshold from reported_then('criminal_networks_disrupted', '{said[1][1]:%Y-%m-%d}')
        where said = 'verdict' and period_month = date '2009-03-01'
    """)
    assert rows == [(425,)]


@pytest.mark.long
def test_rows_that_changed_behind_their_delivery_are_refused(restated: Restated, tmp_path: Path) -> None:
    """The casualties of one month that landed, each called slight: the delivery is the same, and so is their number."""
    own = Restated(restated.warehouse.copy(tmp_path), restated.project)
    query = "select delivery_id from delivery where extract = 'road_casualties' and file_name = '2009-02.csv'"
    ((delivery_id,),) = own.warehouse.release().execute(query).fetchall()
    landed = own.warehouse.folder / "landing" / "road_casualties" / delivery_id / "accepted.parquet"
    pl.read_parquet(landed).with_columns(severity=pl.lit("slight")).write_parquet(landed)
    (own.warehouse.folder / "build.duckdb").unlink()
    ended = own.refresh()
    assert ended.returncode == 1
    said = ended.stderr.strip().splitlines()[-1]
    assert said.startswith("These are not as they were reported, and no delivery, definition, target or source has")
    assert re.search(r"killed_or_seriously_injured \(\d+ figures, \d+ verdicts\)", said)
    assert (own.warehouse.folder / "current").readlink() == Path("releases/2009-03_r2")


@pytest.mark.parametrize("release_id", ["2009-03_r1", pytest.param("2008-09_r1", marks=pytest.mark.long)])
def test_a_release_built_again_from_its_manifest_has_the_same_marts(
    release_id: str, sample: Warehouse, tmp_path: Path
) -> None:
    own = sample.copy(tmp_path)
    ended = subprocess.run(
        [sys.executable, "-m", "orchestration.releases", "rebuild", "--release", release_id],
        cwd=ROOT,
        env=own.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.stdout.strip().endswith(f"{release_id} comes out the same: every mart has the same content."), (
        ended.stdout + ended.stderr
    )
    assert not (own.folder / "rebuild").exists()
