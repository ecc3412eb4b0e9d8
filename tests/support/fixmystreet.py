"""What FixMyStreet sends to an Open311 server and how it reads the answers, written down from its public source (perllib/Open311.pm,
Open311/UpdatesBase.pm and Open311/GetServiceRequestUpdates.pm of mysociety/fixmystreet)."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

COMMENT = (
    "status={status}&first_name=%D0%98%D0%B2%D0%B0%D0%BD&email=ivan%40example.org&last_name=%D0%9F%D0%B5%D1%82%D1%80%D0%BE%D0%B2&"
    "jurisdiction_id=example.org&description=%D0%92%D1%81%D1%91+%D0%B5%D1%89%D1%91+%D1%8F%D0%BC%D0%B0&update_id={update_id}&"
    "updated_datetime={at}&service_request_id={request_id}&api_key={key}&phone=%2B79000000000&media_url=https%3A%2F%2Ffms.example%2F1.jpg"
)
"""The body of `post_service_request_update`: a form whose fields come in no certain order."""

REPORT = (
    "description=%D0%AF%D0%BC%D0%B0%0A%0A%D0%92%D0%BE+%D0%B4%D0%B2%D0%BE%D1%80%D0%B5%0A%0Ahttp%3A%2F%2Ffms.example%2Freport%2F{problem}%0A&"
    "first_name=%D0%98%D0%B2%D0%B0%D0%BD&last_name=%D0%9F%D0%B5%D1%82%D1%80%D0%BE%D0%B2&email=ivan%40example.org&phone=&"
    "lat={lat}&long={lng}&service_code=roads.pothole&attribute%5Bfixmystreet_id%5D={problem}&jurisdiction_id=example.org&api_key={key}&"
    "media_url=https%3A%2F%2Ffms.example%2Fphoto%2F{problem}.0.full.jpeg"
)
"""The body of `send_service_request`."""

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
STATES = {"open": "confirmed", "closed": "fixed - council", "no further action": "unable to fix"}
"""`map_state` without extended statuses; other statuses in lower case are states."""
VISIBLE = {
    "confirmed", "investigating", "in progress", "planned", "action scheduled", "fixed - council", "closed", "unable to fix",
    "not responsible", "duplicate", "internal referral",
}  # fmt: skip
"""States that a report may have."""


def w3cdtf(at: datetime) -> str:
    """An instant as DateTime::Format::W3CDTF writes it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def updates_query(start: datetime, end: datetime, key: str = "") -> dict[str, str]:
    """The parameters of `get_service_request_updates`."""
    return {"api_key": key, "start_date": w3cdtf(start), "end_date": w3cdtf(end), "jurisdiction_id": "example.org"}


@dataclass
class Problems:
    """The reports of a FixMyStreet, by the id that the server has given them, and the updates that it has stored."""

    states: dict[str, str]
    comments: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Id of an update: the report's and the text."""

    def process(self, body: bytes, asked: dict[str, str]) -> int:
        """Read an answer as `process_requests` does; how many updates were new."""
        before = len(self.comments)
        for element in ElementTree.fromstring(body).iterfind("request_update"):  # noqa: S314  # what our own server wrote
            one = {child.tag: child.text for child in element}
            at = str(one["updated_datetime"])
            datetime.strptime(at, "%Y-%m-%dT%H:%M:%S%z")
            if not one["update_id"] or at < asked["start_date"] or at > asked["end_date"] or one["service_request_id"] not in self.states:
                continue
            if one["update_id"] in self.comments:
                continue
            self.comments[one["update_id"]] = str(one["service_request_id"]), str(one["description"])
            status = str(one["status"]).lower().replace("_", " ")
            state = STATES.get(status, status)
            assert state in VISIBLE
            self.states[str(one["service_request_id"])] = state
        return len(self.comments) - before


HOURS = timedelta(hours=2)
"""FixMyStreet reads the updates of the last two hours."""
