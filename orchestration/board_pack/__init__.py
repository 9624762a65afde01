"""The board pack: what a release says, for people.

Here: writing the pack of a release, from its database alone, in every format there is. `content.py` says what
is in it.
Belongs here: everything that a reader of a pack sees, in whatever format.
Does not belong here: what a figure or a verdict is (`dbt_project/models`), when a pack is written (`publishing.py`).
"""

from pathlib import Path

import duckdb

from orchestration.board_pack.author import read_pack
from orchestration.board_pack.content import Selection
from orchestration.board_pack.html import render_html
from orchestration.board_pack.pdf import pdf_of
from orchestration.board_pack.workbook import workbook_of

# The name of a pack's files, by edition.
STEMS = {"monthly": "board_pack", "quarterly": "quarterly_report"}
# The quarters of the financial year, April to March, end with these months.
QUARTER_ENDS = (3, 6, 9, 12)


def write_packs(database: Path) -> list[Path]:
    """Write the force's pack beside a release's database, and at the end of a quarter the quarterly report as well."""
    files = write_pack(database, database.parent)
    with duckdb.connect(str(database), read_only=True) as release:
        found = release.execute("select month(reporting_month) from release").fetchone()
    if found and found[0] in QUARTER_ENDS:
        files += write_pack(database, database.parent, Selection(edition="quarterly"))
    return files


def write_pack(database: Path, folder: Path, selection: Selection | None = None) -> list[Path]:
    """Write the pack of the release whose database it is into a folder; returns the files.

    Of the force, monthly, unless a selection says otherwise. Raises `NothingToShow` when it selects nothing.
    """
    selection = selection or Selection()
    pack = read_pack(database, selection)
    folder.mkdir(parents=True, exist_ok=True)
    page, printed, workbook = (
        (folder / STEMS[selection.edition]).with_suffix(suffix) for suffix in (".html", ".pdf", ".xlsx")
    )
    page.write_text(render_html(pack), encoding="utf-8")
    printed.write_bytes(pdf_of(pack))
    workbook.write_bytes(workbook_of(pack))
    return [page, printed, workbook]
