"""How mail leaves this installation: the settings without their secret, a test, and errors in words."""

import smtplib
import socket
import ssl
from dataclasses import dataclass

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

TEST = """This is a test of the mail settings of {organization} at {url}.
If you read it, they work.
"""


@dataclass(frozen=True, slots=True)
class MailSettings:
    """What EMAIL_URL says, without the password."""

    host: str
    port: int
    user: str
    has_password: bool
    encryption: str
    sender: str
    timeout: int  # seconds


def mail_settings() -> MailSettings | None:
    """None: no mail is sent."""
    if not settings.EMAIL_URL:
        return None
    encryption = "none"
    if settings.EMAIL_USE_TLS:
        encryption = "STARTTLS"
    elif settings.EMAIL_USE_SSL:
        encryption = "TLS"
    return MailSettings(
        host=settings.EMAIL_HOST or "",
        port=settings.EMAIL_PORT or 25,
        user=settings.EMAIL_HOST_USER or "",
        has_password=bool(settings.EMAIL_HOST_PASSWORD),
        encryption=encryption,
        sender=settings.DEFAULT_FROM_EMAIL,
        timeout=settings.EMAIL_TIMEOUT,
    )


def send_test(to: str) -> str:
    """What went wrong, in words; "" if the server took the mail."""
    text = TEST.format(organization=settings.ORGANIZATION_NAME, url=settings.BASE_URL)
    subject = " ".join(f"Test of {settings.ORGANIZATION_NAME}".split())
    try:
        EmailMessage(subject, text, None, [to], connection=get_connection()).send()
    except Exception as error:  # of sockets, TLS, SMTP and the mail's own encoding
        return in_words(error)
    return ""


def in_words(error: Exception) -> str:
    """For the person who set EMAIL_URL: what was tried, what came back, what to look at."""
    host = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
    match error:
        case smtplib.SMTPAuthenticationError():
            words = "The server refused user name or password"
        case smtplib.SMTPRecipientsRefused():
            words = "The server refused the recipient"
        case smtplib.SMTPSenderRefused():
            words = f"The server refused the sender {settings.DEFAULT_FROM_EMAIL}; see DEFAULT_FROM_EMAIL"
        case smtplib.SMTPNotSupportedError():
            words = "The server does not offer what EMAIL_URL asks for (STARTTLS or a login)"
        case smtplib.SMTPServerDisconnected():
            words = f"{host} hung up; smtp+ssl:// is for port 465, smtp+tls:// for port 587"
        case ssl.SSLCertVerificationError():
            words = f"The certificate of {host} is not trusted"
        case ssl.SSLError():
            words = f"No TLS with {host}; smtp+ssl:// is for port 465, smtp+tls:// for port 587"
        case socket.gaierror():
            words = f"There is no host {settings.EMAIL_HOST}"
        case TimeoutError():
            words = f"{host} did not answer within {settings.EMAIL_TIMEOUT} seconds; a firewall may block the port"
        case ConnectionRefusedError():
            words = f"Nothing listens at {host}"
        case OSError():
            words = f"{host} cannot be reached"
        case _:
            words = "The mail could not be sent"
    return f"{words}. ({_answer(error)})"


def _answer(error: Exception) -> str:
    """What the other side said, in one line."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = [f"{code} {_text(said)}" for code, said in error.recipients.values()]
        said = "; ".join(codes)
    elif isinstance(error, smtplib.SMTPResponseException):
        said = f"{error.smtp_code} {_text(error.smtp_error)}"
    else:
        said = str(error)
    said = " ".join(said.split())[:300]
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


def _text(said: bytes | str) -> str:
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else said
