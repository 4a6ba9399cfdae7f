"""What could be typed next: keys, and values of a key. A few looks into indexes, never a count."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Q

from issues.search import keys, tags
from issues.search.keys import IS_VALUES, KEYS, LEVELS, Kind
from issues.search.query import term
from projects.access import people_of
from projects.models import Project, Release, Team

SHOWN = 12
LOOKED_AT = 400

_TIMES = ("-1h", "-24h", "-7d", "-30d", "+7d")
_NUMBERS = (">10", ">100", ">1000")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """text: what replaces the term; a key ends with its colon. help: beside it."""

    text: str
    help: str = ""


def suggestions(project_ids: Collection[int], typed: str) -> list[Suggestion]:
    """typed: the term up to the cursor, such as `bro`, `!level:` or `browser:Fire`."""
    typed = typed[:200].replace("\0", "")
    sign = "!" if typed.startswith("!") else ""
    key, colon, value = typed.removeprefix("!").partition(":")
    if not colon:
        return [Suggestion(sign + s.text, s.help) for s in _keys(project_ids, key)]
    value = value.removeprefix('"').removesuffix('"').replace("\\", "")
    return [Suggestion(sign + s.text, s.help) for s in _values(project_ids, key, value)]


def _keys(project_ids: Collection[int], start: str) -> list[Suggestion]:
    small = start.lower()
    known = [key for key in KEYS.values() if key.is_common]
    found = [Suggestion(f"{k.name}:", k.help) for k in known if k.name.lower().startswith(small)]
    if len(found) < SHOWN:
        found += [
            Suggestion(f"{k.name}:", k.help)
            for k in known
            if small in k.name.lower() and not k.name.lower().startswith(small)
        ]
    own = tags.keys_of(project_ids, limit=LOOKED_AT)[0] if len(found) < SHOWN else ()
    names = [name for name in own if keys.is_unknown(keys.canonical(name))]
    found += [Suggestion(f"{name}:", "tag") for name in _fitting(names, small)]
    return found[:SHOWN]


def _values(project_ids: Collection[int], written: str, start: str) -> list[Suggestion]:
    key = keys.canonical(written)
    known = KEYS.get(key)
    if known is None:
        found: Iterable[str] = tag_values(project_ids, written, start)
        return [Suggestion(term(written, value)) for value in found][:SHOWN]
    fitting = _fitting(_of_kind(known, project_ids, start), start.lower())
    return [Suggestion(_plain(key, value)) for value in fitting][:SHOWN]


def _of_kind(known: keys.Key, project_ids: Collection[int], start: str) -> Sequence[str]:
    match known.kind:
        case Kind.IS:
            return IS_VALUES
        case Kind.LEVEL:
            return LEVELS
        case Kind.ASSIGNED:
            return ["me", "none", "my_teams", *_people(project_ids, start)]
        case Kind.TIME | Kind.AGE:
            return _TIMES
        case Kind.NUMBER:
            return _NUMBERS
        case Kind.HANDLED:
            return ("true", "false")
        case Kind.RELEASE | Kind.FIRST_RELEASE:
            return ["latest", *_releases(project_ids, start)]
        case Kind.TAG:
            return tag_values(project_ids, known.field, start)
        case Kind.HAS:
            return tags.keys_of(project_ids, limit=LOOKED_AT)[0]
        case Kind.USER:
            return _users(project_ids, known.field, start)
        case Kind.PROJECT if known.field == "slug":
            slugs = Project.objects.filter(pk__in=project_ids, slug__icontains=start)
            return list(slugs.order_by("slug").values_list("slug", flat=True)[:SHOWN])
    return ()


def tag_values(project_ids: Collection[int], key: str, start: str) -> list[str]:
    """Those that begin as typed; then those that hold it, of the first few hundred."""
    exact = tags.values_of(project_ids, key, limit=SHOWN, start=start)[0]
    if len(exact) >= SHOWN:
        return exact
    some = tags.values_of(project_ids, key, limit=LOOKED_AT)[0]
    return list(dict.fromkeys([*exact, *_fitting(some, start.lower())]))


def _users(project_ids: Collection[int], kind: str, start: str) -> list[str]:
    if not kind:
        return tag_values(project_ids, "user", start)
    found = tags.values_of(project_ids, "user", limit=SHOWN, start=f"{kind}:{start}")[0]
    return [value.partition(":")[2] for value in found]


def _people(project_ids: Collection[int], start: str) -> list[str]:
    if start.startswith("#"):
        teams = Team.objects.filter(projects__in=project_ids, slug__startswith=start[1:].lower())
        return [f"#{slug}" for slug in teams.distinct().values_list("slug", flat=True)[:SHOWN]]
    fits = Q(email__icontains=start) | Q(name__icontains=start)
    return list(people_of(project_ids).filter(fits).values_list("email", flat=True)[:SHOWN])


def _releases(project_ids: Collection[int], start: str) -> list[str]:
    found = Release.objects.filter(project__in=project_ids)
    newest = found.order_by("-pk").values_list("version", flat=True)[:LOOKED_AT]
    return list(dict.fromkeys(version for version in newest if start.lower() in version.lower()))


def _fitting(words: Iterable[str], small: str) -> list[str]:
    """Those that begin with it, then those that hold it."""
    words = list(words)
    first = [word for word in words if word.lower().startswith(small)]
    return first + [w for w in words if small in w.lower() and not w.lower().startswith(small)]


def _plain(key: str, value: str) -> str:
    """Unlike a tag's term, a comparison and a wildcard are meant."""
    if value.startswith((">", "<", "-", "+")):
        return f"{key}:{value}"
    return f"{key}:{term('t', value).partition(':')[2]}"
