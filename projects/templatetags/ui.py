"""The parts that every page is made of: icons, levels, people, times and numbers."""

from datetime import datetime
from functools import lru_cache
from typing import Any

from django import template
from django.forms import BoundField
from django.templatetags.static import static
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from projects.models import User

register = template.Library()

_STEPS = (
    (60, 1, "s"),
    (3_600, 60, "min"),
    (86_400, 3_600, "h"),
    (30 * 86_400, 86_400, "d"),
    (365 * 86_400, 30 * 86_400, "mo"),
)

NOBODY = '<span class="avatar avatar-none" role="img" aria-label="Not assigned" title="Not assigned"></span>'


# A page holds a hundred icons of two dozen kinds; names come from templates and closed lists.
@register.simple_tag
@lru_cache(maxsize=256)
def icon(name: str, kind: str = "") -> SafeString:
    return format_html(
        '<svg class="icon{}" aria-hidden="true"><use href="{}#{}"/></svg>',
        f" {kind}" if kind else "",
        static("icons/icons.svg"),
        name,
    )


@register.simple_tag
@lru_cache(maxsize=8)
def level(name: str) -> SafeString:
    return format_html(
        '<svg class="icon level level-{0}" role="img" aria-label="{0}"><use href="{1}#level-{0}"/></svg>',
        name,
        static("icons/icons.svg"),
    )


@register.simple_tag
def avatar(user: User | None, hidden: bool = False) -> SafeString:
    """hidden: the name stands beside it."""
    if user is None:
        return mark_safe(NOBODY)
    if hidden:
        return format_html(
            '<span class="avatar avatar-{}" aria-hidden="true">{}</span>',
            user.pk % 4 + 1,
            user.initials,
        )
    return format_html(
        '<span class="avatar avatar-{}" role="img" aria-label="{}" title="{}">{}</span>',
        user.pk % 4 + 1,
        user.display_name,
        user.display_name,
        user.initials,
    )


def relative(seconds: float) -> str:
    """38 s, 4 min, 3 h, 19 d, 2 mo, 1 y."""
    for limit, unit, name in _STEPS:
        if seconds < limit:
            return f"{int(seconds // unit)} {name}"
    return f"{int(seconds // (365 * 86_400))} y"


def absolute(at: datetime) -> str:
    local = timezone.localtime(at)
    return f"{date_format(local, 'j M Y, H:i:s')} {local.tzname()}"


@register.simple_tag
def when(at: datetime | None, ago: str = "") -> SafeString:
    """A time, relative, with the absolute one on hover. ago: the word behind a past one."""
    if at is None:
        return mark_safe('<span class="faint">–</span>')
    seconds = (timezone.now() - at).total_seconds()
    words = relative(abs(seconds))
    if seconds < -1:
        words = f"in {words}"
    elif ago:
        words = f"{words} {ago}"
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', at.isoformat(), absolute(at), words
    )


@register.simple_tag
def number(value: int | None) -> SafeString | str:
    """Up to 9,999 as it is; above that short, with the exact figure in the title."""
    if value is None:
        return "–"
    if value < 10_000:
        return f"{value:,}"
    return format_html('<span title="{}">{}</span>', f"{value:,}", short(value))


def short(value: int) -> str:
    """12.4k, 184k, 1.2M."""
    for size, name in ((1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k")):
        if value >= size:
            scaled = value / size
            return f"{scaled:.1f}{name}" if scaled < 100 else f"{scaled:.0f}{name}"
    return str(value)


@register.filter
def percent(fraction: float) -> str:
    return f"{fraction * 100:.0f} %" if fraction >= 0.0995 else f"{fraction * 100:.1f} %"


@register.inclusion_tag("components/field.html")
def field(bound: BoundField, help: str = "") -> dict[str, Any]:
    """A form's field with its label, its mistakes and its help."""
    return {"field": bound, "help": help or bound.help_text}
