"""Counts per hour -> bars. Pure.

A bar's place and size go into SVG attributes: the Content-Security-Policy allows no inline style.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

HOUR = timedelta(hours=1)
FULL_SCALE = 4  # a highest bar below this does not reach the top: three events are no storm


@dataclass(frozen=True, slots=True)
class Range:
    """A span of time up to now, in bars of equal length."""

    key: str
    label: str
    bars: int
    hours: int  # of one bar; 24: whole days of UTC

    @property
    def bar_label(self) -> str:
        if self.hours == 24:
            return "day"
        return "hour" if self.hours == 1 else f"{self.hours} hours"

    @property
    def key_length(self) -> int:
        """How many characters of "2026-11-23 14:00:00" tell one bar's hours from another's."""
        return 10 if self.hours == 24 else 13

    def start(self, now: datetime) -> datetime:
        """The beginning of the first bar. The last bar holds now."""
        now = now.astimezone(UTC)
        last = now.replace(minute=0, second=0, microsecond=0)
        last -= (last.hour % self.hours) * HOUR
        return last - (self.bars - 1) * self.hours * HOUR

    def starts(self, now: datetime) -> list[datetime]:
        first = self.start(now)
        return [first + index * self.hours * HOUR for index in range(self.bars)]

    def index(self, at: datetime, now: datetime) -> int | None:
        """In which bar a moment falls; None if in none."""
        bar = (at - self.start(now)) // (self.hours * HOUR)
        return bar if 0 <= bar < self.bars else None


RANGES = {
    r.key: r
    for r in (
        Range("24h", "24 hours", 24, 1),
        Range("7d", "7 days", 28, 6),
        Range("14d", "14 days", 28, 12),
        Range("30d", "30 days", 30, 24),
        Range("90d", "90 days", 90, 24),
    )
}
LIST_RANGES = ("24h", "7d", "14d", "30d")


def hour_keys(span: Range, now: datetime) -> dict[str, int]:
    """The first characters of an hour, as databases write it in UTC -> the bar it falls into."""
    first = span.start(now)
    return {
        (first + hour * HOUR).strftime("%Y-%m-%d %H")[: span.key_length]: hour // span.hours
        for hour in range(span.bars * span.hours)
    }


@dataclass(frozen=True, slots=True)
class Spark:
    path: str
    label: str
    is_rising: bool
    total: int


def spark(counts: Sequence[int], span: Range, *, width: int = 96, height: int = 18) -> Spark:
    highest = max(max(counts, default=0), FULL_SCALE)
    step = width / max(len(counts), 1)
    parts = []
    for index, count in enumerate(counts):
        x = f"{index * step + step / 2:.1f}".rstrip("0").rstrip(".")
        parts.append(f"M{x} {height}v-{max(1, round(count / highest * height))}")
    total = sum(counts)
    label = f"{total:,} events in {span.label}" if total else f"no events in {span.label}"
    if total:
        label += f", at most {max(counts):,} in one {'day' if span.hours == 24 else span.bar_label}"
    return Spark("".join(parts), label, is_rising(counts), total)


def is_rising(counts: Sequence[int]) -> bool:
    """Whether the last eighth is well above what is usual here. The last bar is not yet full."""
    recent = max(1, len(counts) // 8)
    late, early = counts[-recent:], counts[:-recent]
    if sum(late) < 8 or not early:
        return False
    return sum(late) / len(late) > 2.5 * max(sum(early) / len(early), 0.5)


@dataclass(frozen=True, slots=True)
class Bar:
    x: str
    y: str
    width: str
    height: str
    tone: str
    label: str


MARK_GAP = 14.0  # per cent of the chart's width between two marks; a character takes about 1


@dataclass(frozen=True, slots=True)
class Mark:
    """A vertical line with words."""

    x: str
    label: str
    is_end: bool


@dataclass(frozen=True, slots=True)
class Chart:
    bars: tuple[Bar, ...]
    marks: tuple[Mark, ...]
    ticks: tuple[tuple[str, datetime, str], ...]  # x, when, class
    highest: int
    label: str
    total: int


BASE = 88.0  # pixels from the top to the axis
TOP = 14.0


def chart(
    counts: Sequence[int],
    span: Range,
    now: datetime,
    *,
    current: datetime | None = None,
    marks: Iterable[tuple[datetime, str]] = (),
) -> Chart:
    """current: the moment of the event shown, whose bar is set apart. marks: moments with words."""
    top = max(max(counts, default=0), FULL_SCALE)
    step = 100 / len(counts)
    here = span.index(current, now) if current else None
    bars = []
    for index, (count, start) in enumerate(zip(counts, span.starts(now), strict=True)):
        if not count:
            continue
        height = max(2.0, count / top * (BASE - TOP))
        bars.append(
            Bar(
                x=f"{index * step + step * 0.09:.2f}%",
                y=f"{BASE - height:.1f}",
                width=f"{step * 0.82:.2f}%",
                height=f"{height:.1f}",
                tone="now" if index == here else "",
                label=f"{count:,}, {start:%-d %b %H:%M} UTC",
            )
        )
    total = sum(counts)
    label = f"{total:,} events in {span.label}"
    if total:
        label += f", at most {max(counts):,} per {span.bar_label}"
    return Chart(
        bars=tuple(bars),
        marks=_marks(marks, span, now),
        ticks=_ticks(span, now),
        highest=top,
        label=label,
        total=total,
    )


def _marks(marks: Iterable[tuple[datetime, str]], span: Range, now: datetime) -> tuple[Mark, ...]:
    start = span.start(now)
    length = span.bars * span.hours * HOUR
    placed: list[Mark] = []
    before, end = -MARK_GAP, 0.0  # of the last one: its line, and where its words end
    for at, words in sorted(marks):
        x = (at - start) / length * 100
        is_end = x > 75  # then the words stand to the left of their line
        left = x - len(words) if is_end else x
        # Words that would lie upon each other are left out; the line's release is also in the tags.
        if 0 <= x <= 100 and x - before > MARK_GAP and left >= end:
            placed.append(Mark(f"{x:.1f}%", words, is_end))
            before, end = x, x if is_end else x + len(words)
    return tuple(placed)


def _ticks(span: Range, now: datetime) -> tuple[tuple[str, datetime, str], ...]:
    starts = span.starts(now)
    return tuple(
        (f"{quarter * 25}%", starts[len(starts) * quarter // 4], "mid" if quarter else "")
        for quarter in range(4)
    )


@dataclass(frozen=True, slots=True)
class Share:
    x: str
    width: str
    tone: str


def shares(parts: Sequence[float]) -> tuple[Share, ...]:
    """Parts of a whole, as fractions, in a bar with small gaps."""
    found, x, gap = [], 0.0, 0.6
    for index, part in enumerate(parts):
        tone = "now" if index == 0 else "" if index == 1 else "less"
        width = max(part * (100 - gap * (len(parts) - 1)), 0.4)
        found.append(Share(f"{x:.1f}%", f"{width:.1f}%", tone))
        x += width + gap
    return tuple(found)
