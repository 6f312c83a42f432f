"""The paths of accounts; `hyperflow.api_urls` says where they stand."""

from accounts.api.views import AuthViewSet, NotificationViewSet
from hyperflow.core.api.routes import route

auth_urlpatterns = [
    route("register", AuthViewSet, post="register"),
    route("token", AuthViewSet, post="token"),
    route("refresh", AuthViewSet, post="refresh"),
    route("logout", AuthViewSet, post="logout"),
    route("users/<id:pk>", AuthViewSet, get="retrieve"),
    route("me", AuthViewSet, get="me", put="change_me"),
    route("change-password", AuthViewSet, post="change_password"),
    route("forgot-password", AuthViewSet, post="forgot_password"),
    route("reset-password", AuthViewSet, post="reset_password"),
    route("verify-email", AuthViewSet, post="verify_email"),
]

notification_urlpatterns = [
    route("notifications", NotificationViewSet, get="list"),
    route("notifications/unread-count", NotificationViewSet, get="unread_count"),
    route("notifications/read", NotificationViewSet, post="read"),
    route("notifications/read-all", NotificationViewSet, post="read_all"),
]
