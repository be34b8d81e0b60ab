"""What a subject reports: medians, percentiles, the ratio to a baseline run in the same process."""

import resource
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field

Baseline = tuple[str, Callable[[], object]]


@dataclass(slots=True)
class Row:
    """One figure. `ratio` is ours over the baseline's: of rates more is better, of times less."""

    what: str
    value: str
    baseline: str = ""
    ratio: str = ""
    target: str = ""
    met: str = ""


def spread(times: Sequence[float]) -> str:
    return f" (±{(max(times) - min(times)) / 2 / statistics.median(times):.0%})" if len(times) > 1 else ""


def met(ok: bool | None) -> str:
    return "" if ok is None else "yes" if ok else "**no**"


@dataclass(slots=True)
class Report:
    """Gathers rows and prints each as it comes."""

    quick: bool = False
    repeat: int = 3
    rows: list[Row] = field(default_factory=list)

    def timed(self, act: Callable[[], object], repeat: int | None = None) -> list[float]:
        """Run an act several times; return the seconds of each."""
        times = []
        for _ in range(repeat or (1 if self.quick else self.repeat)):
            began = time.perf_counter()
            act()
            times.append(time.perf_counter() - began)
        return times

    def rate(
        self,
        what: str,
        count: int,
        act: Callable[[], object],
        *,
        baseline: Baseline | None = None,
        baseline_count: int | None = None,
        target: float | None = None,
        unit: str = "/s",
        repeat: int | None = None,
    ) -> float:
        """Measure how many of `count` an act does a second (median of several runs); return it."""
        times = self.timed(act, repeat)
        mine = count / statistics.median(times)
        row = Row(what, f"{mine:,.0f}{unit}{spread(times)}")
        if baseline:
            theirs = (baseline_count or count) / statistics.median(self.timed(baseline[1], repeat))
            row.baseline, row.ratio = f"{baseline[0]}: {theirs:,.0f}{unit}", f"{mine / theirs:.2f}"
        if target:
            row.target, row.met = f"≥ {target:,.0f}{unit}", met(mine >= target)
        self.add(row)
        return mine

    def seconds(
        self,
        what: str,
        act: Callable[[], object],
        *,
        baseline: Baseline | None = None,
        target: float | None = None,
        repeat: int | None = None,
    ) -> float:
        """Measure how long an act takes (median of several runs, in seconds); return it."""
        times = self.timed(act, repeat)
        mine = statistics.median(times)
        row = Row(what, f"{mine:.3f} s{spread(times)}")
        if baseline:
            theirs = statistics.median(self.timed(baseline[1], repeat))
            row.baseline, row.ratio = f"{baseline[0]}: {theirs:.3f} s", f"{mine / theirs:.2f}"
        if target:
            row.target, row.met = f"≤ {target:g} s", met(mine <= target)
        self.add(row)
        return mine

    def latency(self, what: str, times: Sequence[float], *, target_p99: float | None = None) -> float:
        """Report P50, P90, P99 of times measured elsewhere, in seconds; return P99."""
        cuts = statistics.quantiles(times, n=100)
        row = Row(what, f"P50 {cuts[49] * 1000:.1f} / P90 {cuts[89] * 1000:.1f} / P99 {cuts[98] * 1000:.1f} ms")
        if target_p99:
            row.target, row.met = f"P99 ≤ {target_p99 * 1000:g} ms", met(cuts[98] <= target_p99)
        self.add(row)
        return cuts[98]

    def note(self, what: str, value: str, *, target: str = "", ok: bool | None = None) -> None:
        """Report a figure that was worked out elsewhere."""
        self.add(Row(what, value, target=target, met=met(ok)))

    def add(self, row: Row) -> None:
        self.rows.append(row)
        print("  " + "  |  ".join(v for v in asdict(row).values() if v), file=sys.stderr, flush=True)

    def memory(self) -> None:
        """Report the peak of this process, and of the children that it waited for."""
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        self.add(Row("peak memory", f"{peak:,.0f} MB" + (f", children {child:,.0f} MB" if child > 1 else "")))
