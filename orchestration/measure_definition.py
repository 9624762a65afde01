"""What a measure's figures follow from besides deliveries, as digests: one that changed explains a restated figure.

Here: the digests, from the seeds as they were built and the checksums in dbt's manifest.
Belongs here: what counts as a change of a measure's definition.
Does not belong here: targets, and what a changed digest explains (`restatement.py`).
"""

import hashlib
from collections.abc import Callable
from typing import Any

import duckdb

# What a catalogue row says of how a figure is made or judged; its other columns are words, charts and management.
CATALOGUE = [
    "multiplier", "better", "measure_type", "numerator_kind", "denominator_kind", "extract", "denominator_extract",
    "extract_item", "needs_columns", "base_measure", "group_a", "group_b", "settles_after",
]  # fmt: skip
# Seeds with rows of single measures: by row, so that one measure's row explains nothing of another.
BY_ROW = {"seed.performance.measures", "seed.performance.series_breaks", "seed.performance.source_preference"}
# Targets are versions of their own.
TARGETS = "seed.performance.targets"
RESULT, VERDICT = "model.performance.fct_measure_result", "model.performance.fct_target_verdict"
# It names every extract: no model is that of an extract because it asks what was covered.
COVERAGE = "model.performance.int_coverage"


def definition_digests(build: duckdb.DuckDBPyConnection, project: dict[str, Any]) -> list[tuple[str, str, str]]:
    """(kind, id, digest): of each measure its own definition (`measure`: catalogue row, breaks, ranks of its sources,
    its model) and what is behind it (`behind`: every model, macro and seed its figures pass through); and the way
    verdicts are made (`verdict`). `project` is dbt's manifest."""
    nodes = project["nodes"]
    results, verdicts = (
        _ancestors(nodes, mart, stop=lambda node: _is_measure_model(nodes[node])) for mart in (RESULT, VERDICT)
    )
    digests = [("verdict", "", _digest(project, verdicts, results))]
    catalogue = {row[0]: row[1:] for row in build.execute(_rows_of_measures()).fetchall()}
    for measure_id, (base_measure, extract, rows) in catalogue.items():
        own = _models_of(nodes, base_measure or measure_id, extract)
        behind = results.union(*(_ancestors(nodes, model) for model in own))
        parts = [rows, *(catalogue[base_measure][2:] if base_measure else [])]
        parts += sorted(nodes[model]["checksum"]["checksum"] for model in own)
        digests.append(("measure", measure_id, hashlib.sha256(" ".join(parts).encode()).hexdigest()))
        digests.append(("behind", measure_id, _digest(project, behind, own)))
    return digests


def _rows_of_measures() -> str:
    catalogue = ", ".join(f"measures.{column}" for column in CATALOGUE)
    return f"""
        -- One row per measure: everything that seeds and layouts say of it alone.
        select
            measures.measure_id,
            measures.base_measure,
            measures.extract,
            concat_ws(
                '|',
                ({catalogue})::varchar,
                (
                    select string_agg(breaks::varchar, ',' order by breaks::varchar)
                    from (select * exclude (reason, evidence) from seeds.series_breaks) as breaks
                    where coalesce(breaks.measure_id, measures.measure_id) = measures.measure_id
                ),
                (
                    select string_agg(ranks::varchar, ',' order by ranks::varchar)
                    from (select * exclude (reason) from seeds.source_preference) as ranks
                    where coalesce(ranks.measure_id, measures.measure_id) = measures.measure_id
                        and ranks.extract in (measures.extract, measures.denominator_extract, 'measure_returns')
                ),
                (
                    select string_agg(carried::varchar, ',' order by carried::varchar)
                    from landing.layout_column as carried
                    where carried.extract in (measures.extract, measures.denominator_extract)
                )
            ) as rows
        from seeds.measures as measures
        order by measures.measure_id
    """


def _is_measure_model(node: dict[str, Any]) -> bool:
    return node["resource_type"] == "model" and node["schema"] == "measures"


def _models_of(nodes: dict[str, Any], measure_id: str, extract: str | None) -> set[str]:
    """The model of a measure; of one without, those for many measures that read its extract."""
    own = f"model.performance.measure_{measure_id}"
    if own in nodes:
        return {own}
    reads = f"model.performance.stg_{extract}"
    return {
        name
        for name, node in nodes.items()
        if _is_measure_model(node)
        and node["name"].startswith("measures_of_")
        and reads in _ancestors(nodes, name, stop=lambda node: node == COVERAGE)
    }


def _ancestors(nodes: dict[str, Any], name: str, stop: Callable[[str], bool] = lambda node: False) -> set[str]:
    """A node and all it is made from, models and seeds; not those at which to stop, nor what is behind them."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        node = waiting.pop()
        if node in nodes and node not in found and not stop(node):
            found.add(node)
            waiting += nodes[node]["depends_on"].get("nodes", [])
    return found


def _digest(project: dict[str, Any], names: set[str], digested: set[str]) -> str:
    """A digest of nodes, but for those digested elsewhere, and of all the project's macros they use."""
    nodes, macros = project["nodes"], project["macros"]
    used: set[str] = set()
    waiting = [macro for name in names for macro in nodes[name]["depends_on"]["macros"]]
    while waiting:
        macro = waiting.pop()
        if macro not in used and macros[macro]["package_name"] == "performance":
            used.add(macro)
            waiting += macros[macro]["depends_on"]["macros"]
    parts = [nodes[name]["checksum"]["checksum"] for name in names - digested - BY_ROW - {TARGETS}]
    parts += [macros[macro]["macro_sql"] for macro in used]
    return hashlib.sha256(" ".join(sorted(parts)).encode()).hexdigest()
