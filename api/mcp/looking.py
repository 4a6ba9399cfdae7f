"""The tools that only look."""

from collections.abc import Sequence
from datetime import timedelta

from django.db.models import Count, Q
from django.http import Http404

from api.event_find import Asked, Found, anywhere, event_in, event_of, of_issue
from api.issue_find import SORTS, Wanted, issue_of, search, trending
from api.issue_json import assigned, status_details
from api.issue_rows import activity
from api.mcp.protocol import ToolError
from api.mcp.report import report
from api.mcp.session import Session, address_of, facts_of
from api.pagination import Paging
from api.spans import Span, length
from api.stamps import stamp
from issues import releases, tombstones
from issues.counting import owners, per_issue
from issues.models import Activity, Event, Issue
from issues.search.sql import event_id_of
from issues.sparklines import RANGES
from issues.states import Kind
from issues.tag_values import all_tags
from issues.text import line
from issues.views.issue_detail import load
from projects.models import Project, Release

MAX_PROJECTS = 200
MAX_TAGS = 25
MAX_NOTES = 10
MAX_NEIGHBOURS = 15
AROUND = timedelta(hours=6)
DEFAULT_TOKENS = 4000
SENT_DETAILS = ("inRelease", "inCommit")  # text of senders


def list_projects(session: Session) -> str:
    projects = list(
        session.caller.projects()
        .annotate(open=Count("issues", filter=Q(issues__status=0)))
        .order_by("slug")[:MAX_PROJECTS]
    )
    if not projects:
        return "This token sees no project."
    rows = [
        f"- {p.slug} (id {p.pk}): {line(p.name, 100)}, {p.platform or 'no platform'}, "
        f"{p.open:,} unresolved issues"
        for p in projects
    ]
    return "\n".join(["Projects:", *rows])


def search_issues(
    session: Session,
    query: str | None = None,
    project: str = "",
    sort: str = "date",
    period: str = "",
    limit: int = 20,
) -> str:
    caller, now = session.caller, session.now
    projects = [_project(session, project)] if project else list(caller.projects())
    span = Span(now - _length(period)) if period else Span()
    found = search(caller, projects, Wanted(query, (), span), now)
    related = ("project", "assignee", "assigned_team")
    if column := SORTS[sort]:
        issues = list(found.select_related(*related).order_by(f"-{column}", "-pk")[: limit + 1])
    else:
        keys = trending(found, projects, now)[: limit + 1]
        rows = Issue.objects.select_related(*related).in_bulk(keys)
        issues = [rows[pk] for pk in keys if pk in rows]
    asked = "is:unresolved" if query is None else query or "all issues"
    if not issues:
        return f"No issue matches “{line(asked, 200)}”."
    more = len(issues) > limit
    issues = issues[:limit]
    titles = session.titles(issues)
    known = [facts_of(issue) for issue in issues]
    head = f"{len(issues)} issues for “{line(asked, 200)}”" + (
        f", the first {limit}; narrow the search or raise limit for more:" if more else ":"
    )
    sent = [f"{issue.short_id}: {titles[issue.pk]}" for issue in issues]
    return session.answer(
        "\n".join([head, *(f"- {each}" for each in known)]), "\n".join(["Titles:", *sent])
    )


def get_issue(
    session: Session, issue: str, event: str = "latest", max_tokens: int = DEFAULT_TOKENS
) -> str:
    found = issue_of(session.caller, issue)
    known = [facts_of(found), address_of(found), f"Project: {found.project.slug}"]
    if (who := assigned(found)) is not None:
        known.append(
            f"Assigned to: {who['type']} {line(who['name'], 100)} ({who['type']}:{who['id']})"
        )
    details = status_details(found)
    told = {name: details.pop(name) for name in SENT_DETAILS if name in details}
    if details:
        known.append("Status details: " + ", ".join(f"{k}={v}" for k, v in details.items()))
    entries = activity(found, 60)
    sent = [session.titles([found])[found.pk]]
    sent += [f"Status details: {name}={line(str(value), 400)}" for name, value in told.items()]
    for name, release in (
        ("First release", found.first_release),
        ("Last release", found.last_release),
    ):
        if release is not None:
            sent.append(f"{name}: {line(release.version, 200)}")
    notes = [entry for entry in entries if entry.kind == Kind.COMMENTED][:MAX_NOTES]
    try:
        shown = load(event_of(found, event))
    except Http404:
        known.append("None of its events is stored any more.")
    else:
        known.append(_event_facts(shown.event, event))
        if shown.trouble:
            known.append(shown.trouble)
        data = session.masked(shown.data, found.project)
        if shown.data:
            sent.append(report(data, shown.event.timestamp, max_tokens))
    if spread := _spread(session, found):
        sent += ["## Tags of all events", *spread]
    if notes:
        texts = session.texts([str(each.data.get("text", "")) for each in notes], found.project)
        sent.append("## Comments, newest first")
        for entry, text in zip(notes, texts, strict=True):
            name = entry.actor.display_name if entry.actor else "nobody"
            sent.append(f"{stamp(entry.at)} {line(name, 80)}: {text[:1000]}")
    return session.answer("\n".join(known), "\n".join(sent))


def _spread(session: Session, issue: Issue) -> list[str]:
    rows = [row for row in all_tags(issue) if row.values][:MAX_TAGS]
    texts = [
        f"{line(row.key, 60)}: "
        + ", ".join(f"{line(v.text, 80)} ({v.share:.0%})" for v in row.values[:4])
        + (f" and {row.value_count - 4:,} more" if row.value_count > 4 else "")
        for row in rows
    ]
    return session.texts(texts, issue.project)


def _event_facts(event: Event, which: str = "") -> str:
    words = f" ({which})" if which in ("latest", "oldest", "recommended") else ""
    return (
        f"Event{words}: {event.event_id.hex}, {event.level_name}, sent {stamp(event.timestamp)}, "
        f"received {stamp(event.received_at)}"
    )


def list_events(session: Session, issue: str, query: str = "", limit: int = 20) -> str:
    found = issue_of(session.caller, issue)
    page = of_issue(
        session.caller,
        found,
        Asked(query),
        Paging(limit=limit, per_page=None, cursor=""),
        session.now,
    )
    if not page.rows:
        return f"No stored event of {found.short_id} matches."
    more = "; there are more" if page.has_next else ""
    known = [f"{len(page.rows)} events of {found.short_id}, newest first{more}:"]
    known += [f"- {_event_facts(row.event)}" for row in page.rows]
    return session.answer("\n".join(known), "\n".join(_rows(session, page.rows, found.project)))


def _rows(session: Session, rows: Sequence[Found], project: Project) -> list[str]:
    texts = []
    for row in rows:
        tags = row.glance.tags
        told = [f"{k}={line(tags[k], 60)}" for k in ("release", "environment", "user") if k in tags]
        texts.append(" ".join([line(row.glance.title, 200), *told]))
    return [
        f"{row.event.event_id.hex}: {text}"
        for row, text in zip(rows, session.texts(texts, project), strict=True)
    ]


def get_event(
    session: Session, event_id: str, project: str = "", max_tokens: int = DEFAULT_TOKENS
) -> str:
    if project:
        event, issue = event_in(_project(session, project), event_id)
    else:
        event, issue = anywhere(session.caller, event_id)
    shown = load(event)
    known = [_event_facts(event), f"Of the issue {facts_of(issue)}", address_of(issue)]
    if shown.trouble:
        known.append(shown.trouble)
    data = session.masked(shown.data, issue.project)
    sent = report(data, event.timestamp, max_tokens) if shown.data else ""
    return session.answer("\n".join(known), sent)


def find(session: Session, text: str) -> str:
    """A short id, a number, an event's id, a trace's id, an api_request_id."""
    caller = session.caller
    try:
        issue: Issue | None = issue_of(caller, text)
    except Http404:
        issue = None
    known: list[str] = []
    issues: dict[int, Issue] = {}
    if issue is not None:
        known.append(f"The issue {facts_of(issue)}")
        issues[issue.pk] = issue
    ids = list(caller.projects().values_list("pk", flat=True))
    key = event_id_of(text)
    conditions = [("api_request_id", Q(api_request_id=text[:200]))]
    if key is not None:
        conditions += [("event id", Q(event_id=key)), ("trace id", Q(trace_id=key))]
    for what, condition in conditions:
        events = Event.objects.filter(condition, project_id__in=ids).order_by()[:50]
        for event in sorted(events, key=lambda each: each.timestamp):
            owner = issues.get(event.issue_id) or _owner(event)
            if owner is not None:
                issues[owner.pk] = owner
                known.append(
                    f"By {what}: {_event_facts(event)}, of {owner.short_id} (id {owner.pk})"
                )
    if not known:
        return f"Nothing that this token sees is called “{line(text, 100)}”."
    titles = session.titles(issues.values())
    sent = [f"{each.short_id}: {titles[each.pk]}" for each in issues.values()]
    return session.answer("\n".join(known), "\n".join(["Titles:", *sent]))


def _owner(event: Event) -> Issue | None:
    pk = tombstones.place_of(event.issue_id)
    return Issue.objects.select_related("project").filter(pk=pk).first()


def what_changed(session: Session, issue: str) -> str:
    """Around the first event: releases, other new issues, what became of the issue since."""
    found = issue_of(session.caller, issue)
    at = found.first_seen
    near = (at - AROUND, at + AROUND)
    known = [f"{facts_of(found)}", f"It was first seen {stamp(at)}."]
    sent = [session.titles([found])[found.pk]]
    entries = activity(found, 60)
    suspect = releases.suspect_of(found, entries)
    if suspect is not None:
        sent.append(f"Suspect release: {line(suspect.release.version, 200)} ({suspect.reason})")
    before = Release.objects.filter(project=found.project, created_at__lte=near[1])
    rows = list(before.order_by("-created_at", "-pk")[:6])
    if rows:
        sent.append("## Releases up to then, newest first (time of the first event of each)")
        sent += [f"{stamp(row.created_at)} {line(row.version, 200)}" for row in rows]
    others = Issue.objects.filter(project=found.project, first_seen__range=near).exclude(
        pk=found.pk
    )
    neighbours = list(others.select_related("project").order_by("first_seen")[:MAX_NEIGHBOURS])
    known.append(
        f"{len(neighbours)} other issues of the project were first seen within "
        f"{AROUND // timedelta(hours=1)} hours of it."
    )
    titles = session.titles(neighbours)
    if neighbours:
        sent.append("## Other issues that began around then")
        sent += [f"{stamp(i.first_seen)} {i.short_id}: {titles[i.pk]}" for i in neighbours]
    span = RANGES["7d"]
    counts = per_issue(owners([found.pk]), [found.project_id], span, session.now).get(found.pk)
    if counts:
        known.append(
            f"Events per {span.hours} hours in the last 7 days: {' '.join(map(str, counts))}"
        )
    known += [
        f"{stamp(e.at)}: {e.kind}{_by(e)}" for e in reversed(entries) if e.kind != Kind.COMMENTED
    ]
    try:
        shown = load(event_of(found, "oldest"))
    except Http404:
        known.append("Its first event is no longer stored.")
    else:
        known.append(f"The oldest stored event is {shown.event.event_id.hex}.")
        data = session.masked(shown.data, found.project)
        tags = data.get("tags")
        if isinstance(tags, dict) and tags:
            sent.append("## Tags of the oldest stored event")
            sent += [f"{line(k, 60)}: {line(v, 200)}" for k, v in list(tags.items())[:40]]
    return session.answer("\n".join(known), "\n".join(sent))


def _by(entry: Activity) -> str:
    return f" by {line(entry.actor.display_name, 80)}" if entry.actor else ""


def _project(session: Session, ref: str) -> Project:
    return session.caller.project(ref[:60])


def _length(period: str) -> timedelta:
    try:
        return length(period)
    except ValueError as error:
        raise ToolError(str(error)) from error


__all__ = [
    "find",
    "get_event",
    "get_issue",
    "list_events",
    "list_projects",
    "search_issues",
    "what_changed",
]
