"""Whether a count rose more than chance lets it: for small numbers too."""

import math


def unlikely(now: int, before: int, share: float) -> float:
    """Return how likely chance alone gives `now` or more of now + before cases, each falling now with `share`.

    The conditional test of two Poisson rates: given the total, the later count is binomial. Exact for any counts.
    Raises ValueError unless 0 < share < 1.
    """
    if not 0 < share < 1:
        raise ValueError("a share lies between 0 and 1")
    total = now + before
    logs = [
        math.lgamma(total + 1) - math.lgamma(k + 1) - math.lgamma(total - k + 1)
        + k * math.log(share) + (total - k) * math.log1p(-share)
        for k in range(now, total + 1)
    ]  # fmt: skip
    return min(math.fsum(math.exp(x) for x in logs), 1.0)
