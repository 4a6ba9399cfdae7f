from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "api"

    def ready(self) -> None:
        from api import bundles
        from projects import deletion

        deletion.register_finish(bundles.remove_orphans)
