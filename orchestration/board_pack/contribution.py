"""What made a change: its shares, which add up to it.

Here: a change on last year shared out among boroughs or groups.
Belongs here: arithmetic on parts of a measure.
Does not belong here: which measures it is asked of (`author.py`).
"""

from collections.abc import Sequence

from orchestration.board_pack import words
from orchestration.board_pack.content import Contribution, Share
from orchestration.board_pack.marts import Row

# Boroughs, or groups, that are named on each side of a change.
CONTRIBUTORS_NAMED = 5
# Parts are those of the whole when they add up to it: survey weights are kept to three decimals.
ADDS_UP = 1e-6


def shared_out(
    kind: str, measure: Row, whole: Row, before: Row, now: dict[str, Row], then: dict[str, Row]
) -> Contribution | None:
    """A change on last year shared out among parts, exactly; None where the parts do not add up to the whole.

    Counts and rates of residents: the part's own change. Shares: what a part's own change and its change in size did
    (Kitagawa 1955), which add up to the change of the whole.
    """
    if not _add_up(now, whole) or not _add_up(then, before):
        return None
    multiplier = measure["multiplier"] or 1.0
    amounts = {}
    for title in now.keys() | then.keys():
        x1, n1 = _part(now.get(title))
        x0, n0 = _part(then.get(title))
        if whole["denominator"] is None:
            amounts[title] = (x1 - x0) * (whole["value"] / whole["numerator"] if whole["numerator"] else multiplier)
        elif measure["denominator_extract"] is not None:
            amounts[title] = multiplier * (x1 / whole["denominator"] - x0 / before["denominator"])
        else:
            w1, w0 = n1 / whole["denominator"], n0 / before["denominator"]
            r1, r0 = (x1 / n1 if n1 else None), (x0 / n0 if n0 else None)
            r1, r0 = (r1 if r1 is not None else r0 or 0.0), (r0 if r0 is not None else r1 or 0.0)
            middle = (whole["numerator"] / whole["denominator"] + before["numerator"] / before["denominator"]) / 2
            amounts[title] = multiplier * ((w1 + w0) / 2 * (r1 - r0) + ((r1 + r0) / 2 - middle) * (w1 - w0))
    change = whole["value"] - before["value"]
    usual = words.usual_decimals(measure["unit"], measure["measure_type"]) + (whole["denominator"] is not None)
    ordered = sorted(amounts.items(), key=lambda item: (-item[1] if change > 0 else item[1], item[0]))
    shares = [Share(title, amount, words.change(amount, measure["unit"], usual)) for title, amount in ordered]
    towards = [share for share in shares if share.amount * change > 0]
    against = [share for share in reversed(shares) if share.amount * change < 0]
    said = words.change(change, measure["unit"], words.usual_decimals(measure["unit"], measure["measure_type"]))
    message = f"Of the change ({said} on last year, both as recorded now),"
    message += f" {len(towards)} of {len(shares)} moved with it and {len(against)} against it."
    return Contribution(kind, message, tuple(towards[:CONTRIBUTORS_NAMED]), tuple(against[:CONTRIBUTORS_NAMED]))


def _part(row: Row | None) -> tuple[float, float]:
    return ((row["numerator"] or 0.0), (row["denominator"] or 0.0)) if row else (0.0, 0.0)


def _add_up(parts: dict[str, Row], whole: Row) -> bool:
    """Whether the parts are those of the whole; residents belong to boroughs alone, so they are not asked."""
    if whole["numerator"] is None or not parts:
        return False
    names: Sequence[str] = ["numerator"]
    if whole["denominator"] is not None and any(row["denominator"] is not None for row in parts.values()):
        names = ["numerator", "denominator"]
    for name in names:
        total = sum(row[name] or 0.0 for row in parts.values())
        if abs(total - whole[name]) > ADDS_UP * max(abs(whole[name]), 1.0):
            return False
    return True
