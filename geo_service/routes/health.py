"""Health checks for operators and load balancers."""

import time

from fastapi import APIRouter, Depends, Request
from starlette.responses import JSONResponse

from geo_service.routes.common.dependencies import Service, service_of
from geo_service.routes.common.no_parameters import no_parameters

router = APIRouter(tags=["operations"], dependencies=[Depends(no_parameters)])


@router.get("/healthz", summary="Alive", operation_id="healthz")
async def get_healthz() -> dict[str, str]:
    """200 as long as the process responds."""
    return {"status": "ok"}


@router.get("/readyz", summary="Ready to answer", operation_id="readyz")
async def get_readyz(request: Request) -> JSONResponse:
    """200 if the incidents are loaded and can be counted at once, `stale` or not; otherwise, or if they are too old, 503 with the reason.

    `stale`: they are known to be behind the database, or it cannot be reached, and requests are answered from memory.
    """
    service = service_of(request)
    replica = service.replica
    following = replica.following
    reason = reason_not_ready(service)
    state = {
        "ready": reason is None,
        "reason": reason,
        "stale": is_stale(service),
        "revision": replica.revision,
        "lag_s": round(replica.lag, 3) if replica.loaded else None,
        "incidents": replica.live_rows + replica.unlocated_rows,
        "placed": replica.live_rows,
        "refused": replica.refused_rows,
        "horizon_age_s": round(following.horizon.age_s, 1),
        "horizon_pid": following.horizon.pid,
        "reloads": following.reloads,
        "reconciled_ago_s": None if following.reconciled_at is None else round(time.monotonic() - following.reconciled_at, 1),
        "corrected": following.corrected,
        "corrected_at": None if following.corrected_at is None else following.corrected_at.isoformat(timespec="seconds"),
    }
    return JSONResponse(state, status_code=200 if reason is None else 503, headers={"Cache-Control": "no-store"})


def reason_not_ready(service: Service) -> str | None:
    """Return why no requests should be sent to this process; None where they may be."""
    replica, limit = service.replica, service.settings.stale_limit_s
    if not replica.loaded:
        return "the incidents are still being loaded"
    if not service.warmed_up:
        return "what counts the incidents is still being compiled or read"
    if replica.lag > limit:
        return f"the incidents are {replica.lag:.0f} s behind the database, more than {limit:.0f} s"
    return None


def is_stale(service: Service) -> bool:
    """Return whether the incidents are known to be behind the database, or it cannot be reached."""
    return service.replica.loaded and service.replica.lag > service.settings.lag_limit_s
