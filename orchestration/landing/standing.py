"""How deliveries stand beside each other: which are repeats, which are refused, which have landed.

Here: one pure function of all deliveries of an extract, so that the order of their arrival decides nothing.
Belongs here: a reason to refuse a delivery that lies in another delivery.
Does not belong here: what is wrong with a delivery by itself (`received.py`, `validation.py`), and which of the landed
ones is current (the dbt model `stg_current_delivery`).
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from itertools import pairwise

from orchestration.extracts import Extract
from orchestration.landing.delivery import Delivery
from orchestration.landing.received import Refused


@dataclass
class Standing:
    """The deliveries that have landed, and those that are refused with the reason."""

    landed: list[Delivery] = field(default_factory=list)
    refused: list[tuple[Delivery, Refused]] = field(default_factory=list)


def judge(deliveries: Collection[Delivery], waiting: Collection[str], extract: Extract) -> Standing:
    """Judge valid deliveries of one extract, withdrawn ones among them, against each other.

    `waiting` holds the ids of those whose file lies in `raw/`. Of two that claim one place both are refused, since
    neither is known to be right, unless one of them landed and its file has been put away since.
    """
    standing = Standing()
    repeats = repeated(deliveries)
    present = [d for d in deliveries if d.delivery_id not in repeats and d.status != "withdrawn"]
    places: dict[tuple[object, ...], list[Delivery]] = defaultdict(list)
    for delivery in present:
        for month in delivery.landed_months:
            places[(delivery.source, delivery.revision, *month)].append(delivery)
    for delivery in sorted(present, key=_first_period_and_revision):
        same_place = {
            other.delivery_id: other
            for month in delivery.landed_months
            for other in places[(delivery.source, delivery.revision, *month)]
            if other.delivery_id != delivery.delivery_id
        }
        is_put_away = delivery.delivery_id not in waiting
        rivals = [d for d in same_place.values() if not (is_put_away and d.delivery_id in waiting)]
        try:
            _refuse_same_place(delivery, rivals)
            _refuse_lost_area(delivery, standing.landed, extract)
        except Refused as refusal:
            standing.refused.append((delivery, refusal))
        else:
            standing.landed.append(delivery)
    return standing


def declared_anew(stored: Iterable[Delivery], waiting: Collection[Delivery]) -> list[Delivery]:
    """Landed deliveries whose file lies in `raw/` with another sidecar now, which declares the same rows anew."""
    ids = {d.delivery_id for d in waiting}
    return [
        old
        for old in stored
        if old.delivery_id not in ids
        and old.status != "withdrawn"
        and any(
            (old.file_sha256, old.source, old.revision) == (new.file_sha256, new.source, new.revision)
            for new in waiting
        )
    ]


def repeated(deliveries: Iterable[Delivery]) -> set[str]:
    """Ids of deliveries whose content had come before under a lower revision, with no other content in between.

    They say nothing new. With other content in between, the higher revision restores what that had replaced.
    """
    by_content: dict[str, list[Delivery]] = defaultdict(list)
    by_source: dict[str | None, list[Delivery]] = defaultdict(list)
    for delivery in deliveries:
        by_content[delivery.sha256].append(delivery)
        by_source[delivery.source].append(delivery)
    repeats: set[str] = set()
    for alike in by_content.values():
        ordered = sorted(alike, key=lambda d: d.revision)
        for before, delivery in pairwise(ordered):
            is_restored = any(
                other.sha256 != delivery.sha256
                and before.revision < other.revision <= delivery.revision
                and other.landed_months & delivery.landed_months
                for other in by_source[delivery.source]
            )
            if not is_restored:
                repeats.add(delivery.delivery_id)
    return repeats


def _first_period_and_revision(delivery: Delivery) -> tuple[str, int, str]:
    months = [month for month, _ in delivery.landed_months]
    return (min(months, default=""), delivery.revision, delivery.delivery_id)


def _refuse_same_place(delivery: Delivery, others: Iterable[Delivery]) -> None:
    for other in sorted(others, key=lambda d: d.delivery_id):
        month = min(delivery.landed_months & other.landed_months)[0][:7]
        raise Refused(
            "revision_taken",
            f"Revision {delivery.revision} of {month} from {delivery.source} is also in «{other.file_name}», with other"
            " content",
            f"Deliver the newer one as revision {delivery.revision + 1} (…_r{delivery.revision + 1}), or take the wrong"
            " one out of raw/ and, if it has landed, withdraw it",
        )


def _refuse_lost_area(delivery: Delivery, landed: list[Delivery], extract: Extract) -> None:
    """A delivery must have every area that the one it follows has: the same period's, else the period's before."""
    if delivery.is_partial or extract.areas_vary or not delivery.landed_months:
        return
    same_source = [d for d in landed if d.source == delivery.source and not d.is_partial and d.landed_months]
    replaced = [d for d in same_source if d.landed_months & delivery.landed_months and d.revision < delivery.revision]
    first = min(month for month, _ in delivery.landed_months)
    before = [d for d in same_source if max(month for month, _ in d.landed_months) < first]
    if replaced:
        predecessor = max(replaced, key=lambda d: (d.revision, d.delivery_id))
    elif before:
        predecessor = max(before, key=lambda d: (max(month for month, _ in d.landed_months), d.revision, d.delivery_id))
    else:
        return
    lost = sorted(set(predecessor.areas) - set(delivery.areas) - extract.occasional_areas)
    if lost:
        named = ", ".join(lost[:5]) + (f" and {len(lost) - 5} more" if len(lost) > 5 else "")
        raise Refused(
            "lost_area",
            f"Areas that «{predecessor.file_name}» has are missing here ({len(lost)}): {named}",
            'Deliver it whole, or declare {"partial": true} in its sidecar',
        )
