"""What a project's settings say about its events, read once for a batch."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from issues import dictionaries, removal
from issues.compress import NO_DICTIONARY, Dictionary
from issues.filters import NO_FILTERS, Filters
from issues.grouping import DEFAULT, Config
from issues.grouping.compiled import Settings, compiled, config_from
from issues.scrub import Scrubber, scrubber
from projects.models import Project
from projects.patterns import lines


@dataclass(frozen=True, slots=True)
class Options:
    """scrubber: None where the project has switched it off. dictionary: to pack payloads with.

    grouping: with the project's rules, compiled. discarded: hashes whose events are not wanted.
    """

    store_ip: bool = False
    scrubber: Scrubber | None = None
    filters: Filters = NO_FILTERS
    dictionary: Dictionary = NO_DICTIONARY
    grouping: Config = DEFAULT
    discarded: frozenset[str] = frozenset()


# How long events still find the issues that they would have joined before a change of the settings.
KEPT_TOGETHER = timedelta(days=90)

# What `previous` holds of the time before the last change: all that a default grouping depends on.
PREVIOUS_FIELDS = (
    *("grouping_stack_rules", "grouping_generic_types", "grouping_depth"),
    "grouping_config",
)

# What a description of a grouping names (issues.grouping.compiled) -> where the project has it. `max_texts` is no part
# of a config, but saved with it.
DESCRIBED = {
    "config": "grouping_config",
    "fingerprint_rules": "grouping_fingerprint_rules",
    "stack_rules": "grouping_stack_rules",
    "generic_types": "grouping_generic_types",
    "place_depth": "grouping_depth",
    "max_texts": "grouping_max_texts",
}

_FIELDS = (
    "pk",
    "store_ip",
    "scrub_data",
    "scrub_extra_names",
    "scrub_safe_names",
    "scrub_patterns",
    "filter_errors",
    "filter_releases",
    "filter_environments",
    "filter_browser_extensions",
    "filter_localhost",
    "filter_crawlers",
    "filter_health_checks",
    "grouping_fingerprint_rules",
    "grouping_previous",
    "grouping_changed_at",
    *PREVIOUS_FIELDS,
)


def options_of(project_ids: Iterable[int]) -> dict[int, Options]:
    """Three queries. A project that has gone in the meantime has none."""
    wanted = set(project_ids)
    projects = Project.objects.filter(pk__in=wanted).only(*_FIELDS)
    made = dictionaries.newest(wanted)
    discarded = removal.discarded(wanted)
    now = timezone.now()
    return {
        each.pk: _options(
            each, made.get(each.pk, NO_DICTIONARY), discarded.get(each.pk, frozenset()), now
        )
        for each in projects
    }


def grouping_of(project: Project, now: datetime) -> Config:
    """How the project's events are grouped. Of rules that will not do, the others count."""
    settings = Settings(
        project.grouping_fingerprint_rules,
        project.grouping_stack_rules,
        project.grouping_generic_types,
        project.grouping_depth,
        project.grouping_config,
    )
    return compiled(settings, _previous(project, now))


def described(project: Project) -> dict[str, Any]:
    """The project's settings as JSON, as a dry run tries them; equal ones are equal."""
    found = {name: _plain(getattr(project, field)) for name, field in DESCRIBED.items()}
    return found


def completed(candidate: Mapping[str, Any]) -> dict[str, Any]:
    """A description with everything named; what is missing is the default. Raises ValueError for none."""
    config_from(candidate)
    types = candidate.get("generic_types", "")
    given = dict(candidate) | (
        {} if isinstance(types, str) else {"generic_types": "\n".join(types)}
    )
    return described(Project()) | {name: _plain(value) for name, value in given.items()}


def fields_of(description: Mapping[str, Any]) -> dict[str, Any]:
    """The other way round: field of the project -> value."""
    return {field: description[name] for name, field in DESCRIBED.items() if name in description}


def _plain(value: Any) -> Any:
    """Browsers end lines with two characters."""
    return "\n".join(value.splitlines()) if isinstance(value, str) else value


def _previous(project: Project, now: datetime) -> Settings | None:
    """Without fingerprint rules: what is said by those, or no longer said, counts at once."""
    changed_at, before = project.grouping_changed_at, project.grouping_previous
    if changed_at is None or not before or now - changed_at >= KEPT_TOGETHER:
        return None
    stack_rules, types, depth, config = (before.get(name) for name in PREVIOUS_FIELDS)
    return Settings(
        "",
        str(stack_rules or ""),
        str(types or ""),
        depth if isinstance(depth, int) else 1,
        str(config or DEFAULT.name),
    )


def remembered(project: Project) -> Mapping[str, Any]:
    """For `grouping_previous`, before the fields are changed."""
    return {name: getattr(project, name) for name in PREVIOUS_FIELDS}


def _options(
    project: Project, dictionary: Dictionary, discarded: frozenset[str], now: datetime
) -> Options:
    return Options(
        discarded=discarded,
        dictionary=dictionary,
        store_ip=project.store_ip,
        scrubber=scrubber(
            lines(project.scrub_extra_names),
            lines(project.scrub_safe_names),
            lines(project.scrub_patterns),
        )
        if project.scrub_data
        else None,
        filters=Filters(
            errors=lines(project.filter_errors),
            releases=lines(project.filter_releases),
            environments=lines(project.filter_environments),
            browser_extensions=project.filter_browser_extensions,
            localhost=project.filter_localhost,
            crawlers=project.filter_crawlers,
            health_checks=project.filter_health_checks,
        ),
        grouping=grouping_of(project, now),
    )
