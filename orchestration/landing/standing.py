"""How deliveries stand beside each other: which are repeats, which are refused, which have landed.

Here: one pure function of all deliveries of an extract, so that the order of their arrival decides nothing.
Belongs here: a reason to refuse a delivery that lies in another delivery.
Does not belong here: what is wrong with a delivery by itself (`received.py`, `validation.py`), and which of the landed
ones is current (the dbt model `stg_current_delivery`).
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from orchestration.extracts import Extract
from orchestration.landing.delivery import Delivery
from orchestration.landing.received import named_month
from orchestration.landing.table import Refused

# The reason of a withdrawal that the landing makes itself; it is undone when the file has its first sidecar again.
DECLARED_ANEW = "the same file lies in raw/ with another sidecar"


# Rules that lie in another delivery: what they refuse may pass once that one is gone.
BESIDE_ANOTHER = {"revision_taken", "lost_area"}


@dataclass
class Standing:
    """The deliveries that have landed, those that are refused with the reason, and which repeats which, by id."""

    repeats: dict[str, str]
    landed: list[Delivery] = field(default_factory=list)
    refused: list[tuple[Delivery, Refused]] = field(default_factory=list)


def judge(deliveries: Collection[Delivery], waiting: Collection[str], extract: Extract) -> Standing:
    """Judge valid deliveries of one extract, withdrawn ones among them, against each other.

    `waiting` holds the ids of those whose file lies in `raw/`. A delivery that landed and whose file has been put away
    since stands: nobody could mend it when a later one comes in its way. Of two in `raw/` that claim one place both
    are refused, since neither is known to be right.
    """
    standing = Standing(repeated(deliveries))
    present = [d for d in deliveries if d.delivery_id not in standing.repeats and d.status != "withdrawn"]
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
            if not is_put_away:
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
            and old.sha256 != new.sha256
            for new in waiting
        )
    ]


def is_declared_anew(delivery: Delivery) -> bool:
    """True for a delivery that gave way to the same file with another sidecar; nobody called it wrong."""
    return delivery.status == "withdrawn" and delivery.reason == DECLARED_ANEW


def repeated(deliveries: Iterable[Delivery]) -> dict[str, str]:
    """Id of each delivery that says nothing new → id of the one it repeats.

    It repeats the same content under a lower revision, or another name, with no other content in between; with other
    content in between, the higher revision restores what that had replaced. Of those alike the lowest revision is
    kept, read as the month its name states; but a withdrawn one before all, since its content was called wrong.
    """
    by_content: dict[str, list[Delivery]] = defaultdict(list)
    by_source: dict[str | None, list[Delivery]] = defaultdict(list)
    for delivery in deliveries:
        if not is_declared_anew(delivery):
            by_content[delivery.sha256].append(delivery)
            by_source[delivery.source].append(delivery)
    repeats: dict[str, str] = {}
    for same_content in by_content.values():
        alike: list[Delivery] = []
        for delivery in sorted(same_content, key=lambda d: d.revision):
            if alike and _restores(delivery, alike[-1], by_source[delivery.source]):
                repeats |= _all_but_the_first(alike)
                alike = []
            alike.append(delivery)
        repeats |= _all_but_the_first(alike)
    return repeats


def _restores(delivery: Delivery, before: Delivery, others: Iterable[Delivery]) -> bool:
    """Whether other content stood between two revisions of the same, or beside one of them."""
    return before.revision < delivery.revision and any(
        other.sha256 != delivery.sha256
        and before.revision <= other.revision <= delivery.revision
        and other.landed_months & delivery.landed_months
        for other in others
    )


def _all_but_the_first(alike: list[Delivery]) -> dict[str, str]:
    first, *repeats = sorted(alike, key=_withdrawn_lowest_named)
    return {d.delivery_id: first.delivery_id for d in repeats}


def _withdrawn_lowest_named(delivery: Delivery) -> tuple[bool, int, bool, str]:
    is_unnamed = named_month(delivery.file_name) is None
    return (delivery.status != "withdrawn", delivery.revision, is_unnamed, delivery.delivery_id)


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
