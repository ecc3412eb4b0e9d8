"""Health checks for operators and load balancers."""

from fastapi import APIRouter, Depends, Request
from starlette.responses import JSONResponse

from geo_service.routes.common.dependencies import service_of
from geo_service.routes.common.no_parameters import no_parameters

router = APIRouter(tags=["operations"], dependencies=[Depends(no_parameters)])


@router.get("/healthz", summary="Alive", operation_id="healthz")
async def get_healthz() -> dict[str, str]:
    """200 as long as the process responds."""
    return {"status": "ok"}


@router.get("/readyz", summary="Ready to answer", operation_id="readyz")
async def get_readyz(request: Request) -> JSONResponse:
    """200 if the incidents are loaded, follow the database closely and can be counted at once; otherwise 503 with the reason."""
    service = service_of(request)
    replica, limit = service.replica, service.settings.lag_limit_s
    reason = None
    if not replica.loaded:
        reason = "the incidents are still being loaded"
    elif not service.warmed_up:
        reason = "what counts the incidents is still being compiled or read"
    elif replica.lag > limit:
        reason = f"the incidents are {replica.lag:.0f} s behind the database, more than {limit:.0f} s"
    state = {
        "ready": reason is None,
        "reason": reason,
        "revision": replica.revision,
        "lag_s": round(replica.lag, 3) if replica.loaded else None,
        "incidents": replica.live_rows,
    }
    return JSONResponse(state, status_code=200 if reason is None else 503, headers={"Cache-Control": "no-store"})
