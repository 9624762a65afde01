"""Text that people delivered, made fit to be set.

Here: characters that would act on the text around them, or cannot be seen, written as their code.
Belongs here: what is true of every format that is not HTML.
Does not belong here: which characters a font has (`pdf.py`).
"""

import unicodedata

# Controls, formats (marks of direction among them), surrogates and code points without a character.
_UNSEEN = {"Cc", "Cf", "Cs", "Cn", "Zl", "Zp"}


def visible(text: str) -> str:
    """The text with what cannot be seen as its code: a mark that turns the direction of reading → "[U+202E]"."""
    if text.isprintable():
        return text
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(
        code_of(letter) if letter != "\n" and unicodedata.category(letter) in _UNSEEN else letter for letter in lines
    )


def code_of(letter: str) -> str:
    """A character by its code: "[U+202E]"."""
    return f"[U+{ord(letter):04X}]"
