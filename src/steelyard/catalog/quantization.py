"""The words for quantisations as the names of GGUF files carry them, and which of them is the best default. Pure."""

import re
from pathlib import PurePosixPath

_WORD = re.compile(
    r"(?<![A-Za-z0-9])(?:UD-)?(?:"
    r"IQ[1-6]_(?:XXS|XS|KSS|KS|KT|KL|S|M|L|NL|K)|Q[2-8]_K(?:_(?:XXL|XL|L|M|S|XS))?|Q[1-8]_[01](?:_[48]_[48])?"
    r"|TQ[12]_0|MXFP4(?:_MOE)?|NVFP4|BF16|FP?16|FP?32)(?![A-Za-z0-9])",
    re.IGNORECASE,
)
_PREFERRED = (
    "Q4_K_M", "UD-Q4_K_XL", "Q4_K_XL", "Q4_K_L", "Q4_K_S", "Q4_K", "MXFP4", "MXFP4_MOE", "NVFP4", "IQ4_NL", "IQ4_XS",
    "Q4_0", "Q4_1", "Q5_K_M", "UD-Q5_K_XL", "Q5_K_L", "Q5_K_S", "Q5_K", "Q5_0", "Q5_1", "Q6_K", "UD-Q6_K_XL", "Q6_K_L",
    "Q8_0", "UD-Q8_K_XL", "Q3_K_L", "UD-Q3_K_XL", "Q3_K_M", "Q3_K_S", "IQ3_M", "IQ3_S", "IQ3_XS", "IQ3_XXS", "Q2_K",
    "BF16", "F16", "F32",
)  # fmt: skip


def word_in(path: str) -> str | None:
    """The quantisation that a path names, in upper case: in the file's name, else in the nearest folder's."""
    parts = PurePosixPath(path)
    for name in (parts.stem, *reversed(parts.parent.parts)):
        found = _WORD.findall(name)
        if found:
            return str(found[-1]).upper().replace("FP16", "F16").replace("FP32", "F32")
    return None


def without_word(name: str) -> str:
    """A file's name without the quantisation: equal for all quantisations of one model."""
    return re.sub(r"[-_. ]+", "-", _WORD.sub("", name)).strip("-").casefold()


def preference(word: str | None) -> int:
    """The place of a word in the order in which a default is looked for; unknown words stand last."""
    return _PREFERRED.index(word) if word in _PREFERRED else len(_PREFERRED)
