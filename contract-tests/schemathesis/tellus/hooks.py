"""What Schemathesis cannot know of tellus from its document."""

import itertools
import json
import os
import re

import schemathesis
from hypothesis import strategies as st

IN_PATHS = json.loads(os.environ["KNOWN_IN_PATHS"])
IN_BODIES = json.loads(os.environ["KNOWN_IN_BODIES"])
LONG_POLL = "/v1/device/commands"
RESET_SECRET = "/v1/devices/{id}/reset-secret"

# Rules between fields, rules about now, and a format that is ours: a schema cannot state them to Schemathesis, so a
# request that breaks one counts as valid there, and 400 is right.
BEYOND_THE_SCHEMA = re.compile(
    r"end_time is before start_time"
    r"|start_time must be before end_time"
    r"|the period has more than"
    r"|is more than 24 hours ahead"
    r"|day_of_week is needed in a weekly schedule"
    r"|end equals its start"
    r"|effective_until is not after effective_from"
    r"|target_ids is required for the target"
    r"| needs params\.\w+ or params\.power_limit_percent"
    r"|client_id and client_secret belong together"
    r"|is not an IANA time zone"
    r"|params.until is not after params.since"
    r"|to must not be before from"
    r"|the log is empty"
)

# Any bytes will do for what is uploaded.
schemathesis.serializer.alias("application/gzip", "application/octet-stream")

schemathesis.openapi.format("timezone", st.sampled_from(["UTC", "Europe/London", "America/New_York", "Asia/Kolkata"]))
# Only instants that a calendar of the contract has: from 1970 to 9999, with an offset, without leap seconds.
schemathesis.openapi.format(
    "date-time",
    st.builds(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{}{}".format,
        st.integers(1971, 9998),
        st.integers(1, 12),
        st.integers(1, 28),
        st.integers(0, 23),
        st.integers(0, 59),
        st.integers(0, 59),
        st.sampled_from(["", ".5", ".123", ".123456"]),
        st.sampled_from(["Z", "+00:00", "-08:00", "+05:30"]),
    ),
)

turns = itertools.count()


@schemathesis.hook
def before_call(context, case, kwargs):
    path = case.operation.path
    if path == LONG_POLL:
        shorten_wait(case)
    positive = case.meta is not None and case.meta.generation.mode.is_positive
    # Every other valid request is about something that exists; the rest finds out about 404.
    if positive and next(turns) % 2 == 0:
        known = next((ids for prefix, ids in IN_PATHS.items() if path.startswith(prefix)), {})
        put(case.path_parameters, known)
        put(case.body, IN_BODIES.get(path, {}))
    # The charger whose token is in use must keep it.
    if path == RESET_SECRET and str(case.path_parameters.get("id")).lower() == os.environ["DEVICE_ID"]:
        case.path_parameters["id"] = IN_PATHS[RESET_SECRET]["id"]


def put(fields, known):
    if isinstance(fields, dict):
        fields.update({name: value for name, value in known.items() if name in fields})


def shorten_wait(case):
    """A long-poll that waits its full time would use up ours."""
    wait = (case.query or {}).get("wait")
    if wait is None or re.fullmatch(r"[+ ]?\d+(\.0*)?", str(wait)) and 1 < float(wait) <= 60:
        case.query = {**(case.query or {}), "wait": 1 if wait == 60 else 0}


@schemathesis.hook
def filter_failure(context, failure, case, response):
    rejected = type(failure).__name__ == "RejectedPositiveData"
    return not (rejected and response.status_code == 400 and BEYOND_THE_SCHEMA.search(response.text))
