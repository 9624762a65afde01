"""How deliveries stand beside each other, one case each, of records without files.

Here: which of a few deliveries land, are refused, repeat another or give way.
Belongs here: a case of `landing/standing.py` shown by itself.
Does not belong here: what holds for every history of deliveries (`test_histories.py`), files (`test_landing.py`).
"""

from dataclasses import replace

from orchestration.extracts import EXTRACTS
from orchestration.landing.delivery import DeliveredPeriod, Delivery
from orchestration.landing.standing import DECLARED_ANEW, declared_anew, judge, repeated

CRIME = EXTRACTS["recorded_crime"]
AREAS = ["bexley", "camden", "heathrow"]


def delivery(
    id: str,
    content: str | None = None,
    revision: int = 1,
    months: tuple[str, ...] = ("2008-12",),
    source: str = "crime_system",
    areas: list[str] = AREAS,
    name: str | None = None,
    is_partial: bool = False,
    withdrawn: str | None = None,
) -> Delivery:
    """A valid delivery; its content is its own unless it is said to be another's."""
    return Delivery(
        delivery_id=id,
        extract=CRIME.name,
        file_name=name or f"{id}.csv",
        sha256=content or id,
        file_sha256=content or id,
        revision=revision,
        received_at="2009-01-05T09:00:00+00:00",
        status="withdrawn" if withdrawn else "landed",
        reason=withdrawn,
        source=source,
        is_partial=is_partial,
        periods=[DeliveredPeriod(f"{month}-01", 1, 10, 0) for month in months],
        areas=areas,
    )


def standing(*deliveries: Delivery, put_away: str = "", extract: str = "recorded_crime") -> dict[str, str]:
    """Id → `landed`, the rule that refuses it, or the delivery it repeats; also in the other order."""
    outcomes = []
    for order in (list(deliveries), list(deliveries)[::-1]):
        waiting = {d.delivery_id for d in order} - set(put_away.split())
        judged = judge(order, waiting, EXTRACTS[extract])
        outcome = {d.delivery_id: "landed" for d in judged.landed}
        outcome |= {d.delivery_id: refusal.rule for d, refusal in judged.refused}
        outcomes.append(outcome | {id: f"repeats {other}" for id, other in judged.repeats.items()})
    assert outcomes[0] == outcomes[1]
    return outcomes[0]


# --- One place ------------------------------------------------------------------------------------


def test_revisions_of_a_month_stand_beside_each_other() -> None:
    assert standing(delivery("a"), delivery("b", revision=2)) == {"a": "landed", "b": "landed"}


def test_two_that_claim_one_revision_of_a_month_are_both_refused() -> None:
    assert standing(delivery("a"), delivery("b")) == {"a": "revision_taken", "b": "revision_taken"}


def test_one_month_in_common_is_enough_to_be_rivals() -> None:
    quarter = delivery("quarter", months=("2008-10", "2008-11", "2008-12"))
    assert standing(quarter, delivery("b")) == {"quarter": "revision_taken", "b": "revision_taken"}


def test_a_month_and_a_longer_period_that_begins_with_it_are_no_rivals() -> None:
    year = replace(delivery("year"), periods=[DeliveredPeriod("2008-12-01", 12, 10, 0)])
    assert standing(year, delivery("month")) == {"year": "landed", "month": "landed"}


def test_two_sources_of_one_month_are_no_rivals() -> None:
    assert standing(delivery("a"), delivery("b", source="published")) == {"a": "landed", "b": "landed"}


def test_what_was_put_away_stands_and_the_newcomer_is_refused() -> None:
    assert standing(delivery("old"), delivery("new"), put_away="old") == {"old": "landed", "new": "revision_taken"}


def test_of_two_that_were_put_away_neither_stands() -> None:
    assert standing(delivery("a"), delivery("b"), put_away="a b") == {"a": "revision_taken", "b": "revision_taken"}


def test_a_withdrawn_delivery_leaves_its_place_to_another() -> None:
    assert standing(delivery("old", withdrawn="counted twice"), delivery("new")) == {"new": "landed"}


# --- Lost areas -----------------------------------------------------------------------------------


def test_an_area_may_not_be_lost_from_one_month_to_the_next() -> None:
    before, after = delivery("before", months=("2008-11",)), delivery("after", areas=["camden"])
    assert standing(before, after) == {"before": "landed", "after": "lost_area"}


def test_an_area_may_not_be_lost_from_one_revision_to_the_next() -> None:
    """The month before never had it; the revision that is replaced did."""
    before = delivery("before", months=("2008-11",), areas=["camden"])
    again = delivery("again", revision=2, areas=["camden"])
    assert standing(before, delivery("first"), again) == {"before": "landed", "first": "landed", "again": "lost_area"}


def test_the_newest_revision_of_the_newest_month_before_is_what_is_followed() -> None:
    """Bexley comes with November's second revision alone: that, not October's and not the first, is followed."""
    assert standing(
        delivery("october", months=("2008-10",), areas=["camden"]),
        delivery("november", months=("2008-11",), areas=["camden"]),
        delivery("november_again", months=("2008-11",), revision=2),
        delivery("december", areas=["camden"]),
    ) == {"october": "landed", "november": "landed", "november_again": "landed", "december": "lost_area"}


def test_of_several_revisions_the_last_is_what_is_followed() -> None:
    first, second = delivery("first", areas=["camden"]), delivery("second", revision=2)
    assert standing(first, second, delivery("third", revision=3, areas=["camden"]))["third"] == "lost_area"


def test_a_month_is_not_held_against_a_quarter_that_revised_it() -> None:
    quarter = delivery("quarter", revision=2, months=("2008-10", "2008-11", "2008-12"))
    assert standing(quarter, delivery("december", areas=["camden"])) == {"quarter": "landed", "december": "landed"}


def test_an_older_revision_and_an_earlier_month_may_lack_what_a_newer_one_adds() -> None:
    old, new = delivery("old", areas=["camden"]), delivery("new", revision=2)
    later = delivery("later", months=("2009-01",))
    assert set(standing(old, new, later).values()) == {"landed"}


def test_a_partial_delivery_may_lack_areas_and_excuses_no_other() -> None:
    before = delivery("before", months=("2008-11",))
    partial = delivery("partial", areas=["camden"], is_partial=True)
    next_one = delivery("next", months=("2009-01",), areas=["camden"])
    assert standing(before, partial, next_one) == {"before": "landed", "partial": "landed", "next": "lost_area"}


def test_an_area_that_comes_now_and_then_is_not_lost() -> None:
    before, after = delivery("before", months=("2008-11",)), delivery("after", areas=["bexley", "camden"])
    assert standing(before, after) == {"before": "landed", "after": "landed"}


def test_another_sources_areas_are_no_measure() -> None:
    before = delivery("before", months=("2008-11",), source="published")
    assert standing(before, delivery("after", areas=["camden"])) == {"before": "landed", "after": "landed"}


def test_no_area_is_lost_where_areas_vary() -> None:
    before, after = delivery("before", months=("2008-11",)), delivery("after", areas=["camden"])
    assert standing(before, after, extract="measure_returns") == {"before": "landed", "after": "landed"}


def test_what_was_put_away_is_not_refused_for_a_lost_area() -> None:
    before, after = delivery("before", months=("2008-11",)), delivery("after", areas=["camden"])
    assert standing(before, after, put_away="after") == {"before": "landed", "after": "landed"}


def test_a_refused_delivery_is_followed_by_none() -> None:
    """December lacks an area and is refused: January is held against November."""
    lost = delivery("december", areas=["bexley"])
    january = delivery("january", months=("2009-01",), areas=["bexley", "camden"])
    assert standing(delivery("november", months=("2008-11",), areas=["bexley", "camden"]), lost, january) == {
        "november": "landed",
        "december": "lost_area",
        "january": "landed",
    }


# --- Repeats --------------------------------------------------------------------------------------


def test_the_same_content_under_a_higher_revision_repeats_the_lowest() -> None:
    again = [delivery(id, content="a", revision=revision) for id, revision in (("b", 2), ("c", 3))]
    assert repeated([delivery("a"), *again]) == {"b": "a", "c": "a"}


def test_with_other_content_in_between_the_higher_revision_restores_the_first() -> None:
    other, again = delivery("b", revision=2), delivery("c", content="a", revision=3)
    assert repeated([delivery("a"), other, again]) == {}


def test_other_content_of_another_month_or_source_comes_not_in_between() -> None:
    again = delivery("c", content="a", revision=3)
    for other in (delivery("b", revision=2, months=("2008-11",)), delivery("b", revision=2, source="published")):
        assert repeated([delivery("a"), other, again]) == {"c": "a"}


def test_other_content_that_claims_the_first_or_the_last_revision_is_in_between() -> None:
    """Which of the two is right nobody knows: what follows is not passed over."""
    again = delivery("c", content="a", revision=3)
    for revision in (1, 3):
        assert repeated([delivery("a"), delivery("b", revision=revision), again]) == {}


def test_other_content_below_or_above_is_not_in_between() -> None:
    first, again = delivery("a", revision=2), delivery("c", content="a", revision=3)
    for revision in (1, 4):
        assert repeated([first, delivery("b", revision=revision), again]) == {"c": "a"}


def test_of_one_revision_the_name_that_states_its_month_is_kept() -> None:
    copy, named = delivery("a", content="x", name="copy.csv"), delivery("b", content="x", name="2008-12.csv")
    assert repeated([copy, named]) == {"a": "b"}


def test_a_lower_revision_is_kept_before_a_name_that_states_its_month() -> None:
    copy = delivery("a", content="x", name="copy.csv")
    assert repeated([copy, delivery("b", content="x", revision=2, name="2008-12_r2.csv")]) == {"b": "a"}


def test_one_content_twice_is_a_repeat_also_beside_a_rival() -> None:
    assert repeated([delivery("a"), delivery("b", content="a"), delivery("rival")]) == {"b": "a"}


def test_content_that_was_withdrawn_stays_withdrawn_under_any_revision() -> None:
    withdrawn = delivery("b", content="a", revision=2, withdrawn="counted twice")
    assert repeated([delivery("a"), withdrawn]) == {"a": "b"}
    assert standing(delivery("a"), withdrawn) == {"a": "repeats b"}


def test_what_gave_way_to_another_sidecar_was_never_called_wrong() -> None:
    assert repeated([delivery("a"), delivery("b", content="a", revision=2, withdrawn=DECLARED_ANEW)]) == {}


# --- Declared anew --------------------------------------------------------------------------------


def _with_sidecar(id: str, **changes: object) -> Delivery:
    """The file of delivery `a` with another sidecar beside it."""
    return replace(delivery(id), file_sha256="a", **changes)


def test_the_same_file_with_another_sidecar_takes_the_place_of_the_first() -> None:
    old, new = delivery("a"), _with_sidecar("b")
    assert declared_anew([old], [new]) == [old]


def test_a_file_that_lies_there_under_both_sidecars_gives_way_to_none() -> None:
    old, new = delivery("a"), _with_sidecar("b")
    assert declared_anew([old, new], [old, new]) == []


def test_another_revision_or_source_or_file_is_declared_beside_the_first() -> None:
    for new in (_with_sidecar("b", revision=2), _with_sidecar("b", source="published"), delivery("b")):
        assert declared_anew([delivery("a")], [new]) == []


def test_what_was_withdrawn_gives_way_no_more() -> None:
    assert declared_anew([delivery("a", withdrawn="counted twice")], [_with_sidecar("b")]) == []


def test_the_same_file_and_sidecar_under_another_name_declares_nothing_anew() -> None:
    assert declared_anew([delivery("a")], [delivery("b", content="a")]) == []
