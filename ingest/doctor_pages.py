"""SDK doctor: what arrived from which SDK, what was dropped and why, and the quarantine of a project."""

from dataclasses import dataclass

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from ingest import doctor, pages, pipeline, trial
from ingest.doctor import DAY, Hour
from ingest.spool import Record, SpoolFull
from projects import dsn
from projects.access import get_project, role_in
from projects.models import ProjectKey, Role

CHART_HEIGHT = 74  # pixels, above the axis at 88
FULL = "The spool is full; nothing was put into it. Try again when the backlog is smaller."


@dataclass(frozen=True, slots=True)
class Bar:
    """A part of an hour's column, in the units of SVG. tone: "", warn or bad."""

    x: str
    width: str
    y: str
    height: str
    tone: str
    label: str


@login_required
@require_safe
def show(request: HttpRequest, slug: str) -> HttpResponse:
    project = get_project(request.user, slug, Role.VIEWER)
    now = timezone.now()
    found = doctor.sdks(project.pk)
    fates = doctor.fates(project.pk, now - DAY)
    losses = doctor.losses(project.pk, now - DAY)
    hours = doctor.hours(project.pk, now)
    quarantine = pipeline.quarantine()
    quarantined = quarantine.counts().get(project.pk, 0)
    key = ProjectKey.objects.filter(project=project, is_active=True).first()
    address = dsn.build(settings.BASE_URL, key.public_key, project.pk) if key else ""
    role = role_in(request.user, project.pk)
    context = {
        "area": "",
        "project": project,
        "findings": doctor.advise(
            found=found, fates=fates, losses=losses, quarantined=quarantined, now=now
        ),
        "sdks": found,
        "fates": fates,
        "losses": losses,
        "refusals": pages.refusals(project),
        "bars": bars(hours),
        "highest": max((hour.total for hour in hours), default=0),
        "accepted": sum(hour.accepted for hour in hours),
        "lost": sum(hour.lost for hour in hours),
        "kept": doctor.kept(quarantine, project.pk),
        "quarantined": quarantined,
        "curl": trial.curl_line(address) if address else "",
        "may_act": role is not None and role >= Role.MEMBER,
        "now": now,
    }
    return render(request, "ingest/doctor.html", context)


@login_required
@require_POST
def send_test_event(request: HttpRequest, slug: str) -> HttpResponse:
    """By way of the spool, as an event that came over the network; only the network is left out."""
    project = get_project(request.user, slug, Role.MEMBER)
    if _spool(trial.test_record(project.pk, timezone.now())):
        messages.success(request, "The test event is in the spool; it shows up within a second.")
    else:
        messages.error(request, FULL)
    return redirect("ingest:doctor", slug)


@login_required
@require_POST
def replay(request: HttpRequest, slug: str) -> HttpResponse:
    """Give quarantined records another try: the one that is named, or all of the project."""
    project = get_project(request.user, slug, Role.MEMBER)
    named = request.POST.get("record", "")
    number = int(named) if named.isascii() and named.isdigit() and len(named) < 18 else None
    if named and number is None:
        messages.error(request, "There is no such record.")
        return redirect("ingest:doctor", slug)
    count = 0
    for entry in pipeline.quarantine().take(project.pk, number):
        if not _spool(entry.record):
            messages.error(request, FULL)
            return redirect("ingest:doctor", slug)
        count += 1
    if count:
        words = "1 record is" if count == 1 else f"{count:,} records are"
        messages.success(
            request, f"{words} tried again. What still cannot be stored comes back here."
        )
    else:
        messages.warning(request, "It is not in quarantine any more.")
    return redirect("ingest:doctor", slug)


def _spool(record: Record) -> bool:
    """Whether there was room."""
    try:
        pipeline.spool().append(record)
    except SpoolFull:
        return False
    return True


def bars(hours: list[Hour]) -> list[Bar]:
    """Columns of the chart: accepted at the bottom, then what nobody wanted, what was lost on top."""
    highest = max((hour.total for hour in hours), default=0)
    if not highest:
        return []
    found: list[Bar] = []
    step = 100 / len(hours)
    for number, hour in enumerate(hours):
        bottom = 88.0
        for quantity, tone, name in (
            (hour.accepted, "", "accepted"),
            (hour.others, "warn", "not stored on purpose"),
            (hour.lost, "bad", "lost"),
        ):
            if not quantity:
                continue
            height = max(1.0, quantity / highest * CHART_HEIGHT)
            bottom -= height
            found.append(
                Bar(
                    x=f"{number * step + 0.2:.2f}%",
                    width=f"{step - 0.4:.2f}%",
                    y=f"{bottom:.1f}",
                    height=f"{height:.1f}",
                    tone=tone,
                    label=f"{timezone.localtime(hour.hour):%H:%M}: {quantity:,} {name}",
                )
            )
    return found
