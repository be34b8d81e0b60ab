"""How sure a share is that was counted in a few cases."""

import math

Z = 1.959963984540054  # two-sided 95 %


def wilson(yes: int, of: int) -> tuple[float, float] | None:
    """Return the 95 % Wilson interval of a share, None where nobody was asked (domain-facts B12).

    A share above 1 (more was accepted than fell due) is taken as 1.
    """
    if of <= 0:
        return None
    share, z2 = min(max(yes / of, 0.0), 1.0), Z**2
    centre = (share + z2 / (2 * of)) / (1 + z2 / of)
    half = Z * math.sqrt(share * (1 - share) / of + z2 / (4 * of**2)) / (1 + z2 / of)
    return max(0.0, centre - half), min(1.0, centre + half)
