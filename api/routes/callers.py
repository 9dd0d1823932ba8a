"""What a key may do, for whoever offers only that."""

from fastapi import APIRouter, Depends, Request, Response

from api.access.access import caller_of, require
from api.access.keys import Scope
from api.openapi.describe import CALLER
from api.routes.questions import json_response
from api.schemas.articles import CallerResponse

router = APIRouter()


@router.get("/v1/me", dependencies=[Depends(require(Scope.ASK))], **CALLER)
async def me(request: Request) -> Response:
    """Return the key that asks, and its scopes with those they imply."""
    caller = caller_of(request)
    return json_response(CallerResponse(id=caller.id, scopes=sorted(caller.scopes)))
