"""The board pack: what a release says, for people.

Here: the pack of a release, from its database alone: `content.py` says what is in it.
Belongs here: everything that a reader of a pack sees, in whatever format.
Does not belong here: what a figure or a verdict is (`dbt_project/models`), when a pack is written (`publishing.py`).
"""
