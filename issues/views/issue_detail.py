"""The page of an issue: its newest event, or one event under its own address."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import orjson
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from issues import (
    alike,
    attachments,
    contexts,
    families,
    feedback,
    fixes,
    frames,
    hashes,
    http_request,
    marks,
    navigator,
    releases,
    sharing,
    spread,
    storm,
    tombstones,
    trail,
)
from issues.access import get_issue
from issues.counting import owners, per_issue
from issues.grouping import Grouping, group
from issues.models import Activity, Event, EventPayload, GroupHash, Issue
from issues.options import grouping_of
from issues.related import related_to
from issues.remains import remains_of
from issues.sparklines import RANGES, Chart, Range, chart
from issues.states import Kind
from issues.text import clean, line, mapping, string
from issues.ticket import ticket
from issues.why import Why, why
from projects.access import people_of, teams_of
from projects.models import Release, Role, User
from projects.repository import links_of

log = logging.getLogger(__name__)

THINNED = "This event was thinned out in a storm: it is counted, and what it held was not kept."

MAX_ACTIVITY = 60
MAX_PEOPLE = 50
MAX_FEEDBACK = 5
MAX_TAGS = 200
OPEN_TAGS = 14

_FIRST_TAGS = (
    "environment",
    "release",
    "transaction",
    "url",
    "user",
    "server_name",
    "browser",
    "os",
    "device",
    "runtime",
)
_TICKET_TAGS = (
    "environment",
    "release",
    "transaction",
    "url",
    "server_name",
    "runtime",
    "browser",
    "os",
)
# Said elsewhere on the page, or by another tag of the same family.
_HIDDEN_TAGS = frozenset(
    {
        "level",
        "browser.name",
        "os.name",
        "device.family",
        "runtime.name",
        "sdk.name",
        "handled",
        "mechanism",
        "dist",
    }
)
# What became of the issue, as a mark in the chart.
_MARKED: dict[str, str] = {Kind.RESOLVED: "resolved", Kind.REGRESSED: "regressed"}


@dataclass(frozen=True, slots=True)
class Shown:
    """An event with its payload taken apart. trouble: a sentence if there is no payload to take apart."""

    event: Event
    data: Mapping[str, Any]
    size: int
    trouble: str


@login_required
@require_safe
def newest(request: HttpRequest, pk: int) -> HttpResponse:
    issue, role = get_issue(request.user, pk, Role.VIEWER)
    if issue.pk != pk:  # merged away
        return redirect(issue)
    return _answer(request, issue, navigator.newest_kept(issue), role)


@login_required
@require_safe
def oldest(request: HttpRequest, pk: int) -> HttpResponse:
    issue, _ = get_issue(request.user, pk, Role.VIEWER)
    found = navigator.oldest(issue)
    target = found.get_absolute_url() if found else issue.get_absolute_url()
    query = request.GET.urlencode()
    return redirect(f"{target}?{query}" if query else target)


@login_required
@require_safe
def event(request: HttpRequest, pk: str, event_id: str) -> HttpResponse:
    issue, role = get_issue(request.user, int(pk), Role.VIEWER)
    found = navigator.by_id(issue, event_id)
    if found is None or issue.pk != int(pk):
        moved = navigator.moved_to(issue, event_id)
        if moved is None or moved == int(pk):
            raise Http404("This issue has no such event, or no longer.")
        return redirect("issues:event", moved, event_id)
    return _answer(request, issue, found, role)


@login_required
@require_safe
def event_json(request: HttpRequest, pk: str, event_id: str) -> HttpResponse:
    """The payload as it is stored; `?download` saves it as a file. 410 for an event that a storm has thinned."""
    issue, _ = get_issue(request.user, int(pk), Role.VIEWER)
    found = _event(issue, event_id)
    if found.is_thinned:
        return HttpResponse(THINNED + "\n", status=410, content_type="text/plain; charset=utf-8")
    shown = load(found)
    if shown.trouble:
        raise Http404(shown.trouble)
    try:
        body = orjson.dumps(shown.data, option=orjson.OPT_INDENT_2)
    except (TypeError, ValueError) as error:  # nested deeper than the writer goes
        raise Http404("This event cannot be written as JSON.") from error
    response = HttpResponse(body, content_type="application/json; charset=utf-8")
    if "download" in request.GET:
        response["Content-Disposition"] = f'attachment; filename="event-{event_id}.json"'
    return response


def _event(issue: Issue, event_id: str) -> Event:
    found = navigator.by_id(issue, event_id)
    if found is None:
        raise Http404("This issue has no such event, or no longer.")
    return found


def load(event: Event) -> Shown:
    if event.is_thinned:
        return Shown(event, {}, 0, THINNED)
    payload = EventPayload.objects.filter(pk=event.pk, project_id=event.project_id).first()
    if payload is None:
        return Shown(event, {}, 0, "What this event held is no longer kept.")
    try:
        return Shown(event, payload.load(), payload.size, "")
    except Exception:  # a damaged row must not take the page of the issue with it
        log.exception("The payload of event %s cannot be read.", event.event_id.hex)
        return Shown(event, {}, payload.size, "What this event held cannot be read.")


def _answer(request: HttpRequest, issue: Issue, event: Event | None, role: Role) -> HttpResponse:
    now = timezone.now()
    span = RANGES.get(request.GET.get("range", ""), RANGES["14d"])
    view = frames.View(
        all_frames=request.GET.get("frames") == "all",
        oldest_first=request.GET.get("order") == "oldest",
        raw=request.GET.get("source") == "raw",
    )
    may_triage = role >= Role.MEMBER
    owner = owners([issue.pk])
    counts = {
        key: per_issue(owner, [issue.project_id], RANGES[key], now).get(issue.pk)
        or [0] * RANGES[key].bars
        for key in {span.key, "24h"}
    }
    activity = list(
        Activity.objects.filter(tombstones.with_history(issue))
        .select_related("actor")
        .order_by("-at", "-pk")[:MAX_ACTIVITY]
    )
    context: dict[str, Any] = {
        "area": "issues",
        "now": now,
        "issue": issue,
        "project": issue.project,
        "view": view,
        "range": span,
        "ranges": RANGES.values(),
        "chart": _chart(issue, event, counts[span.key], span, now, activity),
        "suspect": releases.suspect_of(issue, activity),
        "events_24h": sum(counts["24h"]),
        "tags": spread.tags_of(issue.pk, issue.event_count),
        "activity": activity,
        "may_triage": may_triage,
        "storm": storm.read(issue.flood).storm if issue.storm_since else None,
        "storm_every": settings.STORM_KEEP_EVERY,
        "is_project_admin": role >= Role.ADMIN,
        "various": families.various_of(issue),
        "groups": hashes.of_issue(issue),
        "alike": alike.of_issue(issue),
        "feedback": feedback.of_issue(issue, MAX_FEEDBACK),
    }
    assert isinstance(request.user, User)
    context["mark"] = marks.mark_of(issue, request.user)
    if may_triage:
        context |= _menus(issue)
    if event is not None:
        context |= event_context(issue, load(event), view)
        context["related"] = related_to(event, request.user)
        context["is_permalink"] = bool(
            request.resolver_match and request.resolver_match.url_name == "event"
        )
    return render(request, "issues/issue.html", context)


def _menus(issue: Issue) -> dict[str, Any]:
    """What the header's menus offer."""
    found = fixes.offered(issue)
    return {
        "people": people_of([issue.project_id])[:MAX_PEOPLE],
        "teams": teams_of([issue.project_id])[:MAX_PEOPLE],
        "share": sharing.share_of(issue),
        "current_release": found.current,
        "recent_releases": found.recent,
    }


def event_context(issue: Issue, shown: Shown, view: frames.View) -> dict[str, Any]:
    data, event = shown.data, shown.event
    # BASE_URL holds the prefix that get_absolute_url() would repeat.
    path = event.get_absolute_url().removeprefix(settings.PATH_PREFIX)
    grouping = group(data, grouping_of(issue.project, timezone.now())) if data else None
    judged = frames.judged(data, grouping)
    view = replace(view, links=links_of(issue.project, string(data.get("release"))))
    found = frames.exceptions(data, view, judged)
    loose = frames.event_stack(data, view, judged)
    decided_by, today = alike.hashes_for(event, grouping)
    parts = {
        "event": event,
        "attachments": attachments.of_event(event.project_id, event.event_id),
        "trouble": shown.trouble,
        "size": shown.size,
        "nav": navigator.neighbours(issue, event),
        "event_tags": event_tags(data)[:OPEN_TAGS],
        "more_tags": event_tags(data)[OPEN_TAGS:],
        "transaction": line(data.get("transaction"), 200),
        "message": message(data) if not found else "",
        "said": clean(issue.value),
        "exceptions": found,
        "threads": frames.threads(data, view),
        "loose": loose,
        "has_raw": frames.has_raw(data),
        "stack_text": frames.as_text(found, loose),
        "trail": trail.trail(data, event.timestamp),
        "request_rows": http_request.request_rows(data),
        "user_rows": contexts.user_rows(data),
        "contexts": contexts.contexts(data),
        "extra": contexts.rows(data.get("extra")),
        "packages": contexts.packages(data),
        "sdk": contexts.sdk(data),
        "notes": contexts.processing_notes(data),
        "why": _why(decided_by, grouping),
        "now_with": alike.now_with(decided_by, today),
        "remains": remains_of(event) if event.is_thinned else None,
    }
    url = f"{settings.BASE_URL}{path}"
    return parts | {"markdown": markdown(issue, url, data, parts)}


def message(data: Mapping[str, Any]) -> str:
    entry = mapping(data.get("logentry"))
    return string(entry.get("formatted")) or string(entry.get("message"))


def event_tags(data: Mapping[str, Any]) -> list[tuple[str, str]]:
    tags = mapping(data.get("tags"))
    order = {key: index for index, key in enumerate(_FIRST_TAGS)}
    keys = [key for key in tags if key not in _HIDDEN_TAGS]
    keys.sort(key=lambda key: (order.get(key, len(order)), key))
    return [(line(key, 200), line(tags[key], 200)) for key in keys[:MAX_TAGS]]


def markdown(issue: Issue, url: str, data: Mapping[str, Any], parts: Mapping[str, Any]) -> str:
    """parts: of event_context."""
    tags = mapping(data.get("tags"))
    facts = [
        ("Level", issue.level_name),
        ("Status", "regressed" if issue.is_regressed else issue.status_name),
        ("Events", f"{issue.event_count:,}, {issue.user_count:,} users"),
        ("First seen", _seen(issue.first_seen, issue.first_release)),
        ("Last seen", _seen(issue.last_seen, issue.last_release)),
        ("Where", issue.culprit),
        *((key, string(tags.get(key))) for key in _TICKET_TAGS),
    ]
    return ticket(
        short_id=issue.short_id,
        title=issue.title,
        url=url,
        facts=facts,
        stack_text=parts["stack_text"] or parts["message"],
        exceptions=parts["exceptions"],
        loose=parts["loose"],
        trail=parts["trail"],
        data=data,
    )


def _seen(at: datetime, release: Release | None) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC" + (f" in {release.version}" if release else "")


def _chart(
    issue: Issue,
    event: Event | None,
    counts: Sequence[int],
    span: Range,
    now: datetime,
    activity: Sequence[Activity],
) -> Chart:
    start = span.start(now)
    told = [
        (entry.at, string(mapping(entry.data).get("release")), _MARKED[entry.kind])
        for entry in activity
        if entry.at >= start and entry.kind in _MARKED
    ]
    marks = [(at, f"{line(version, 18)} {words}".strip()) for at, version, words in told]
    named = {version for _, version, _ in told}
    marks += [
        (at, line(version, 18))
        for at, version in releases.since(issue.project_id, start)
        if version not in named
    ]
    return chart(counts, span, now, current=event.received_at if event else None, marks=marks)


def _why(known: GroupHash | None, now: Grouping | None) -> Why | None:
    """known: the hash that decided. now: how the event would be grouped today; where that is the same, it says more
    about this very event.
    """
    if known is None:
        return None
    if now is not None and known.hash in now.hashes:
        return why(now.why, known.hash, now.config)
    mark = mapping(known.why).get("kind")
    note = (
        "The settings or the grouping have changed since: such events would be grouped otherwise today."
        if now is not None and not now.failed and mark not in ("various", None)
        else ""
    )
    return why(known.why, known.hash, known.config, note)
