"""Who was it? The corpus of agents, and what the hits of one message say about each other."""

from collections import Counter
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wraca.domain.evidence import RULES, Evidence, Hit, HitKind, Verdict, agent_family, evidence_of, judge, judge_all

AGENTS = [line.split("\t") for line in (Path(__file__).parent / "agents.tsv").read_text().splitlines()]
MACHINES = {"scanner", "preview", "crawler", "library", "none", "gmail-prefetch"}
FIREFOX = Evidence("GET", "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0", has_browser_headers=True)
MINUTE = 60_000


def click(at: int, link: int = 0, kind: HitKind = "click", **more: bool) -> Hit:
    return Hit(at, kind, FIREFOX, link, **more)


def verdicts(*hits: Hit, accepted_at: int | None = None) -> list[Verdict]:
    return [judgement.verdict for judgement in judge_all(hits, accepted_at)]


def test_the_corpus_is_large_and_mixed() -> None:
    families = Counter(family for family, _ in AGENTS)

    assert len(AGENTS) >= 200
    assert sum(number for family, number in families.items() if family in MACHINES) >= 100
    assert sum(number for family, number in families.items() if family not in MACHINES) >= 60


@pytest.mark.parametrize(("family", "agent"), AGENTS)
def test_every_agent_of_the_corpus_is_known_for_what_it_is(family: str, agent: str) -> None:
    assert agent_family(agent) == family


def test_no_machine_of_the_corpus_counts_and_no_click_is_human_by_itself() -> None:
    for family, agent in AGENTS:
        evidence = Evidence("GET", agent, has_browser_headers=True)
        for kind in ("open", "click"):
            verdict = judge(kind, evidence).verdict
            assert (verdict is Verdict.MACHINE) == (family in MACHINES), agent
        assert judge("click", evidence).verdict is not Verdict.HUMAN


def test_opens_through_proxies() -> None:
    def opened(family: str) -> Verdict:
        agent = next(agent for known, agent in AGENTS if known == family)
        return judge("open", Evidence("GET", agent)).verdict

    assert opened("google-proxy") is Verdict.HUMAN
    assert opened("gmail-prefetch") is Verdict.MACHINE
    assert opened("apple-proxy") is Verdict.UNKNOWN
    assert opened("thunderbird") is Verdict.HUMAN
    assert opened("chrome") is Verdict.MACHINE  # a browser always sends more headers than this


@pytest.mark.parametrize(
    "evidence",
    [
        msgspec.structs.replace(FIREFOX, method="HEAD"),
        msgspec.structs.replace(FIREFOX, has_browser_headers=False),
        msgspec.structs.replace(FIREFOX, is_prefetch=True),
        msgspec.structs.replace(FIREFOX, agent=""),
    ],
)
def test_a_click_without_the_marks_of_a_browser_is_a_machines(evidence: Evidence) -> None:
    judgement = judge("click", evidence)

    assert judgement.verdict is Verdict.MACHINE
    assert judgement.reason
    assert judgement.rules == RULES


def test_a_click_is_human_with_proof_only() -> None:
    assert verdicts(click(MINUTE)) == [Verdict.UNKNOWN]
    assert verdicts(click(MINUTE, followed=True)) == [Verdict.HUMAN]


def test_three_links_within_ten_seconds_are_a_machines() -> None:
    assert verdicts(click(0, 0), click(5_000, 1), click(10_000, 2, followed=True)) == [Verdict.MACHINE] * 3
    assert verdicts(click(0, 0), click(5_000, 1), click(10_001, 2)) == [Verdict.UNKNOWN] * 3
    assert verdicts(click(0, 0), click(1, 0), click(2, 0)) == [Verdict.UNKNOWN] * 3
    burst = [click(0, 0), click(1, 1), click(2, 2)]
    assert verdicts(*burst, click(MINUTE, 1, followed=True))[3] is Verdict.HUMAN


def test_a_click_at_the_moment_of_acceptance_is_a_machines() -> None:
    assert verdicts(click(2_000, followed=True), accepted_at=0) == [Verdict.MACHINE]
    assert verdicts(click(2_001, followed=True), accepted_at=0) == [Verdict.HUMAN]


def test_the_invisible_link_gives_all_around_it_away() -> None:
    assert verdicts(click(0), click(4_000, 9, trap=True), click(MINUTE)) == [Verdict.MACHINE, Verdict.MACHINE, Verdict.UNKNOWN]


def test_unsubscribe_and_offer_at_once_are_a_machines() -> None:
    assert verdicts(click(0), click(5_000, 5, "preferences")) == [Verdict.MACHINE] * 2
    assert verdicts(click(0), click(5_001, 5, "preferences")) == [Verdict.UNKNOWN] * 2


def test_headers_become_evidence() -> None:
    said = [("user-agent", "x" * 400), ("sec-fetch-mode", "navigate"), ("sec-purpose", "prefetch;prerender")]

    evidence = evidence_of("GET", said, "192.0.2.0/24")

    assert evidence == Evidence("GET", "x" * 300, "192.0.2.0/24", has_browser_headers=True, is_prefetch=True)
    assert evidence_of("GET", [("user-agent", "x"), ("accept", "*/*")], "").has_browser_headers is False


_hits = st.builds(
    Hit,
    st.integers(0, 40_000),
    st.sampled_from(["open", "click", "preferences"]),
    st.sampled_from([FIREFOX, Evidence("GET", "curl/8.5.0"), Evidence("HEAD", FIREFOX.agent), Evidence("GET", "Mozilla/5.0")]),
    st.integers(0, 4),
    st.booleans(),
    st.booleans(),
)


@given(st.lists(_hits, max_size=12), st.none() | st.integers(0, 30_000), st.data())
def test_the_order_of_the_hits_changes_no_verdict(hits: list[Hit], accepted_at: int | None, data: st.DataObject) -> None:
    places = data.draw(st.permutations(range(len(hits))))

    in_order = judge_all(hits, accepted_at)
    mixed = judge_all([hits[place] for place in places], accepted_at)

    assert list(mixed) == [in_order[place] for place in places]


@given(st.lists(_hits, max_size=12), st.none() | st.integers(0, 30_000))
def test_more_hits_never_turn_a_machine_into_a_person(hits: list[Hit], accepted_at: int | None) -> None:
    for number in range(len(hits)):
        before, after = judge_all(hits[:number], accepted_at), judge_all(hits, accepted_at)
        for earlier, later in zip(before, after, strict=False):
            assert earlier.verdict is not Verdict.MACHINE or later.verdict is Verdict.MACHINE
