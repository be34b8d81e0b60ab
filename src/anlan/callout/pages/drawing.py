"""Lengths and points for the board's drawings, as numbers that a template sets into SVG."""

from collections.abc import Sequence
from typing import Any

from anlan.callout.queries.board import Board, curve

LEFT, RIGHT, TOP, BOTTOM = 48.0, 368.0, 26.0, 206.0
SPANS = (60, 120, 240, 300, 480, 600, 720, 900, 1200, 1800, 2700, 3600, 7200, 10_800, 14_400, 21_600, 43_200, 86_400,
         172_800, 345_600, 604_800)  # fmt: skip
SHARES = (2, 4, 8, 16, 25, 50, 100)
LONGEST = 6  # the axis ends after so many deadlines: what comes later is flat


def nice_share(shares: Sequence[float]) -> int:
    """Return the end of an axis of percentages that holds every share (0 … 1)."""
    worst = 100 * max(shares, default=0)
    return next((s for s in SHARES if s >= worst), 100)


def span(elapsed: float, limit: float) -> int:
    """Return the end of the time axis in seconds: past now and the deadline, cut where nothing moves any more."""
    wanted = max(min(elapsed * 1.12, limit * LONGEST or elapsed), limit * 1.5, 60)
    return next((s for s in SPANS if s >= wanted), SPANS[-1])


def answer_curve(board: Board) -> dict[str, Any]:
    """Return the curve of own answers: path, area, ticks, the deadline, the dots of a half, nine tenths and now."""
    limit = float(board.call.policy.get("answer_within", 0))
    total = board.total
    end = span(board.elapsed, limit)

    def x(seconds: float) -> float:
        return round(LEFT + (RIGHT - LEFT) * min(seconds, end) / end, 1)

    def y(percent: float) -> float:
        return round(BOTTOM - (BOTTOM - TOP) * percent / 100, 1)

    points = [(s, p) for s, p in curve(total, board.elapsed) if s <= end]
    if points[-1][0] < end and board.elapsed > end:
        points.append((end, points[-1][1]))
    line = " ".join(f"{x(s)},{y(p)}" for s, p in points)
    now_x, now_y = x(points[-1][0]), y(points[-1][1])
    dots = [
        {"name": name, "seconds": seconds, "x": x(seconds), "y": y(share)}
        for name, seconds, share in (("half", total.median, 50), ("nine", total.p90, 90))
        if seconds is not None and seconds <= min(end, max(board.elapsed, 1))
    ]
    unit, ticks = _ticks(end)
    return {
        "line": line,
        "area": f"{line} L{now_x},{BOTTOM} L{LEFT},{BOTTOM}Z",
        "dots": dots,
        "now": {
            "x": now_x,
            "y": now_y,
            "percent": round(points[-1][1], 1),
            "anchor": "end" if now_x > 220 else "start",
        },
        "limit": {"x": x(limit), "seconds": limit, "after": x(limit) < 290} if limit and limit <= end else None,
        "ticks": [{"x": x(s), "text": f"{s / unit:g}", "last": s == end} for s in ticks],
        "unit": {60: "minutes", 3600: "hours", 86_400: "days"}.get(unit, "minutes"),
        "table": [{"seconds": s, "percent": round(p, 1)} for s, p in points if s],
    }


def _ticks(end: int) -> tuple[int, list[int]]:
    unit = 60 if end <= 3600 else 3600 if end <= 86_400 else 86_400
    step = next(s for s in (unit // 4, unit // 2, unit, 2 * unit, 5 * unit, 10 * unit, 20 * unit) if end / s <= 6)
    return unit, list(range(0, end + 1, step))
