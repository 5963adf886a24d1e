"""Text for a header: one line of ASCII (RFC 9110, section 5.5)."""

_PLAIN = str.maketrans({"–": "-", "—": "-", "…": "...", "’": "'", "‘": "'", "“": '"', "”": '"', "→": "->"})


def one_line(text: str, limit: int) -> str:
    """The text with blanks for line ends, ``?`` for what ASCII lacks, and at most ``limit`` characters."""
    plain = text.translate(_PLAIN).encode("ascii", "replace").decode()
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in plain).split())
    return line if len(line) <= limit else f"{line[: limit - 3]}..."
