"""From a run that is wanted to one that is started: once for what it would find, unless it was killed.

Here: what schedule and sensor say to Dagster, and what they know of earlier runs.
Belongs here: when a run is not started after all.
Does not belong here: what is wanted (`arrival.py`), how it runs (`jobs.py`).
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import dagster as dg

from orchestration.arrival import Look, Wanted, waits, wanted
from orchestration.guard import holder
from orchestration.timetable import Timetable

# Tag of a run: the digest of what it was wanted for.
WANTED_FOR = "refresh/wanted_for"
# Set 2026-11-30: a machine may be switched off twice under a run; a run that dies again is what kills the machine.
MOST_STARTS = 3


def next_run(
    instance: dg.DagsterInstance, found: Look, timetable: Timetable, now: dt.datetime, warehouse: Path
) -> dg.RunRequest | dg.SkipReason:
    """The run to be started at an instant for what was found; or, in words, why there is none.

    One that was killed comes first: what it had still to do, wherever it was cut off, is not always to be seen.
    """
    runs = wanted(found, timetable, now)
    killed = None if found.arriving else _killed(instance)
    if killed and not (killed.month and found.refused):
        runs = [killed, *runs]
    return first_to_start(instance, runs, warehouse) or dg.SkipReason(waits(found, timetable, now))


def first_to_start(
    instance: dg.DagsterInstance, runs: Iterable[Wanted], warehouse: Path
) -> dg.RunRequest | dg.SkipReason | None:
    """The first run that was not tried yet; or, in words, why none is started; None when none is wanted."""
    tried = None
    for run in runs:
        if by := holder(warehouse):
            return dg.SkipReason(f"Wanted ({run.because}), but the warehouse is held: {by}.")
        earlier = instance.get_runs(dg.RunsFilter(tags={WANTED_FOR: run.digest}))
        why_not = _why_not_again(instance, earlier)
        if why_not is None:
            return dg.RunRequest(
                run_key=f"{run.digest} {len(earlier) + 1}",
                partition_key=f"{run.month:%Y-%m}" if run.month else None,
                asset_selection=[dg.AssetKey(["landing", extract]) for extract in run.extracts] or None,
                tags={WANTED_FOR: run.digest},
            )
        tried = tried or dg.SkipReason(f"Wanted ({run.because}), but {why_not}")
    return tried


def _killed(instance: dg.DagsterInstance) -> Wanted | None:
    """The run that was the last to be started, as it was wanted, when something killed it."""
    for run in instance.get_runs(limit=1):
        digest, month = run.tags.get(WANTED_FOR), run.tags.get("dagster/partition")
        extracts = sorted(key.path[-1] for key in run.asset_selection or ())
        if digest and (month or extracts) and _why_not_again(instance, [run]) is None:
            of = dt.date.fromisoformat(f"{month}-01") if month else None
            return Wanted(of, extracts, "the last run was killed", digest)
    return None


def _why_not_again(instance: dg.DagsterInstance, earlier: Sequence[dg.DagsterRun]) -> str | None:
    """Why a run is not started once more; None when it is, for want of an earlier one that ended by itself."""
    for run in earlier:
        if not run.is_finished:
            return "it is under way."
        if run.status == dg.DagsterRunStatus.SUCCESS:
            return "it has run already."
        if run.status == dg.DagsterRunStatus.CANCELED:
            return "it was cancelled: run `make refresh`."
        if instance.all_logs(run.run_id, of_type={dg.DagsterEventType.STEP_FAILURE}):
            return "it failed, and nothing has come since: mend what it says, or run `make refresh`."
    if len(earlier) >= MOST_STARTS:
        return f"it was killed {len(earlier)} times: see what kills it, and run `make refresh`."
    return None


def started_by(tags: Mapping[str, str]) -> str:
    """Who started a run with these tags within Dagster."""
    named = [f"{kind} {tags[tag]}" for kind in ("schedule", "sensor") if (tag := f"dagster/{kind}_name") in tags]
    return named[0] if named else "Dagster's pages"
