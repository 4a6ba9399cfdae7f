from django.apps import AppConfig
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


class IssuesConfig(AppConfig):
    name = "issues"

    def ready(self) -> None:
        from issues import holdings
        from issues.limits import limits_from

        holdings.register()

        try:
            limits_from(settings.TRIM)
        except ValueError as error:
            raise ImproperlyConfigured(f"TRIM cannot be used: {error}.") from error
