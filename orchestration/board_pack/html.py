"""The pack as one page of HTML that needs no script and no network.

Here: the template filled in with a pack, its charts and its style sheet.
Belongs here: what a browser needs of a pack.
Does not belong here: what is said (`content.py`), what is drawn (`charts.py`).
"""

from pathlib import Path
from types import SimpleNamespace

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from orchestration.board_pack import charts, words
from orchestration.board_pack.charts import Chart
from orchestration.board_pack.content import VERDICT_ORDER, Pack

TEMPLATES = Path(__file__).parent / "templates"
HEADINGS = {
    "front": "Front page",
    "scorecard": "Scorecard",
    "year_to_date": "The year so far",
    "exceptions": "Exceptions",
    "decisions": "Decisions of the Board",
    "milestones": "Milestones",
    "measures": "Measures",
    "restatements": "Restatements",
    "quality": "Data quality",
    "methods": "Methods",
}
KINDS = {
    "better": "Better",
    "worse": "Worse",
    "other": "Changed",
    "new": "New",
    "gone": "Gone",
}


def render_html(pack: Pack) -> str:
    """The whole page; every text that is not a drawing of `charts.py` is escaped."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters |= {"exact": repr, "upper_first": lambda said: said[:1].upper() + said[1:]}
    return environment.get_template("board_pack.html").render(
        pack=pack,
        headings=HEADINGS,
        kinds=KINDS,
        verdicts=words.VERDICTS,
        icons={verdict: Markup(charts.verdict_icon(verdict)) for verdict in VERDICT_ORDER},
        draw=SimpleNamespace(
            verdict_bars=lambda tiers: _drawn(charts.verdict_bars(tiers)),
            trend=lambda trend: _drawn(charts.trend(trend)),
            gap_trend=lambda gap: _drawn(charts.gap_trend(gap)),
            tile_map=lambda boroughs: _drawn(charts.tile_map(boroughs)),
            funnel=lambda boroughs: _drawn(charts.funnel(boroughs)),
        ),
        style=Markup((TEMPLATES / "board_pack.css").read_text(encoding="utf-8")),
    )


def _drawn(chart: Chart) -> Markup:
    """A drawing in the page: inside HTML it needs no namespace."""
    return Markup(chart.svg.replace(' xmlns="http://www.w3.org/2000/svg"', "", 1))
