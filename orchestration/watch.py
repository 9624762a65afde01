"""Whether readers have the release that is due, and nothing keeps the next one: `make watch`, each day from a timer or
from cron.

Here: the alert that a release is not there by its day, or that somebody must act for another reason that no run would
tell; and the message that tests the way to the mail server.
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
from orchestration.status import OVERDUE, Level, findings, looked

# What an alert is about (`alerts.tell`).
MATTER = "release"
# What runs tell by themselves.
TOLD_BY_RUNS = {"Refused", "Last run"}


def main() -> None:
    """Tell whoever is to be told when readers have no release as late as is due, or somebody must act; exit 1 when it
    is so, or could not be told."""
    parser = argparse.ArgumentParser(prog="watch", description=main.__doc__)
    parser.add_argument("--at", type=dt.datetime.fromisoformat, help="as if it were then, like 2009-04-20T09:00+01:00")
    parser.add_argument("--test", action="store_true", help="send a message that says it is a test, and nothing else")
    arguments = parser.parse_args()
    now = (arguments.at or dt.datetime.now()).astimezone(dt.UTC)
    # As a refresh does.
    os.umask(0o077)
    if arguments.test:
        sys.exit(send_test(warehouse_folder(), now))
    found = to_act_on(raw_folder(), warehouse_folder(), now)
    trouble = tell(warehouse_folder(), {MATTER: found} | taken_out(raw_folder(), warehouse_folder()), now)
    for alert in found:
        print(f"{alert.subject}\n{alert.text}\n{alert.advice}")
    if not found:
        print("Readers have the release that is due, and nobody must act.")
    if trouble:
        print(trouble)
    sys.exit(1 if found or trouble else 0)


def to_act_on(raw: Path, warehouse: Path, now: dt.datetime) -> list[Alert]:
    """What somebody must act on at an instant, in one alert, with what else is not well; nothing when all is well."""
    try:
        found = findings(raw, warehouse, now)
    except (OSError, ValueError, sqlite3.Error) as error:
        return [Alert("The watch over releases cannot look", str(error))]
    urgent = [each for each in found if each.level == Level.CRITICAL and each.title not in TOLD_BY_RUNS]
    if not urgent:
        return []
    # A release that is overdue before whatever may be why.
    first = min(urgent, key=lambda each: each.title != OVERDUE)
    current, due = warehouse / "current", first.said.splitlines()[0]
    titles = [each.title.lower() for each in urgent]
    return [
        Alert(
            f"{due[0].upper()}{due[1:]}" if first.title == OVERDUE else f"Somebody must act: {', '.join(titles)}",
            f"Readers have {current.readlink().name if current.is_symlink() else 'no release at all'}.",
            "\n".join(f"{each.title}: {each.said}" for each in found if each.level != Level.OK),
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
