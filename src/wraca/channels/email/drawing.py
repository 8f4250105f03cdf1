"""A message of blocks, drawn: MJML and text with Liquid inside, both from the same blocks.

`templates/parts/` holds what each kind looks like: `<kind>.html` is a piece of running text, `<kind>.mjml` a row of its own, and
`<kind>.txt` the same for the text part; `templates/words/<language>.yaml` holds words of ours. `[[name]]` in a part stands for a
value, a word or another part. What a merchant wrote is put in once and never looked at for slots again.
"""

import re
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from typing import assert_never

import msgspec
import yaml

from wraca.channels.email import blocks, prose
from wraca.channels.email.blocks import NETWORKS, Block, Message
from wraca.channels.email.prose import Form
from wraca.domain.reasons import Reason

ROOT = files(__package__) / "templates"
LANGUAGES = ("en", "pl", "bg")

_SLOT = re.compile(r"\[\[([a-z_]+)\]\]")
_NETWORK_NAMES = {"youtube": "YouTube", "tiktok": "TikTok", "linkedin": "LinkedIn", "x": "X"}


class Piece(msgspec.Struct, frozen=True):
    """One drawn block. `is_row`: stands by itself in the MJML, else it runs on in the text around it. Empty: nothing to show."""

    html: str
    text: str
    is_row: bool = False


def language_of(tag: str) -> str:
    """The built-in language for a language tag: "pl-PL" -> "pl"; English where we have no texts."""
    base = tag.replace("_", "-").split("-", maxsplit=1)[0].lower()
    return base if base in LANGUAGES else "en"


@cache
def words_in(language: str) -> Mapping[str, str]:
    """The words of the parts; those of the reasons as "reason_price"."""
    said = yaml.safe_load((ROOT / "words" / f"{language_of(language)}.yaml").read_text(encoding="utf-8"))
    reasons = {f"reason_{code}": words for code, words in said.pop("reasons").items()}
    return {"language": language_of(language), **said, **reasons}


@cache
def _part(file: str) -> str | None:
    part = ROOT / "parts" / file
    return part.read_text(encoding="utf-8").rstrip("\n") if part.is_file() else None


class _Pen:
    """Draws in one language."""

    def __init__(self, language: str) -> None:
        self.words = words_in(language)

    def part(self, file: str, values: Mapping[str, str]) -> str:
        """The part with its slots filled; `file` such as "cart.mjml". Raises LookupError for a slot that nobody fills."""
        suffix = file.rpartition(".")[2]

        def fill(slot: re.Match[str]) -> str:
            name = slot[1]
            if name in values:
                return values[name]
            if name in self.words:
                return self.words[name]
            return self.part(f"{name}.{suffix}", values)

        if (source := _part(file)) is None:
            raise LookupError(file)
        return _SLOT.sub(fill, source)

    def piece(self, name: str, values: Callable[[Form], Mapping[str, str]] = lambda _: {}) -> Piece:
        """The parts of this name: a row where there is one, and its text."""
        is_row = _part(f"{name}.mjml") is not None
        html = self.part(f"{name}.{'mjml' if is_row else 'html'}", values("html"))
        text = self.part(f"{name}.txt", values("text")) if _part(f"{name}.txt") else ""
        return Piece(html, text, is_row)

    def lead(self, text: str, form: Form) -> str:
        """A line of its own above something; "" for none."""
        said = prose.line(text, form)
        return self.part("lead.html", {"lead": said}) if said and form == "html" else said


def sources_of_blocks(message: Message, language: str, *, anchors: bool = False) -> dict[str, str]:
    """The sources {"subject", "mjml", "text"} of the message, Liquid inside, as `Outgoing.sources` takes them.

    `language` names the words of our own (the cart's total, the way out); English where we have none. With `anchors` each block
    can be jumped to as #block-0, #block-1, ...: for a preview beside an editor.
    """
    pen = _Pen(language)
    title = next((block for block in message.blocks if isinstance(block, blocks.Heading)), None)
    drawn = [(block.when, _title(pen, block) if block is title else _drawn(pen, block)) for block in message.blocks]
    if anchors:
        drawn = [(when, _anchored(piece, number)) for number, (when, piece) in enumerate(drawn)]
    shown = [(when, piece) for when, piece in drawn if piece.html or piece.text]
    footer = next((block for block in message.blocks if isinstance(block, blocks.Footer)), blocks.Footer())
    texts = [_where(when, piece.text) for when, piece in shown if piece.text]
    top = "" if shown and isinstance(message.blocks[0], blocks.Heading) else '<mj-spacer height="28px" />\n'
    values = {
        "why": prose.line(footer.why, "html") or pen.words["why"],
        "preheader": prose.line(message.preheader, "html"),
        "rows": top + _rows(pen, shown),
    }
    return {
        "subject": message.subject,
        "mjml": pen.part("frame.mjml", values),
        "text": "\n\n".join([*texts, pen.part("footer.txt", {"why": footer.why or pen.words["why"]})]),
    }


def _anchored(piece: Piece, number: int) -> Piece:
    """The same with a name to jump to. A row stands in a table, where only a row of its own keeps its place."""
    name = f'<mj-raw><tr id="block-{number}"></tr></mj-raw>\n' if piece.is_row else f'<a id="block-{number}"></a>'
    return msgspec.structs.replace(piece, html=name + piece.html) if piece.html else piece


def _where(condition: str, content: str) -> str:
    return f"{{% if {condition} %}}{content}{{% endif %}}" if condition else content


def _row_where(condition: str, row: str) -> str:
    return f"<mj-raw>{{% if {condition} %}}</mj-raw>\n{row}\n<mj-raw>{{% endif %}}</mj-raw>" if condition else row


def _rows(pen: _Pen, shown: list[tuple[str, Piece]]) -> str:
    """Rows as they are, and what runs between them together in one text each."""
    rows: list[str] = []
    running: list[str] = []

    def close() -> None:
        if running:
            rows.append(pen.part("prose.mjml", {"prose": "".join(running)}))
            running.clear()

    for when, piece in shown:
        if not piece.is_row:
            running.append(_where(when, piece.html))
            continue
        close()
        rows.append(_row_where(when, piece.html))
    close()
    return "\n".join(rows)


def _title(pen: _Pen, block: blocks.Heading) -> Piece:
    html = pen.part("title.mjml", {"text": prose.line(block.text, "html")})
    return Piece(html, block.text, is_row=True)


def _drawn(pen: _Pen, block: Block) -> Piece:  # noqa: C901, PLR0911, PLR0912 -- one case per kind of block
    match block:
        case blocks.Heading(text=text):
            return pen.piece("heading", lambda form: {"text": prose.line(text, form)})
        case blocks.Text(text=text):
            return pen.piece("text", lambda form: {"text": prose.paragraphs(text, form)})
        case blocks.Greeting() | blocks.Product() | blocks.Divider():
            return pen.piece(block.kind)
        case blocks.CartLines(lead=lead):
            return _cart(pen, lead)
        case blocks.Recommendations() | blocks.Reviews():
            return _listed(pen, block)
        case blocks.Coupon(lead=lead) | blocks.Contacts(lead=lead):
            usual = pen.words["offer_lead" if isinstance(block, blocks.Coupon) else "contacts_lead"]
            return pen.piece(block.kind, lambda form: {"lead": prose.line(lead, form) or usual})
        case blocks.Button():
            return _button(pen, block)
        case blocks.Image():
            return _image(pen, block)
        case blocks.Video():
            return _video(pen, block)
        case blocks.Faq():
            return _faq(pen, block)
        case blocks.ReasonQuestion(question=question):
            return _reason(pen, question)
        case blocks.Social():
            return _social(pen, block)
        case blocks.Footer():
            return Piece("", "")  # drawn by sources_of_blocks, always, at the end
        case _:
            assert_never(block)


def _cart(pen: _Pen, lead: str) -> Piece:
    """Nothing at all for an empty cart."""
    table, filled = pen.piece("cart"), "cart.lines.size > 0"
    above = pen.part("prose.mjml", {"prose": pen.lead(lead, "html")}) + "\n" if lead else ""
    return Piece(_row_where(filled, above + table.html), _where(filled, f"{lead}\n\n{table.text}"), is_row=True)


def _listed(pen: _Pen, block: blocks.Recommendations | blocks.Reviews) -> Piece:
    usual = pen.words["picks_lead" if isinstance(block, blocks.Recommendations) else "reviews_lead"]
    most = str(block.most) if isinstance(block, blocks.Recommendations) else ""
    return pen.piece(block.kind, lambda form: {"lead": pen.lead(block.lead or usual, form), "most": most})


def _button(pen: _Pen, block: blocks.Button) -> Piece:
    """The cart's and the shop's buttons vanish where there is no address for them."""
    known = {"cart": ("links.restore", "button"), "shop": ("shop.url", "button_shop")}
    if block.to not in known:
        href = prose.address(block.to, "html")
        values = {"href": href, "label": prose.line(block.text, "html")}
        plain = {"href": prose.address(block.to, "text"), "label": block.text}
        is_whole = bool(href and block.text)
        return Piece(pen.part("button.mjml", values), pen.part("button.txt", plain), is_row=True) if is_whole else Piece("", "")
    name, usual = known[block.to]

    def values_of(form: Form) -> dict[str, str]:
        return {"href": f"{{{{ {name} }}}}", "label": prose.line(block.text, form) or pen.words[usual]}

    drawn, there_is = pen.piece("button", values_of), f'{name} != ""'
    return Piece(_row_where(there_is, drawn.html), _where(there_is, drawn.text), is_row=True)


def _image(pen: _Pen, block: blocks.Image) -> Piece:
    url, to = prose.address(block.url, "html"), prose.address(block.to, "html")
    if not url:
        return Piece("", "")
    anchor = {"anchor": f'<a href="{to}">', "anchor_end": "</a>"} if to else {"anchor": "", "anchor_end": ""}
    html = pen.part("image.html", {"url": url, "alt": prose.attribute(block.alt), **anchor})
    return Piece(html, f"{block.alt}:\n{block.to}" if to and block.alt else block.alt)


def _video(pen: _Pen, block: blocks.Video) -> Piece:
    url, picture = prose.address(block.url, "html"), prose.address(block.picture, "html")
    if not url:
        return Piece("", "")
    values = {"url": url, "picture": picture, "alt": prose.attribute(block.alt), "corners": "0 0 8px 8px" if picture else "8px"}
    values["thumbnail"] = pen.part("thumbnail.html", values) if picture else ""
    values["words"] = prose.line(block.alt, "html") or pen.words["watch"]
    plain = {"url": prose.address(block.url, "text"), "words": block.alt or pen.words["watch"]}
    return Piece(pen.part("video.html", values), pen.part("video.txt", plain))


def _faq(pen: _Pen, block: blocks.Faq) -> Piece:
    def values(form: Form) -> dict[str, str]:
        suffix = "txt" if form == "text" else form
        entries = [
            pen.part(f"faq_entry.{suffix}", {"question": prose.line(question, form), "answer": prose.sentences(answer, form)})
            for question, answer in block.questions
        ]
        return {"lead": pen.lead(block.lead, form), "questions": ("\n\n" if form == "text" else "").join(entries)}

    return pen.piece("faq", values)


def _reason(pen: _Pen, question: str) -> Piece:
    def values(form: Form) -> dict[str, str]:
        suffix = "txt" if form == "text" else form
        answers = [
            pen.part(f"reason_answer.{suffix}", {"code": reason.value, "answer": pen.words[f"reason_{reason.value}"]})
            for reason in Reason
        ]
        asked = pen.lead(question or pen.words["asked"], form)
        return {"question": asked, "answers": ("\n" if form == "text" else "").join(answers)}

    return pen.piece("reason", values)


def _social(pen: _Pen, block: blocks.Social) -> Piece:
    """The block's own addresses, else those of the shop."""
    own = {name: str(getattr(block, name)) for name in NETWORKS}

    def values(form: Form) -> dict[str, str]:
        drawn = []
        for name in NETWORKS:
            url = prose.address(own[name], form)
            words = {"network": _NETWORK_NAMES.get(name, name.capitalize()), "url": url or f"{{{{ shop.social.{name} }}}}"}
            one = pen.part("social_network.html", words) if form == "html" else pen.part("social_network.txt", words) + "\n"
            drawn.append(_where("" if url else f"shop.social.{name}", one))
        return {"networks": "".join(drawn)}

    drawn = pen.piece("social", values)
    if any(prose.address(url, "html") for url in own.values()):
        return drawn
    return Piece(_where("shop.social", drawn.html), _where("shop.social", drawn.text))
