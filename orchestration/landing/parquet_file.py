"""A Parquet file read within bounds.

Here: what a Parquet footer promises, and what its pages turn out to hold.
Belongs here: what can be wrong with a Parquet file before its columns mean anything.
Does not belong here: other kinds of file, and what the columns mean.
"""

from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet

from orchestration.landing.table import LARGEST_UNPACKED, Refused, Table, refuse_long, refuse_unpacked, refuse_wide

# A dictionary or a run of equal values is small in the file; in memory polars takes this much for every text.
BYTES_PER_CELL = 16


def read_parquet(path: Path) -> Table:
    """One table, typed as received; refused by its footer before a page is read, where it unpacks to too much."""
    try:
        # Through an open file: both libraries take a path for a pattern.
        with path.open("rb") as stream:
            _refuse_large(pa.parquet.ParquetFile(stream).metadata)
    except (pa.ArrowException, OSError) as error:
        raise Refused(
            "unreadable",
            "The file is not a whole Parquet file",
            "It may be cut off: deliver it again, whole",
        ) from error
    try:
        with path.open("rb") as stream:
            frame = pl.read_parquet(stream)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        raise Refused(
            "unreadable",
            "The file's pages cannot be read",
            "It may be damaged: deliver it again",
        ) from error
    refuse_unpacked(sum(_bytes(column) for column in frame), LARGEST_UNPACKED)
    frame = frame.with_columns(pl.col(pl.Categorical).cast(pl.String))
    header = tuple(frame.columns)
    return Table(path.name, header, frame.rename({name: str(i) for i, name in enumerate(header)}))


def _bytes(column: pl.Series) -> int:
    """The bytes of a column's texts, each counted as often as it occurs."""
    if column.dtype == pl.Categorical:
        return int(column.cat.len_bytes().cast(pl.Int64).sum())
    return int(column.str.len_bytes().cast(pl.Int64).sum()) if column.dtype == pl.String else 0


def _refuse_large(footer: pa.parquet.FileMetaData) -> None:
    leaves = [footer.schema.column(i) for i in range(footer.num_columns)]
    if any(leaf.max_repetition_level or leaf.path != leaf.name for leaf in leaves):
        raise Refused(
            "unreadable", "Columns hold lists or records, and not single values", "Deliver a column for each value"
        )
    refuse_wide(footer.num_columns)
    refuse_long(footer.num_rows)
    pages = sum(footer.row_group(i).total_byte_size for i in range(footer.num_row_groups))
    refuse_unpacked(max(pages, footer.num_rows * footer.num_columns * BYTES_PER_CELL), LARGEST_UNPACKED)
