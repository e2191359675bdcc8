from django.apps import AppConfig


class ProjectConfig(AppConfig):
    name = "sourcier.project"
    label = "project"
