"""What became of log lines, per project: for its page "Logs". Counted in the digest's transaction."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ingest import lenient
from ingest.items import Disposal, ReceivedItem
from ingest.models import LogSource
from projects import sql

COUNTS = ("accepted", "ignored", "duplicates", "rejected")
SHOWN = 400  # characters of a line


@dataclass(slots=True)
class _Told:
    """One request, or several of a project in a batch."""

    project_id: int
    at: datetime
    counts: dict[str, int]
    last: str
    formats: str
    client: str
    failed: str
    reason: str


class LogReportSink:
    """The sink for `log_report` items (ingest.items.Sink). scrub: takes secrets out of a line."""

    def __init__(self, scrub: Callable[[str], str]) -> None:
        self._scrub = scrub

    def prepare(self, items: Sequence[ReceivedItem]) -> list[_Told]:
        return [self._told(item) for item in items]

    def _told(self, item: ReceivedItem) -> _Told:
        payload = item.payload
        assert isinstance(payload, dict)
        formats = payload.get("formats")
        return _Told(
            project_id=item.project_id,
            at=item.received_at,
            counts={name: int(payload.get(name) or 0) for name in COUNTS},
            last=self._shown(payload.get("last")),
            formats=", ".join(sorted(formats))[:100] if isinstance(formats, dict) else "",
            client=lenient.line(item.client, 100),
            failed=self._shown(payload.get("failed")),
            reason=lenient.line(payload.get("reason"), 200),
        )

    def _shown(self, text: Any) -> str:
        return lenient.line(self._scrub(text), SHOWN) if isinstance(text, str) else ""

    def store(self, prepared: Sequence[_Told], now: datetime) -> list[Disposal | None]:
        sums: dict[int, _Told] = {}
        for told in prepared:
            before = sums.get(told.project_id)
            if before is not None:
                for name in COUNTS:
                    told.counts[name] += before.counts[name]
                if not told.reason:
                    told.failed, told.reason = before.failed, before.reason
            sums[told.project_id] = told
        rows = [sums[project_id] for project_id in sorted(sums)]
        # The last line belongs to the last time: of two processes either may be a moment ahead.
        sql.add_up(
            LogSource,
            ("project_id", *COUNTS, "last_at"),
            [(t.project_id, *(t.counts[name] for name in COUNTS), t.at) for t in rows],
            unique=("project_id",),
            add=COUNTS,
            latest=("last_at",),
        )
        for told in rows:
            shown: dict[str, Any] = {
                "last_line": told.last,
                "formats": told.formats,
                "client": told.client,
            }
            if told.reason:
                shown |= {"failed_line": told.failed, "reason": told.reason, "failed_at": told.at}
            LogSource.objects.filter(project_id=told.project_id).update(**shown)
        return [None] * len(prepared)
