"""All that ingest knows of a project. Pure."""

from typing import NamedTuple


class Rates(NamedTuple):
    """Most requests; 0: no limit."""

    per_minute: int = 0
    per_hour: int = 0


NO_RATES = Rates()


class ProjectRef(NamedTuple):
    """What a public key leads to.

    exceeded_until: seconds since 1970; until then the project's monthly quota is used up.
    store_ip: whether the project keeps its users' addresses.
    """

    project_id: int
    is_active: bool = True
    key_rates: Rates = NO_RATES
    project_rates: Rates = NO_RATES
    exceeded_until: float = 0.0
    store_ip: bool = False
