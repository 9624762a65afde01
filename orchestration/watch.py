"""Whether the release that is due is there: `make watch`, each day from a timer or from cron.

Here: the alert that a release is not there by its day, and the message that tests the way to the mail server.
Belongs here: what must be noticed when nothing else runs. Dagster is not imported: it may be what is down.
Does not belong here: when a release is due (`timetable.py`), how things stand (`status.py`), sending (`alerts.py`).
"""

import argparse
import datetime as dt
import os
import sqlite3
import sys
from pathlib import Path

from orchestration.alerts import Alert, refusals_of, send_test, tell
from orchestration.extracts import EXTRACTS
from orchestration.folders import raw_folder, warehouse_folder
from orchestration.landing.delivery import Damaged
from orchestration.status import Level, findings, looked, overdue

# What an alert is about (`alerts.tell`).
MATTER = "release"


def main() -> None:
    """Tell whoever is to be told when the release that is due is not there; exit 1 when it is not, or could not be
    told."""
    parser = argparse.ArgumentParser(prog="watch", description=main.__doc__)
    parser.add_argument("--at", type=dt.datetime.fromisoformat, help="as if it were then, like 2009-04-20T09:00+01:00")
    parser.add_argument("--test", action="store_true", help="send a message that says it is a test, and nothing else")
    arguments = parser.parse_args()
    now = (arguments.at or dt.datetime.now()).astimezone(dt.UTC)
    # As a refresh does.
    os.umask(0o077)
    if arguments.test:
        sys.exit(send_test(warehouse_folder(), now))
    found = missing_release(raw_folder(), warehouse_folder(), now)
    trouble = tell(warehouse_folder(), {MATTER: found} | taken_out(raw_folder(), warehouse_folder()), now)
    for alert in found:
        print(f"{alert.subject}\n{alert.text}\n{alert.advice}")
    if not found:
        print("The release that is due is there.")
    if trouble:
        print(trouble)
    sys.exit(1 if found or trouble else 0)


def missing_release(raw: Path, warehouse: Path, now: dt.datetime) -> list[Alert]:
    """The release that is overdue at an instant, with what else is not well; nothing when it is there."""
    try:
        missing = overdue(warehouse, now)
    except (OSError, ValueError) as error:
        return [Alert("The watch over releases cannot look", str(error))]
    if missing is None:
        return []
    current = warehouse / "current"
    try:
        found = [each for each in findings(raw, warehouse, now) if each.level != Level.OK and each != missing]
        advice = [f"{each.title}: {each.said}" for each in found]
    except (OSError, ValueError, sqlite3.Error) as error:
        advice = [f"What else is not well could not be seen: {error}"]
    return [
        Alert(
            f"{missing.said[0].upper()}{missing.said[1:]}",
            f"Readers have {current.readlink().name if current.is_symlink() else 'no release at all'}.",
            "\n".join(advice),
        )
    ]


def taken_out(raw: Path, warehouse: Path) -> dict[str, list[Alert]]:
    """The matters of refused deliveries that are none any more, since their files were taken out of `raw/`."""
    if not (warehouse / "landing").is_dir():
        return {}
    try:
        refused = {delivery.extract for delivery in looked(raw, warehouse).refused}
    except (OSError, Damaged):
        # Not to be seen, and not to be forgotten.
        return {}
    return {refusals_of(extract): [] for extract in EXTRACTS if extract not in refused}


if __name__ == "__main__":
    main()
