"""What the caller's API key allows."""

from typing import Any

import orjson
from fastapi import APIRouter, Request, Response

from geo_service.core.errors import Unauthorised
from geo_service.http.api_keys import key_id
from geo_service.queries.selection import collect_params
from geo_service.routes.common.auth import KEY_SCOPES, READ_TEXT, WRITE_INCIDENTS, bearer_key, scopes_of
from geo_service.routes.common.dependencies import PlainRoute, service_of
from geo_service.routes.schemas.parameter_docs import PROBLEM

router = APIRouter(route_class=PlainRoute, prefix="/api", tags=["access"])

_DOCS: dict[str, Any] = {"security": [{"readKey": []}, {"writeKey": []}, {}]}
_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {"description": "The scopes of the key; none without a key.", "content": {"application/json": {}}},
    400: {"description": "There are no parameters here.", **PROBLEM},
    401: {"description": "The API key is not valid.", **PROBLEM},
}


@router.get("/access", openapi_extra=_DOCS, responses=_RESPONSES, summary="What a key allows", operation_id="access")
async def get_access(request: Request) -> Response:
    """Return the scopes of the key that was sent, and those for which this service has keys at all.

    `read:text` shows the citizens' words and addresses, `write:incidents` allows sending incidents and giving verdicts on alerts.
    """
    collect_params(request.query_params.multi_items(), ())
    key, settings = bearer_key(request), service_of(request).settings
    scopes = scopes_of(request)
    if key and not scopes:
        raise Unauthorised("cannot say what the key allows: invalid API key")
    open_scopes = [WRITE_INCIDENTS] if settings.write_open else []
    document = {
        "key_id": key_id(key) or None,
        "scopes": sorted({*scopes, *open_scopes}),
        "scopes_of_keys": [scope for scope in (READ_TEXT, WRITE_INCIDENTS) if KEY_SCOPES[scope](settings)],
    }
    return Response(orjson.dumps(document), media_type="application/json", headers={"Cache-Control": "no-store", "Vary": "Authorization"})
