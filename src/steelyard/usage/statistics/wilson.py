"""How sure a rate is. Pure."""

from math import sqrt

_Z = 1.959963984540054  # 95 % of a normal distribution lie within so many standard deviations


def interval(successes: int, tries: int) -> tuple[float, float] | None:
    """Where the true rate lies with 95 % confidence; None without any try.

    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", 1927. It never leaves 0 to 1,
    and it is right for few tries too.
    """
    if tries <= 0:
        return None
    rate, square = successes / tries, _Z * _Z
    center = rate + square / (2 * tries)
    margin = _Z * sqrt((rate * (1 - rate) + square / (4 * tries)) / tries)
    whole = 1 + square / tries
    low, high = (center - margin) / whole, (center + margin) / whole
    return max(0.0, min(rate, low)), min(1.0, max(rate, high))  # of none in 137 tries ``low`` would be 2e-18
