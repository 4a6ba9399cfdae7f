"""People's comments as HTML: a small, strict part of Markdown. Pure.

Known are paragraphs, `code` and ``` blocks, **bold**, *italic*, lists, quotes, [links](https://...) and bare addresses.
Everything else is text. No HTML passes through: each piece of the text is escaped on its own and put between tags that
are written here, and a link has http or https or is none. The cost grows with the length of the text.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from html import escape

_REACH = 300  # characters from a mark to its end; keeps hostile texts cheap
_INLINE = re.compile(
    rf"(?P<tick>(?<!`)`{{1,2}}(?!`))(?P<code>.{{1,{_REACH}}}?)(?<!`)(?P=tick)(?!`)"
    rf"|\[(?P<label>[^\[\]]{{1,{_REACH}}})\]\((?P<target>https?://[^\s()<>]{{1,1000}})\)"
    r"|(?P<bare>https?://[^\s<>\"'`]{1,1000})"
    rf"|\*\*(?=\S)(?P<bold>.{{1,{_REACH}}}?)(?<=\S)\*\*"
    rf"|(?<![\w*])\*(?=[^\s*])(?P<star>[^*]{{1,{_REACH}}}?)(?<=\S)\*(?![\w*])"
    rf"|(?<![\w_])_(?=[^\s_])(?P<line>[^_]{{1,{_REACH}}}?)(?<=\S)_(?![\w_])"
    r"|(?<![\w@./+-])(?P<mention>@[\w.+-]{1,100}(?:@[\w.-]{1,100})?)"
)
_FENCE = re.compile(r"\s{0,3}(`{3,})[^`]*")
_ITEM = re.compile(r"\s{0,12}(?:[-*+]|(?P<number>\d{1,6})[.)])\s+(?P<text>.*)")
_QUOTE = re.compile(r"\s{0,3}>\s?(?P<text>.*)")
_TRAILING = ".,;:!?)]}"


@lru_cache(maxsize=512)
def to_html(text: str) -> str:
    return "".join(_blocks(text.expandtabs(4).split("\n")))


def _blocks(lines: list[str], depth: int = 0) -> Iterator[str]:
    at = 0
    while at < len(lines):
        if not lines[at].strip():
            at += 1
            continue
        if (fence := _FENCE.fullmatch(lines[at])) is not None:
            end = at + 1
            while end < len(lines) and not lines[end].strip().startswith(fence[1]):
                end += 1
            code = escape("\n".join(lines[at + 1 : end]))
            yield f"<pre><code>{code}</code></pre>"
            at = end + 1
            continue
        start, kind = at, _kind(lines[at])
        at += 1
        # Lines without a mark of their own go on with what came before.
        while at < len(lines) and lines[at].strip() and _kind(lines[at]) in (kind, "p"):
            at += 1
        yield _block(kind, lines[start:at], depth)


def _kind(text: str) -> str:
    if _FENCE.fullmatch(text):
        return "fence"
    if _QUOTE.fullmatch(text):
        return "blockquote"
    item = _ITEM.fullmatch(text)
    if item is None:
        return "p"
    return "ol" if item["number"] else "ul"


def _block(kind: str, lines: list[str], depth: int) -> str:
    if kind == "blockquote" and depth < 3:
        inner = [found["text"] if (found := _QUOTE.fullmatch(each)) else each for each in lines]
        return f"<blockquote>{''.join(_blocks(inner, depth + 1))}</blockquote>"
    if kind in ("ul", "ol"):
        items: list[str] = []
        for each in lines:
            found = _ITEM.fullmatch(each)
            if found is not None:
                items.append(found["text"])
            else:
                items[-1] += f"\n{each.strip()}"
        return f"<{kind}>{''.join(f'<li>{_inline(item)}</li>' for item in items)}</{kind}>"
    text = "\n".join(each.strip() for each in lines)
    return f"<p>{_inline(text)}</p>"


def _inline(text: str, depth: int = 0) -> str:
    out: list[str] = []
    at = 0
    for found in _INLINE.finditer(text) if depth < 4 else ():
        out.append(_plain(text[at : found.start()]))
        out.append(_piece(found, depth + 1))
        at = found.end()
    out.append(_plain(text[at:]))
    return "".join(out)


def _piece(found: re.Match[str], depth: int) -> str:
    if found["tick"]:
        return f"<code>{escape(found['code'].strip())}</code>"
    if found["label"]:
        return _link(found["target"], escape(found["label"]))
    if bare := found["bare"]:
        url = bare.rstrip(_TRAILING)
        return _link(url, escape(url)) + escape(bare[len(url) :])
    if found["bold"]:
        return f"<strong>{_inline(found['bold'], depth)}</strong>"
    if found["mention"]:
        return f"<b>{escape(found['mention'])}</b>"
    return f"<em>{_inline(found['star'] or found['line'], depth)}</em>"


def _link(url: str, label: str) -> str:
    return f'<a href="{escape(url)}" rel="noopener noreferrer nofollow">{label}</a>'


def _plain(text: str) -> str:
    return escape(text).replace("\n", "<br>")
