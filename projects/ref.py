"""All that ingest knows of a project. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProjectRef:
    """What a public key leads to."""

    project_id: int
    is_active: bool = True
