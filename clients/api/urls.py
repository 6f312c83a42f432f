"""The paths below `/api/client/` that this app answers; those of tasks are the task app's."""

from clients.api import views
from hyperflow.core.api.routes import route

client_urlpatterns = [
    route("clients", views.ClientViewSet, get="list", post="create"),
    route("clients/<id:pk>", views.ClientViewSet, get="retrieve", put="update"),
    route("clients/<id:pk>/reports/performance", views.ClientViewSet, get="performance"),
    route("clients/<id:pk>/contacts", views.ContactViewSet, get="list", post="create"),
    route("contacts/<id:pk>", views.ContactViewSet, get="retrieve", put="update", delete="destroy"),
    route("clients/<id:pk>/brands", views.BrandViewSet, get="list", post="create"),
    route("brands/<id:pk>", views.BrandViewSet, get="retrieve", put="update", delete="destroy"),
    route("clients/<id:pk>/communications", views.CommunicationViewSet, get="list", post="create"),
    route("communications/<id:pk>", views.CommunicationViewSet, get="retrieve"),
    route("clients/<id:pk>/portal-users", views.PortalUserViewSet, get="list", post="create"),
    route("clients/<id:pk>/portal-users/<id:user_id>", views.PortalUserViewSet, get="retrieve", delete="destroy"),
    route("projects", views.ProjectViewSet, get="list", post="create"),
    route("projects/<id:pk>", views.ProjectViewSet, get="retrieve", put="update"),
    route("projects/<id:pk>/members", views.MemberViewSet, get="list", post="create"),
    route("projects/<id:pk>/members/<id:user_id>", views.MemberViewSet, get="retrieve", delete="destroy"),
]
