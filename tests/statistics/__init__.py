"""The statistics, held against implementations outside this code.

Here: a module for each method, with cases from trusted packages, from scipy, and worked by hand.
Belongs here: what a number must be.
Does not belong here: which figure gets which method, or that it reaches a release (`test_statistics.py`).
"""
