"""What is looked for -> a queryset of issues. No search reads events without a bound."""

import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import reduce
from operator import and_, or_

from django.db.models import Q, QuerySet

from issues.models import Event, Issue, IssueText
from issues.search import (
    keys,
    tags,
)
from issues.search.keys import NO, Kind
from issues.search.query import Group, Query, Tab, Term
from issues.search.releases import Releases, by_project
from issues.search.stack import containing, issues_with_line
from issues.search.values import Value, age, exact, numbers, times
from issues.states import Level, Status
from projects.models import Membership, Project, Release, Team, User

NEW_FOR = timedelta(hours=24)
FEW = 1000
USER_KINDS = ("id", "username", "email", "ip")


def tab_condition(tab: Tab, now: datetime) -> Q:
    unresolved = Q(status=Status.UNRESOLVED)
    return {
        Tab.UNRESOLVED: unresolved,
        Tab.NEW: unresolved & Q(first_seen__gte=now - NEW_FOR),
        Tab.REGRESSED: unresolved & Q(regressed_at__isnull=False),
        Tab.MUTED: Q(status=Status.MUTED),
        Tab.RESOLVED: Q(status=Status.RESOLVED),
        Tab.ALL: Q(),
    }[tab]


@dataclass(slots=True)
class Scope:
    """Where to look, for whom, and when. project_ids: all that the user sees and asked for.

    notes: filled with sentences for the person who searches, where an answer was cut short.
    """

    project_ids: Collection[int]
    user_id: int | None
    now: datetime
    notes: list[str] = field(default_factory=list)
    releases: Releases = field(init=False)

    def __post_init__(self) -> None:
        self.releases = Releases(self.project_ids)

    def note(self, sentence: str) -> None:
        if sentence not in self.notes:
            self.notes.append(sentence)


def matching(issues: QuerySet[Issue], query: Query, scope: Scope) -> QuerySet[Issue]:
    """All but the tab. Of a search with mistakes nothing matches: something else than what was asked for would."""
    if query.mistakes:
        return issues.none()
    return issues.filter(_all(query.root, scope)) if query else issues


def in_environment(issues: QuerySet[Issue], name: str, scope: Scope) -> QuerySet[Issue]:
    return issues.filter(tags.with_values(scope.project_ids, "environment", [name]))


def in_release(issues: QuerySet[Issue], version: str, scope: Scope) -> QuerySet[Issue]:
    """version: as written, or `latest` of each project."""
    return issues.filter(_release(Term("release", (exact(version),)), scope))


def _condition(node: Term | Group, scope: Scope) -> Q:
    if isinstance(node, Group):
        if node.any:
            return reduce(or_, (_condition(part, scope) for part in node.parts))
        return _all(node, scope)
    found = _term(node, scope)
    return ~found if node.negated else found


def _all(group: Group, scope: Scope) -> Q:
    if group.any:
        return _condition(group, scope)
    # Texts are read from end to end: once for all words.
    is_word = [isinstance(p, Term) and not p.key and not p.negated for p in group.parts]
    words = [p for p, word in zip(group.parts, is_word, strict=True) if word]
    rest = [p for p, word in zip(group.parts, is_word, strict=True) if not word]
    found = [_condition(part, scope) for part in rest]
    if words:
        found.append(_words([p for p in words if isinstance(p, Term)], scope))
    return reduce(and_, found, Q())


def _words(terms: Collection[Term], scope: Scope) -> Q:
    texts = IssueText.objects.filter(project_id__in=scope.project_ids).order_by()
    found = Q()
    for term in terms:
        if event_id := event_id_of(term.text):
            found &= _of_events(scope, event_id=event_id)
            continue
        for part in term.values[0].parts:
            if part:
                texts = containing(texts, part.lower())
    return found & tags.remembered(texts.values_list("issue_id", flat=True))


def event_id_of(text: str) -> uuid.UUID | None:
    """32 hex digits, dashes allowed."""
    bare = text.replace("-", "")
    if len(bare) != 32:
        return None
    try:
        return uuid.UUID(bare)
    except ValueError:
        return None


def _term(term: Term, scope: Scope) -> Q:
    known = keys.KEYS.get(term.key)
    if not term.key:
        return _words([term], scope)
    if known is None or term.is_tag:
        return _tag(term.key, term.values, scope)
    small = term.text.lower()
    match known.kind:
        case Kind.IS:
            return _is(small, scope)
        case Kind.LEVEL:
            return Q(level__in=[Level.named(value.text) for value in term.values])
        case Kind.ASSIGNED:
            return _any(_assigned(value.text, scope) for value in term.values)
        case Kind.NUMBER:
            span = numbers(term.operator, term.text)
            return _between(known.field, span.low, span.high, "lte")
        case Kind.AGE | Kind.TIME:
            return _time(term, known.field, scope)
        case Kind.COLUMN:
            return _any(_column(known.field, value) for value in term.values)
        case Kind.MESSAGE:
            return _any(_message(value) for value in term.values)
        case Kind.STACK:
            lines = issues_with_line(scope.project_ids, known.field, term.values)
            if lines.is_cut:
                scope.note(f"{term.key}: fits too many texts; not all were read. Write more of it.")
            return lines.condition
        case Kind.RELEASE:
            return _release(term, scope)
        case Kind.FIRST_RELEASE:
            return _first_release(term, scope)
        case Kind.RELEASE_PART:
            return _release_part(term, known.field, scope)
        case Kind.TAG:
            return _tag(known.field, term.values, scope)
        case Kind.TAG_END:
            ends = [Value(v.text, ("", f" {v.parts[0]}", *v.parts[1:])) for v in term.values]
            return _tag(known.field, ends, scope)
        case Kind.USER:
            return _user(term, known.field, scope)
        case Kind.HANDLED:
            is_yes = (known.field == "yes") != (small in NO)
            return tags.with_values(scope.project_ids, "handled", ["yes" if is_yes else "no"])
        case Kind.HAS:
            return _has(term.text, scope)
        case Kind.EVENT_ID:
            ids = [event_id for v in term.values if (event_id := event_id_of(v.text))]
            return _of_events(scope, event_id__in=ids)
        case Kind.EVENT_COLUMN:
            return _of_request(known.field, term, scope)
        case Kind.ISSUE:
            return _any(_short_id(value.text, scope) for value in term.values)
        case Kind.ISSUE_ID:
            return Q(pk__in=[int(value.text) for value in term.values])
        case Kind.PROJECT:
            return _project(known.field, term)
    return Q()  # Kind.CATEGORY: there is one, and the parser knows it


def _any(conditions: Iterable[Q]) -> Q:
    return reduce(or_, conditions)


def _is(value: str, scope: Scope) -> Q:
    if value in keys.IS_TABS:
        return tab_condition(keys.IS_TABS[value], scope.now)
    new = tab_condition(Tab.NEW, scope.now)
    regressed = tab_condition(Tab.REGRESSED, scope.now)
    nobody = Q(assignee__isnull=True, assigned_team__isnull=True)
    return {
        "assigned": ~nobody,
        "unassigned": nobody,
        "unhandled": Q(handled=False),
        "ongoing": tab_condition(Tab.UNRESOLVED, scope.now) & ~new & ~regressed,
        "escalating": Q(storm_since__isnull=False),
        "for_review": nobody & (new | regressed),
        "linked": Q(pk__in=()),
        "unlinked": Q(),
    }[value]


def _assigned(text: str, scope: Scope) -> Q:
    small = text.lower()
    if small == "me":
        # A token that is nobody's has nothing.
        return Q(assignee=scope.user_id) if scope.user_id is not None else Q(pk__in=())
    if small == "none":
        return Q(assignee__isnull=True, assigned_team__isnull=True)
    if small == "my_teams":
        mine = Membership.objects.filter(user=scope.user_id).order_by().values("team_id")
        return Q(assigned_team__in=mine)
    if text.startswith("#"):
        teams = Team.objects.filter(Q(slug__iexact=text[1:]) | Q(name__iexact=text[1:]))
        return Q(assigned_team__in=teams.order_by().values("pk"))
    people = User.objects.filter(Q(email=small) | Q(name__iexact=text))
    return Q(assignee__in=people.order_by().values("pk"))


def _between(name: str, low: object, high: object, below: str = "lt") -> Q:
    found = Q()
    if low is not None:
        found &= Q(**{f"{name}__gte": low})
    if high is not None:
        found &= Q(**{f"{name}__{below}": high})
    return found


def _time(term: Term, name: str, scope: Scope) -> Q:
    read = age if keys.KEYS[term.key].kind is Kind.AGE else times
    low, high = read(term.operator, term.text).bounds(scope.now)
    if name:
        return _between(name, low, high)
    # Some event in that time: the issue's last one is not before it, the first one not behind it.
    return _between("last_seen", low, None) & _between("first_seen", None, high)


def _column(name: str, value: Value) -> Q:
    return Q(**{f"{name}__glob": value}) if value.is_pattern else Q(**{name: value.text})


def _message(value: Value) -> Q:
    found = Q()
    for part in filter(None, value.parts):
        found &= Q(title__icontains=part) | Q(value__icontains=part)
    return found


def _tag(key: str, values: Collection[Value], scope: Scope) -> Q:
    plain = {value.text for value in values if not value.is_pattern}
    patterns = [value for value in values if value.is_pattern]
    found = Q()
    if any(not any(value.parts) for value in patterns):
        return tags.with_any_value(scope.project_ids, key)
    if "" in plain:
        found |= ~tags.with_any_value(scope.project_ids, key)
        plain.discard("")
    if patterns:
        like = tags.with_values_like(scope.project_ids, key, patterns)
        found |= like.condition
        if like.is_cut:
            scope.note(
                f"“{patterns[0].text[:50]}” was cut short: {key} has too many values to look at "
                "all of them. Write more of it."
            )
    if plain:
        found |= tags.with_values(scope.project_ids, key, sorted(plain))
    return found


def _user(term: Term, kind: str, scope: Scope) -> Q:
    """The tag is `id:7`, or `email:…` of somebody who has no id."""
    values = []
    for value in term.values:
        if not value.text:
            values.append(value)
        elif kind:
            values.append(Value(value.text, (f"{kind}:{value.parts[0]}", *value.parts[1:])))
        else:
            named = value.text.partition(":")[0] in USER_KINDS
            kinds = ("",) if named else ("", *(f"{each}:" for each in USER_KINDS))
            values += [Value(value.text, (k + value.parts[0], *value.parts[1:])) for k in kinds]
    return _tag("user", [_renamed(value) for value in values], scope)


def _renamed(value: Value) -> Value:
    return value if value.is_pattern else exact(value.parts[0])


def _has(name: str, scope: Scope) -> Q:
    known = keys.KEYS.get(keys.canonical(name))
    if known is None:
        return tags.with_any_value(scope.project_ids, name)
    if known.kind is Kind.ASSIGNED:
        return _is("assigned", scope)
    if known.kind is Kind.FIRST_RELEASE:
        return Q(first_release__isnull=False)
    if known.kind is Kind.COLUMN:
        return ~Q(**{known.field: ""})
    if known.kind is Kind.USER and known.field:
        return _tag("user", [Value("", (f"{known.field}:", ""))], scope)
    is_tag = known.kind in (Kind.TAG, Kind.TAG_END)
    return tags.with_any_value(scope.project_ids, known.field if is_tag else known.name)


def _release(term: Term, scope: Scope) -> Q:
    if term.operator:
        return _with_releases(_compared(term, scope), scope)
    if any((v.is_pattern and any(v.parts)) or v.text.lower() == "latest" for v in term.values):
        return _with_releases(scope.releases.like(term.values), scope)
    return _tag("release", term.values, scope)


def _compared(term: Term, scope: Scope) -> list[Release]:
    try:
        return scope.releases.compared(term.operator, term.text)
    except ValueError as error:
        scope.note(f"{term.key}: {error}")
        return []


def _with_releases(releases: list[Release], scope: Scope) -> Q:
    _say_if_cut(scope)
    return tags.with_values_by_project("release", by_project(releases))


def _say_if_cut(scope: Scope) -> None:
    if scope.releases.is_cut:
        scope.note("There are more releases than were looked at: only the newest count here.")


def _first_release(term: Term, scope: Scope) -> Q:
    if not term.operator and not term.text:
        return Q(first_release__isnull=True)
    found = _compared(term, scope) if term.operator else scope.releases.like(term.values)
    _say_if_cut(scope)
    return Q(first_release__in=[release.pk for release in found])


def _release_part(term: Term, name: str, scope: Scope) -> Q:
    if term.operator:
        return _with_releases(_compared(term, scope), scope)
    return _with_releases(scope.releases.with_part(name, term.values), scope)


def _of_events(scope: Scope, **condition: object) -> Q:
    """The issues of a few events, found by an index of their own."""
    events = Event.objects.filter(project_id__in=scope.project_ids, **condition).order_by()
    found = list(events.values_list("issue_id", flat=True)[: FEW + 1])
    if len(found) > FEW:
        scope.note(f"Only the first {FEW:,} events with this value were looked at.")
    return Q(pk__in=set(found[:FEW]))


def _of_request(name: str, term: Term, scope: Scope) -> Q:
    if name == "api_request_id":
        return _of_events(scope, api_request_id__in=[value.text[:200] for value in term.values])
    ids = [trace for value in term.values if (trace := event_id_of(value.text))]
    return _of_events(scope, trace_id__in=ids)


def _short_id(text: str, scope: Scope) -> Q:
    prefix, _, number = text.rpartition("-")
    if not number.isascii() or not number.isdigit() or len(number) > 9:
        return Q(pk__in=())
    named = Q(prefix=prefix.upper()) | Q(prefix_aliases__prefix=prefix.upper())
    projects = Project.objects.filter(named).order_by().values("pk")
    return Q(project__in=projects, number=int(number))


def _project(name: str, term: Term) -> Q:
    if name == "id":
        return Q(project__in=[int(value.text) for value in term.values])
    found = _any(_column("slug", value) | _column("name", value) for value in term.values)
    return Q(project__in=Project.objects.filter(found).order_by().values("pk"))
