"""Disclosure control: which figures below the force the public may read, so that no small count can be worked out.

Here: the decision for every measure, source, breakdown and financial year, from counts and `seeds/disclosure.csv`.
Belongs here: what is withheld, and why nothing withheld comes back by subtraction (dbt_project/METHODS.md, 7).
Does not belong here: the columns of a table that a decision reaches, and the edition itself (`public_edition.py`).

A breakdown is given by month, by quarter, by year or not at all: the finest of these at which no count of it is small.
All of its areas, and all of its groups, share the decision, so that a figure withheld is never the only unknown one.
"""

from dataclasses import dataclass
from pathlib import Path

import duckdb

# A grain by its number: what is coarser is greater.
GRAINS = ["month", "quarter", "year", "nothing"]
DECISION_COLUMNS = """
    measure_id varchar, source varchar, kind varchar, dimension varchar, fy date, grain integer, given_until date,
    seen_to date
"""
# A relation that adds weighted counts is exact to that many.
EXACT_TO = 1e-6


class NoRule(Exception):
    """What has figures and no line in `disclosure.csv`."""


@dataclass(frozen=True)
class Seeds:
    """The files that say what is sensitive, and which counts are parts of others."""

    rules: Path
    parts: Path


def decide(database: duckdb.DuckDBPyConnection, seeds: Seeds, reporting_month: str) -> None:
    """Fill `decision`, `given` and `wholly_given` (temporary tables) for the release attached as `internal`.

    A table `decided_before` with the columns of `decision` holds what earlier editions decided, or is empty. Raises
    `NoRule` when a measure or a table of counts has no rule.
    """
    for query in (READ_RULES, PLACE, MEASURE_RULE, FIGURE, COUNTED):
        database.execute(query.format(rules=_text(seeds.rules), parts=_text(seeds.parts)))
    _require_rules(database)
    for query in (RESIDUALS_OF_AREAS, RESIDUALS_OF_GROUPS, SMALL, UNCOVERED, TABLE_SLICES):
        database.execute(query.format(exact_to=EXACT_TO))
    for table, columns, least in tables_of_counts(database):
        small = " or ".join(f"({column} > 0 and {column} < {least})" for column in columns)
        database.execute(TABLE_SLICE.format(table=table, small=small, shape=_shape(database, table)))
    database.execute(OWN_GRAIN)
    parts = database.execute("select position from part order by position").fetchall()
    for query in (RUNNING_YEAR, DECIDED_BEFORE):
        database.execute(query)
    for (position,) in parts:
        database.execute(PART.format(position=position, kinds="kind <> 'elsewhere'", exact_to=EXACT_TO))
    database.execute(ELSEWHERE)
    for (position,) in parts:
        database.execute(PART.format(position=position, kinds="kind = 'elsewhere'", exact_to=EXACT_TO))
    for query in (BY_AREA_AND_GROUP, GREATER_LONDON, FOLLOWERS, GAPS, DECIDED_BEFORE):
        database.execute(query)
    database.execute(DECISION, {"month": reporting_month})
    for query in (GIVEN, WHOLLY_GIVEN):
        database.execute(query)


def _require_rules(database: duckdb.DuckDBPyConnection) -> None:
    without = database.execute(
        "select distinct measure_id from figure anti join measure_rule using (measure_id) order by all"
    ).fetchall()
    if without:
        names = ", ".join(name for (name,) in without)
        raise NoRule(f"seeds/disclosure.csv has no line for {names}: add one for the measure, or for its type.")
    gone = database.execute(
        "select applies_to[7:] from rule where applies_to like 'table:%' and applies_to[7:] not in"
        " (select table_name from duckdb_tables() where database_name = 'internal') order by all"
    ).fetchall()
    if gone:
        names = ", ".join(name for (name,) in gone)
        raise NoRule(f"seeds/disclosure.csv names {names}, which the release does not have: take the line out.")


def _shape(database: duckdb.DuckDBPyConnection, table: str) -> str:
    """What else makes the numbers of a table leave others by subtraction: rows of several lengths, or of years that
    are not financial ones."""
    columns = [name for name, *_ in database.execute(f"describe internal.main.{table}").fetchall()]
    if "months_covered" not in columns:
        return "false"
    return (
        "count(distinct months_covered) > 1 or bool_or(months_covered not in (1, 3, 12)"
        " or month.month_of_financial_year % months_covered <> 0)"
    )


def _text(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def tables_of_counts(database: duckdb.DuckDBPyConnection) -> list[tuple[str, list[str], int]]:
    """The tables that `disclosure.csv` names: table, counted columns, least count; those that are sensitive."""
    found: list[tuple[str, list[str], int]] = database.execute(
        "select applies_to[7:], counted, least_count from rule where applies_to like 'table:%' and is_sensitive"
        " order by all"
    ).fetchall()
    return found


READ_RULES = """
    create temp table rule as
    select applies_to, is_sensitive, string_split(coalesce(counted, ''), ' ') as counted, follows, least_count, reason,
        set_on
    from read_csv({rules}, header = true, quote = '"', escape = '"', delim = ',', columns = {{
        'applies_to': 'varchar', 'is_sensitive': 'boolean', 'counted': 'varchar', 'follows': 'varchar',
        'least_count': 'integer', 'reason': 'varchar', 'set_on': 'date'
    }});
    create temp table part as
    select row_number() over () as position, *
    from read_csv({parts}, header = true, quote = '"', escape = '"', delim = ',', columns = {{
        'whole_measure': 'varchar', 'whole_count': 'varchar', 'part_measure': 'varchar', 'part_count': 'varchar',
        'reason': 'varchar'
    }})
"""

# `kind` is a breakdown: areas that are decided on together. The boroughs make up the force but for `elsewhere`.
PLACE = """
    create temp table place as
    select
        area_id,
        case
            when area_id in ('force', 'greater_london') then area_id
            when part_of_force and area_type = 'borough' then 'boroughs'
            when part_of_force or part_of_greater_london then 'elsewhere'
            else area_type
        end as kind
    from internal.main.dim_area
"""

MEASURE_RULE = """
    create temp table measure_rule as
    select
        measures.measure_id,
        measures.numerator_kind = 'stock' as is_stock,
        -- Where the numerator is part of the denominator, the rest is a count as well.
        case
            when measures.interval_method in ('wilson', 'survey') and list_contains(rule.counted, 'numerator')
                then list_append(rule.counted, 'rest')
            else rule.counted
        end as counted,
        rule.is_sensitive,
        rule.follows,
        rule.least_count,
        measures.base_measure,
        split_part(measures.group_a, ':', 1) as gap_dimension
    from internal.main.dim_measure as measures
    inner join rule on rule.applies_to in (measures.measure_id, 'type:' || measures.measure_type)
    qualify row_number() over (partition by measures.measure_id order by rule.applies_to like 'type:%') = 1
"""

FIGURE = """
    create temp table time_window as
    select distinct
        windows.period_basis,
        windows.period_month,
        windows.window_from,
        12 * (year(windows.period_month) - year(windows.window_from))
            + month(windows.period_month) - month(windows.window_from) + 1 as months,
        ending.financial_year_start as year_of_end,
        ending.month_of_financial_year as end_in_year,
        beginning.financial_year_start as year_of_start,
        beginning.month_of_financial_year as start_in_year
    from internal.main.fct_measure_result as windows
    inner join internal.main.dim_month as ending using (period_month)
    left join internal.main.dim_month as beginning on beginning.period_month = windows.window_from
    where windows.area_id = 'force' and windows.population_group = 'all';
    create temp table figure as
    select
        figures.measure_id,
        figures.source,
        place.kind,
        figures.area_id,
        case when figures.population_group = 'all' then 'all' else split_part(figures.population_group, ':', 1) end
            as dimension,
        figures.population_group,
        figures.period_basis,
        figures.period_month,
        figures.numerator,
        figures.denominator,
        chosen.respondents
    from internal.main.fct_source_result as figures
    inner join place using (area_id)
    left join internal.main.fct_measure_result as chosen
        using (measure_id, source, period_basis, period_month, area_id, population_group)
    where figures.numerator is not null or figures.value is not null
"""

COUNTED = """
    create temp table counted as
    with each as (
        select figure.* exclude (numerator, denominator, respondents), unnest(measure_rule.counted) as count_of,
            case count_of
                when 'numerator' then numerator
                when 'denominator' then denominator
                when 'respondents' then respondents
                when 'rest' then denominator - numerator
            end as n
        from figure
        inner join measure_rule using (measure_id)
        where measure_rule.is_sensitive
    )
    select * from each where n is not null
"""

# What the force's figure leaves when every borough's is taken from it.
RESIDUALS_OF_AREAS = """
    insert into counted by name
    with boroughs as (
        select measure_id, source, dimension, population_group, period_basis, period_month, count_of, sum(n) as n
        from counted
        where kind = 'boroughs'
        group by all
    )
    select
        boroughs.* replace (force.n - boroughs.n as n),
        'boroughs' as kind,
        'the rest of the force' as area_id
    from boroughs
    inner join counted as force
        using (measure_id, source, dimension, population_group, period_basis, period_month, count_of)
    where force.kind = 'force'
"""

# What everybody's figure leaves when every group's of a dimension is taken from it: in an area, those who did not say
# which is theirs. Of the whole force these are a few among thousands, and point to nobody.
RESIDUALS_OF_GROUPS = """
    insert into counted by name
    with grouped as (
        select measure_id, source, kind, area_id, dimension, period_basis, period_month, count_of, sum(n) as n
        from counted
        where dimension <> 'all' and kind <> 'force' and area_id <> 'the rest of the force'
        group by all
    )
    select grouped.* replace (everybody.n - grouped.n as n), grouped.dimension || ':the rest' as population_group
    from grouped
    inner join counted as everybody
        using (measure_id, source, kind, area_id, period_basis, period_month, count_of)
    where everybody.dimension = 'all'
"""

SMALL = """
    create temp table small as
    select
        counted.measure_id,
        counted.source,
        counted.kind,
        counted.dimension,
        time_window.year_of_end as fy,
        coalesce(bool_or(counted.period_basis = 'month'), false) as in_month,
        coalesce(bool_or(counted.period_basis = 'quarter'), false) as in_quarter,
        coalesce(bool_or(counted.period_basis = 'financial_year_to_date' and time_window.end_in_year = 12), false)
            as in_year
    from counted
    inner join measure_rule using (measure_id)
    inner join time_window using (period_basis, period_month)
    where counted.n > {exact_to} and counted.n < measure_rule.least_count - {exact_to}
    group by all
"""

# A window that is not made of months (or quarters) that are there: what it leaves of another window is not checked
# month by month, so its breakdown is given no finer than it.
UNCOVERED = """
    create temp table uncovered as
    with tile as (
        select measure_id, source, area_id, population_group, period_basis, period_month
        from figure
        where period_basis in ('month', 'quarter')
    ),

    held as (
        select
            figure.measure_id,
            figure.source,
            figure.kind,
            figure.dimension,
            figure.area_id,
            figure.population_group,
            figure.period_basis,
            figure.period_month,
            any_value(time_window.months) as months,
            any_value(time_window.year_of_end) as fy,
            any_value(time_window.end_in_year % 3 = 0 and time_window.start_in_year % 3 = 1) as is_quarters,
            count(*) filter (where tile.period_basis = 'month') as months_there,
            count(*) filter (where tile.period_basis = 'quarter') as quarters_there
        from figure
        inner join measure_rule on figure.measure_id = measure_rule.measure_id and measure_rule.is_sensitive
        inner join time_window using (period_basis, period_month)
        left join tile
            on figure.measure_id = tile.measure_id
            and figure.source = tile.source
            and figure.area_id = tile.area_id
            and figure.population_group = tile.population_group
            and tile.period_month between time_window.window_from and time_window.period_month
            and (tile.period_basis = 'month' or tile.period_month >= time_window.window_from + interval 2 month)
        where not measure_rule.is_stock and figure.period_basis <> 'month'
        group by all
    )

    select
        measure_id,
        source,
        kind,
        dimension,
        fy,
        bool_or(months_there < months) as of_months,
        bool_or(is_quarters and 3 * quarters_there < months) as of_quarters
    from held
    group by all
"""

# Of the tables of counts every number of a year is given or none.
TABLE_SLICES = """
    create temp table table_slice (measure_id varchar, source varchar, kind varchar, fy date, has_small boolean)
"""
TABLE_SLICE = """
    insert into table_slice
    select
        '{table}',
        counts.source,
        case when place.kind in ('boroughs', 'elsewhere', 'greater_london') then 'parts' else place.kind end,
        month.financial_year_start,
        coalesce(bool_or({small}), false) or {shape}
    from internal.main.{table} as counts
    inner join place using (area_id)
    inner join internal.main.dim_month as month using (period_month)
    group by all
"""

OWN_GRAIN = """
    create temp table grain as
    with slice as (
        select distinct figure.measure_id, figure.source, figure.kind, figure.dimension, time_window.year_of_end as fy
        from figure
        inner join time_window using (period_basis, period_month)
    ),

    -- Of such a year nothing below the force is given.
    force_is_small as (
        select distinct measure_id, source, fy
        from small
        where kind = 'force' and dimension = 'all'
    ),

    known as (
        select
            slice.*,
            measure_rule.is_sensitive,
            measure_rule.is_stock,
            force_is_small.fy is not null as is_of_few,
            coalesce(small.in_month, false) as in_month,
            coalesce(uncovered.of_months, false) as of_months,
            -- A stock's windows all hold its last month: there is no coarser figure of it.
            coalesce(case when is_stock then small.in_month else small.in_quarter end, false) as in_quarter,
            coalesce(uncovered.of_quarters, false) as of_quarters,
            coalesce(case when is_stock then small.in_month else small.in_year end, false) as in_year
        from slice
        inner join measure_rule using (measure_id)
        left join small using (measure_id, source, kind, dimension, fy)
        left join uncovered using (measure_id, source, kind, dimension, fy)
        left join force_is_small using (measure_id, source, fy)
    )

    select
        measure_id,
        source,
        kind,
        dimension,
        fy,
        in_month or of_months as not_by_month,
        in_quarter or of_quarters as not_by_quarter,
        in_year as not_by_year,
        case
            when not is_sensitive or (kind = 'force' and dimension = 'all') then 1
            when is_of_few then 4
            when not not_by_month then 1
            when not not_by_quarter then 2
            when not not_by_year then 3
            else 4
        end as grain,
        null::date as given_until
    from known
    union all
    select measure_id, source, kind, 'all', fy, has_small, has_small, has_small,
        case when has_small and kind <> 'force' then 4 else 1 end, null
    from table_slice
"""

# A year that is not over is given no finer than the one before.
RUNNING_YEAR = """
    update grain set grain = greatest(grain.grain, before.grain)
    from grain as before
    where grain.measure_id = before.measure_id
        and grain.source = before.source
        and grain.kind = before.kind
        and grain.dimension = before.dimension
        and before.fy = grain.fy - interval 1 year
        and grain.fy + interval 11 month > (select max(period_month) from internal.main.dim_month)
"""

# What an earlier edition withheld stays withheld. A year that it gave while it ran, and that has to be given more
# coarsely now, ends with what was given: the rest of it would be the difference.
DECIDED_BEFORE = """
    update grain set
        grain = greatest(grain.grain, before.grain),
        given_until = case
            when grain.grain > before.grain and before.seen_to < before.fy + interval 11 month
                then least(coalesce(before.given_until, before.seen_to), before.seen_to)
            else coalesce(grain.given_until, before.given_until)
        end
    from decided_before as before
    where grain.measure_id = before.measure_id
        and grain.source = before.source
        and grain.kind = before.kind
        and grain.dimension = before.dimension
        and grain.fy = before.fy
"""

# A count that is part of another one, with those before it in the list: what they leave of the whole is a count too.
# It can be worked out at the coarsest grain of those it is made of.
PART = """
    update grain set grain = needed.grain
    from (
        with this as (select * from part where position = {position}),

        sibling as (
            select part.part_measure, part.part_count, part.position
            from part
            inner join this using (whole_measure, whole_count)
            where part.position <= this.position
        ),

        slice as (
            select own.measure_id, own.source, own.kind, own.fy, own.grain as own_grain, whole.grain as whole_grain
            from grain as own
            inner join this on own.measure_id = this.part_measure
            inner join grain as whole
                on whole.measure_id = this.whole_measure
                and own.source = whole.source
                and own.kind = whole.kind
                and own.dimension = whole.dimension
                and own.fy = whole.fy
            where own.dimension = 'all' and own.kind <> 'force' and own.{kinds} and greatest(own.grain, whole.grain) < 4
        ),

        given_sibling as (
            select slice.source, slice.kind, slice.fy, sibling.part_measure, sibling.part_count, sibling.position,
                others.grain
            from slice
            cross join sibling
            inner join grain as others
                on others.measure_id = sibling.part_measure
                and others.source = slice.source
                and others.kind = slice.kind
                and others.dimension = 'all'
                and others.fy = slice.fy
            where others.grain < 4
        ),

        taken as (
            select given.source, counted.kind, given.fy, counted.area_id, counted.period_basis, counted.period_month,
                sum(counted.n) as n, count(*) as parts
            from given_sibling as given
            inner join counted
                on counted.measure_id = given.part_measure
                and counted.count_of = given.part_count
                and counted.source = given.source
                and counted.kind = given.kind
                and counted.dimension = 'all'
            inner join time_window
                on counted.period_basis = time_window.period_basis
                and counted.period_month = time_window.period_month
                and given.fy = time_window.year_of_end
            group by all
        ),

        left_over as (
            select
                taken.source,
                taken.kind,
                taken.fy,
                bool_or(taken.period_basis = 'month') as in_month,
                bool_or(taken.period_basis = 'quarter') as in_quarter,
                bool_or(taken.period_basis = 'financial_year_to_date' and month(taken.period_month) = 3) as in_year
            from taken
            cross join this
            inner join counted as whole
                on whole.measure_id = this.whole_measure
                and whole.count_of = this.whole_count
                and whole.source = taken.source
                and whole.kind = taken.kind
                and whole.area_id = taken.area_id
                and whole.dimension = 'all'
                and whole.period_basis = taken.period_basis
                and whole.period_month = taken.period_month
            inner join measure_rule on measure_rule.measure_id = this.part_measure
            where whole.n - taken.n > {exact_to} and whole.n - taken.n < measure_rule.least_count - {exact_to}
            group by all
        )

        select
            slice.measure_id,
            source,
            kind,
            fy,
            greatest(slice.whole_grain, max(given.grain)) as together,
            case
                when not [left_over.in_month, left_over.in_quarter, left_over.in_year][together] then slice.own_grain
                when together < 2 and not left_over.in_quarter then 2
                when together < 3 and not left_over.in_year then 3
                else 4
            end as grain
        from slice
        inner join left_over using (source, kind, fy)
        inner join given_sibling as given using (source, kind, fy)
        group by slice.measure_id, slice.own_grain, slice.whole_grain, left_over.in_month, left_over.in_quarter,
            left_over.in_year, source, kind, fy
    ) as needed
    where grain.measure_id = needed.measure_id
        and grain.source = needed.source
        and grain.kind = needed.kind
        and grain.dimension = 'all'
        and grain.fy = needed.fy
        and needed.grain > grain.grain
"""

# The airport, what no borough recorded, the City: given as the boroughs are, or not at all.
ELSEWHERE = """
    update grain set grain = case boroughs.grain
        when 1 then if(grain.not_by_month, 4, grain.grain)
        when 2 then if(grain.not_by_quarter or grain.grain > 2, 4, 2)
        when 3 then if(grain.not_by_year or grain.grain > 3, 4, 3)
        else 4
    end
    from grain as boroughs
    where grain.kind = 'elsewhere'
        and boroughs.kind = 'boroughs'
        and grain.measure_id = boroughs.measure_id
        and grain.source = boroughs.source
        and grain.dimension = boroughs.dimension
        and grain.fy = boroughs.fy
"""

# A table of areas by groups has sums on both sides: below them it is given by month, or not at all.
BY_AREA_AND_GROUP = """
    update grain set grain = 4
    where dimension <> 'all'
        and kind <> 'force'
        and (
            grain.grain > 1
            or exists (
                from grain as margin
                where margin.measure_id = grain.measure_id
                    and margin.source = grain.source
                    and margin.fy = grain.fy
                    and margin.grain > 1
                    and (
                        (margin.kind = grain.kind and margin.dimension = 'all')
                        or (margin.kind in ('force', 'boroughs') and margin.dimension = grain.dimension)
                    )
            )
        )
        and exists (from measure_rule where measure_rule.measure_id = grain.measure_id and is_sensitive)
"""

GREATER_LONDON = """
    update grain set grain = greatest(grain.grain, parts.grain)
    from (
        select measure_id, source, dimension, fy, max(grain) as grain
        from grain
        where kind in ('boroughs', 'elsewhere')
        group by all
    ) as parts
    where grain.kind = 'greater_london'
        and grain.measure_id = parts.measure_id
        and grain.source = parts.source
        and grain.dimension = parts.dimension
        and grain.fy = parts.fy
"""

# What counts nobody itself, such as money, goes with the count it belongs to.
FOLLOWERS = """
    update grain set grain = greatest(grain.grain, coalesce((
        select max(other.grain)
        from grain as other
        inner join measure_rule on other.measure_id = measure_rule.follows
        where measure_rule.measure_id = grain.measure_id
            and other.source = grain.source
            and other.kind = grain.kind
            and other.dimension = grain.dimension
            and other.fy = grain.fy
    ), 4))
    where kind <> 'force' and measure_id in (select measure_id from measure_rule where follows is not null)
"""

GAPS = """
    update grain set grain = coalesce((
        select max(base.grain)
        from grain as base
        inner join measure_rule
            on base.measure_id = measure_rule.base_measure and base.dimension = measure_rule.gap_dimension
        where measure_rule.measure_id = grain.measure_id
            and base.source = grain.source
            and base.kind = grain.kind
            and base.fy = grain.fy
    ), 4)
    where measure_id in (select measure_id from measure_rule where gap_dimension is not null)
"""

DECISION = """
    create temp table decision as
    select
        grain.measure_id,
        grain.source,
        grain.kind,
        grain.dimension,
        grain.fy,
        grain.grain,
        grain.given_until,
        greatest($month::date, before.seen_to) as seen_to
    from grain
    left join decided_before as before using (measure_id, source, kind, dimension, fy)
    union all by name
    -- Of a later month than this edition's.
    from decided_before anti join grain using (measure_id, source, kind, dimension, fy)
"""

# A window is given when it is made of whole months, quarters or years that are given.
GIVEN = """
    create temp table given as
    select
        ending.measure_id,
        ending.source,
        ending.kind,
        ending.dimension,
        time_window.period_basis,
        time_window.period_month
    from decision as ending
    inner join time_window on ending.fy = time_window.year_of_end
    left join decision as beginning
        on ending.measure_id = beginning.measure_id
        and ending.source = beginning.source
        and ending.kind = beginning.kind
        and ending.dimension = beginning.dimension
        and beginning.fy = time_window.year_of_start
    where ending.grain < 4
        and time_window.end_in_year % [1, 3, 12][ending.grain] = 0
        and time_window.period_month <= coalesce(ending.given_until, time_window.period_month)
        and case
            -- Nothing of that year is known by itself.
            when beginning.fy is null then ending.grain = 1
            else beginning.grain < 4
                and (time_window.start_in_year - 1) % [1, 3, 12][beginning.grain] = 0
                and (beginning.fy = ending.fy or beginning.given_until is null)
        end
"""

# What is made of a whole series (limits of a chart, a projection) is given with every month, or quarter, of it.
WHOLLY_GIVEN = """
    create temp table wholly_given as
    select
        measure_id,
        source,
        kind,
        dimension,
        max(grain) = 1 as by_month,
        max(grain) <= 2 as by_quarter
    from decision
    group by all
    having count(given_until) = 0
"""
