"""A large database in a minute: rows like those that are there, multiplied by SQL on the server.

The project has some events already. The new ones are spread over 90 days, its users and its issues, a few of which get
most of them; everything that the digest counts is counted. Payloads are short, so that a million of them fit the disk.

Done in a process of its own (bench.inside), since its caches are large.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from django.db import connection, models
from django.db.models import Min

from issues import identity
from issues.models import (
    Event,
    EventPayload,
    GroupHash,
    HourCount,
    Issue,
    IssueFamily,
    IssueTag,
    IssueText,
    UserSeen,
)
from projects.models import Environment, MonthCount, Project, Release

USERS = 2_000
SECONDS = 90 * 86_400  # over which events are spread
PAYLOAD = 100  # bytes

# What the two databases say differently. n: the number of the row.
_SQLITE = {
    "series": "WITH RECURSIVE series(n) AS (SELECT {low} UNION ALL SELECT n + 1 FROM series WHERE n < {high})",
    "uuid": "lower(hex(randomblob(16)))",
    "hex": "lower(hex(randomblob(16)))",
    "ago": "strftime('%Y-%m-%d %H:%M:%f', 'now', '-' || ({seconds}) || ' seconds') || '000'",
    "hour": "strftime('%Y-%m-%d %H:00:00', received_at)",
    "whole": "CAST({number} AS integer)",
    "bytes": f"randomblob({PAYLOAD})",
}
_POSTGRESQL = {
    "series": "WITH series(n) AS (SELECT generate_series({low}::bigint, {high}::bigint))",
    "uuid": "gen_random_uuid()",
    "hex": "replace(gen_random_uuid()::text, '-', '')",
    "ago": "now() - ({seconds}) * interval '1 second'",
    "hour": "date_trunc('hour', received_at)",
    "whole": "trunc({number})::bigint",
    "bytes": f"decode(repeat(md5(n::text), {PAYLOAD // 16}), 'hex')",
}


class Filler:
    """For one project. total: of its events, those of earlier fillings."""

    def __init__(self, project_id: int, total: int) -> None:
        self._project = project_id
        self._say = _SQLITE if connection.vendor == "sqlite" else _POSTGRESQL
        self._issues = 0
        self._total = total

    def fill(self, *, events: int, issues: int) -> None:
        """Until there are so many, of this filling and earlier ones."""
        with _in_a_hurry():
            self._fill_issues(issues)
            self._fill_events(events)

    def _fill_issues(self, issues: int) -> None:
        missing = issues - Issue.objects.filter(project_id=self._project).count()
        if missing > 0:
            project = Project.objects.get(pk=self._project)
            first = Issue.objects.filter(project_id=self._project).earliest("pk").pk
            last = Issue.objects.latest("pk").pk
            number = project.last_issue_number
            changes = {"uuid": self._say["uuid"], "number": f"{number} + n", "id": f"{last} + n"}
            self._copy(Issue, first, missing, changes)
            self._reset(Issue)
            project.last_issue_number = number + missing
            project.save(update_fields=["last_issue_number"])
            of_issue = {"issue_id": f"{last} + n"}
            self._copy(IssueText, first, missing, of_issue)
            self._copy(IssueFamily, first, missing, {**of_issue, "family": self._say["hex"]})
            decisive = GroupHash.objects.filter(issue_id=first).earliest("pk").pk
            newest = GroupHash.objects.latest("pk").pk
            changes = {**of_issue, "hash": self._say["hex"], "id": f"{newest} + n"}
            self._copy(GroupHash, decisive, missing, changes)
            self._reset(GroupHash)
            tags = IssueTag.objects.filter(grouphash_id=decisive).exclude(key="user")
            for pk in list(tags.values_list("pk", flat=True)):
                self._copy(IssueTag, pk, missing, {"grouphash_id": f"{newest} + n"})
        self._name_hashes()

    def _name_hashes(self) -> None:
        """Temporary tables: number -> the hash that decides, and its issue; number -> user."""
        self._run("DROP TABLE IF EXISTS bench_place")
        self._run(
            "CREATE TEMPORARY TABLE bench_place "
            "(place integer PRIMARY KEY, grouphash_id bigint, issue_id bigint)"
        )
        self._run(
            "INSERT INTO bench_place SELECT row_number() OVER (ORDER BY min(id)) - 1, min(id), issue_id "
            f"FROM {_table(GroupHash)} WHERE project_id = {self._project} GROUP BY issue_id"
        )
        self._issues = self._number("SELECT count(*) FROM bench_place")
        self._run("DROP TABLE IF EXISTS bench_user")
        self._run("CREATE TEMPORARY TABLE bench_user (number integer PRIMARY KEY, hash bigint)")
        rows = ", ".join(f"({n}, {identity.user_hash(f'id:{n}')})" for n in range(USERS))
        self._run(f"INSERT INTO bench_user VALUES {rows}")

    def _fill_events(self, events: int) -> None:
        missing = events - self._total
        if missing <= 0:
            return
        mark = Event.objects.latest("pk").pk
        template = Event.objects.filter(project_id=self._project).earliest("pk").pk
        release, environment = (
            model._default_manager.filter(project_id=self._project).aggregate(pk=Min("pk"))["pk"]
            for model in (Release, Environment)
        )
        releases = Release.objects.filter(project_id=self._project).count()
        # The fourth power of what is as good as random: the first of ten thousand issues gets a tenth of the events.
        u = "((n * 7919) % 1000003) / 1000003.0"
        place = self._say["whole"].format(number=f"({u}) * ({u}) * ({u}) * ({u}) * {self._issues}")
        ago = self._say["ago"].format(seconds=f"60 + (n * 613) % {SECONDS}")
        self._copy(
            Event,
            template,
            missing,
            {
                "id": f"{mark} + n",
                "event_id": self._say["uuid"],
                "trace_id": self._say["uuid"],
                "api_request_id": self._say["hex"],
                "issue_id": "bench_place.issue_id",
                "grouphash_id": "bench_place.grouphash_id",
                "received_at": ago,
                "timestamp": ago,
                "digested_at": ago,
                "release_id": f"{release} + n % {releases}",
                "environment_id": f"{environment}",
                "user_hash": "bench_user.hash",
            },
            "CROSS JOIN bench_place CROSS JOIN bench_user "
            f"WHERE bench_place.place = {place} AND bench_user.number = (n * 31) % {USERS}",
        )
        self._reset(Event)
        self._copy(
            EventPayload,
            template,
            missing,
            {"id": f"{mark} + n", "size": f"{PAYLOAD}", "data": self._say["bytes"]},
        )
        self._count(mark)
        MonthCount.objects.filter(project_id=self._project).update(
            events=models.F("events") + missing
        )

    def _count(self, mark: int) -> None:
        """What the digest would have counted of the events behind the mark."""
        new = f"FROM {_table(Event)} WHERE id > {mark}"
        place = "project_id, grouphash_id, coalesce(environment_id, 0)"
        self._run(
            f"INSERT INTO {_table(HourCount)} (project_id, grouphash_id, environment_id, hour, count) "
            f"SELECT {place}, {self._say['hour']}, count(*) {new} GROUP BY 1, 2, 3, 4 "
            f"ON CONFLICT (project_id, grouphash_id, environment_id, hour) DO UPDATE SET count = "
            f"{_table(HourCount)}.count + excluded.count"
        )
        times = "count(*), min(received_at), max(received_at)"
        self._run(
            f"INSERT INTO {_table(UserSeen)} "
            "(project_id, grouphash_id, environment_id, user_hash, count, first_seen, last_seen) "
            f"SELECT {place}, user_hash, {times} {new} GROUP BY 1, 2, 3, 4 "
            "ON CONFLICT (project_id, grouphash_id, user_hash, environment_id) DO UPDATE SET count = "
            f"{_table(UserSeen)}.count + excluded.count"
        )
        self._run(
            f"INSERT INTO {_table(IssueTag)} "
            "(project_id, grouphash_id, key, value, count, first_seen, last_seen) "
            f"SELECT project_id, grouphash_id, 'user', 'id:' || bench_user.number, {times} FROM {_table(Event)} "
            f"JOIN bench_user ON bench_user.hash = user_hash WHERE id > {mark} GROUP BY 1, 2, 4 "
            "ON CONFLICT (project_id, grouphash_id, key, value) DO UPDATE SET count = "
            f"{_table(IssueTag)}.count + excluded.count"
        )

    def _copy(
        self,
        model: type[models.Model],
        template: int,
        count: int,
        changes: Mapping[str, str],
        joins: str = "",
    ) -> None:
        """count rows like the one with the primary key `template`, but for some columns. changes: SQL of n, from 1."""
        key = model._meta.pk
        columns = [str(field.column) for field in model._meta.concrete_fields]
        if isinstance(key, models.AutoField) and key.column not in changes:
            columns.remove(str(key.column))
        table = _table(model)
        values = [changes.get(column, f'{table}."{column}"') for column in columns]
        series = self._say["series"].format(low=1, high=count)
        self._run(
            f"INSERT INTO {table} ({', '.join(map(_quoted, columns))}) {series} SELECT {', '.join(values)} "
            # CROSS JOIN: SQLite joins in this order, where it would guess that a series is short.
            f"FROM series CROSS JOIN {table} {joins} {'AND' if joins else 'WHERE'} "
            f"{table}.{_quoted(str(key.column))} = {template}"
        )

    def _reset(self, model: type[models.Model]) -> None:
        """The next key follows on those that were given here; SQLite sees to it by itself."""
        if connection.vendor == "postgresql":
            self._run(
                f"SELECT setval(pg_get_serial_sequence('{_table(model)}', 'id'), (SELECT max(id) FROM {_table(model)}))"
            )

    def _run(self, statement: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement)

    def _number(self, statement: str) -> int:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return int(cursor.fetchone()[0])


def _table(model: type[models.Model]) -> str:
    return model._meta.db_table


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)


@contextmanager
def _in_a_hurry() -> Iterator[None]:
    """Without care for power cuts while filling; then as it is in earnest, with all of it written down."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET synchronous_commit = off")
            cursor.execute("SET work_mem = '256MB'")
            yield
            cursor.execute("VACUUM ANALYZE")
            cursor.execute("CHECKPOINT")
            cursor.execute("RESET synchronous_commit")
            cursor.execute("RESET work_mem")
            return
        names = ("synchronous", "cache_size")
        kept = [(name, cursor.execute(f"PRAGMA {name}").fetchone()[0]) for name in names]
        for setting in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-600000"):
            cursor.execute(f"PRAGMA {setting}")
        yield
        cursor.execute("PRAGMA journal_mode=WAL")
        for name, value in kept:
            cursor.execute(f"PRAGMA {name}={value}")


def main(arguments: Sequence[str]) -> None:
    """The project; events of earlier fillings; how many events and issues there are to be."""
    project_id, total, events, issues = map(int, arguments)
    Filler(project_id, total).fill(events=events, issues=issues)
