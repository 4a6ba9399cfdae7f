import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from issues import tombstones
from issues.models import Issue, RegroupRun, RegroupState
from issues.options import completed, described
from issues.regroup import apply, decisions
from issues.regroup.journal import What
from projects.models import Project


class Command(BaseCommand):
    help = "Group stored events again. Stopped, the same command goes on where it was."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--project", help="only this project's, by its slug")
        parser.add_argument("--days", type=int, help="only events of the last days")
        parser.add_argument("--config", default="g1", help="the grouping configuration")
        parser.add_argument(
            "--split", action="store_true", help="let issues fall apart, not only come together"
        )
        parser.add_argument("--dry-run", action="store_true", help="say what would move")
        parser.add_argument("--undo", type=int, metavar="RUN", help="take the moves of a run back")

    def handle(self, *args: Any, undo: int | None, **options: Any) -> None:
        if undo is not None:
            self._undo(undo)
            return
        projects = Project.objects.all()
        if options["project"]:
            projects = projects.filter(slug=options["project"])
            if not projects:
                raise CommandError(f"There is no project {options['project']}.")
        for project in projects.order_by("pk"):
            try:
                run = self._run(project, options)
            except ValueError as error:
                raise CommandError(str(error)) from error
            self._work(run, f"{project.slug}, run {run.pk}: looking")
            self._report(run)
            if options["dry_run"]:
                decisions.drop(run, by=None, now=timezone.now())
            elif run.state == RegroupState.APPLYING or self._apply(run):
                self._work(run, f"{project.slug}, run {run.pk}: moving")
                self.stdout.write(f"{project.slug}: moved {run.moved:,} events.")

    def _run(self, project: Project, options: dict[str, Any]) -> RegroupRun:
        """The one that was stopped, else a new one."""
        candidate = completed(described(project) | {"config": options["config"]})
        stopped = RegroupRun.objects.filter(
            project_id=project.pk,
            is_splitting=options["split"],
            in_background=False,
            state__in=(RegroupState.PLANNING, RegroupState.PLANNED, RegroupState.APPLYING),
        )
        found = next((r for r in stopped.order_by("-pk") if r.candidate == candidate), None)
        if found is not None:
            self.stdout.write(f"{project.slug}: going on with run {found.pk}.")
            return found
        return decisions.start(
            project,
            candidate,
            by=None,
            now=timezone.now(),
            days=options["days"],
            is_splitting=options["split"],
            in_background=False,
        )

    def _apply(self, run: RegroupRun) -> bool:
        return decisions.apply(run, by=None, now=timezone.now())

    def _undo(self, pk: int) -> None:
        run = RegroupRun.objects.filter(pk=pk).first()
        if run is None or not (
            run.state == RegroupState.UNDOING or decisions.undo(run, by=None, now=timezone.now())
        ):
            raise CommandError(f"There is no applied run {pk}.")
        if run.adopted_at is not None:
            returned = run.steps.filter(what=What.RETURNED).exists()
            words = (
                "the rules before it are given back"
                if returned
                else "the rules stay as they are, they were changed in between"
            )
            self.stdout.write(f"run {pk}: {words}.")
        self._work(run, f"run {pk}: undoing")
        for late in RegroupRun.objects.filter(follows=run).order_by("pk"):
            while late.state in apply.AT_WORK:  # looking, then moving
                self._work(late, f"run {late.pk}: what came meanwhile")
            self.stdout.write(f"run {late.pk}: moved {late.moved:,} events that came meanwhile.")

    def _work(self, run: RegroupRun, words: str) -> None:
        state = run.state
        if state not in apply.AT_WORK:
            return
        last = -1
        while run.state == state:
            before = run.looked_at
            apply.step(run, timezone.now())
            if run.looked_at == before and apply.is_too_soon(run, timezone.now()):
                time.sleep(0.2)
            percent = run.looked_at * 100 // max(run.to_look_at, 1)
            if percent // 10 != last:
                last = percent // 10
                self.stdout.write(f"{words}, {min(percent, 100)} %")

    def _report(self, run: RegroupRun) -> None:
        found = apply.plan_of(run)
        self.stdout.write(
            f"{found.events:,} events: {found.rehashed:,} get another hash, {found.moved:,} another issue; "
            f"{len(found.splits)} issues split, {len(found.merges)} merge."
        )
        pks = {split.issue for split in found.splits} | {
            pk for merge in found.merges for pk, _ in merge.sources
        }
        rows = Issue.objects.select_related("project").filter(pk__in=pks)
        names = {issue.pk: issue.short_id for issue in rows}

        def name(pk: int | None) -> str:
            if pk is None:
                return "a new issue"
            return names.get(pk) or names.get(tombstones.place_of(pk), f"issue {pk}")

        for split in found.splits[:20]:
            parts = ", ".join(f"{part.events:,} to {name(part.target)}" for part in split.parts)
            self.stdout.write(f"  {name(split.issue)} splits: {parts}")
        for merge in found.merges[:20]:
            sources = ", ".join(f"{events:,} of {name(pk)}" for pk, events in merge.sources)
            self.stdout.write(f"  {name(merge.target)} gets {sources}")
