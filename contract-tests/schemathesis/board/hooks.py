"""What Schemathesis cannot know of board from its document."""

import itertools
import os
import re

import schemathesis
from hypothesis import strategies as st

LOGIN = "/auth/login"
LOGOUT = "/auth/logout"

# What a schema cannot know, or Schemathesis cannot read in it, so 400 is right: an id that names no message, an address that is
# not allowed, formats of ours, two rules between fields.
BEYOND_THE_SCHEMA = re.compile(
    r"before names no message|upstreamUrl (is|must)|printable characters|the minimum of .* is above its maximum|needs windows or prices"
)

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
    # The session that is in use must last; the bearer wins over its cookie.
    if path == LOGOUT:
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {os.environ['SPARE_SESSION']}"}
    positive = case.meta is not None and case.meta.generation.mode.is_positive
    # Every other valid request is about something that exists; the rest finds out about 404 and 401.
    if not positive or next(turns) % 2 != 0:
        return
    if isinstance(case.path_parameters, dict) and "identity" in case.path_parameters:
        # What is removed is not there the next time.
        name = "REMOVED_IDENTITY" if case.method.upper() == "DELETE" else "KNOWN_IDENTITY"
        case.path_parameters["identity"] = os.environ[name]
    if path == LOGIN and isinstance(case.body, dict) and "token" in case.body:
        case.body["token"] = os.environ["BOARD_TOKEN"]


@schemathesis.hook
def filter_failure(context, failure, case, response):
    rejected = type(failure).__name__ == "RejectedPositiveData"
    return not (rejected and response.status_code == 400 and BEYOND_THE_SCHEMA.search(response.text))
