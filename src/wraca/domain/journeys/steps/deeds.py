"""What a journey does besides writing to somebody."""

from wraca.domain.journeys.plan import END, ChangeAudience, GiveOffer, GotoJourney, NotifyTeam
from wraca.domain.journeys.run import Continue, Decision, MakeOffer, MoveAudience, TellTeam
from wraca.domain.journeys.steps.moves import At, Go, Move, Stop


def give_offer(at: At, step: GiveOffer) -> Move:
    """Ask for it, and go on once it is there: what stands behind may look at the code, or at there being none."""
    given = at.facts.offers.get(step.id)
    if given is None:
        because = Decision(at.run.at, "offers", {"step": step.id, "kind": step.offer.kind.value, "pool": step.pool})
        return Stop(MakeOffer(step.id, step.offer, step.pool, step.code, step.expires), because)
    because = Decision(at.run.at, "offered", {"step": step.id, "has_code": bool(given.code), "expires_at": given.expires_at})
    return Go(at.place.then, at.run.entered_at, because)


def change_audience(at: At, step: ChangeAudience) -> Go:
    """Done on the way."""
    because = Decision(at.run.at, "joined" if step.joins else "left", {"audience": step.audience})
    return Go(at.place.then, at.run.entered_at, because, acts=(MoveAudience(step.audience, step.joins),))


def notify_team(at: At, step: NotifyTeam) -> Go:
    """Done on the way."""
    because = Decision(at.run.at, "told_team", {"text": step.text})
    return Go(at.place.then, at.run.entered_at, because, acts=(TellTeam(at.run.at, step.text),))


def goto_journey(at: At, step: GotoJourney) -> Stop:
    """The last thing a run does."""
    return Stop(Continue(step.journey), Decision(at.run.at, "continues", {"journey": step.journey}))


def end(at: At) -> Go:
    """Over, whatever stands behind the branch."""
    return Go(END, at.run.entered_at, Decision(at.run.at, "ended"))
