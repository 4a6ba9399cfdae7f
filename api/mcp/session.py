"""What every tool of one request shares: who asks, when, and the fence around what was sent."""

import logging
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from api.caller import Caller
from api.issue_rows import place
from api.mcp.fence import Fence
from api.mcp.masked import masked, masked_texts
from api.stamps import stamp
from issues.models import Issue
from issues.scrub import Scrubber, scrubber
from projects.models import Project
from projects.patterns import lines

log = logging.getLogger(__name__)

UNREADABLE = "(it could not be freed from secrets and is not shown)"


@dataclass(frozen=True, slots=True)
class Session:
    caller: Caller
    now: datetime
    fence: Fence = field(default_factory=lambda: Fence(secrets.token_hex(8)))

    def answer(self, known: str, sent: str) -> str:
        """known: what we say ourselves. sent: what came from applications."""
        if not sent.strip():
            return known
        return f"{known}\n\n{self.fence.warning}\n\n{self.fence.around(sent)}\n"

    def masked(self, data: Mapping[str, Any], project: Project) -> Mapping[str, Any]:
        try:
            return masked(data, scrubber_of(project))
        except Exception:  # a hostile payload must not show what it hides, nor stop the answer
            log.exception("A payload of project %s cannot be scrubbed.", project.pk)
            return {"logentry": {"formatted": UNREADABLE}}

    def texts(self, texts: Sequence[str], project: Project) -> list[str]:
        try:
            return masked_texts(texts, scrubber_of(project))
        except Exception:
            log.exception("Texts of project %s cannot be scrubbed.", project.pk)
            return [UNREADABLE] * len(texts)

    def titles(self, issues: Iterable[Issue]) -> dict[int, str]:
        """By primary key: title and culprit in one line, masked."""
        found = {}
        of_project: dict[int, list[Issue]] = {}
        for issue in issues:
            of_project.setdefault(issue.project_id, []).append(issue)
        for group in of_project.values():
            written = [f"{i.title} — {i.culprit}" if i.culprit else i.title for i in group]
            for issue, text in zip(group, self.texts(written, group[0].project), strict=True):
                found[issue.pk] = " ".join(text.split())[:400]
        return found


def scrubber_of(project: Project) -> Scrubber:
    """With the project's rules, also where it has switched scrubbing off."""
    return scrubber(
        lines(project.scrub_extra_names),
        lines(project.scrub_safe_names),
        lines(project.scrub_patterns),
    )


def facts_of(issue: Issue) -> str:
    """One line of what we know ourselves."""
    status = "regressed" if issue.is_regressed else issue.status_name
    return (
        f"{issue.short_id} (id {issue.pk}): {issue.level_name}, {status}, priority {issue.priority_name}, "
        f"{issue.event_count:,} events, {issue.user_count:,} users, first seen {stamp(issue.first_seen)}, "
        f"last seen {stamp(issue.last_seen)}"
    )


def address_of(issue: Issue) -> str:
    return place().of_issue(issue)
