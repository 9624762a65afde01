"""A pack of a borough, a business group or a quarter: `make pack [AREA=…|BUSINESS_GROUP=…] [EDITION=…] [RELEASE=…]`.

Here: finding the release, writing the pack beside the releases, and saying where it is.
Belongs here: what a person at a terminal needs around a pack.
Does not belong here: what is in it (`content.py`).
"""

import argparse
import sys

import duckdb

from orchestration.board_pack import write_pack
from orchestration.board_pack.content import EDITIONS, NothingToShow, Selection
from orchestration.folders import warehouse_folder
from orchestration.publishing import DATABASE, month_and_number


def main() -> None:
    """Write one pack; exit 1 with the reason when it cannot be."""
    parser = argparse.ArgumentParser(prog="pack", description=main.__doc__)
    parser.add_argument("--area", default="", help="a borough, as area_id in table `dim_area`")
    parser.add_argument("--business-group", default="", help="who answers for the measures, as owner in `scorecard`")
    parser.add_argument("--edition", default="", help=" or ".join(EDITIONS))
    parser.add_argument("--release", default="", help="like 2008-12_r1 (default: the current one)")
    arguments = parser.parse_args()
    selection = Selection(
        edition=arguments.edition or EDITIONS[0],
        area=arguments.area or None,
        business_group=arguments.business_group or None,
    )
    warehouse = warehouse_folder()
    named = arguments.release
    if named and not month_and_number(named):
        sys.exit(f"Not written: {named!r} is no name of a release, which is like 2008-12_r1.")
    folder = warehouse / "releases" / named if named else (warehouse / "current").resolve()
    if not (folder / DATABASE).is_file():
        sys.exit(f"Not written: there is no release {named or '`current`'} in {warehouse}. `make releases` lists them.")
    packs = warehouse / "packs" / folder.name / selection.folder_name
    try:
        files = write_pack(folder / DATABASE, packs, selection)
    except NothingToShow as nothing:
        sys.exit(f"Not written: {nothing}")
    except (duckdb.IOException, duckdb.SerializationException, duckdb.CatalogException) as damaged:
        sys.exit(
            f"Not written: {folder.name}/{DATABASE} cannot be read ({type(damaged).__name__})."
            f" `make verify RELEASE={folder.name}` says what is wrong with it."
        )
    for path in files:
        print(path)


if __name__ == "__main__":
    main()
