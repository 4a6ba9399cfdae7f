from django.apps import AppConfig
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


class AlertsConfig(AppConfig):
    name = "alerts"

    def ready(self) -> None:
        from alerts.egress import allowed

        try:
            allowed(settings.ALERT_ALLOW)
        except ValueError as error:
            raise ImproperlyConfigured(f"ALERT_ALLOW cannot be used: {error}.") from error
