"""Lines of a CSV file in the service's own columns."""

HEADER = "id,received_at,lng,lat,sector,theme,status,agency,address,due_at,answered_at,closed_at,updated_at\n"


def csv_line(name: str, **change: str) -> str:
    """The line of the incident `name`, with some columns changed."""
    row = {
        "at": "2026-11-01T10:00:00Z",
        "lng": "38.97",
        "lat": "45.03",
        "status": "in_work",
        "closed": "",
        "address": "ул. Мира, 1",
    } | change
    return (
        f'{name},{row["at"]},{row["lng"]},{row["lat"]},roads,Ямы,{row["status"]},Управа,"{row["address"]}",2026-12-01,,{row["closed"]},\n'
    )
