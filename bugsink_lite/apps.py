from django.apps import AppConfig


class BugsinkLiteConfig(AppConfig):
    name = "bugsink_lite"
    verbose_name = "Bugsink Lite"
