"""The lines of an issue's text: what `stack.function:`, `stack.module:` and `stack.filename:` find.

A line of the stack trace begins with a mark of its kind (issues.search.marks); text of older issues has none, and there
a line of any kind is found.
"""

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from issues.models import IssueText
from issues.search.marks import MARKS
from issues.search.tags import remembered
from issues.search.values import Value

READ = 2000


@dataclass(frozen=True, slots=True)
class Lines:
    """is_cut: more issues could match than were read."""

    condition: Q
    is_cut: bool = False


def containing(texts: QuerySet[IssueText], word: str) -> QuerySet[IssueText]:
    # LIKE on both: trigrams help it on PostgreSQL, and SQLite's instr() takes twice as long.
    return texts.filter(text__contains=word)


def issues_with_line(project_ids: Collection[int], kind: str, values: Collection[Value]) -> Lines:
    """kind: function, module or filename. Whatever the case, since the text is kept in small letters."""
    texts = IssueText.objects.filter(project_id__in=project_ids).order_by()
    found: set[int] = set()
    is_cut = False
    condition = Q()
    for value in values:
        if not value.is_pattern:
            text = value.text.lower()
            lines = Q()
            for start in (MARKS[kind], "\n"):
                lines |= Q(text__contains=f"{start}{text}\n") | Q(text__endswith=f"{start}{text}")
            # Most texts are through with the first look.
            holding = containing(texts, text).filter(lines)
            condition |= remembered(holding.values_list("issue_id", flat=True))
            continue
        parts = tuple(part.lower() for part in value.parts)
        candidates = texts
        for part in filter(None, parts):
            candidates = containing(candidates, part)
        wanted = Value(value.text, parts)
        rows = list(candidates.values_list("issue_id", "text")[: READ + 1])
        is_cut |= len(rows) > READ
        found.update(pk for pk, text in rows[:READ] if _has_line(text, kind, wanted))
    condition |= Q(pk__among=found)
    return Lines(condition, is_cut)


def _has_line(text: str, kind: str, wanted: Value) -> bool:
    mark = MARKS[kind]
    others = tuple(other for other in MARKS.values() if other != mark)
    return any(
        wanted.matches(line.removeprefix(mark))
        for line in text.split("\n")[1:]
        if not line.startswith(others)
    )
