"""Who may send, who may look, what they ship."""

import secrets
import uuid
from typing import Any, ClassVar, TypeVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.sessions.base_session import AbstractBaseSession
from django.core.validators import RegexValidator
from django.db import models
from django.urls import reverse
from django.utils import timezone


class Role(models.IntegerChoices):
    """Ordered: a higher role may do all that a lower one may."""

    VIEWER = 10, "Viewer"
    MEMBER = 20, "Member"
    ADMIN = 30, "Admin"


class Theme(models.TextChoices):
    SYSTEM = "", "As the system"
    LIGHT = "light", "Light"
    DARK = "dark", "Dark"


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    @classmethod
    def normalize_email(cls, email: str | None) -> str:
        return (email or "").strip().lower()

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=self.normalize_email(username))


class User(AbstractBaseUser, PermissionsMixin):
    email = models.EmailField(max_length=254, unique=True)  # always in small letters
    name = models.CharField(max_length=100, blank=True)
    is_admin = models.BooleanField("administrates the installation", default=False)
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(default=timezone.now)
    theme = models.CharField(max_length=5, choices=Theme, default=Theme.SYSTEM, blank=True)
    time_zone = models.CharField(max_length=64, blank=True)
    # Set: the account is being deleted (projects.deletion) and shows nowhere.
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def __str__(self) -> str:
        return self.display_name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.email = UserManager.normalize_email(self.email)
        super().save(*args, **kwargs)

    @property
    def display_name(self) -> str:
        return self.name or self.email.partition("@")[0]

    @property
    def initials(self) -> str:
        words = self.display_name.replace(".", " ").replace("-", " ").split()
        return "".join(word[0] for word in words[:2]).upper() or "?"

    def get_full_name(self) -> str:
        return self.display_name

    def get_short_name(self) -> str:
        return self.display_name.split()[0]


T = TypeVar("T", bound=models.Model)


class LiveManager(models.Manager[T]):
    """Without what is being deleted: that shows nowhere any more. `everything` has it, too."""

    def get_queryset(self) -> models.QuerySet[T]:
        return super().get_queryset().filter(deleted_at__isnull=True)


class Team(models.Model):
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=100)
    slug = models.SlugField(max_length=50, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = LiveManager["Team"]()
    everything = models.Manager["Team"]()

    members: "models.ManyToManyField[User, Membership]" = models.ManyToManyField(
        User, through="Membership", related_name="teams"
    )

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    team = models.ForeignKey(Team, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    role = models.SmallIntegerField(choices=Role, default=Role.MEMBER)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "user"], name="membership_unique")]

    def __str__(self) -> str:
        return f"{self.user} in {self.team}"


prefix_validator = RegexValidator(
    r"\A[A-Z][A-Z0-9_-]{0,31}\Z", "Capital letters, digits, - and _; a letter comes first."
)


class Project(models.Model):
    name = models.CharField(max_length=100)
    slug = models.SlugField(max_length=50, unique=True)
    # Issues are called WEB-123; old prefixes stay as aliases.
    prefix = models.CharField(max_length=32, unique=True, validators=[prefix_validator])
    platform = models.CharField(max_length=64, blank=True)
    # What the lines of the SDK set-up name.
    default_environment = models.CharField(
        "environment", max_length=64, blank=True, default="production"
    )
    teams: "models.ManyToManyField[Team, Any]" = models.ManyToManyField(
        Team, related_name="projects"
    )
    created_at = models.DateTimeField(default=timezone.now)
    # Issues are numbered by adding to this under the row's lock.
    last_issue_number = models.PositiveIntegerField(default=0)
    first_event_at = models.DateTimeField(null=True, blank=True)
    store_ip = models.BooleanField("store IP addresses", default=False)

    # What is taken out of events before they are stored. Lists: one entry per line.
    scrub_data = models.BooleanField("hide secrets in events", default=True)
    scrub_extra_names = models.TextField("names whose values are hidden, too", blank=True)
    scrub_safe_names = models.TextField("names whose values are not hidden", blank=True)
    scrub_patterns = models.TextField("own patterns of what is hidden", blank=True)

    # Events that are counted and not kept. Patterns: one per line, `*` and `?` as in file names.
    filter_errors = models.TextField("errors that are not kept", blank=True)
    filter_releases = models.TextField("releases whose events are not kept", blank=True)
    filter_environments = models.TextField("environments whose events are not kept", blank=True)
    filter_browser_extensions = models.BooleanField("drop browser extensions", default=False)
    filter_localhost = models.BooleanField("drop events of localhost", default=False)
    filter_crawlers = models.BooleanField("drop events of web crawlers", default=False)
    filter_health_checks = models.BooleanField("drop health checks", default=False)

    # How events become issues (issues.grouping). Rules: one per line, checked before they are saved.
    grouping_fingerprint_rules = models.TextField("fingerprint rules", blank=True)
    grouping_stack_rules = models.TextField("stack-trace rules", blank=True)
    grouping_generic_types = models.TextField("exception types that say nothing", blank=True)
    # Of issues.grouping.configs.NAMES. The default is for new projects: when there is a newer one, others keep theirs.
    grouping_config = models.CharField("version of grouping", max_length=16, default="g1")
    # Named frames that make a place; 0: all application frames.
    grouping_depth = models.PositiveSmallIntegerField("frames that make a place", default=1)
    # Issues that may differ in nothing but their text, of one place in 7 days; 0: any number.
    grouping_max_texts = models.PositiveIntegerField("issues of one place", default=25)
    # What was in force before: the fields above, and since when it no longer is.
    grouping_previous = models.JSONField(default=dict, blank=True)
    grouping_changed_at = models.DateTimeField(null=True, blank=True)

    # Where the code can be read (projects.source_links).
    repository_url = models.CharField("address of a line", max_length=500, blank=True)
    repository_branch = models.CharField("branch", max_length=100, blank=True)
    repository_paths = models.TextField("paths", blank=True)

    # 0: no limit. Requests for the rates, stored events for the quota.
    rate_per_minute = models.PositiveIntegerField(default=0)
    rate_per_hour = models.PositiveIntegerField(default=0)
    monthly_quota = models.PositiveIntegerField(default=0)

    # What may stay (issues.retention). 0: as the installation says.
    retention_days = models.PositiveIntegerField(default=0, db_default=0)
    retention_kept_days = models.PositiveIntegerField(default=0, db_default=0)
    retention_events = models.PositiveIntegerField(default=0, db_default=0)
    retention_issue_events = models.PositiveIntegerField(default=0, db_default=0)

    # Set: its events are being deleted (projects.deletion); it has no key, no team and another slug by then.
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = LiveManager["Project"]()
    everything = models.Manager["Project"]()

    class Meta:
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("issues:project", args=[self.slug])


class PrefixAlias(models.Model):
    """A prefix that a project had before; its short ids keep working."""

    prefix = models.CharField(max_length=32, unique=True)
    project = models.ForeignKey(Project, models.CASCADE, related_name="prefix_aliases")

    def __str__(self) -> str:
        return self.prefix


def new_public_key() -> str:
    """32 hex digits: JavaScript SDKs accept no dash in a DSN's key (ingest contract, section 2)."""
    return secrets.token_hex(16)


class ProjectKey(models.Model):
    project = models.ForeignKey(Project, models.CASCADE, related_name="keys")
    public_key = models.CharField(max_length=32, unique=True, default=new_public_key)
    label = models.CharField(max_length=100, blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now)
    # Requests; 0: no limit.
    rate_per_minute = models.PositiveIntegerField(default=0)
    rate_per_hour = models.PositiveIntegerField(default=0)
    # To the minute: processes note what was used and write it down together (projects.keys).
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.label or self.public_key


class MonthCount(models.Model):
    """How many events of a project were stored in a month of UTC; month: its first day. For the quota."""

    project_id = models.BigIntegerField()
    month = models.DateField()
    events = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project_id", "month"], name="month_count_unique")
        ]

    def __str__(self) -> str:
        return f"{self.events} in {self.month:%Y-%m}"


class Release(models.Model):
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, models.CASCADE, related_name="releases")
    version = models.CharField(max_length=250)
    created_at = models.DateTimeField(default=timezone.now)
    # What a build says of it (projects.shipping).
    released_at = models.DateTimeField(null=True, blank=True)
    url = models.CharField(max_length=500, blank=True, default="")
    ref = models.CharField(max_length=250, blank=True, default="")
    is_archived = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "version"], name="release_unique")
        ]

    def __str__(self) -> str:
        return self.version


class Commit(models.Model):
    """What went into a release. position: 0 is the newest."""

    release = models.ForeignKey(Release, models.CASCADE, related_name="commits")
    position = models.PositiveIntegerField()
    sha = models.CharField(max_length=64)
    message = models.TextField(blank=True)
    author_name = models.CharField(max_length=128, blank=True)
    author_email = models.CharField(max_length=254, blank=True)
    repository = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["release", "position"], name="commit_unique")
        ]

    def __str__(self) -> str:
        return self.sha[:12]


class Deploy(models.Model):
    """A release went somewhere."""

    release = models.ForeignKey(Release, models.CASCADE, related_name="deploys")
    environment = models.CharField(max_length=64)
    name = models.CharField(max_length=200, blank=True)
    url = models.CharField(max_length=500, blank=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.environment} at {self.finished_at:%Y-%m-%d %H:%M}"


class Environment(models.Model):
    project = models.ForeignKey(Project, models.CASCADE, related_name="environments")
    name = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "name"], name="environment_unique")
        ]

    def __str__(self) -> str:
        return self.name


class Invitation(models.Model):
    """Somebody is asked into a team (projects.invitations). Once used it is deleted, like one that was revoked."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="invitations")
    role = models.SmallIntegerField(choices=Role, default=Role.MEMBER)
    email = models.EmailField(max_length=254, blank=True)  # small letters; "": whoever has the link
    token_hash = models.CharField(max_length=64, unique=True)  # SHA-256 of the link's token, hex
    # It counts as long as this person may ask people in.
    invited_by = models.ForeignKey(User, models.CASCADE, related_name="+", db_index=False)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.email or 'a link'} to {self.team}"


class Deletion(models.Model):
    """That a project, team or user is being deleted, how far that is, and afterwards that it was.

    step: index in the list of tables. rows: deleted so far. found: those of the pass under way, a pass without any is
    the last. finished_at: nothing was left. swept_at: what stragglers of the spool wrote since is gone, too.
    """

    class Kind(models.TextChoices):
        PROJECT = "project"
        TEAM = "team"
        USER = "user"

    kind = models.CharField(max_length=7, choices=Kind)
    target_id = models.BigIntegerField()
    name = models.CharField(max_length=254)
    requested_by = models.ForeignKey(
        User, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    requested_at = models.DateTimeField()
    step = models.PositiveSmallIntegerField(default=0)
    steps = models.PositiveSmallIntegerField(default=0)
    table = models.CharField(max_length=100, blank=True)
    cursor = models.BigIntegerField(
        default=0
    )  # primary key, of tables that are gone through as a whole
    rows = models.BigIntegerField(default=0)
    found = models.BigIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)
    swept_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "target_id"], name="deletion_unique")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


class ServerProcess(models.Model):
    """A process of the product, on whatever machine, as it said of itself a moment ago.

    name: of its machine, its id and a random word. spool_*: of its data directory. oldest_at: since when the record
    waits that has waited longest there. disk_*: bytes of the disk that the data directory is on.
    """

    name = models.CharField(max_length=120, primary_key=True)
    host = models.CharField(max_length=64)
    pid = models.BigIntegerField()
    version = models.CharField(max_length=32)
    digests = models.BooleanField()
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    spool_records = models.BigIntegerField(default=0)
    spool_bytes = models.BigIntegerField(default=0)
    oldest_at = models.DateTimeField(null=True)
    disk_total = models.BigIntegerField(default=0)
    disk_free = models.BigIntegerField(default=0)

    class Meta:
        verbose_name_plural = "server processes"

    def __str__(self) -> str:
        return self.name


class Trouble(models.Model):
    """What the administrators are told, as long as it lasts. subject: which machine or project, "" for all of it."""

    class Kind(models.TextChoices):
        LAG = "lag", "Events wait"
        DISK = "disk", "The disk is filling"
        SPACE = "space", "The database is at its limit"
        QUOTA = "quota", "A quota is used up"
        MAIL = "mail", "Mail fails"

    kind = models.CharField(max_length=8, choices=Kind)
    subject = models.CharField(max_length=120, blank=True)
    words = models.CharField(max_length=500)
    since = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "subject"], name="trouble_unique")]

    def __str__(self) -> str:
        return self.words


class TroubleMail(models.Model):
    """That the administrators were written to about a kind of trouble on a day of UTC: whoever inserts it does it."""

    kind = models.CharField(max_length=8)
    day = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "day"], name="trouble_mail_unique")]

    def __str__(self) -> str:
        return f"{self.kind} on {self.day}"


class Session(AbstractBaseSession):
    """A sign-in. Whose it is stands beside the packed data, so that people can see and end theirs."""

    user = models.ForeignKey(
        User, models.CASCADE, null=True, related_name="sessions", db_constraint=False
    )

    class Meta(AbstractBaseSession.Meta):
        abstract = False

    @classmethod
    def get_session_store_class(cls) -> Any:
        from projects.sessions import SessionStore

        return SessionStore
