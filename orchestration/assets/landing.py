"""Landing assets: one per extract, and the description of what was delivered.

Here: the factory over `EXTRACTS`, and the tables dbt reads beside the extracts.
Belongs here: what Dagster shows of a delivery.
Does not belong here: gating, validating and storing (`landing/`).
"""

from collections.abc import Iterator

import dagster as dg
from dagster_duckdb import DuckDBResource

from orchestration.asset_checks import (
    accepted_rows_result,
    accepted_rows_spec,
    control_totals_result,
    control_totals_spec,
    deliveries_result,
    deliveries_spec,
)
from orchestration.extracts import EXTRACTS, Extract
from orchestration.failures import QuotingNoRow
from orchestration.landing.delivery import Damaged, Delivery
from orchestration.landing.received import SYNTHETIC_MARKER, delivery_files, misplaced
from orchestration.landing.store import Landing
from orchestration.landing.synchronise import synchronise_deliveries, synchronise_extract
from orchestration.partitions import ONE_MONTH_A_RUN, REPORTING_MONTHS, last_day, month_of
from orchestration.resources import Folders, Unforeseen
from orchestration.retries import tried_again

# Whom to ask about an asset: who runs the pipeline.
OWNERS = ["team:data-engineers"]
DESCRIPTIONS = {
    "loaded": "Which deliveries the tables of the extracts hold.",
    "repeated_key": "References of records that two deliveries have in common, and how many.",
    "delivery": "Every delivery on record: what it is, and whether it landed, was refused or withdrawn.",
    "delivery_period": "The months each delivery has rows of, with the rows accepted and set aside.",
    "delivery_rule": "How many rows of each delivery broke which rule.",
    "layout_column": "The columns each layout carries: what it lacks is missing, never zero.",
    "extract": "The extracts, and which months wait for them.",
    "reporting_month": "The month reported on, and the day whose targets are judged.",
}


def landing_asset(extract: Extract) -> dg.AssetsDefinition:
    """The asset `landing/<extract>`: gate, validate, land what is new in `raw/<extract>/`, and load it."""
    key = dg.AssetKey(["landing", extract.name])

    @dg.asset(
        key=key,
        group_name="landing",
        kinds={"parquet", "duckdb"},
        owners=OWNERS,
        description=f"{extract.title}: every accepted row of every delivery. {extract.model.__doc__}",
        check_specs=[deliveries_spec(key), control_totals_spec(key), accepted_rows_spec(key)],
    )
    def landed(
        context: dg.AssetExecutionContext, folders: Folders, build: DuckDBResource
    ) -> Iterator[dg.AssetCheckResult | dg.MaterializeResult]:
        with tried_again(context):
            yield from _take_in(context, folders, build, extract)

    return landed


def _take_in(
    context: dg.AssetExecutionContext, folders: Folders, build: DuckDBResource, extract: Extract
) -> Iterator[dg.AssetCheckResult | dg.MaterializeResult]:
    key = dg.AssetKey(["landing", extract.name])
    landing = folders.landing()
    files = list(delivery_files(folders.raw_path / extract.name))
    is_synthetic = (folders.raw_path / SYNTHETIC_MARKER).is_file()
    try:
        with QuotingNoRow(Unforeseen):
            landed, refused = landing.land(files, extract, is_synthetic)
    except Damaged as damaged:
        raise dg.Failure(description=str(damaged), allow_retries=False) from None
    yield deliveries_result(key, refused)
    yield control_totals_result(key, refused)
    yield accepted_rows_result(key, landed)
    if refused:
        said = "\n".join(f"{extract.name}/{d.file_name}: {d.reason}" for d in refused)
        raise dg.Failure(description=said, metadata=_set_aside(landing, refused), allow_retries=False)
    with QuotingNoRow(Unforeseen), build.get_connection() as connection:
        moved = synchronise_extract(connection, extract, landing)
    context.log.info(f"{extract.name}: {len(files)} files, {len(landed)} new, {moved} loaded")
    yield dg.MaterializeResult(
        asset_key=key,
        metadata={
            "files": len(files),
            "deliveries_landed": len(landed),
            "deliveries_loaded": moved,
            "rows_received": sum(d.rows_received or 0 for d in landed),
            "rows_accepted": sum(d.rows_accepted or 0 for d in landed),
            "rows_quarantined": sum(d.rows_quarantined or 0 for d in landed),
            **_set_aside(landing, landed),
        },
    )


def _set_aside(landing: Landing, deliveries: list[Delivery]) -> dict[str, dg.MetadataValue]:
    """Where the rows lie that were set aside of each delivery."""
    return {
        f"set aside of {d.file_name}": dg.MetadataValue.path(landing.quarantined_rows(d))
        for d in deliveries
        if landing.quarantined_rows(d).is_file()
    }


@dg.multi_asset(
    name="deliveries",
    backfill_policy=ONE_MONTH_A_RUN,
    specs=[
        dg.AssetSpec(
            ["landing", name],
            group_name="landing",
            kinds={"duckdb"},
            description=description,
            owners=OWNERS,
            partitions_def=REPORTING_MONTHS,
            deps=[["landing", extract] for extract in EXTRACTS],
        )
        for name, description in DESCRIPTIONS.items()
    ],
)
def deliveries(
    context: dg.AssetExecutionContext, folders: Folders, build: DuckDBResource
) -> Iterator[dg.MaterializeResult]:
    """What was delivered, what each layout carries, and the month to report on."""
    with tried_again(context):
        _describe(context, folders, build)
    for name in DESCRIPTIONS:
        yield dg.MaterializeResult(asset_key=["landing", name])


def _describe(context: dg.AssetExecutionContext, folders: Folders, build: DuckDBResource) -> None:
    if astray := misplaced(folders.raw_path, set(EXTRACTS)):
        said = f"These are in no extract's folder and would be passed over: {', '.join(astray)}."
        remedy = f"Move the files to one of {', '.join(EXTRACTS)} in {folders.raw_path}, without folders inside it."
        raise dg.Failure(description=f"{said} {remedy}", allow_retries=False)
    month = month_of(context.partition_key)
    with build.get_connection() as connection:
        synchronise_deliveries(connection, folders.landing(), month, folders.targets_known_on(last_day(month)))


LANDING_ASSETS = [*[landing_asset(extract) for extract in EXTRACTS.values()], deliveries]
