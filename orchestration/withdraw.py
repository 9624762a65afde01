"""Taking back a delivery that passed every check and is wrong: `make withdraw DELIVERY=… REASON=…`.

Here: finding the delivery, withdrawing it, and saying what is current in its place.
Belongs here: what a person at a terminal needs around a withdrawal.
Does not belong here: how it is recorded (`landing/store.py`).
"""

import argparse
import sys

from orchestration.extracts import EXTRACTS
from orchestration.folders import warehouse_folder
from orchestration.guard import NotStarted, only_refresh
from orchestration.landing.delivery import Delivery
from orchestration.landing.store import Landing
from orchestration.landing.synchronise import current_deliveries


def main() -> None:
    """Withdraw one delivery; exit 1 with the reason when it cannot be."""
    parser = argparse.ArgumentParser(prog="withdraw", description=main.__doc__)
    parser.add_argument("--delivery", required=True, help="delivery_id, or extract/file name, as in table `delivery`")
    parser.add_argument("--reason", required=True, help="why it is wrong; published in table `delivery`")
    arguments = parser.parse_args()
    if not arguments.reason.strip():
        sys.exit("Not withdrawn: a REASON is needed; it is published beside the delivery.")
    try:
        with only_refresh(warehouse_folder()):
            _withdraw(Landing(warehouse_folder()), arguments.delivery, arguments.reason.strip())
    except NotStarted as held:
        sys.exit(str(held))


def _withdraw(landing: Landing, named: str, reason: str) -> None:
    delivery = _found(landing, named)
    before = current_deliveries(landing)
    landing.withdraw(delivery, reason)
    after = current_deliveries(landing)
    records = {d.delivery_id: d for d in landing.deliveries(delivery.extract)}
    said = f"{delivery.extract}/{delivery.file_name} ({delivery.delivery_id})"
    print(f"Withdrawn: {said}. Its record and rows stay.")
    for period in sorted(before.get(delivery.delivery_id, set())):
        heirs = [records[id] for id, periods in after.items() if id in records and period in periods]
        heir = next((d for d in heirs if d.source == delivery.source), None)
        named_heir = f"{heir.file_name} (revision {heir.revision})" if heir else "nothing: the month is missing"
        print(f"    {period}: current is now {named_heir}")
    print("The next refresh publishes without it.")


def _found(landing: Landing, named: str) -> Delivery:
    known = [
        d
        for d in landing.deliveries()
        if named in (d.delivery_id, f"{d.extract}/{d.file_name}") and d.extract in EXTRACTS
    ]
    # Of two that are refused because they claim one place, the one that landed can be taken back too.
    landed = [d for d in known if d.status != "withdrawn" and landing.has_landed(d)]
    if len(landed) == 1:
        return landed[0]
    if landed:
        ids = ", ".join(d.delivery_id for d in landed)
        sys.exit(f"Not withdrawn: {len(landed)} deliveries came under that name. Give one delivery_id of {ids}.")
    if known:
        sys.exit(f"Not withdrawn: the delivery is {known[0].status} already, so no figure rests on it.")
    sys.exit("Not withdrawn: no such delivery. Give its delivery_id, or extract/file name, from table `delivery`.")


if __name__ == "__main__":
    main()
