"""Trying again: what the disk or the network refused, and nothing else.

Here: the one guard around the work of a step.
Belongs here: how often and after how long.
Does not belong here: which faults pass (`machine.py`); what is found wrong with deliveries or figures is never retried.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg
import duckdb

from orchestration.machine import PassingFault, passes

# Set 2026-11-30: a file server that restarts is back within three minutes. The waits are 10, 40 and 160 seconds.
TRIED_AGAIN = 3
FIRST_WAIT = 10
LONGER_BY = 4


@contextmanager
def tried_again(context: dg.AssetExecutionContext) -> Iterator[None]:
    """A fault within that may be gone in a moment has the step tried again, later each time; the last one fails it."""
    try:
        yield
    except (OSError, duckdb.IOException, PassingFault) as error:
        said = str(error) if isinstance(error, PassingFault) else passes(str(error))
        if said is None:
            raise
        if context.retry_number >= TRIED_AGAIN:
            raise dg.Failure(
                description=f"{said} It was tried {TRIED_AGAIN} times more.", allow_retries=False
            ) from None
        wait = FIRST_WAIT * LONGER_BY**context.retry_number
        context.log.warning(f"{said} Tried again in {wait} s.")
        raise dg.RetryRequested(max_retries=TRIED_AGAIN, seconds_to_wait=wait) from None
