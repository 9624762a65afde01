"""What may be said of a failure: never the text of an error that was raised over rows, which may quote one.

Here: the guard around code that holds rows, and what is passed on of dbt's messages.
Belongs here: how the text of an error becomes one without values.
Does not belong here: refusals, which are written without values from the start (`landing/received.py`).
"""

import re
import traceback
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType

from orchestration.landing.delivery import Damaged
from orchestration.machine import PassingFault, machine_fault, passes

PACKAGE = Path(__file__).parent
NOT_SHOWN = "Its text may quote a row and is not shown"
# What dbt says without DuckDB: a fault of a model's own, a failed test's count; and of seeds, which hold no rows.
WITHOUT_DUCKDB = re.compile(r"(Compilation Error in |Got [\d,]+ results?, |Runtime Error in seed )")
# What DuckDB finds before it reads a row, and what the machine lacks. Other kinds quote: "Could not cast value …".
WITHOUT_ROWS = {"Parser Error", "Binder Error", "Catalog Error", "IO Error", "Out of Memory Error"}


class QuotingNoRow(AbstractContextManager[None]):
    """Code within holds rows: an unexpected error there is raised as `failure`, with its kind and place alone; one that
    may be gone in a moment as `PassingFault`."""

    def __init__(self, failure: Callable[[str], BaseException]) -> None:
        self.failure = failure

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, Damaged) or not isinstance(error, Exception):
            return
        if isinstance(error, PassingFault):
            return
        if fault := passes(str(error)):
            raise PassingFault(f"{fault} ({_place(error)}).") from None
        if fault := machine_fault(str(error)):
            raise self.failure(f"{fault} ({_place(error)}).") from None
        said = f"An unexpected {type(error).__name__} stopped the refresh in {_place(error)}"
        raise self.failure(f"{said}. {NOT_SHOWN}: it is a fault of the code, hand it to the engineers.") from None


def _place(error: Exception) -> str:
    """`landing/store.py, line 106`: the innermost line of this package that the error passed through."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if PACKAGE in Path(frame.filename).parents]
    return f"{Path(frames[-1].filename).relative_to(PACKAGE)}, line {frames[-1].lineno}" if frames else "other code"


def without_rows(message: str) -> str:
    """What dbt says of a node: whole where it cannot quote a row, else down to the kind of error.

    dbt's first line names its own kind and the node; the second one begins with DuckDB's kind.
    """
    whole = message.strip()
    first, _, rest = whole.partition("\n")
    kind = rest.strip().partition(":")[0]
    if WITHOUT_DUCKDB.match(whole) or (first.startswith("Runtime Error in ") and kind in WITHOUT_ROWS):
        return whole
    return f"{kind if re.fullmatch(r'[A-Z][A-Za-z ]+ Error', kind) else 'An error'}. {NOT_SHOWN}."
