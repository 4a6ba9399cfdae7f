from django.apps import AppConfig


class IngestConfig(AppConfig):
    name = "ingest"

    def ready(self) -> None:
        from ingest.pages import refusal_notices
        from projects import notices

        notices.register(refusal_notices)
