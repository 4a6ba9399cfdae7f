from django.urls import path

from alerts import views

app_name = "alerts"
urlpatterns = [path("account/alerts/", views.mail, name="mail")]
