from django.apps import AppConfig
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


class BugsinkLiteConfig(AppConfig):
    name = "bugsink_lite"
    verbose_name = "Bugsink Lite"

    def ready(self) -> None:
        from bugsink_lite import telemetry

        try:
            telemetry.start(settings.SENTRY_DSN, release=settings.VERSION)
        except ValueError as error:
            raise ImproperlyConfigured(f"SENTRY_DSN cannot be read: {error}.") from error
