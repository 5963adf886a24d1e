"""Tables of ggml: element types, value types of GGUF, and the words for file types.

Source: ggml ``include/ggml.h`` and ``docs/gguf.md``, llama.cpp ``include/llama.h`` (llama_ftype) and gguf-py.
"""

from typing import NamedTuple


class Element(NamedTuple):
    """An element type: its word, the elements of one block and the bytes of one block."""

    word: str
    block: int
    size: int


ELEMENTS = {
    0: Element("F32", 1, 4), 1: Element("F16", 1, 2), 2: Element("Q4_0", 32, 18), 3: Element("Q4_1", 32, 20),
    6: Element("Q5_0", 32, 22), 7: Element("Q5_1", 32, 24), 8: Element("Q8_0", 32, 34), 10: Element("Q2_K", 256, 84),
    11: Element("Q3_K", 256, 110), 12: Element("Q4_K", 256, 144), 13: Element("Q5_K", 256, 176),
    14: Element("Q6_K", 256, 210), 16: Element("IQ2_XXS", 256, 66), 17: Element("IQ2_XS", 256, 74),
    18: Element("IQ3_XXS", 256, 98), 19: Element("IQ1_S", 256, 50), 20: Element("IQ4_NL", 32, 18),
    21: Element("IQ3_S", 256, 110), 22: Element("IQ2_S", 256, 82), 23: Element("IQ4_XS", 256, 136),
    24: Element("I8", 1, 1), 25: Element("I16", 1, 2), 26: Element("I32", 1, 4), 27: Element("I64", 1, 8),
    28: Element("F64", 1, 8), 29: Element("IQ1_M", 256, 56), 30: Element("BF16", 1, 2), 34: Element("TQ1_0", 256, 54),
    35: Element("TQ2_0", 256, 66), 39: Element("MXFP4", 32, 17), 40: Element("NVFP4", 64, 36),
    41: Element("Q1_0", 128, 18),
}  # fmt: skip

FILE_TYPES = {
    0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 7: "Q8_0", 8: "Q5_0", 9: "Q5_1", 10: "Q2_K", 11: "Q3_K_S", 12: "Q3_K_M",
    13: "Q3_K_L", 14: "Q4_K_S", 15: "Q4_K_M", 16: "Q5_K_S", 17: "Q5_K_M", 18: "Q6_K", 19: "IQ2_XXS", 20: "IQ2_XS",
    21: "Q2_K_S", 22: "IQ3_XS", 23: "IQ3_XXS", 24: "IQ1_S", 25: "IQ4_NL", 26: "IQ3_S", 27: "IQ3_M", 28: "IQ2_S",
    29: "IQ2_M", 30: "IQ4_XS", 31: "IQ1_M", 32: "BF16", 36: "TQ1_0", 37: "TQ2_0", 38: "MXFP4",
}  # fmt: skip
GUESSED = 1024  # a bit in the file type: the converter was not told

TEXT, ARRAY = 8, 9
NUMBERS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
WHOLE = frozenset({0, 1, 2, 3, 4, 5, 10, 11})
