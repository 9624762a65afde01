"""The benchmark from the command line: runs in turn, results compared, one table.

Here: which runs are made, in which order, and how their figures are shown.
Belongs here: a line of the report.
Does not belong here: what a run does (`contenders.py`) and whether it is right (`agreement.py`).
"""

import argparse
import os
import platform
import shutil
import statistics
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable
from importlib.metadata import version
from pathlib import Path

from tests.benchmark.agreement import differences, expected_of_barest, of_barest, of_refresh, of_script
from tests.benchmark.contenders import SCRIPTS, Took, run_refresh, run_script
from tests.benchmark.deliveries import ROWS_PER_FAULT, months_of, write_deliveries

ROWS_A_MONTH = 100_000
# A month as small as a delivery can be: every borough twice.
TINY_MONTH = 64
HISTORIES = (12, 120)
PACKAGES = ("duckdb", "polars", "pandas", "pyarrow", "pandera", "dbt-core", "dagster")
REFRESH, TINY = "refresh", "refresh of tiny deliveries"

Runs = dict[str, list[Took]]


class Disagreement(Exception):
    """Two contenders came to different results: who, and each difference in words."""


def main() -> None:
    """Run the benchmark and print its report; a disagreement ends it with exit status 1."""
    parser = argparse.ArgumentParser(prog="benchmark", description=main.__doc__)
    parser.add_argument("--rows", type=int, nargs="*", default=[1, 10, 30], help="million rows of a first refresh")
    parser.add_argument("--repeat", type=int, default=3, help="runs of each; one for more than 10 million rows")
    parser.add_argument("--histories", type=int, nargs="*", default=HISTORIES, help="months before one more")
    parser.add_argument("--beside", nargs="*", choices=SCRIPTS, default=list(SCRIPTS), help="scripts to compare with")
    parser.add_argument("--folder", type=Path, required=True, help="for deliveries, warehouses and the report")
    arguments = parser.parse_args()
    # On two cores, whatever the machine has: DuckDB and polars count those they may use.
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
    folder = arguments.folder.absolute()
    report = Report(folder / "benchmark.md")
    report.say(machine())
    report.say(
        "Each run is a process of its own; medians, and in brackets the least and the most. MB are 1024 × 1024 bytes.\n"
    )
    try:
        for million in arguments.rows:
            repeat = arguments.repeat if million <= 10 else 1
            months = million * 1_000_000 // ROWS_A_MONTH
            runs = first_refresh(folder / f"{million}m", months, repeat, arguments.beside)
            report.say(f"## A first refresh of {million} million rows in {months} deliveries\n")
            report.say(table_of_first_refresh(runs))
        if arguments.histories:
            grown = {
                months: one_more_month(folder / f"history_{months}", months, arguments.repeat)
                for months in arguments.histories
            }
            report.say("## One more month of 100,000 rows\n")
            report.say(table_of_one_more_month(grown))
    except Disagreement as disagreement:
        sys.exit(str(disagreement))
    print(f"The report is in {report.path}")


class Report:
    """Lines that are printed and kept in a file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("# Benchmark\n\n", encoding="utf-8")

    def say(self, text: str) -> None:
        print(text, flush=True)
        with self.path.open("a", encoding="utf-8") as stream:
            stream.write(text + "\n")


def first_refresh(folder: Path, months: int, repeat: int, beside: list[str]) -> Runs:
    """Refresh an empty warehouse, and run the scripts on the same files, in turn; raises `Disagreement`.

    What each run took, by who ran. What the runs wrote is deleted when all agree; the deliveries are kept.
    """
    span = months_of(months)
    raw, tiny = folder / "raw", folder / "tiny"
    write_deliveries(raw, span, ROWS_A_MONTH)
    write_deliveries(tiny, span, TINY_MONTH, rows_per_fault=sys.maxsize)
    reporting_month = f"{span[-1]:%Y-%m}"
    runs: Runs = defaultdict(list)
    for _ in range(repeat):
        for name, source in ((TINY, tiny), (REFRESH, raw)):
            warehouse = folder / "warehouse"
            shutil.rmtree(warehouse, ignore_errors=True)
            runs[name].append(run_refresh(source, warehouse, reporting_month))
        for name in beside:
            runs[name].append(run_script(name, raw, folder / name))
        compare(folder, beside)
    for written in ("warehouse", *beside):
        shutil.rmtree(folder / written)
    return runs


def compare(folder: Path, beside: list[str]) -> None:
    """Raise `Disagreement` unless the refresh and every script came to one result."""
    refreshed = of_refresh(folder / "warehouse")
    pairs = [(name, refreshed, of_script(folder / name)) for name in beside if name != "barest"]
    if {"barest", "duckdb"} <= set(beside):
        pairs.append(("barest", expected_of_barest(folder / "duckdb"), of_barest(folder / "barest")))
    for name, expected, outcome in pairs:
        if different := differences(expected, outcome):
            shown = "\n".join(different[:20])
            raise Disagreement(f"The refresh and «{name}» differ in {len(different):,} figures:\n{shown}")


def one_more_month(folder: Path, months: int, repeat: int) -> Runs:
    """Deliver and refresh one more month on a history of so many: real ones, and tiny ones for the fixed cost."""
    *history, last = months_of(months + 1)
    runs: Runs = defaultdict(list)
    sizes = {TINY: (TINY_MONTH, sys.maxsize), REFRESH: (ROWS_A_MONTH, ROWS_PER_FAULT)}
    for name, (rows, rows_per_fault) in sizes.items():
        raw = folder / name.replace(" ", "_") / "raw"
        write_deliveries(raw, history, rows, rows_per_fault)
        (raw / "recorded_crime" / f"{last:%Y-%m}.csv").unlink(missing_ok=True)
        shutil.rmtree(raw.parent / "warehouse", ignore_errors=True)
        run_refresh(raw, raw.parent / "warehouse", f"{history[-1]:%Y-%m}")
        write_deliveries(raw, [last], rows, rows_per_fault, first=months)
    for _ in range(repeat):
        for name in sizes:
            kept = folder / name.replace(" ", "_") / "warehouse"
            grown = kept.with_name("grown")
            shutil.copytree(kept, grown, symlinks=True)
            runs[name].append(run_refresh(kept.with_name("raw"), grown, f"{last:%Y-%m}"))
            shutil.rmtree(grown)
    for name in sizes:
        shutil.rmtree(folder / name.replace(" ", "_") / "warehouse")
    return runs


def machine() -> str:
    """The facts of this machine that figures depend on, without a date."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    cores = len(os.sched_getaffinity(0))
    return (
        f"{cores} of {os.cpu_count()} cores ({platform.machine()}), {memory / 1024**3:.0f} GB of memory, "
        f"{platform.system()}, Python {platform.python_version()}, {packages}.\n"
    )


def table_of_first_refresh(runs: Runs) -> str:
    """One line per contender; ratios are the refresh's time over the contender's."""
    titles = {REFRESH: "refresh", TINY: f"{TINY} (the fixed cost)", **{name: SCRIPTS[name][0] for name in SCRIPTS}}

    def ratios(took: list[Took]) -> list[str]:
        less_fixed = [(of(runs[REFRESH]) - of(runs[TINY])) / of(took) for of in (wall, processor)]
        return [f"{ratio:.2f}" for ratio in (wall(runs[REFRESH]) / wall(took), *less_fixed)]

    lines = [
        [titles[name], *figures(took), *(["", "", ""] if name in (REFRESH, TINY) else ratios(took))]
        for name, took in runs.items()
    ]
    heads = ["run", "wall s", "processor s", "peak MB"]
    of_ratios = ["refresh ÷ this", "less the fixed cost", "of processor time"]
    return in_columns([[*heads, *of_ratios], *lines])


def table_of_one_more_month(grown: dict[int, Runs]) -> str:
    """One line per history and size, the cost less the fixed one, and how it grows."""
    lines = [
        [f"{name} on {months} months", *figures(took)] for months, runs in grown.items() for name, took in runs.items()
    ]
    table = in_columns([["run", "wall s", "processor s", "peak MB"], *lines])
    costs = {
        months: (wall(runs[REFRESH]) - wall(runs[TINY]), processor(runs[REFRESH]) - processor(runs[TINY]))
        for months, runs in grown.items()
    }
    said = [
        f"On {months} months it costs {of_wall:.2f} s of wall time and {of_processor:.2f} s of processor time, fixed "
        "cost taken off."
        for months, (of_wall, of_processor) in costs.items()
    ]
    first, last = min(costs), max(costs)
    if first != last:
        walls, processors = (costs[last][i] / costs[first][i] for i in (0, 1))
        said.append(f"Ratio of {last} to {first} months: {walls:.2f} of wall time, {processors:.2f} of processor time.")
    return table + "\n" + "\n".join(said) + "\n"


def wall(took: Iterable[Took]) -> float:
    return statistics.median(run.wall for run in took)


def processor(took: Iterable[Took]) -> float:
    return statistics.median(run.processor for run in took)


def figures(took: list[Took]) -> list[str]:
    """Median and spread of wall seconds, processor seconds and peak memory."""

    def spread(of: Callable[[Took], float], decimals: int) -> str:
        values = sorted(of(run) for run in took)
        middle = f"{statistics.median(values):,.{decimals}f}"
        return middle if len(values) == 1 else f"{middle} ({values[0]:,.{decimals}f}–{values[-1]:,.{decimals}f})"

    return [
        spread(lambda run: run.wall, 1),
        spread(lambda run: run.processor, 1),
        spread(lambda run: run.peak / 1024**2, 0),
    ]


def in_columns(lines: list[list[str]]) -> str:
    """A table in Markdown, its columns aligned."""
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    rule = ["-" * width for width in widths]
    padded = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |"
        for line in [lines[0], rule, *lines[1:]]
    ]
    return "\n".join(padded) + "\n"


if __name__ == "__main__":
    main()
