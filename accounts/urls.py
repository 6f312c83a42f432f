"""Pages for who is not signed in."""

from django.urls import path

from accounts.pages import ForgotPasswordPage, ResetPasswordPage, VerifyEmailPage

urlpatterns = [
    path("forgot-password", ForgotPasswordPage.as_view(), name="forgot-password"),
    # The name by which the sign-in page of the admin leads here.
    path("forgot-password", ForgotPasswordPage.as_view(), name="admin_password_reset"),
    path("reset-password", ResetPasswordPage.as_view(), name="reset-password"),
    path("verify-email", VerifyEmailPage.as_view(), name="verify-email"),
]
