from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class DashboardConfig(AppConfig):
    name = "hyperflow.dashboard"
    label = "dashboard"
    default = True


class AdminSiteConfig(admin_apps.AdminConfig):
    """Django's admin on our own site."""

    default = False
    default_site = "hyperflow.dashboard.site.Site"
