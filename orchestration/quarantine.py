"""What waits for somebody to mend it: `make quarantine`.

Here: the list of deliveries with rows set aside, and of refused files, in words.
Belongs here: what the person on call reads about deliveries between refreshes.
Does not belong here: setting rows aside (`landing/store.py`), the summary in a release (`delivery_quarantine`).
"""

from pathlib import Path

from orchestration.folders import raw_folder, warehouse_folder
from orchestration.landing.delivery import Delivery
from orchestration.landing.identity import identify
from orchestration.landing.received import delivery_files
from orchestration.landing.store import Landing
from orchestration.landing.synchronise import current_deliveries
from orchestration.landing.table import shown


def main() -> None:
    """Print every delivery that waits, with its reasons, the file of its rows, and what clears it."""
    raw, landing = raw_folder(), Landing(warehouse_folder())
    current = current_deliveries(landing)
    deliveries = landing.deliveries()
    aside = [d for d in deliveries if d.delivery_id in current and d.rows_quarantined]
    refused = [d for d in deliveries if d.status == "refused" and _lies_in(raw, d)]
    for delivery in aside:
        print(f"{delivery.extract}/{delivery.file_name}: landed; rows set aside: {delivery.rows_quarantined:,}")
        for rule, rows in sorted(delivery.rows_by_rule.items()):
            print(f"    {rows:,} × [{rule}] {delivery.rules[rule]}")
        print(f"    rows, line numbers and reasons: {landing.quarantined_rows(delivery)}")
        print(f"    cleared by a corrected file, delivered as revision {delivery.revision + 1}")
    for delivery in refused:
        print(f"{delivery.extract}/{delivery.file_name}: refused. {delivery.reason}")
        if landing.quarantined_rows(delivery).is_file():
            print(f"    rows, line numbers and reasons: {landing.quarantined_rows(delivery)}")
    print(f"Deliveries that landed with rows set aside: {len(aside)}; refused: {len(refused)}.")


def _lies_in(raw: Path, delivery: Delivery) -> bool:
    named = [path for path in delivery_files(raw / delivery.extract) if shown(path.name) == delivery.file_name]
    return any(identify(path).sha256 == delivery.sha256 for path in named)


if __name__ == "__main__":
    main()
