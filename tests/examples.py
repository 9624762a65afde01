"""The examples of `warehouse/README.md`, read out of it.

Here: each fenced block with its language, its section and the words before it.
Belongs here: how the file is read.
Does not belong here: running an example (`test_analysts.py`), timing one (`benchmark/queries.py`).
"""

import re
from dataclasses import dataclass

from orchestration.folders import ROOT

README = (ROOT / "warehouse" / "README.md").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Example:
    """A fenced block; `section` is the heading nearest above, `words` the paragraph right before."""

    section: str
    words: str
    language: str
    code: str


def examples() -> list[Example]:
    """Every fenced block of the file, in its order."""
    found = []
    for section in re.split(r"^##+ ", README, flags=re.MULTILINE):
        heading, _, content = section.partition("\n")
        for before, language, code in re.findall(r"(.*?)^```(\w*)\n(.*?)^```$", content, re.DOTALL | re.MULTILINE):
            words = " ".join(before.strip().rpartition("\n\n")[2].split())
            found.append(Example(heading, words.rstrip(":"), language, code))
    return found
