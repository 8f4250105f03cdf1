"""A table of replies in the shape that mail servers give them."""

from pathlib import Path

import pytest

from wraca.channels.email.replies import classify, error_of, told
from wraca.ports.channel import Blocked, Refused

TABLE = [
    [part.strip() for part in line.split("|", 2)]
    for line in (Path(__file__).parent / "replies.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]


def test_the_table_is_long_enough_to_mean_something() -> None:
    assert len(TABLE) >= 150


@pytest.mark.parametrize(("meaning", "code", "text"), TABLE, ids=[f"{code} {text[:50]}" for _, code, text in TABLE])
def test_a_reply_means(meaning: str, code: str, text: str) -> None:
    assert classify(int(code), text) == meaning


def test_what_is_kept_of_a_reply_names_nobody() -> None:
    assert told("550 <anna@example.com> is unknown, see https://x.example/?a=anna@example.com") == (
        "550 (address) is unknown, see (link)"
    )


def test_fifty_blocked_recipients_are_no_reason_to_forget_any_of_them() -> None:
    problems = [error_of(550, f"5.7.515 access denied for p{number}@outlook.example, domain does not pass") for number in range(50)]
    assert all(isinstance(problem, Blocked) for problem in problems)


def test_only_a_missing_mailbox_is_hard() -> None:
    hard = error_of(550, "5.1.1 user unknown")
    soft = error_of(554, "5.6.0 content")
    assert isinstance(hard, Refused)
    assert isinstance(soft, Refused)
    assert (hard.hard, soft.hard) == (True, False)
