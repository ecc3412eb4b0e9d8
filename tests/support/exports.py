"""Rows with the headers of real exports, and what each becomes by its shipped mapping."""

Row = dict[str, str]

NYC = (
    "Unique Key,Created Date,Closed Date,Agency,Agency Name,{theme},{text},Location Type,Incident Zip,Incident Address,Status,Due Date,"
    "Resolution Action Updated Date,Borough,Latitude,Longitude,Location\n"
)
NYC_OLD = NYC.format(theme="Complaint Type", text="Descriptor")
NYC_NEW = NYC.format(theme="Problem (formerly Complaint Type)", text="Problem Detail (formerly Descriptor)").replace("Due Date,", "")
BOSTON = (
    "case_enquiry_id,open_dt,{due},closed_dt,on_time,case_status,closure_reason,case_title,subject,reason,type,queue,department,location,"
    "neighborhood,latitude,longitude,source\n"
)
BOSTON_NEW = (
    "case_id,open_date,case_topic,service_name,assigned_department,case_status,close_date,"
    "target_close_date,full_address,longitude,latitude\n"
)
CHICAGO = (
    "SR_NUMBER,SR_TYPE,SR_SHORT_CODE,CREATED_DEPARTMENT,OWNER_DEPARTMENT,STATUS,ORIGIN,CREATED_DATE,LAST_MODIFIED_DATE,CLOSED_DATE,"
    "STREET_ADDRESS,CITY,WARD,LATITUDE,LONGITUDE,LOCATION\n"
)
SF = (
    "CaseID,Opened,Closed,Updated,Status,Status Notes,Responsible Agency,Category,Request Type,Request Details,Address,Neighborhood,"
    "Latitude,Longitude,Point,Source,Media URL\n"
)

OPEN311 = (
    "service_request_id,requested_datetime,updated_datetime,closed_datetime,expected_datetime,status,service_name,description,"
    "agency_responsible,address,lat,long\n"
    "638344,1994-11-05T08:15:30-05:00,1994-11-06T13:15:30Z,,1994-11-09,open,Pothole,Deep,DOT,1 Main St,38.2,-85.7\n"
)
EXPORT = (
    "№ обращения;Дата регистрации;Широта;Долгота;Сфера;Тематика;Состояние;Ответственный;Адрес проблемы;Текст;Срок исполнения\n"
    "15-01;24.11.2026 10:15;45,0355;38,9753;ЖКХ;Двор;в работе;Управа;ул. Мира, 1;Качели;30.11.2026\n"
)

SAMPLES: dict[str, tuple[str, str, Row]] = {
    "a summer evening in New York": (
        "nyc311",
        NYC_OLD
        + "42254749,04/18/2019 09:55:45 PM,04/19/2019 03:45:24 AM,NYPD,New York City Police Department,HEAT/HOT WATER,ENTIRE BUILDING,"
        + 'RESIDENTIAL BUILDING,11235,3855 SHORE PARKWAY,Closed,,04/19/2019 05:55:45 AM,BROOKLYN,40.58,-73.93,"(40.58, -73.93)"\n',
        {
            "id": "42254749",
            "received_at": "2019-04-19T01:55:45",
            "closed_at": "2019-04-19T07:45:24",
            "updated_at": "2019-04-19T09:55:45",
            "due_at": "NaT",
            "status": "closed",
            "theme": "nyc311-heat/hot-water",
            "sector": "housing",
            "agency": "New York City Police Department",
            "address": "3855 SHORE PARKWAY",
            "place": "-73.93 40.58",
        },
    ),
    "midnight and noon in winter, with the header of 2025": (
        "nyc311",
        NYC_NEW + "7,01/15/2026 12:00:00 AM,,DOT,Department of Transportation,Street Condition,Pothole,,,1 MAIN ST,In Progress,"
        "01/15/2026 12:30:00 PM,QUEENS,40.7,-73.8,\n",
        {
            "received_at": "2026-01-15T05:00:00",
            "updated_at": "2026-01-15T17:30:00",
            "closed_at": "NaT",
            "status": "in_work",
            "sector": "roads",
        },
    ),
    "the hour that is there twice in Chicago": (
        "chicago311",
        CHICAGO
        + "SR26-1,Pothole in Street Complaint,PHF,CDOT,CDOT - Department of Transportation,Completed,Mobile Device,11/01/2026 01:30:00 AM,"
        + '11/02/2026 08:00:00 AM,11/02/2026 08:00:00 AM,1200 W 81ST ST,CHICAGO,21,41.7467,-87.6536,"(41.7467, -87.6536)"\n',
        {"received_at": "2026-11-01T06:30:00", "closed_at": "2026-11-02T14:00:00", "status": "closed", "sector": "roads"},
    ),
    "the target date of Boston is the deadline": (
        "boston311",
        BOSTON.format(due="sla_target_dt")
        + "101006000001,2026-03-01 10:00:00,2026-03-09 10:00:00,,OVERDUE,Open,,Pothole,Public Works,Street,Request for Pothole Repair,"
        + "PWDx,PWDx,430 E First St  South Boston  MA  02127,South Boston,42.3399,-71.0277,Constituent Call\n",
        {
            "id": "101006000001",
            "received_at": "2026-03-01T15:00:00",
            "due_at": "2026-03-09T14:00:00",
            "status": "new",
            "sector": "roads",
            "place": "-71.0277 42.3399",
        },
    ),
    "AM and PM of the older files of Boston": (
        "boston311",
        BOSTON.format(due="target_dt")
        + "101000295613,07/01/2011 01:32:33 AM,07/05/2011 03:30:00 PM,07/01/2011 12:03:21 PM,ONTIME,Closed,,Light,PWD,Lights,"
        + "Street Light Outages,PWDx,PWDx,103 N Beacon St,Brighton,42.3549,-71.143,Call\n",
        {
            "received_at": "2011-07-01T05:32:33",
            "due_at": "2011-07-05T19:30:00",
            "closed_at": "2011-07-01T16:03:21",
            "status": "closed",
        },
    ),
    "the system of 2025 of Boston, with offsets": (
        "boston311",
        BOSTON_NEW + "BCS-00000001,2026-03-20 09:00:00+00,Light,Street Light Outage,Public Works Department (PWD),In progress,,"
        '2026-03-23 09:00:00+00,"30 B St, Boston, MA 02127",-71.0270,42.3350\n',
        {
            "received_at": "2026-03-20T09:00:00",
            "due_at": "2026-03-23T09:00:00",
            "status": "in_work",
            "sector": "roads",
            "address": "30 B St, Boston, MA 02127",
        },
    ),
    "San Francisco": (
        "sf311",
        SF + "1086,07/01/2026 12:02:00 AM,,07/01/2026 01:00:00 PM,Open,open,DPW,Street Defects,Pavement_Defect,Pothole,1 MARKET ST,FiDi,"
        '37.794,-122.395,"(37.794, -122.395)",Phone,\n',
        {"received_at": "2026-07-01T07:02:00", "updated_at": "2026-07-01T20:00:00", "status": "new", "sector": "roads"},
    ),
    "the bulk draft of Open311": (
        "open311bulk",
        OPEN311,
        {
            "id": "638344",
            "received_at": "1994-11-05T13:15:30",
            "updated_at": "1994-11-06T13:15:30",
            "due_at": "1994-11-09T23:59:59",
            "status": "new",
            "theme": "other-pothole",
            "agency": "DOT",
            "place": "-85.7 38.2",
        },
    ),
    "a Russian export": (
        "russian",
        EXPORT,
        {
            "id": "15-01",
            "received_at": "2026-11-24T07:15:00",
            "due_at": "2026-11-30T20:59:59",
            "status": "in_work",
            "theme": "housing-двор",
            "sector": "housing",
            "agency": "Управа",
            "address": "ул. Мира, 1",
            "place": "38.9753 45.0355",
        },
    ),
    "a Russian export that has only the text": (
        "russian",
        "Номер\tДата\tlat\tlon\tТекст сообщения\n1\t24.11.2026\t45.03\t38.97\tНет воды третий день\n",
        {"received_at": "2026-11-23T21:00:00", "status": "new", "theme": "housing.no_water", "sector": "housing"},
    ),
}
