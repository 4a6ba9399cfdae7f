"""One mail for everything that is told: HTML and text. All text of an event goes through text.line: no line of a
header can end early.
"""

from dataclasses import dataclass
from email.utils import formataddr
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.template.loader import render_to_string
from django.urls import reverse

from alerts.models import Delivery, MailChoice
from issues.models import Issue
from issues.states import Kind
from issues.text import line
from projects.access import people_of
from projects.models import Project

MAX_SUBJECT = 150
SHOWN = 20

_WORDS = {Kind.FIRST_SEEN.value: "New issue", Kind.REGRESSED.value: "Regressed"}


@dataclass(frozen=True, slots=True)
class Told:
    issue: Issue
    words: str
    title: str
    culprit: str
    release: str
    url: str


def is_possible() -> bool:
    """Whether this installation sends mail."""
    backend = settings.EMAIL_BACKEND
    if backend == "projects.mailing.Backend":
        backend = settings.MAIL_BACKEND  # which that one hands everything to
    return not backend.endswith(".dummy.EmailBackend")


def send(delivery: Delivery) -> bool:
    """False: there is nobody to tell any more, or nothing. Raises whatever the server of mail makes of it."""
    project = Project.objects.filter(pk=delivery.project_id).first()
    told = _told(delivery, project) if project else []
    if project is None or not told or not _still_wants(delivery):
        return False
    message(delivery, project, told).send()
    return True


def message(delivery: Delivery, project: Project, told: list[Told]) -> EmailMultiAlternatives:
    single = told[0] if delivery.count == 1 else None
    more = max(0, delivery.count - len(told))
    name = line(project.name, 60)
    if single:
        # The same for all that is told of an issue: programs that gather by subject keep it together.
        subject = f"[{name}] {single.issue.short_id} {single.title}"
    else:
        subject = f"[{name}] {delivery.count:,} issues are new or have come back"
    context = {
        "project": name,
        "project_url": _url(project.get_absolute_url()),
        "single": single,
        "told": told,
        "count": delivery.count,
        "more": more,
        "settings_url": _url(reverse("alerts:mail")),
        "organization": settings.ORGANIZATION_NAME,
    }
    host = urlsplit(settings.BASE_URL).hostname or "localhost"
    headers = {
        # The same at every try.
        "Message-ID": f"<{delivery.uuid.hex}@{host}>",
        "List-Unsubscribe": f"<{context['settings_url']}>",
        "List-Id": f"<project-{project.pk}.alerts.{host}>",
        "Auto-Submitted": "auto-generated",
    }
    if single:
        thread = f"<issue-{single.issue.uuid.hex}@{host}>"
        headers |= {"In-Reply-To": thread, "References": thread}
    mail = EmailMultiAlternatives(
        line(subject, MAX_SUBJECT),
        render_to_string("alerts/mail.txt", context),
        None,
        [formataddr((line(delivery.user.name, 100), delivery.user.email))],
        headers=headers,
        connection=get_connection(),
    )
    mail.attach_alternative(render_to_string("alerts/mail.html", context), "text/html")
    return mail


def _told(delivery: Delivery, project: Project) -> list[Told]:
    wanted = delivery.items[:SHOWN]
    issues = Issue.objects.select_related("project", "last_release").in_bulk(
        [issue_id for issue_id, _ in wanted]
    )
    return [
        Told(
            issue=issue,
            words=_WORDS.get(kind, "News"),
            title=line(issue.title, 200),
            culprit=line(issue.culprit, 200),
            release=line(issue.last_release.version, 100) if issue.last_release else "",
            url=_url(issue.get_absolute_url()),
        )
        for issue_id, kind in wanted
        if (issue := issues.get(issue_id)) is not None and issue.project_id == project.pk
    ]


def _still_wants(delivery: Delivery) -> bool:
    if MailChoice.objects.filter(user=delivery.user_id, wanted=False).exists():
        return False
    return people_of([delivery.project_id]).filter(pk=delivery.user_id).exists()


def _url(path: str) -> str:
    """path: of this installation, with its prefix where one is set."""
    base = urlsplit(settings.BASE_URL)
    path = path if path.startswith(f"{settings.PATH_PREFIX}/") else f"{settings.PATH_PREFIX}{path}"
    return f"{base.scheme}://{base.netloc}{path}"
