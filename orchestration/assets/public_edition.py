"""The public edition asset: made after the force's release, when the refresh is for the public too.

Here: the Dagster side of the public edition.
Belongs here: when it is made, and what Dagster shows of it.
Does not belong here: what it gives and withholds (`public_edition.py`, `disclosure.py`).
"""

import datetime as dt
from collections.abc import Iterator

import dagster as dg

from orchestration.assets import release
from orchestration.assets.landing import OWNERS
from orchestration.board_pack import write_packs
from orchestration.disclosure import NoRule
from orchestration.failures import QuotingNoRow
from orchestration.partitions import ONE_MONTH_A_RUN, REPORTING_MONTHS
from orchestration.public_edition import Edition, NotMade, publish_for_public, wanted_audience
from orchestration.resources import Folders
from orchestration.retries import tried_again

KEY = dg.AssetKey(["release", "public"])


@dg.asset(
    key=KEY,
    group_name="release",
    kinds={"duckdb"},
    owners=OWNERS,
    deps=[release.KEY],
    partitions_def=REPORTING_MONTHS,
    backfill_policy=ONE_MONTH_A_RUN,
    output_required=False,
)
def public_edition(context: dg.AssetExecutionContext, folders: Folders) -> Iterator[dg.MaterializeResult]:
    """The release as the public gets it; with AUDIENCE=public alone."""
    if wanted_audience() != "public":
        return
    # The build is as good as the release made of it: no reason to distrust it.
    with tried_again(context), QuotingNoRow(dg.Failure):
        edition = _edition(folders)
    if isinstance(edition, str):
        raise dg.Failure(description=edition, allow_retries=False)
    context.log.info(f"public {edition.release_id}: {'published' if edition.is_new else 'unchanged'}")
    yield dg.MaterializeResult(
        metadata={
            "release": edition.release_id,
            "folder": dg.MetadataValue.path(edition.folder),
            "is_new": edition.is_new,
            "withheld": edition.withheld,
        }
    )


def _edition(folders: Folders) -> Edition | str:
    """The edition, or why there is none."""
    try:
        return publish_for_public(folders.warehouse_path, dt.datetime.now(dt.UTC), write_packs)
    except (NotMade, NoRule) as reason:
        return str(reason)
