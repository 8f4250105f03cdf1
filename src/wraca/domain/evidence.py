"""Who was it: a person, a machine, or nobody can tell? Hits on links and pixels, judged by what they left behind.

Half of all "opens" and many "clicks" are made by scanners, proxies and previews. A hit is stored as it came (`Evidence`) and judged
later, by rules with a version, so that a better rule can judge the same hits again. Machine never counts; unknown does not count
by default; a click is human only with proof: the landing page was really looked at, or the person did something in the shop
afterwards.
"""

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Final, Literal

import msgspec

from wraca.domain.events import Instant

RULES: Final = 1  # goes up with every change of a rule below

HitKind = Literal["open", "click", "preferences"]

_BURST: Final = 10_000
_BURST_LINKS: Final = 3
_BOTH: Final = 5_000
_AT_ONCE: Final = 2_000
_AGENT_LENGTH: Final = 300


class Verdict(StrEnum):
    HUMAN = "human"
    MACHINE = "machine"
    UNKNOWN = "unknown"


class Evidence(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one request showed of its sender. `network` is the address cut to /24 or /48: enough to see a scanner, not a person."""

    method: str
    agent: str = ""
    network: str = ""
    has_browser_headers: bool = False  # Accept-Language or Sec-Fetch-*: every browser sends one
    is_prefetch: bool = False  # said so itself: Sec-Purpose, Purpose, X-Moz

    @property
    def family(self) -> str:
        return agent_family(self.agent)


class Judgement(msgspec.Struct, frozen=True):
    verdict: Verdict
    reason: str
    rules: int = RULES


_BARE: Final = Judgement(Verdict.MACHINE, "no browser headers")


class Hit(msgspec.Struct, frozen=True):
    """One request on something of one message. `link` is which; `trap` is the link that no person can see.

    `followed` means there is proof of a person: a landing with input or three seconds of attention, or a later act in the shop.
    """

    at: Instant
    kind: HitKind
    evidence: Evidence
    link: int = 0
    trap: bool = False
    followed: bool = False


# Agents that fetch links for somebody: security scanners, previews, crawlers, libraries. The family is the reason's second half.
_MACHINES: Final = {
    "scanner": (
        r"barracuda|mimecast|proofpoint|pp-url|urldefense|safelinks|safe links|microsoft office protection|forcepoint|fireeye|"
        r"trellix|symantec|messagelabs|cloudmark|sophos|trend ?micro|cisco-?ironport|ironport|\btalos|checkpoint|avanan|"
        r"zscaler|\bvade\b|hornetsecurity|spamexperts|mailguard|mxtoolbox|virustotal|urlscan|urlquery|phishtank|netcraft|"
        r"paloalto|wildfire|fortiguard|fortimail|kaspersky|\beset\b|bitdefender|avira|spamhaus|abnormal|ironscales|\binky\b|"
        r"perception point|libraesva|retarus|expurgate|antispam|antivirus|linkcheck|link-check|link checker|linkscan|"
        r"siteadvisor|safebrowsing|google-safety|url ?inspect|sandbox|appriver|titanhq|spamtitan"
    ),
    "preview": (
        r"bingpreview|skypeuripreview|slackbot|slack-img|twitterbot|facebookexternalhit|facebookcatalog|meta-external|"
        r"linkedinbot|whatsapp|telegrambot|discordbot|pinterest(?:bot|/0)|redditbot|vkshare|viber|embedly|iframely|"
        r"quora link preview|outbrain|flipboard|tumblr|bitlybot|line-poker|kakaotalk-scrap|snap url preview|mattermost|"
        r"rocket\.chat|microsoft teams|teams ?link|google-pagerenderer|google web preview|yahoo link preview|preview|unfurl|"
        r"nuzzel|xing-contenttabreceiver|showyoubot|signal-desktop-preview|synapse|cardyb"
    ),
    "crawler": (
        r"bot\b|bot/|[a-z]bot;|crawl|spider|slurp|mediapartners|adsbot|apis-google|feedfetcher|storebot|google-read-aloud|"
        r"google-inspectiontool|googleother|duckduckbot|duckassist|yandex(?:bot|images|accessib|\.com/bots)|"
        r"sogou (?:web|pic|news|inst)|exabot|archive\.org|ia_archiver|ahrefs|semrush|mj12|dotbot|petalbot|bytespider|gptbot|"
        r"ccbot|claude-?web|perplexity|chatgpt|screaming frog|sitebulb|dataprovider|netestate|seznambot|qwantify|applebot|"
        r"uptime|pingdom|statuscake|site24x7|newrelic|datadog|monitor|headlesschrome|phantomjs|puppeteer|playwright|selenium|"
        r"lighthouse|pagespeed|gtmetrix|prerender|rendertron|splash|nutch|heritrix|validator|w3c_|scan\b|scanner|nmap|nikto|"
        r"zgrab|masscan|censys|shodan|nuclei|wpscan|sqlmap|expanse|internet-?measurement"
    ),
    "library": (
        r"^curl|^wget|python|urllib|aiohttp|httpx|okhttp|java/|^java|apache-httpclient|jakarta|go-http-client|^go |node-fetch|"
        r"undici|axios|^got[ (/]|superagent|request/|libwww|lwp|\bperl|ruby|faraday|mechanize|php|guzzle|symfony|winhttp|"
        r"wininet|microsoft-cryptoapi|ms-office|msoffice|microsoft office existence|restsharp|\.net (?:core|framework)|"
        r"dart[:/]|\brust\b|reqwest|hyper/|libcurl|httpie|postman|insomnia|scrapy|colly|httrack|aria2|feedparser|simplepie|"
        r"cfnetwork(?!.*(?:mail|safari))|node(?:\.js)?/|deno/|bun/|k6/|jmeter|vegeta|^ab/|elinks|lynx|w3m|links \(|powershell|"
        r"^http|^-$"
    ),
}
_MACHINE: Final = tuple((family, re.compile(pattern, re.IGNORECASE)) for family, pattern in _MACHINES.items())

_GOOGLE_PROXY: Final = re.compile(r"GoogleImageProxy|ggpht\.com", re.IGNORECASE)
_GMAIL_PREFETCH: Final = re.compile(r"Chrome/42\.0\.2311\.135 .*Edge/12\.246 Mozilla/5\.0")
_YAHOO_PROXY: Final = re.compile(r"YahooMailProxy", re.IGNORECASE)
# Mail Privacy Protection loads every picture on arrival and calls itself just this.
_APPLE_PROXY: Final = re.compile(r"Mozilla/5\.0(?: \(Macintosh; Intel Mac OS X [\d_]+\) AppleWebKit/[\d.]+ \(KHTML, like Gecko\))?")
# In the order they are asked: Edge, Opera, Samsung and others also call themselves Chrome and Safari.
_READERS: Final = tuple(
    (family, re.compile(pattern))
    for family, pattern in (
        ("thunderbird", r"Thunderbird/"),
        ("outlook", r"Microsoft Outlook|MSOffice|Outlook-(?:iOS|Android)"),
        ("samsung", r"SamsungBrowser/"),
        ("opera", r"OPR/|Opera"),
        ("edge", r"Edg(?:e|A|iOS)?/"),
        ("yandex", r"YaBrowser/"),
        ("vivaldi", r"Vivaldi/"),
        ("duckduckgo", r"DuckDuckGo/|Ddg/"),
        ("in-app", r"FBAN|FBAV|Instagram|GSA/|; wv\)"),
        ("firefox", r"Firefox/|FxiOS/"),
        ("chrome", r"Chrome/|CriOS/|Chromium/"),
        ("safari", r"Version/[\d.]+.* Safari/"),
        ("webkit", r"AppleWebKit/"),
        ("explorer", r"MSIE |Trident/"),
    )
)


def agent_family(agent: str) -> str:
    """One word for a user agent: a machine's kind, a proxy's, a browser's, or "other"."""
    if not agent:
        return "none"
    if _GMAIL_PREFETCH.search(agent):
        return "gmail-prefetch"
    if _GOOGLE_PROXY.search(agent):
        return "google-proxy"
    if _YAHOO_PROXY.search(agent):
        return "yahoo-proxy"
    if _APPLE_PROXY.fullmatch(agent):
        return "apple-proxy"
    reader = next((family for family, pattern in _READERS if pattern.search(agent)), "other")
    return next((family for family, pattern in _MACHINE if pattern.search(_said_by_machine(agent, reader))), reader)


def _said_by_machine(agent: str, reader: str) -> str:
    # Outlook on the desktop shows mails in Word and names it; everything else that says ms-office is a link check.
    return "" if reader == "outlook" else agent


def judge(kind: HitKind, evidence: Evidence) -> Judgement:
    """One request by itself, without what came before or after it."""
    family = evidence.family
    if evidence.method != "GET":
        return Judgement(Verdict.MACHINE, f"method {evidence.method}")
    if evidence.is_prefetch or family == "gmail-prefetch":
        return Judgement(Verdict.MACHINE, "prefetch")
    if family in ("scanner", "preview", "crawler", "library", "none"):
        return Judgement(Verdict.MACHINE, f"agent {family}")
    if kind != "open":
        # Without a single header that browsers send, whatever it calls itself.
        return Judgement(Verdict.UNKNOWN, "no proof") if evidence.has_browser_headers else _BARE
    return _judge_open(family, evidence)


def _judge_open(family: str, evidence: Evidence) -> Judgement:
    if family in ("google-proxy", "yahoo-proxy"):
        # These fetch a picture when a person looks at it; where the person is stays hidden.
        return Judgement(Verdict.HUMAN, family)
    if family in ("apple-proxy", "other"):
        return Judgement(Verdict.UNKNOWN, family)
    if family in ("thunderbird", "outlook"):
        return Judgement(Verdict.HUMAN, "mail client")  # mail clients send few headers
    return Judgement(Verdict.HUMAN, "browser") if evidence.has_browser_headers else _BARE


def judge_all(hits: Sequence[Hit], accepted_at: Instant | None) -> tuple[Judgement, ...]:
    """All hits on one message, each in the light of the others; in the order given.

    `accepted_at` is when the other mail server took the message. What looks like a machine stays one, whatever followed: a scanner
    that runs the page would otherwise count as a reader.
    """
    return tuple(_judge_among(hit, hits, accepted_at) for hit in hits)


def _judge_among(hit: Hit, hits: Sequence[Hit], accepted_at: Instant | None) -> Judgement:
    alone = judge(hit.kind, hit.evidence)
    if alone.verdict is Verdict.MACHINE:
        return alone
    reason = _company(hit, hits, accepted_at)
    if reason:
        return Judgement(Verdict.MACHINE, reason)
    if hit.followed and hit.kind == "click":
        return Judgement(Verdict.HUMAN, "landed")
    return alone


def _company(hit: Hit, hits: Sequence[Hit], accepted_at: Instant | None) -> str:
    """Why the hits around this one give it away; empty when they do not. An open is given away by none: proxies are quick."""
    if hit.kind == "open":
        return ""
    if accepted_at is not None and hit.at - accepted_at <= _AT_ONCE:
        return "within 2 s of acceptance"
    near = [other for other in hits if abs(other.at - hit.at) <= _BURST and other.kind != "open"]
    if any(other.trap for other in near):
        return "invisible link"
    if _is_burst(hit, near):
        return "several links at once"
    opposite = "preferences" if hit.kind == "click" else "click"
    if any(other.kind == opposite and abs(other.at - hit.at) <= _BOTH for other in near):
        return "unsubscribe and offer at once"
    return ""


def _is_burst(hit: Hit, near: Sequence[Hit]) -> bool:
    """Whether this hit lies in some window of ten seconds with hits on three different links."""
    starts = [other.at for other in near if other.at <= hit.at]
    return any(len({other.link for other in near if start <= other.at <= start + _BURST}) >= _BURST_LINKS for start in starts)


def evidence_of(method: str, headers: Sequence[tuple[str, str]], network: str) -> Evidence:
    """What a request shows, from its header lines (lower-case names)."""
    told = dict(headers)
    purpose = " ".join(told.get(name, "") for name in ("sec-purpose", "purpose", "x-purpose", "x-moz"))
    return Evidence(
        method=method,
        agent=told.get("user-agent", "")[:_AGENT_LENGTH],
        network=network,
        has_browser_headers="accept-language" in told or any(name.startswith("sec-fetch-") for name in told),
        is_prefetch="prefetch" in purpose or "preview" in purpose,
    )
