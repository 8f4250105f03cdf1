"""The team's prepared answers: kept with what the merchant said of the shop."""

from collections.abc import Mapping, Sequence

import msgspec

from wraca.app.chatting import LANGUAGES
from wraca.app.register import Register
from wraca.app.shops import shop_profile
from wraca.domain.chatting import MOST_ANSWERS, Habits, plain
from wraca.domain.ids import ShopId, bucket_of
from wraca.storage.models import Shop


def save_answers(register: Register, shop: ShopId, answers: Mapping[str, Sequence[str]]) -> None:
    """Keep the team's prepared answers, by language; a language without any has ours again."""
    kept = {
        language: tuple(filter(None, map(plain, answers[language])))[:MOST_ANSWERS]
        for language in LANGUAGES
        if any(map(plain, answers.get(language, ())))
    }
    bucket = bucket_of(shop)
    profile = msgspec.structs.replace(shop_profile(bucket, shop), chat=Habits(kept))
    Shop.objects.filter(bucket=bucket, id=shop).update(settings=msgspec.to_builtins(profile))
    register.forget()
