"""The methods of the figures, on one page.

Here: a paragraph for each, in plain English.
Belongs here: what a reader must know to read a pack.
Does not belong here: formulas (`dbt_project/METHODS.md`).
"""

METHODS: tuple[tuple[str, str], ...] = (
    (
        "Verdict",
        "The figure against its target on unrounded values. Met and not met are of a whole year, or of the year to date"
        " held against the same months of last year; ahead and behind are of a yearly count before its end, held"
        " against the share earlier years had by then. Monitored: no level is set. Not measurable: the reason is"
        " given.",
    ),
    (
        "Certainty",
        "Stands beside the verdict and never replaces it. For a survey: clear when the 95 % interval lies wholly on the"
        " verdict's side, else too close to call. A full count has no sampling error; a published percentage without"
        " its base has an unknown one.",
    ),
    (
        "Variation and assurance",
        "Control charts (XmR) of months or quarters. Variation: a point beyond a limit, seven points in one direction,"
        " seven on one side of the centre line, or two of three near a limit. Assurance: whether the usual range,"
        " which is between the limits, lies wholly on one side of the target line; a measure that has just changed can"
        " meet its target though its usual range so far misses it. Fewer than 13 points: limits are provisional.",
    ),
    (
        "Year-end outlook",
        "The last six settled months, carried forward with the season of earlier years; the probability comes from how"
        " far the same rule was off in the past five years. On track from 80 %, off track up to 20 %.",
    ),
    (
        "Boroughs beside each other",
        "Funnel limits at 95 % and 99.8 % around the boroughs taken together, wider where boroughs differ beyond chance"
        " (Spiegelhalter). Counts are per 1,000 residents; where many victims live elsewhere, a note says so.",
    ),
    (
        "Equality gaps",
        "Two groups of people side by side, over rolling years, and which of them is worse off. The number is the"
        " figure of the group held against less that of the group itself; where lower is better, above zero means that"
        " the group is better off. Widening and narrowing are of its size, whichever group is ahead, and said only"
        " where the 95 % interval of the change leaves out zero. Under 30 answers: no figure; under 100: flagged.",
    ),
    (
        "Changes and contributions",
        "Held against the same period last year from the same source. What late facts still move is compared at the"
        " same age. Contributions of boroughs add up to the whole change: for a share, the change of each part's own"
        " share and of its size (Kitagawa).",
    ),
    (
        "Rounding",
        "Figures are rounded for reading. A figure that differs from its target is given as many decimals as show it.",
    ),
    (
        "Data",
        "Rows that break a rule are set aside and never counted; a verdict they could change is provisional. A figure"
        " that differs from what an earlier pack said is listed under restatements with its cause.",
    ),
)
