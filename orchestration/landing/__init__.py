"""From `raw/` to landing: what was received, what was accepted, what was set aside and why.

Here: the file gate, the row rules' application, the store of landed deliveries and its copy in DuckDB.
Belongs here: anything about a delivery that does not depend on which extract it is.
Does not belong here: Dagster (`assets/`), columns and rules (`extracts/`), published shapes (`layouts/`).
"""

import polars as pl

# Set 2026-11-24: pandera asks a frame some hundred small questions, and the streaming engine, which is the default,
# takes ten times as long to start on each of them as the one that works in memory: half the time of small ones.
pl.Config.set_engine_affinity("in-memory")
