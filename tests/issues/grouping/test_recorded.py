"""What real SDKs have sent, labelled by what happened in the programs that sent it (tests/samples/senders)."""

import pytest

from issues.models import Event
from projects.models import Project
from tests.ingest.conftest import fresh_pipeline
from tests.ingest.door import digest_all
from tests.ingest.test_recorded import project, replay

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("project")]
__all__ = ["fresh_pipeline", "project"]

# Program -> what it sent, and what that was about. One program may run under two generations of its SDK.
PROGRAMS = {
    "python": {
        "sentry-python/1.45.1/01-event": "the price is missing",
        "sentry-python/2.75.0/01-event": "the price is missing",
        "sentry-python/1.45.1/02-event": "the disk",
        "sentry-python/2.75.0/02-event": "the disk",
        "sentry-python/1.45.1/03-event+attachment": "no number",
        "sentry-python/2.75.0/03-event+attachment": "no number",
    },
    "old python": {
        "raven-python/6.10.0/01-store": "the price is missing",
        "raven-python/6.10.0/02-store": "the disk",
    },
    "browser": {
        "sentry-browser/11.12.0/02-event": "no amount",
        "sentry-browser/11.12.0/08-event": "no amount",
        "sentry-browser/11.12.0/03-event": "the cart",
        "sentry-browser/11.12.0/05-event+attachment": "with an attachment",
    },
    "old browser": {
        "raven-js/3.27.2/01-store": "no amount",
        "raven-js/3.27.2/03-store": "no amount",
        "raven-js/3.27.2/02-store": "the cart",
    },
    "node": {
        "sentry-node/11.12.0/02-event": "no amount",
        "sentry-node/11.12.0/03-event": "the disk",
        "sentry-node/11.12.0/04-event+attachment": "several at once",
    },
    "older node": {
        "sentry-node/7.120.4/02-event": "no amount",
        "sentry-node/7.120.4/03-event": "the disk",
        "sentry-node/7.120.4/06-event": "a string was thrown",
    },
    "shell": {
        "sentry-cli/3.8.0/01-event": "the disk",
        "sentry-cli/3.8.0/02-event": "no room",
        "sentry-cli/3.8.0/03-event": "from a file",
        "sentry-cli/3.8.0/04-event": "in an envelope",
        "curl/7.88.1/01-store": "to store",
        "curl/7.88.1/02-store": "as a form",
        "curl/7.88.1/04-store": "packed",
    },
    "policy": {
        "chromium-csp/156/01-security": "eval",
        "chromium-csp/156/02-security": "an image",
    },
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_each_trouble_of_a_program_is_one_issue(program: str, project: Project) -> None:
    issues: dict[str, set[int]] = {}
    for name, trouble in PROGRAMS[program].items():
        replay(name)
        digest_all()
        issues.setdefault(trouble, set()).add(Event.objects.latest("pk").issue_id)
    assert Event.objects.count() == len(PROGRAMS[program])
    assert [trouble for trouble, found in issues.items() if len(found) > 1] == []
    assert len(set().union(*issues.values())) == len(issues)
