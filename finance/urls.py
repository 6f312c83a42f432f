"""Pages for clients, who do not sign in: what a link in a mail shows."""

from django.urls import path

from finance import pages

urlpatterns = [
    path("i/<str:token>/", pages.invoice, name="client-invoice"),
    path("i/<str:token>/pdf", pages.invoice_pdf, name="client-invoice-pdf"),
]
