"""What a project's settings say about its events, read once for a batch."""

from collections.abc import Iterable
from dataclasses import dataclass

from issues import dictionaries
from issues.compress import NO_DICTIONARY, Dictionary
from issues.filters import NO_FILTERS, Filters
from issues.scrub import Scrubber, scrubber
from projects.models import Project
from projects.patterns import lines


@dataclass(frozen=True, slots=True)
class Options:
    """scrubber: None where the project has switched it off. dictionary: to pack payloads with."""

    store_ip: bool = False
    scrubber: Scrubber | None = None
    filters: Filters = NO_FILTERS
    dictionary: Dictionary = NO_DICTIONARY


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
)


def options_of(project_ids: Iterable[int]) -> dict[int, Options]:
    """Two queries. A project that has gone in the meantime has none."""
    wanted = set(project_ids)
    projects = Project.objects.filter(pk__in=wanted).only(*_FIELDS)
    made = dictionaries.newest(wanted)
    return {each.pk: _options(each, made.get(each.pk, NO_DICTIONARY)) for each in projects}


def _options(project: Project, dictionary: Dictionary) -> Options:
    return Options(
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
    )
