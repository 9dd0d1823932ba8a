"""What people say of answers: kept where the service was told to, listed, deleted, given out as an evaluation set."""

from fastapi import APIRouter, Depends, Request, Response

from api.access.access import caller_of, require
from api.access.keys import Scope
from api.articles import gold
from api.http.body import parse_body
from api.openapi.describe import GOLD, GOLD_SET, JUDGE, UNJUDGE
from api.problems.problems import ProblemError
from api.routes.questions import json_response
from api.schemas.gold import JudgementRequest
from api.services import Body, Services, Used

router = APIRouter()
_JUDGE = [Depends(require(Scope.JUDGE))]
_FILE = {"Content-Disposition": 'attachment; filename="geungeo-gold.zip"'}


@router.post("/v1/gold", dependencies=_JUDGE, **JUDGE)
async def judge(request: Request, body: Body, services: Used) -> Response:
    """Say of a question which sentence answers it, which does not, or that none does."""
    said, library = await parse_body(JudgementRequest, body), services.holder.library()
    _require_kept(services)
    caller = caller_of(request)
    return json_response(await services.judging.look(request, lambda: gold.keep(library, caller, said)), 201)


@router.get("/v1/gold", dependencies=_JUDGE, **GOLD)
async def list_gold(request: Request, services: Used) -> Response:
    """List what was said, the newest first; of a key of some collections its own alone."""
    library, caller = services.holder.library(), caller_of(request)
    _require_kept(services)
    return await services.judging.look(request, lambda: json_response(gold.listed(library, caller)))


@router.get("/v1/gold/set", dependencies=_JUDGE, **GOLD_SET)
async def gold_set(request: Request, services: Used) -> Response:
    """Return a zip of a folder for ``geungeo eval check`` and ``geungeo eval``: the questions that are judged, and the articles."""
    library, caller = services.holder.library(), caller_of(request)
    _require_kept(services)
    made = await services.judging.look(request, lambda: gold.evaluation_set(library, caller))
    return Response(made, media_type="application/zip", headers=_FILE)


@router.delete("/v1/gold/{judgement_id}", dependencies=_JUDGE, **UNJUDGE)
async def unjudge(judgement_id: str, request: Request, services: Used) -> Response:
    """Forget one for good. What is said of an article's sentences goes with the article, too."""
    library, caller = services.holder.library(), caller_of(request)
    _require_kept(services)
    await services.judging.look(request, lambda: gold.forget(library, caller, judgement_id))
    return Response(status_code=204)


def _require_kept(services: Services) -> None:
    if not services.gold:
        raise ProblemError("gold_off")
