"""What is special about showing issues and events. All text of an event is escaped, here or in the templates."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from html import escape

from django import template
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString, mark_safe

from issues import previews
from issues.comments import MAX_COMMENT
from issues.frames import FrameRow
from issues.markdown import to_html
from issues.models import Activity, Attachment, Issue
from issues.search.query import term
from issues.sparklines import Spark
from issues.spoken import plural, span
from issues.states import Kind
from issues.text import clean, is_link, line, mapping
from issues.values import Piece, Pretty
from issues.window import Window
from projects.models import Project
from projects.templatetags.ui import absolute, icon

register = template.Library()

_ACTIVITY = {
    Kind.FIRST_SEEN: "First seen",
    Kind.RESOLVED: "Resolved",
    Kind.REOPENED: "Reopened",
    Kind.MUTED: "Muted",
    Kind.UNMUTED: "No longer muted",
    Kind.REGRESSED: "Regressed",
    Kind.UNASSIGNED: "Assigned to nobody",
    Kind.RELEASED: "The next release has appeared",
    Kind.SHARED: "Shared by a public link",
    Kind.UNSHARED: "The public link was taken back",
}

# Kinds are a closed list of one letter, made by us, never by the event.
_KINDS = frozenset("ksmfc")


@register.filter
def shown(value: object, limit: int = 10_000) -> str:
    """Text of an event, without what deceives the eye."""
    return clean(value, limit)


@register.filter
def oneline(value: object, limit: int = 300) -> str:
    return line(value, limit)


@register.simple_tag
def markdown(text: object) -> SafeString:
    """A comment."""
    return mark_safe(to_html(clean(text, MAX_COMMENT)))


@register.simple_tag
def sparkline(spark: Spark, wide: bool = False) -> SafeString:
    size = "0 0 168 28" if wide else "0 0 96 18"
    return format_html(
        '<svg class="spark{}{}" viewBox="{}" role="img" aria-label="{}"><path d="{}"/></svg>',
        " spark-wide" if wide else "",
        " warn" if spark.is_rising else "",
        size,
        spark.label,
        spark.path,
    )


def _span(kind: str, text: str) -> str:
    return f'<span class="{kind}">{escape(text)}</span>' if kind in _KINDS else escape(text)


@register.simple_tag
def pieces(parts: Iterable[Piece]) -> SafeString:
    return mark_safe("".join(_span(part.kind, part.text) for part in parts))


@register.simple_tag
def value(pretty: Pretty) -> SafeString:
    """A value on one line; a longer one unfolds."""
    if not pretty.full:
        text = pretty.line[0].text if len(pretty.line) == 1 else ""
        if text and not pretty.line[0].kind and is_link(text) and " " not in text:
            return link(text)
        return pieces(pretty.line)
    return format_html(
        '<details><summary>{}<span class="clip">{}</span></summary><pre>{}</pre></details>',
        icon("right", "icon-turn"),
        pieces(pretty.line),
        pieces(pretty.full),
    )


@register.simple_tag
def link(url: str) -> SafeString:
    """A live link for http(s) only; plain text for anything else."""
    if not is_link(url):
        return format_html("{}", url)
    return format_html('<a href="{0}" rel="noopener noreferrer nofollow">{0}</a>', url)


@register.simple_tag
def code(row: FrameRow) -> SafeString:
    lines = []
    for code_line in row.code:
        text = []
        for part in code_line.parts:
            span = _span(part.kind, part.text)
            text.append(f"<u>{span}</u>" if part.is_column else span)
        number = "" if code_line.number is None else str(code_line.number)
        kind = "line failing" if code_line.is_failing else "line"
        lines.append(f'<span class="{kind}" data-n="{number}">{"".join(text)}</span>')
    return format_html(
        '<pre class="code" tabindex="0" role="group" aria-label="{}"><code>{}</code></pre>',
        row.code_label,
        mark_safe("".join(lines)),
    )


@register.simple_tag
def search_url(project: Project | None, key: str, value: str) -> str:
    """All issues with that tag."""
    base = reverse("issues:project", args=[project.slug]) if project else reverse("issues:list")
    return f"{base}?{urlencode({'query': term(key, value), 'tab': 'all'})}"


@register.filter
def preview(file: Attachment) -> str:
    """ "image", "text" or ""."""
    return previews.guess(file.name, file.content_type, file.size)


@register.simple_tag
def live_url(issue: Issue | None, project: Project | None) -> str:
    """Where a page asks for what has come since it was made."""
    if issue:
        asked = {"issue": str(issue.pk), "seen": str(issue.event_count)}
    else:
        asked = {"project": project.slug} if project else {}
        asked["seen"] = timezone.now().isoformat()
    return f"{reverse('issues:live')}?{urlencode(asked)}"


@register.simple_tag
def events_url(issue: Issue, key: str, value: str) -> str:
    """The events of the issue with that tag."""
    return f"{reverse('issues:events', args=[issue.pk])}?{urlencode({'query': term(key, value)})}"


@register.simple_tag
def activity_text(entry: Activity) -> SafeString:
    """Who did what, in a few words."""
    data = mapping(entry.data)
    release = line(data.get("release"), 100)
    where = format_html(" in <bdi>{}</bdi>", release) if release else ""
    what = _ACTIVITY.get(Kind(entry.kind), "") if entry.kind in set(Kind) else entry.kind
    if entry.kind == Kind.MUTED:
        what += _until(data)
    elif entry.kind == Kind.RESOLVED:
        what = _resolved(data, has_release=bool(release))
    elif entry.kind == Kind.RELEASED:
        where = format_html(": <bdi>{}</bdi>", release)
    elif entry.kind == Kind.UNMUTED and data.get("time") is True:
        what = "No longer muted: the time is over"
    elif entry.kind == Kind.PRIORITY:
        what = f"Priority {line(data.get('priority'), 10)}"
        what += "" if data.get("chosen") is True else ", by the level"
    elif entry.kind == Kind.MENTIONED:
        what = format_html("<b>{}</b> was mentioned", line(data.get("name"), 100) or "Somebody")
    elif entry.kind == Kind.ASSIGNED:
        name = line(data.get("name"), 100) or "somebody"
        what = format_html("Assigned to <b>{}</b>", name)
    elif entry.kind == Kind.STORM_STARTED:
        what = _storm_started(data)
    elif entry.kind == Kind.STORM_ENDED:
        what = _storm_ended(data)
    elif entry.kind in (Kind.MERGED, Kind.UNMERGED, Kind.REGROUPED):
        what = _moved(Kind(entry.kind), data)
    if data.get("undo") is True:
        what = format_html("{}, by undoing", what)
    if entry.kind == Kind.COMMENTED:
        return format_html("<b>{}</b>", entry.actor.display_name if entry.actor else "Somebody")
    by = format_html(" by <b>{}</b>", entry.actor.display_name) if entry.actor else ""
    return format_html("{}{}{}", what, where, by)


def _storm_started(data: Mapping[str, object]) -> str:
    events, minutes = data.get("events"), data.get("minutes")
    if not isinstance(events, int) or not isinstance(minutes, int):
        return "Storm began"
    span = "a minute" if minutes == 1 else f"{minutes} minutes"
    return f"Storm began: more than {events:,} event{'' if events == 1 else 's'} in {span}"


def _storm_ended(data: Mapping[str, object]) -> str:
    events, kept = data.get("events"), data.get("kept")
    if not isinstance(events, int) or not isinstance(kept, int):
        return "Storm ended"
    return f"Storm ended: {events:,} event{'' if events == 1 else 's'}, {kept:,} kept whole"


def _resolved(data: Mapping[str, object], *, has_release: bool) -> SafeString | str:
    commit, repository = line(data.get("commit"), 64), line(data.get("repository"), 100)
    if commit:
        of = format_html(" of <bdi>{}</bdi>", repository) if repository else ""
        return format_html("Resolved in commit <code>{}</code>{}", commit[:12], of)
    after = line(data.get("after"), 100)
    if after and not has_release:
        return format_html("Resolved in the next release after <bdi>{}</bdi>", after)
    return "Resolved"


def _until(data: Mapping[str, object]) -> str:
    """What ends a mute: the first of these."""
    found = []
    try:
        until = datetime.fromisoformat(str(data.get("until", "")))
        found += [absolute(until)] if until.tzinfo else []
    except ValueError:
        pass
    for key, what in (("until_count", "event"), ("until_users", "user")):
        count = data.get(key)
        if isinstance(count, int):
            found.append(f"there are {plural(count, what)}")
    match data.get("within"):
        case [int(events), int(minutes)]:
            found.append(f"there are {plural(events, 'event')} within {span(minutes)}")
    match data.get("users_within"):
        case [int(users), int(minutes)]:
            found.append(f"{plural(users, 'user')} meet it within {span(minutes)}")
    return f" until {' or '.join(found)}" if found else ""


@register.simple_tag
def muted_until(issue: Issue) -> str:
    """For the mark beside the title: " until ...", "" for ever."""
    window = issue.window
    waited_for = ""
    if window is not None:
        what = (
            plural(window.events, "event")
            if isinstance(window, Window)
            else plural(window.users, "user")
        )
        waited_for = f"{what} within {span(window.minutes)}"
    found = [
        date_format(timezone.localtime(issue.muted_until), "j M, H:i") if issue.muted_until else "",
        plural(issue.muted_until_count, "event") if issue.muted_until_count else "",
        plural(issue.muted_until_users, "user") if issue.muted_until_users else "",
        waited_for,
    ]
    words = " or ".join(filter(None, found))
    return f" until {words}" if words else ""


def _moved(kind: Kind, data: dict[str, object]) -> SafeString:
    """Events came or went, with another issue's name; its address leads to where it is now."""
    events = data.get("events")
    count = f"{events:,} event{'' if events == 1 else 's'}" if isinstance(events, int) else "events"
    pk = data.get("other")
    title, name = line(data.get("title"), 80), line(data.get("short_id"), 60)
    if isinstance(pk, int):
        url = reverse("issues:issue", args=[pk])
        other = format_html('<a href="{}" title="{}">{}</a>', url, title, name or "another issue")
    else:
        other = format_html("{}", name or "another issue")
    if kind is Kind.MERGED:
        return format_html("Merged in {}, “<bdi>{}</bdi>” with {},", other, title, count)
    if kind is Kind.REGROUPED:
        return format_html("{} moved by regrouping", count)
    if data.get("origin") is True:
        return format_html("Taken out of {}", other)
    return format_html("{} taken out, now {}", count, other)
