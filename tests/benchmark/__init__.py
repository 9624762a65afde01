"""The benchmark: a refresh beside scripts that do the same work by hand.

Here: the generated deliveries, the scripts, the runs and the table of their figures.
Belongs here: what measures speed and memory, and proves that what is compared gives one result.
Does not belong here: a test of the product (`tests/`).
"""
