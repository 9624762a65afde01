"""The public edition: what is withheld, and that it cannot be worked out.

Here: decisions on small grids worked by hand, an outsider's arithmetic over them and over a whole edition.
Belongs here: whatever the public must not learn, and what it must not lose.
Does not belong here: the outsider's arithmetic itself (`disclosure_attack.py`).
"""

import datetime as dt
import itertools
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import numpy as np
import pytest

from orchestration.disclosure import DECISION_COLUMNS, GRAINS, NoRule, Seeds, decide
from orchestration.public_edition import OF_NOW, WITHHELD, WITHHOLDINGS, NotMade, publish_for_public
from orchestration.publishing import DATABASE, read_manifest
from orchestration.releases import violations
from tests.conftest import Warehouse
from tests.disclosure_attack import Relations

BOROUGHS = ["north", "east", "south"]
ELSEWHERE = ["airport", "unknown"]
YEAR = [f"2007-{month:02d}" for month in range(4, 13)] + [f"2008-{month:02d}" for month in range(1, 4)]
NEXT_YEAR = [f"{int(month[:4]) + 1}{month[4:]}" for month in YEAR]
RULES = """applies_to,is_sensitive,counted,follows,least_count,reason,set_on
type:count,true,numerator,,5,r,2026-11-30
type:percentage,true,numerator denominator,,5,r,2026-11-30
type:money,false,,,5,r,2026-11-30
"""
PARTS = "whole_measure,whole_count,part_measure,part_count,reason\n"
Series = Mapping[tuple[str, str], list[int]]


@dataclass
class Grid:
    """A release of a few measures: monthly counts by area and population group, and the decisions on them."""

    folder: Path
    months: list[str]
    rules: str = RULES
    parts: str = PARTS
    counts: dict[tuple[str, str, str, str], list[int]] = field(default_factory=dict)
    measures: dict[str, tuple[str, str, str | None]] = field(default_factory=dict)
    before: list[tuple[str, str, str, str, str, int, str | None, str]] = field(default_factory=list)

    def measure(
        self,
        name: str,
        boroughs: Mapping[str, list[int]],
        elsewhere: Mapping[str, list[int]] | None = None,
        group: str = "all",
        count_of: str = "numerator",
        kind: str = "flow",
        of_type: str = "count",
    ) -> None:
        """Add monthly counts of a measure; areas that are not named have none, and the force has the sum."""
        nothing = [0] * len(self.months)
        parts = dict.fromkeys([*BOROUGHS, *ELSEWHERE], nothing) | dict(boroughs) | dict(elsewhere or {})
        parts["force"] = [sum(month) for month in zip(*parts.values(), strict=True)]
        for area, months in parts.items():
            self.counts[name, area, group, count_of] = months
        self.measures[name] = (of_type, kind, "wilson" if of_type == "percentage" else None)

    def decide(self) -> duckdb.DuckDBPyConnection:
        rules, parts = self.folder / "rules.csv", self.folder / "parts.csv"
        rules.write_text(self.rules)
        parts.write_text(self.parts)
        database = duckdb.connect()
        database.execute("attach ':memory:' as internal")
        database.execute(
            "create table internal.main.dim_area as select * from (values"
            + ", ".join(
                f"('{area}', '{kind}', {kind != 'force'}, {kind == 'borough'})"
                for kind, areas in {"force": ["force"], "borough": BOROUGHS, "other": ELSEWHERE}.items()
                for area in areas
            )
            + ") as a (area_id, area_type, part_of_force, part_of_greater_london)"
        )
        database.execute(
            "create table internal.main.dim_month as select m::date as period_month,"
            " make_date(year(m - interval 3 month), 4, 1) as financial_year_start,"
            " month(m - interval 3 month) as month_of_financial_year"
            f" from generate_series('{self.months[0]}-01'::date, '{self.months[-1]}-01'::date, interval 1 month) s(m)"
        )
        database.execute(
            "create table internal.main.dim_measure (measure_id varchar, measure_type varchar, numerator_kind varchar,"
            " interval_method varchar, base_measure varchar, group_a varchar)"
        )
        for name, (of_type, kind, interval) in self.measures.items():
            database.execute(
                "insert into internal.main.dim_measure values (?, ?, ?, ?, null, null)", [name, of_type, kind, interval]
            )
        rows = list(self.windows())
        database.execute(
            "create table internal.main.fct_source_result (measure_id varchar, source varchar, period_basis varchar,"
            " period_month date, window_from date, area_id varchar, population_group varchar, numerator double,"
            " denominator double, value double)"
        )
        places = ", ".join("(?, 's', ?, ?, ?, ?, ?, ?, ?, ?)" for _ in rows)
        database.execute(
            f"insert into internal.main.fct_source_result values {places}", [cell for row in rows for cell in row]
        )
        database.execute(
            "create table internal.main.fct_measure_result as select *, null::double as respondents"
            " from internal.main.fct_source_result"
        )
        database.execute(f"create temp table decided_before ({DECISION_COLUMNS})")
        for row in self.before:
            database.execute("insert into decided_before values (?, ?, ?, ?, ?, ?, ?, ?)", row)
        decide(database, Seeds(rules, parts), f"{self.months[-1]}-01")
        return database

    def windows(self) -> Iterator[tuple[object, ...]]:
        by_figure = itertools.groupby(sorted(self.counts), key=lambda key: key[:3])
        for (name, area, group), keys in by_figure:
            counted = {key[3]: self.counts[key] for key in keys}
            for basis, first, last in spans(self.months):
                window = slice(last, last + 1) if self.measures[name][1] == "stock" else slice(first, last + 1)
                sums = {count_of: sum(months[window]) for count_of, months in counted.items()}
                yield (
                    name, basis, f"{self.months[last]}-01", f"{self.months[first]}-01", area, group,
                    sums.get("numerator"), sums.get("denominator"), sums.get("numerator"),
                )  # fmt: skip


def spans(months: list[str]) -> Iterator[tuple[str, int, int]]:
    """Basis, first and last month (by number) of every window."""
    for last, month in enumerate(months):
        in_year = (int(month[5:]) - 4) % 12
        yield "month", last, last
        if in_year % 3 == 2 and last >= 2:
            yield "quarter", last - 2, last
        if last >= in_year:
            yield "financial_year_to_date", last - in_year, last
        if last >= 11:
            yield "rolling_12_months", last - 11, last


def grains(
    database: duckdb.DuckDBPyConnection, measure: str, kind: str = "boroughs", dimension: str = "all"
) -> list[str]:
    """How finely a breakdown is given, year by year."""
    found = database.execute(
        f"select {GRAINS}[grain] from decision where measure_id = ? and kind = ? and dimension = ? order by fy",
        [measure, kind, dimension],
    ).fetchall()
    return [grain for (grain,) in found]


def given_ends(database: duckdb.DuckDBPyConnection, measure: str, basis: str, kind: str = "boroughs") -> list[str]:
    """The last months of the windows that are given of a breakdown."""
    found = database.execute(
        "select strftime(period_month, '%Y-%m') from given where measure_id = ? and period_basis = ? and kind = ?"
        " and dimension = 'all' order by all",
        [measure, basis, kind],
    ).fetchall()
    return [month for (month,) in found]


@pytest.fixture
def grid(tmp_path: Path) -> Grid:
    return Grid(tmp_path, YEAR)


def test_a_small_month_of_one_borough_leaves_quarters_of_every_borough(grid: Grid) -> None:
    # North has 3 in May and 6 in every other month: its quarters are 6 + 3 + 6 = 15, then 18.
    grid.measure("m", {"north": [6, 3] + [6] * 10, "east": [8] * 12, "south": [9] * 12})
    database = grid.decide()
    assert grains(database, "m") == ["quarter"]
    assert given_ends(database, "m", "month") == []
    assert given_ends(database, "m", "quarter") == ["2007-06", "2007-09", "2007-12", "2008-03"]
    # A year to date that ends within a quarter, less the quarters before it, would be one month or two.
    assert given_ends(database, "m", "financial_year_to_date") == ["2007-06", "2007-09", "2007-12", "2008-03"]
    assert len(given_ends(database, "m", "month", "force")) == 12


def test_a_small_quarter_leaves_the_year_and_a_small_year_nothing(grid: Grid) -> None:
    # 1 a month: quarters of 3, a year of 12. 1 a quarter: a year of 4.
    grid.measure("yearly", {"north": [1] * 12, "east": [8] * 12, "south": [9] * 12})
    grid.measure("rare", {"north": [1, 0, 0] * 4, "east": [8] * 12, "south": [9] * 12})
    database = grid.decide()
    assert grains(database, "yearly") == ["year"]
    assert given_ends(database, "yearly", "rolling_12_months") == ["2008-03"]
    assert given_ends(database, "yearly", "financial_year_to_date") == ["2008-03"]
    assert given_ends(database, "yearly", "quarter") == []
    assert grains(database, "rare") == ["nothing"]


def test_a_zero_is_no_small_count_and_five_is_none(grid: Grid) -> None:
    grid.measure("m", {"north": [0, 5] * 6, "east": [8] * 12, "south": [0] * 12})
    assert grains(grid.decide(), "m") == ["month"]


def test_rolling_years_are_given_only_when_they_are_made_of_what_is_given(tmp_path: Path) -> None:
    # The first year is given by quarter, the second by month: a rolling year that ends in May 2008 takes the last month
    # of a quarter (June 2007 to May 2008), one that ends in June begins with a quarter.
    grid = Grid(tmp_path, YEAR + NEXT_YEAR)
    grid.measure("m", {"north": [6, 3] + [6] * 22, "east": [8] * 24, "south": [9] * 24})
    database = grid.decide()
    assert grains(database, "m") == ["quarter", "month"]
    assert given_ends(database, "m", "rolling_12_months") == ["2008-03", "2008-06", "2008-09", "2008-12", "2009-03"]
    assert given_ends(database, "m", "financial_year_to_date")[4:] == NEXT_YEAR


def test_what_the_force_leaves_over_its_boroughs_is_a_count_too(grid: Grid) -> None:
    # No borough is small. The airport has 2 in April and 2 in May: force less boroughs is 2. A quarter has these 4 and
    # 3 of unknown place, 7 together; the year 7.
    grid.measure(
        "m", {"north": [6] * 12, "east": [8] * 12, "south": [9] * 12},
        {"airport": [2, 2] + [0] * 10, "unknown": [0, 0, 3] + [0] * 9},
    )  # fmt: skip
    database = grid.decide()
    assert grains(database, "m") == ["quarter"]
    # Each of the two is small, by quarter and by year: neither is given.
    assert grains(database, "m", "elsewhere") == ["nothing"]


def test_other_places_are_given_as_the_boroughs_are_or_not_at_all(grid: Grid) -> None:
    # The airport's 2 a month are 6 a quarter; with the 7 of unknown place they are 9: the boroughs are given by month.
    boroughs = dict.fromkeys(BOROUGHS, [9] * 12)
    grid.measure("few", boroughs, {"airport": [2] * 12, "unknown": [7] * 12})
    grid.measure("many", boroughs, {"airport": [5] * 12, "unknown": [7] * 12})
    database = grid.decide()
    assert [grains(database, name) for name in ("few", "many")] == [["month"], ["month"]]
    assert [grains(database, name, "elsewhere") for name in ("few", "many")] == [["nothing"], ["month"]]


def test_a_force_of_few_is_given_alone(grid: Grid) -> None:
    # The force has 3 in April, all of them in the north: whoever knows that the north has the whole year's 25 knows it.
    grid.measure("m", {"north": [3] + [2] * 11})
    database = grid.decide()
    assert grains(database, "m") == ["nothing"]
    assert len(given_ends(database, "m", "month", "force")) == 12


def test_groups_of_a_borough_are_given_by_month_or_not_at_all(grid: Grid) -> None:
    for group, size in {"all": 20, "sex:men": 12, "sex:women": 8}.items():
        grid.measure("m", dict.fromkeys(BOROUGHS, [size] * 12), group=group)
    # 20 = 12 + 4 + 4 who did not say: the rest of a borough is 4 in place of 0.
    grid.measure("rest", dict.fromkeys(BOROUGHS, [20] * 12))
    grid.measure("rest", dict.fromkeys(BOROUGHS, [16] * 12), group="sex:men")
    database = grid.decide()
    assert grains(database, "m", dimension="sex") == ["month"]
    assert grains(database, "rest", dimension="sex") == ["nothing"]
    assert grains(database, "rest") == ["month"]


def test_shares_are_held_to_their_numerator_their_denominator_and_what_lies_between(grid: Grid) -> None:
    def share(name: str, numerator: int, denominator: int) -> None:
        for count_of, count in {"numerator": numerator, "denominator": denominator}.items():
            counts = {"north": [count] * 12, "east": [40] * 12, "south": [40] * 12}
            if count_of == "denominator":
                counts = {"north": [count] * 12, "east": [90] * 12, "south": [90] * 12}
            grid.measure(name, counts, count_of=count_of, of_type="percentage")

    share("well", 10, 20)
    share("few", 3, 20)
    # 18 of 20: two did not.
    share("but_two", 18, 20)
    database = grid.decide()
    assert [grains(database, name) for name in ("well", "few", "but_two")] == [["month"], ["quarter"], ["quarter"]]


def test_a_stock_has_no_coarser_figure(grid: Grid) -> None:
    # At a year's end the last month stands for the year: 7 then, and 3 before.
    grid.measure("m", {"north": [3] * 11 + [7], "east": [8] * 12, "south": [9] * 12}, kind="stock")
    assert grains(grid.decide(), "m") == ["nothing"]


def test_what_parts_leave_of_a_whole_is_a_count_too(grid: Grid) -> None:
    # Whole 20 = part 17 + 3 others a month, 9 a quarter. Of the second part 2 a month remain after both: 6 a quarter,
    # so it is given by quarter as well; the third leaves 20 - 17 - 1 - 2 = 0.
    grid.parts = PARTS + "whole,numerator,part,numerator,r\n"
    for name, size in {"whole": 20, "part": 17}.items():
        grid.measure(name, dict.fromkeys(BOROUGHS, [size] * 12))
    database = grid.decide()
    assert grains(database, "whole") == ["month"]
    assert grains(database, "part") == ["quarter"]


def test_money_goes_with_the_cases_it_is_of(grid: Grid) -> None:
    grid.rules += "value,true,,cases,5,r,2026-11-30\n"
    grid.measure("cases", {"north": [6, 3] + [6] * 10, "east": [8] * 12, "south": [9] * 12})
    grid.measure("value", dict.fromkeys(BOROUGHS, [70_000] * 12), of_type="money")
    assert grains(grid.decide(), "value") == ["quarter"]


def test_a_measure_without_a_rule_is_an_error_that_names_it(grid: Grid) -> None:
    grid.measure("new_one", dict.fromkeys(BOROUGHS, [9] * 12), of_type="another_type")
    with pytest.raises(NoRule, match="new_one"):
        grid.decide()


def test_a_year_that_ran_when_an_edition_gave_it_ends_there_when_it_has_to_be_coarser(tmp_path: Path) -> None:
    # The edition of November gave months. In December the north has 3: the quarter less October and November would be
    # those 3, so nothing after November is given of the year; of the year after, months again.
    grid = Grid(tmp_path, YEAR + NEXT_YEAR)
    grid.measure("m", {"north": [6] * 8 + [3] + [6] * 15, "east": [8] * 24, "south": [9] * 24})
    grid.before = [("m", "s", "boroughs", "all", "2007-04-01", 1, None, "2007-11-01")]
    database = grid.decide()
    assert given_ends(database, "m", "quarter") == [
        "2007-06",
        "2007-09",
        *(m for m in NEXT_YEAR if m[5:] in "06 09 12 03"),
    ]
    assert given_ends(database, "m", "financial_year_to_date") == ["2007-06", "2007-09", *NEXT_YEAR]
    # A rolling year that holds December 2007 is none of what is given.
    assert given_ends(database, "m", "rolling_12_months") == ["2009-03"]


def test_what_an_edition_withheld_stays_withheld(grid: Grid) -> None:
    grid.measure("m", dict.fromkeys(BOROUGHS, [9] * 12))
    grid.before = [("m", "s", "boroughs", "all", "2007-04-01", 3, None, "2008-03-01")]
    assert grains(grid.decide(), "m") == ["year"]


def test_a_year_that_runs_is_given_no_finer_than_the_one_before(tmp_path: Path) -> None:
    grid = Grid(tmp_path, YEAR + NEXT_YEAR[:5])
    grid.measure("m", {"north": [6, 3] + [6] * 15, "east": [8] * 17, "south": [9] * 17})
    database = grid.decide()
    assert grains(database, "m") == ["quarter", "quarter"]
    assert given_ends(database, "m", "financial_year_to_date")[-1] == "2008-06"


# Parts that the grids of an outsider's arithmetic are made of: who did not say is in no group.
UNSAID = "unsaid"
Window = tuple[str, int, int]
IsGiven = Callable[[str, str, Window], bool]


def a_random_grid(folder: Path, seed: int) -> Grid:
    """A share of three boroughs and two other places, in two groups and unsaid, with many counts near 5."""
    random = np.random.default_rng(seed)
    grid = Grid(folder, YEAR)
    parts: dict[tuple[str, str, str], list[int]] = {}
    for area in [*BOROUGHS, *ELSEWHERE]:
        size = random.choice([0.5, 3, 8, 15]) if area in BOROUGHS else random.choice([0, 0.5, 6])
        for group, share in {"sex:men": 1, "sex:women": 0.7, UNSAID: random.choice([0, 0.3])}.items():
            for count_of, ratio in {"numerator": 1, "rest": random.choice([0.5, 2])}.items():
                parts[area, group, count_of] = random.poisson(size * share * ratio, 12).tolist()
    for group in ("all", "sex:men", "sex:women"):
        for count_of, of in {"numerator": ["numerator"], "denominator": ["numerator", "rest"]}.items():
            counts = {
                area: np.sum(
                    [parts[area, g, c] for g in ("sex:men", "sex:women", UNSAID) for c in of if group in ("all", g)],
                    axis=0,
                ).tolist()
                for area in [*BOROUGHS, *ELSEWHERE]
            }
            grid.measure("m", counts, counts, group=group, count_of=count_of, of_type="percentage")
    return grid


def kind_of(area: str) -> str:
    return "force" if area == "force" else "boroughs" if area in BOROUGHS else "elsewhere"


def made_of(area: str, group: str, count_of: str, window: Window) -> list[tuple[str, str, str, int]]:
    """The smallest parts that a figure is the sum of."""
    areas = [*BOROUGHS, *ELSEWHERE] if area == "force" else [area]
    groups = ["sex:men", "sex:women", UNSAID] if group == "all" else [group]
    counts = ["numerator", "rest"] if count_of == "denominator" else [count_of]
    return list(itertools.product(areas, groups, counts, range(window[1], window[2] + 1)))


def figures(grid: Grid) -> Iterator[tuple[str, str, str, Window, int]]:
    """Area, group, count, window and number of everything that the force's release says."""
    for _, area, group, _ in [key for key in grid.counts if key[3] == "numerator"]:
        numerator, denominator = (grid.counts["m", area, group, count_of] for count_of in ("numerator", "denominator"))
        for window in spans(grid.months):
            window_of = slice(window[1], window[2] + 1)
            of_all, of_them = sum(denominator[window_of]), sum(numerator[window_of])
            yield area, group, "denominator", window, of_all
            yield area, group, "numerator", window, of_them
            yield area, group, "rest", window, of_all - of_them


def disclosed(grid: Grid, is_given: Callable[[str, str, Window, int], bool]) -> list[tuple[str, str, str, Window]]:
    """The small counts that are not given and that an outsider can work out, or narrow to 1 to 4."""
    outsider = Relations()
    hidden = []
    for area, group, count_of, window, number in figures(grid):
        parts = made_of(area, group, count_of, window)
        if is_given(area, group, window, number):
            outsider.add(dict.fromkeys(parts, 1.0), number)
        elif 0 < number < 5:
            hidden.append((area, group, count_of, window, parts))
    outsider.work_out()
    return [hidden[number][:4] for number in outsider.disclosed([parts for *_, parts in hidden], 5)]


@pytest.mark.parametrize("seed", range(6))
def test_no_small_count_of_a_random_grid_can_be_worked_out(tmp_path: Path, seed: int) -> None:
    grid = a_random_grid(tmp_path, seed)
    given = set(
        grid.decide()
        .execute("select kind, dimension, period_basis, strftime(period_month, '%Y-%m') from given")
        .fetchall()
    )

    def is_given(area: str, group: str, window: Window, _: int) -> bool:
        return (kind_of(area), group.split(":")[0], window[0], grid.months[window[2]]) in given

    assert disclosed(grid, is_given) == []


def test_with_small_counts_alone_withheld_they_can_be_worked_out(tmp_path: Path) -> None:
    # Every figure that is not small itself: April to June less April less June is May.
    grid = a_random_grid(tmp_path, 0)
    found = disclosed(grid, lambda area, group, window, number: area == "force" or not 0 < number < 5)
    assert len(found) > 10


def in_two_editions(folder: Path, seed: int, until: int, remembers: bool) -> list[tuple[str, str, str, Window]]:
    """What is disclosed by an edition of the first `until` months and one of the whole year together."""
    grid = a_random_grid(folder, seed)
    first = Grid(folder, YEAR[:until], measures=grid.measures)
    first.counts = {key: months[:until] for key, months in grid.counts.items()}
    earlier = first.decide()
    if remembers:
        grid.before = earlier.execute(
            "select * replace (fy::varchar as fy, seen_to::varchar as seen_to) from decision"
        ).fetchall()
    given = {
        row
        for database in (earlier, grid.decide())
        for row in database.execute(
            "select kind, dimension, period_basis, strftime(period_month, '%Y-%m') from given"
        ).fetchall()
    }
    return disclosed(
        grid,
        lambda area, group, window, _: (kind_of(area), group.split(":")[0], window[0], grid.months[window[2]]) in given,
    )


@pytest.mark.parametrize(("seed", "until"), [(50, 4), (52, 7), (53, 8), (73, 10)])
def test_two_editions_of_a_year_do_not_give_away_what_one_withholds(tmp_path: Path, seed: int, until: int) -> None:
    assert in_two_editions(tmp_path, seed, until, remembers=True) == []


def test_an_edition_that_forgets_the_one_before_gives_away_what_it_withholds(tmp_path: Path) -> None:
    assert in_two_editions(tmp_path, 73, 10, remembers=False) != []


# What an edition says of a count, wherever it says it: the windows are given as first and last month.
STATEMENTS = """
    with population as (
        select distinct area_id, period_basis, period_month, denominator
        from fct_measure_result
        inner join dim_measure using (measure_id)
        where denominator_extract = 'population' and denominator is not null
    ),

    stated as (
        select measure_id, source, area_id, population_group, period_basis, period_month, 0 as years_before, numerator,
            denominator, value
        from fct_source_result
        union all by name
        select measure_id, source, area_id, population_group, period_basis, period_month, 0 as years_before, numerator,
            denominator, value
        from fct_measure_result
        union all by name
        select measure_id, source, area_id, population_group, period_basis, period_month, 1 as years_before,
            numerator_same_period_last_year as numerator, value_same_period_last_year as value
        from fct_measure_result
        union all by name
        select measure_id, source, area_id, population_group, period_basis, period_month, 1 as years_before,
            value / (1 + change_percent / 100) as value
        from fct_measure_result
        where comparison = 'settled' and change_percent > -100
        union all by name
        select measure_id, source, area_id, population_group, period_basis, period_month, 1 as years_before,
            value - change as value
        from fct_measure_result
        where comparison = 'settled'
        union all by name
        select measure_id, source, area_id, population_group, period_basis, period_month, 0 as years_before, value
        from fct_process_control
        union all by name
        select measure_id, source, area_id, 'all' as population_group, period_basis, period_month, 0 as years_before,
            numerator
        from fct_peer_comparison
        inner join dim_measure using (measure_id)
        -- Of a survey they are of the respondents that weighing leaves.
        where interval_method <> 'survey'
        union all by name
        select measure_id, source, area_id, population_group, 'financial_year_to_date' as period_basis,
            financial_year_start + interval 11 month as period_month, 0 as years_before, actual as value
        from fct_outlook_backtest
        inner join dim_month on dim_month.period_month = origin_month
        union all by name
        select measure_id, source, area_id, population_group, period_basis, compared_month as period_month,
            0 as years_before, value
        from fct_target_verdict
    ),

    placed as (
        select
            stated.*,
            coalesce(stated.denominator, population.denominator) as base,
            case
                when numerator_kind = 'stock' then 1
                else date_diff('month', windows.window_from, windows.period_month) + 1
            end as months,
            stated.period_month - to_years(stated.years_before) as last_month,
            multiplier,
            denominator_kind
        from stated
        inner join dim_measure using (measure_id)
        inner join (
            select distinct period_basis, period_month, window_from from fct_measure_result
        ) as windows using (period_basis, period_month)
        left join population
            on denominator_extract = 'population'
            and stated.area_id = population.area_id
            and stated.period_basis = population.period_basis
            and population.period_month = stated.period_month - to_years(stated.years_before)
        where measure_type not in ('survey_gap', 'money', 'average')
    )

    select measure_id, source, count_of, area_id, population_group, months::integer as months,
        last_month::date as last_month, n
    from placed
    cross join lateral (
        values
            ('numerator', numerator),
            ('denominator', case when denominator_kind = 'flow' then denominator end),
            ('numerator', case when denominator_kind is null then value / multiplier else value / multiplier * base end)
    ) as counts (count_of, n)
    where n is not null
    group by all
"""
# What the definitions say of counts of crime: one is another, or the sum of others and what is left.
SAME = {
    ("serious_violence_brought_to_justice", "denominator"): ("most_serious_violence_rate", "numerator"),
    ("serious_violence_brought_to_justice_cohort", "denominator"): ("most_serious_violence_rate", "numerator"),
    ("sanction_detection_rate", "denominator"): ("total_recorded_crime", "numerator"),
    ("domestic_violence_arrests_in_period", "denominator"): ("domestic_violence_arrest_rate", "denominator"),
}
SUMS = {
    ("most_serious_violence_rate", "numerator"): [
        ("serious_sexual_offences_reported", "numerator"),
        ("grievous_bodily_harm", "numerator"),
        ("homicide", "numerator"),
        ("attempted_murder", "offences"),
    ],
    ("serious_sexual_offences_reported", "numerator"): [
        ("rape_brought_to_justice", "denominator"),
        ("serious_sexual", "offences"),
    ],
    ("serious_violence_brought_to_justice", "numerator"): [
        ("rape_brought_to_justice", "numerator"),
        ("other Tier 1", "detections"),
    ],
    ("homicide", "numerator"): [("domestic_violence_homicide", "numerator"), ("other homicide", "offences")],
}


def attacked(
    edition: duckdb.DuckDBPyConnection, forces: duckdb.DuckDBPyConnection, since: str
) -> tuple[int, list[tuple[object, ...]]]:
    """How many counts of 1 to 4 the force's release has below the force and the edition does not state, and those of
    them that an outsider with the edition can work out or narrow to 1 to 4; of windows from `since` on."""
    within = f"last_month - to_months(months - 1) >= '{since}' and population_group = 'all'"
    outsider = Relations()
    parts_of_force = {
        area for (area,) in edition.execute("select area_id from dim_area where part_of_force").fetchall()
    }
    stated = edition.execute(f"from ({STATEMENTS}) where {within}").fetchall()
    areas = set(edition.execute("select distinct source, area_id from fct_source_result").fetchall())
    months = edition.execute(f"select period_month from dim_month where period_month >= '{since}'").fetchall()

    def keys(count: tuple[str, str], source: str, area: str, last: dt.date, length: int) -> list[tuple[object, ...]]:
        number = last.year * 12 + last.month
        places = sorted(parts_of_force) if area == "force" else [area]
        return [
            (SAME.get(count, count), source, place, month)
            for place in places
            if (source, place) in areas
            for month in range(number - length + 1, number + 1)
        ]

    known = set()
    for measure, source, count_of, area, _, length, last, n in stated:
        if area == "force" or area in parts_of_force:
            terms = keys((measure, count_of), source, area, last, length)
            if terms:
                outsider.add(dict.fromkeys(terms, 1.0), n)
            known.add((measure, source, count_of, area, length, last))
    for whole, parts in SUMS.items():
        for (source, area), (month,) in itertools.product(sorted(areas), months):
            if area not in parts_of_force:
                continue
            (sum_of,) = keys(whole, source, area, month, 1)
            pieces = [key for part in parts for key in keys(part, source, area, month, 1)]
            outsider.add({sum_of: 1.0} | dict.fromkeys(pieces, -1.0), 0.0)
    for group, source, month, offences in edition.execute(
        "select offence_group, source, period_month, offences from fct_recorded_crime"
        " where area_id = 'force' and offence_group in ('attempted_murder', 'serious_sexual') and offences is not null"
        f" and period_month >= '{since}'"
    ).fetchall():
        outsider.add(dict.fromkeys(keys((group, "offences"), source, "force", month, 1), 1.0), offences)
    outsider.work_out()
    hidden = [
        (measure, source, count_of, area, length, last, n)
        for measure, source, count_of, area, _, length, last, n in forces.execute(
            f"from ({STATEMENTS}) where {within} and n > 1e-6 and n < 5 - 1e-6"
            " and area_id in (select area_id from dim_area where part_of_force)"
            " order by all"
        ).fetchall()
        if (measure, source, count_of, area, length, last) not in known
    ]
    sums = [
        keys((measure, count_of), source, area, last, length)
        for measure, source, count_of, area, length, last, _ in hidden
    ]
    return len(hidden), [hidden[number] for number in outsider.disclosed(sums, 5)]


def opened(database: Path) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(str(database), read_only=True)


@pytest.fixture(scope="module")
def warehouse(sample: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse whose `current` is the sample's last release, with its public edition."""
    folder = tmp_path_factory.mktemp("public")
    (folder / "current").symlink_to((sample.folder / "current").resolve())
    publish_for_public(folder, dt.datetime(2009, 4, 12, tzinfo=dt.UTC))
    return folder


@pytest.fixture
def both(warehouse: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The force's release and the public edition of it, attached as `internal` and `edition`."""
    with duckdb.connect() as database:
        database.execute(f"attach '{warehouse / 'current' / DATABASE}' as internal (read_only)")
        database.execute(f"attach '{warehouse / 'public' / 'current' / DATABASE}' as edition (read_only)")
        yield database


@pytest.mark.parametrize(
    "since", ["2008-04-01", pytest.param("2006-04-01", marks=pytest.mark.long)], ids=["one year", "three years"]
)
def test_nothing_the_edition_of_the_sample_withholds_can_be_worked_out(warehouse: Path, since: str) -> None:
    with opened(warehouse / "public/current" / DATABASE) as edition, opened(warehouse / "current" / DATABASE) as forces:
        hidden, found = attacked(edition, forces, since)
    assert hidden > 1000
    assert found == []


def test_a_figure_is_as_the_force_has_it_or_null_with_the_reason(both: duckdb.DuckDBPyConnection) -> None:
    for table, how in WITHHOLDINGS.items():
        columns = [column for columns in how.columns.values() for column in columns if column != how.reason]
        keys = [
            column
            for (column, *_) in both.execute(f"describe internal.main.{table}").fetchall()
            if column not in {*columns, how.reason, *how.changed, *how.counts}
        ]
        given = " or ".join(f"edition.{column} is distinct from internal.{column}" for column in columns)
        nulls = " and ".join(
            f"(edition.{column} is null or edition.{column} is not distinct from internal.{column})"
            for column in columns
        )
        first = next(iter(how.columns.values()))
        lost = " or ".join(f"(edition.{column} is null and internal.{column} is not null)" for column in first)
        rows, differ, wrong, silent = both.execute(
            f"select count(*), count(*) filter ({given}), count(*) filter (not ({nulls})),"
            f" count(*) filter (({lost}) and edition.{how.reason} is distinct from '{WITHHELD}')"
            f" from internal.main.{table} as internal join edition.main.{table} as edition on"
            + " and ".join(f" internal.{key} is not distinct from edition.{key}" for key in keys)
        ).fetchall()[0]
        (expected,) = both.execute(f"select count(*) from internal.main.{table}").fetchall()[0]
        assert (table, rows, wrong, silent) == (table, expected, 0, 0)
        (counted,) = both.execute(
            f"select rows_withheld from edition.main.withheld where of_table = '{table}'"
        ).fetchall()[0]
        assert (table, counted) == (table, differ)


def test_every_column_is_said_to_be_given_or_withheld_and_once(both: duckdb.DuckDBPyConnection) -> None:
    for table, how in WITHHOLDINGS.items():
        there = [column for column, *_ in both.execute(f"describe internal.main.{table}").fetchall()]
        alone = [*itertools.chain(*how.columns.values()), *how.given, *how.changed, *how.counts.keys() - how.changed]
        assert (table, sorted({*alone, how.reason})) == (table, sorted(there))
        assert len(alone) == len(set(alone))


def _forces_release(warehouse: Path, folder: Path, *changes: str) -> Path:
    """A warehouse whose `current` is that of another, changed."""
    shutil.copytree(warehouse / "current", folder / "current", copy_function=shutil.copyfile)
    with duckdb.connect(str(folder / "current" / DATABASE)) as forces:
        for change in changes:
            forces.execute(change)
    return folder


def test_a_column_of_which_nothing_is_said_stops_the_edition(warehouse: Path, tmp_path: Path) -> None:
    own = _forces_release(warehouse, tmp_path, "alter table scorecard add column victims integer")
    with pytest.raises(NotMade, match=r"what the public may read of scorecard\.victims: say it in"):
        publish_for_public(own, dt.datetime(2009, 4, 13, tzinfo=dt.UTC))


def test_no_number_of_rows_is_in_the_edition(both: duckdb.DuckDBPyConnection) -> None:
    for table in ("fct_measure_result", "fct_target_verdict", "scorecard"):
        query = f"select count(*) > 0, count(rows_quarantined) from {{}}.main.{table}"
        (internal,) = both.execute(query.format("internal")).fetchall()
        assert internal[1] > 0
        assert both.execute(query.format("edition")).fetchall() == [(True, 0)]


def test_a_withheld_verdict_does_not_say_whether_one_row_could_turn_it_and_a_given_one_not_of_how_many(
    warehouse: Path, tmp_path: Path
) -> None:
    """Two of a borough, at most two wanted, and one row in quarantine that could be a third: whoever read of the one
    row would know the two. Of the force, 50 given and at most 50 wanted."""
    one_of = (
        "select area_id, period_month, source from fct_measure_result where measure_id = 'youth_violence_victims'"
        " and period_basis = 'month' and population_group = 'all' and "
    )
    with opened(warehouse / "public/current" / DATABASE) as edition, opened(warehouse / "current" / DATABASE) as forces:
        small = forces.execute(f"{one_of} value = 2").fetchall()
        withheld = edition.execute(f"{one_of} value is null").fetchall()
    area, month, source = sorted({*small} & {*withheld})[0]
    changes = [
        f"insert into fct_target_verdict by name select * replace ('{place} zq' as target_id, '{place}' as area_id,"
        f" '{place}' as compared_area_id,"
        f" 'youth_violence_victims' as measure_id, '{month}'::date as period_month, '{month}'::date as compared_month,"
        f" 'month' as period_basis, 'all' as population_group, '{source}' as source, 'at_most' as rule, {n} as amount,"
        f" null as baseline, {n} as threshold, {n} as value, 'met' as verdict, true as is_provisional,"
        " '1 quarantined row could change it' as provisional_because, 1 as rows_quarantined)"
        " from fct_target_verdict limit 1"
        for place, n in ((area, 2), ("force", 50))
    ]
    own = _forces_release(warehouse, tmp_path, *changes)
    publish_for_public(own, dt.datetime(2009, 4, 13, tzinfo=dt.UTC))
    with opened(own / "public/current" / DATABASE) as edition:
        found = edition.execute(
            "select amount, value, verdict, is_provisional, provisional_because, rows_quarantined"
            " from fct_target_verdict where target_id like '% zq' order by amount"
        ).fetchall()
    assert found == [
        (2.0, None, "not_measurable", None, None, None),
        (50.0, 50.0, "met", True, "quarantined rows could change it", None),
    ]


def test_the_scorecard_of_the_force_keeps_its_values(both: duckdb.DuckDBPyConnection) -> None:
    # All but the gap between groups, where a group of the sample is of few.
    lost = both.execute(
        "select distinct measure_id from edition.main.scorecard as edition"
        " join internal.main.scorecard as internal using (measure_id, target_id, population_group)"
        " where internal.value is not null and edition.value is null"
    ).fetchall()
    assert [name for (name,) in lost] in ([], ["victim_satisfaction_gap"])


@pytest.mark.parametrize("table", ["scorecard", "fct_target_verdict"])
def test_a_target_for_every_area_is_given_where_the_area_that_stands_for_all_is(table: str) -> None:
    window = "'financial_year_to_date' as period_basis, date '2009-03-01'"
    with duckdb.connect() as database:
        database.execute(
            "create table place as from (values ('force', 'force'), ('camden', 'boroughs')) as places(area_id, kind)"
        )
        # The force's figure is given, those of boroughs are not.
        database.execute(
            "create table given as select 'm' as measure_id, 's' as source, 'force' as kind, 'all' as dimension,"
            f" {window} as period_month"
        )
        database.execute("create table wholly_given as select *, true as by_month from given")
        database.execute(
            f"create table t as select 'm' as measure_id, 's' as source, 'all' as population_group, {window}"
            " as compared_month, 'force' as area_id, unnest(['force', 'camden']) as compared_area_id"
        )
        found = database.execute(f"select compared_area_id, {OF_NOW} from t {WITHHOLDINGS[table].joins}").fetchall()
    assert sorted(found) == [("camden", False), ("force", True)]


def test_what_is_made_of_a_withheld_window_is_withheld(both: duckdb.DuckDBPyConnection) -> None:
    # The boroughs' figures of a year that is given by quarter: none for a month, nor in a chart, a comparison or a gap.
    coarse = (
        "select measure_id, source from edition.main.disclosure where areas = 'boroughs' and dimension = 'all'"
        " and given_by in ('quarter', 'year', 'nothing') and financial_year_start = '2008-04-01'"
    )
    some = both.execute(f"select count(*) from ({coarse})").fetchall()[0][0]
    assert some > 10
    for table, column in {
        "fct_measure_result": "numerator",
        "fct_source_result": "value",
        "fct_process_control": "value",
        "fct_peer_comparison": "value",
    }.items():
        (left,) = both.execute(
            f"select count({column}) from edition.main.{table} join edition.main.dim_area using (area_id)"
            f" where (measure_id, source) in ({coarse}) and area_type = 'borough' and period_basis = 'month'"
            " and period_month >= '2008-04-01'"
        ).fetchall()[0]
        assert (table, left) == (table, 0)
    (limits,) = both.execute(
        "select count(upper_limit) from edition.main.fct_process_control join edition.main.dim_area using (area_id)"
        f" where (measure_id, source) in ({coarse}) and area_type = 'borough' and period_basis = 'month'"
    ).fetchall()[0]
    assert limits == 0


def test_counts_of_areas_that_are_withheld_stand_as_the_force_s(both: duckdb.DuckDBPyConnection) -> None:
    for table, column in {"fct_recorded_crime": "offences", "fct_road_casualties": "casualties"}.items():
        wholes = {}
        for catalog, areas in {
            "internal": "area_id in (select area_id from internal.main.dim_area where part_of_force)",
            "edition": "area_id = 'force'",
        }.items():
            wholes[catalog] = both.execute(
                f"select period_month, sum({column}) from {catalog}.main.{table} where {areas}"
                " group by all order by all"
            ).fetchall()
        assert wholes["edition"] == wholes["internal"] != []
        small = both.execute(f"select count(*) from edition.main.{table} where {column} is null and reason is null")
        assert small.fetchall() == [(0,)]


def test_the_public_gets_no_text_of_the_board_and_no_digest_of_a_delivery(both: duckdb.DuckDBPyConnection) -> None:
    for table in ("fct_commentary", "fct_board_decision", "delivery_check", "delivery_quarantine"):
        ((kept, left_out),) = both.execute(
            f"select (select count(*) from edition.main.{table}), rows_left_out from edition.main.withheld"
            f" where of_table = '{table}'"
        ).fetchall()
        assert (table, kept, left_out) == (
            table, 0, both.execute(f"select count(*) from internal.main.{table}").fetchall()[0][0],
        )  # fmt: skip
    assert both.execute(
        "select count(*) > 0, count(sha256) + count(file_name) + count(rows_accepted) from edition.main.delivery"
    ).fetchall() == [(True, 0)]
    assert both.execute("select audience, delivery_hashes from edition.main.release").fetchall() == [("public", [])]


def test_every_table_and_column_of_the_edition_is_explained(both: duckdb.DuckDBPyConnection) -> None:
    unexplained = both.execute(
        "select table_name, column_name from duckdb_columns() as columns where database_name = 'edition'"
        " and (comment is null or (table_name, column_name) not in"
        " (select table_name, column_name from edition.main.data_dictionary where column_name is not null))"
    ).fetchall()
    assert unexplained == []
    missing = both.execute(
        "select table_name from duckdb_tables() where database_name = 'internal' and table_name not in"
        " (select table_name from duckdb_tables() where database_name = 'edition')"
    ).fetchall()
    assert missing == []


def test_the_same_release_gives_the_same_edition_and_uses_no_number(warehouse: Path) -> None:
    again = publish_for_public(warehouse, dt.datetime(2009, 4, 13, tzinfo=dt.UTC))
    assert (again.release_id, again.is_new) == ("2009-03_r1", False)
    assert again.folder == (warehouse / "public/current").resolve()
    manifest = read_manifest(again.folder)
    assert manifest is not None
    assert violations(warehouse / "public", again.folder) == []
    assert "deliveries" not in manifest
    assert again.withheld == sum(manifest["withheld"].values()) > 0


def test_an_edition_that_cannot_be_made_leaves_what_the_public_has(warehouse: Path, tmp_path: Path) -> None:
    copy = tmp_path / "warehouse"
    shutil.copytree(warehouse / "public", copy / "public", symlinks=True)
    (copy / "current").symlink_to((warehouse / "current").resolve())
    database = copy / "public/releases/2009-03_r1" / DATABASE
    database.chmod(0o644)
    with database.open("ab") as stream:
        stream.write(b"more")
    with pytest.raises(NotMade, match="2009-03_r1 is damaged"):
        publish_for_public(copy, dt.datetime(2009, 4, 13, tzinfo=dt.UTC))
    assert (copy / "public/current").readlink() == Path("releases/2009-03_r1")
    assert [path.name for path in (copy / "public/releases").iterdir()] == ["2009-03_r1"]


def test_an_audience_that_nobody_knows_starts_nothing(tmp_path: Path) -> None:
    ended = Warehouse(tmp_path / "raw", tmp_path / "warehouse").refresh(AUDIENCE="everybody")
    assert ended.returncode == 2
    assert "AUDIENCE is force or public; it is «everybody»" in ended.stderr
    assert not (tmp_path / "warehouse").exists()


@pytest.mark.long
def test_a_refresh_for_the_public_says_where_its_edition_is(sample: Warehouse, tmp_path: Path) -> None:
    own = sample.copy(tmp_path)
    ended = own.refresh(AUDIENCE="public")
    assert ended.returncode == 0, ended.stderr
    assert "The public edition 2009-03_r1 is new, and withholds figures in " in ended.stdout
    assert (own.folder / "public/current").readlink() == Path("releases/2009-03_r1")
    # A damaged edition: what it withheld cannot be read, so no other is made; the force's release stands.
    shutil.rmtree(own.folder / "public/releases/2009-03_r1")
    (own.folder / "public/releases/2009-03_r1").mkdir()
    ended = own.refresh(AUDIENCE="public")
    assert ended.returncode == 1
    assert (
        "The public edition failed, and what the public has is unchanged; the force's release 2009-03_r1"
        in ended.stderr
    )
