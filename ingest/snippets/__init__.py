"""The lines that make an SDK send here, for each platform. Pure.

`{dsn}`, `{slug}`, `{environment}`, `{base_url}`, `{organization}`, `{project_id}` and `{public_key}` are filled in.
"""

from ingest.snippets import apps, javascript, node, python, servers
from ingest.snippets.steps import Snippet, Step

__all__ = ["GROUPS", "SNIPPETS", "Snippet", "Step", "fill", "for_platform"]

_ALL = (
    *javascript.SNIPPETS,
    *node.SNIPPETS,
    *python.SNIPPETS,
    *servers.SNIPPETS,
    *apps.SNIPPETS,
)
SNIPPETS = {snippet.key: snippet for snippet in _ALL}
GROUPS = {
    group: tuple(snippet for snippet in _ALL if snippet.group == group)
    for group in dict.fromkeys(snippet.group for snippet in _ALL)
}


def for_platform(platform: str) -> Snippet:
    """Also for a platform we have no lines for: its family's, else Python's."""
    family = platform.partition("-")[0]
    return SNIPPETS.get(platform) or SNIPPETS.get(family) or SNIPPETS["python"]


def fill(
    snippet: Snippet,
    *,
    dsn: str,
    slug: str,
    base_url: str,
    project_id: int,
    public_key: str,
    environment: str = "production",
    organization: str = "bugsink",
) -> Snippet:
    # replace(), not format(): code is full of braces.
    values = {
        "{dsn}": dsn or "this project has no active key",
        "{slug}": slug,
        # It stands in quotes of a dozen languages; what a name may hold beyond these means something in one of them.
        "{environment}": "".join(c for c in environment if c.isalnum() or c in "-_. ")
        or "production",
        "{base_url}": base_url,
        "{organization}": organization,
        "{project_id}": str(project_id),
        "{public_key}": public_key,
    }

    def filled(steps: tuple[Step, ...]) -> tuple[Step, ...]:
        found = []
        for step in steps:
            code = step.code
            for name, value in values.items():
                code = code.replace(name, value)
            found.append(Step(step.title, code, step.language))
        return tuple(found)

    return Snippet(
        snippet.key,
        snippet.label,
        snippet.group,
        filled(snippet.steps),
        filled(snippet.correlation),
        filled(snippet.maps),
    )
