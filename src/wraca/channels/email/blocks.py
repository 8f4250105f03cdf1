"""A message built of blocks: what it may be made of, as plain values.

A message is a subject, a preheader and a list of blocks. The built-in templates are written so, and so is what the console's editor
saves. `BLOCK_KINDS` describes every kind with its fields, so that a form can be made from it; `blockfile.py` reads and writes YAML,
`drawing.py` turns a message into MJML and text, `lint.py` says what is wrong with it.
"""

from typing import Annotated, ClassVar, Literal, TypeAlias, get_args

import msgspec

FieldType = Literal["line", "prose", "url", "choice", "number", "pairs"]
Value: TypeAlias = "str | int | tuple[tuple[str, str], ...]"

NETWORKS = ("facebook", "instagram", "tiktok", "youtube", "x", "linkedin", "pinterest")
LONGEST = {"line": 1_000, "url": 1_000, "prose": 10_000, "pairs": 2_000}  # characters of one text of this type
MOST_PAIRS = 30
MOST_BLOCKS = 60
MOST_PICKS = 8


class Marks(msgspec.Struct, frozen=True):
    """What a form must know of a field beside its name and default."""

    type: FieldType
    choices: tuple[str, ...] = ()
    least: int = 0
    most: int = 0


# One line with Liquid; paragraphs with Liquid and a tiny Markdown; an address; questions with answers.
Line = Annotated[str, Marks("line")]
Prose = Annotated[str, Marks("prose")]
Address = Annotated[str, Marks("url")]
Pairs = Annotated[tuple[tuple[str, str], ...], Marks("pairs")]


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """What all blocks have: `when` is a Liquid condition, and the block is shown only where it holds; empty: always."""

    kind: ClassVar[str] = ""
    when: Line = ""


class Heading(Part, frozen=True):
    """The first one of a message is its title."""

    kind = "heading"
    text: Line = ""


class Greeting(Part, frozen=True):
    """By name and grammatical form where the person allowed it and we are sure of it, else neutral."""

    kind = "greeting"


class Text(Part, frozen=True):
    kind = "text"
    text: Prose = ""


class CartLines(Part, frozen=True):
    """The products with pictures, quantities, prices and the total."""

    kind = "cart"
    lead: Line = ""


class Product(Part, frozen=True):
    """The first product of the cart, large."""

    kind = "product"


class Recommendations(Part, frozen=True):
    """Products of the facts' `picks`; nothing where there are none."""

    kind = "recommendations"
    lead: Line = ""
    most: Annotated[int, Marks("number", least=1, most=MOST_PICKS)] = 4


class Reviews(Part, frozen=True):
    """With the sentence that says whether and how they were verified (trust L34)."""

    kind = "reviews"
    lead: Line = ""


class Coupon(Part, frozen=True):
    """The code of the offer, what it gives, its conditions and its end; nothing where no offer was made."""

    kind = "coupon"
    lead: Line = ""


class Button(Part, frozen=True):
    """`to` is "cart", "shop" or an address. Without a text the button names the stage of the cart, or the shop."""

    kind = "button"
    text: Line = ""
    to: Annotated[str, Marks("url", ("cart", "shop"))] = "cart"


class Image(Part, frozen=True):
    kind = "image"
    url: Address = ""
    alt: Line = ""
    to: Address = ""


class Video(Part, frozen=True):
    """A picture with a play sign that links to the video; a line with the sign where pictures are off."""

    kind = "video"
    url: Address = ""
    picture: Address = ""
    alt: Line = ""


class Faq(Part, frozen=True):
    """The shop's own answers (facts `faq`) first, then these."""

    kind = "faq"
    lead: Line = ""
    questions: Pairs = ()


class Contacts(Part, frozen=True):
    kind = "contacts"
    lead: Line = ""


class ReasonQuestion(Part, frozen=True):
    """One link per reason of domain/reasons.py; nothing where the message has no link for it."""

    kind = "reason"
    question: Line = ""


class Social(Part, frozen=True):
    """Text links. An empty one is taken from the shop's profile, where it has one."""

    kind = "social"
    facebook: Address = ""
    instagram: Address = ""
    tiktok: Address = ""
    youtube: Address = ""
    x: Address = ""
    linkedin: Address = ""
    pinterest: Address = ""


class Divider(Part, frozen=True):
    kind = "divider"


class Footer(Part, frozen=True):
    """Why they get it, who writes, the way out, the pixel. Always drawn, always last. `why` replaces our sentence."""

    kind = "footer"
    why: Line = ""


Block: TypeAlias = (
    Heading | Greeting | Text | CartLines | Product | Recommendations | Reviews | Coupon | Button | Image | Video | Faq | Contacts
    | ReasonQuestion | Social | Divider | Footer
)  # fmt: skip


class Message(msgspec.Struct, frozen=True):
    """A message in one language. `subject` and `preheader` are lines with Liquid."""

    subject: str
    preheader: str = ""
    blocks: tuple[Block, ...] = ()


class Field(msgspec.Struct, frozen=True):
    """One field of a block. `choices`: the only values of a "choice", or words that may stand in place of an address.

    `least` and `most` bound a "number"; `limit` is the length of one text in characters (0: no text).
    """

    name: str
    type: FieldType
    default: Value
    choices: tuple[str, ...] = ()
    least: int = 0
    most: int = 0
    limit: int = 0


class Kind(msgspec.Struct, frozen=True):
    """A kind of block. `plain`: the one field that may be written straight behind the kind ("- heading: Hello")."""

    name: str
    shape: type[Block]
    fields: tuple[Field, ...]
    plain: str = ""


def _field(info: msgspec.structs.FieldInfo) -> Field:
    marks = info.type.__metadata__[0]
    return Field(info.name, marks.type, info.default, marks.choices, marks.least, marks.most, LONGEST.get(marks.type, 0))


def _kind(shape: type[Block]) -> Kind:
    # `when` comes from the base, so it stands first; in a form it belongs at the end. The way out has no condition.
    every = [_field(info) for info in msgspec.structs.fields(shape) if shape is not Footer or info.name != "when"]
    fields = sorted(every, key=lambda field: field.name == "when")
    return Kind(shape.kind, shape, tuple(fields), plain="text" if shape in {Heading, Text} else "")


BLOCK_KINDS: dict[str, Kind] = {shape.kind: _kind(shape) for shape in get_args(Block)}
