from django.apps import AppConfig


class DashboardConfig(AppConfig):
    name = "hyperflow.dashboard"
    label = "dashboard"
