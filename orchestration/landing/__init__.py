"""From `raw/` to landing: what was received, what was accepted, what was set aside and why.

Here: the file gate, the row rules' application, the store of landed deliveries and its copy in DuckDB.
Belongs here: anything about a delivery that does not depend on which extract it is.
Does not belong here: Dagster (`assets/`), columns and rules (`extracts/`), published shapes (`layouts/`).
"""
