"""What Schemathesis cannot know of flux from its document."""

import schemathesis

# Filters, columns and values follow a grammar, the tables and Postgres's own types, none of which a schema can state.
# So a request that is refused for one of them counts as valid there, and these answers are right.
BEYOND_THE_SCHEMA = {400, 404, 406, 409, 416}
# A created row has no body unless it is asked for, and Schemathesis knows no body that may be left out.
ABOUT_THE_BODY = {"MissingContentType", "MalformedJson", "JsonSchemaError"}
# Characters of a query; twice what the server reads of a request's head (MAX_HEADER_BYTES in src/app.ts).
ENOUGH_TO_REFUSE = 200_000


@schemathesis.hook
def filter_failure(context, failure, case, response):
    kind = type(failure).__name__
    if kind == "RejectedPositiveData" and response.status_code in BEYOND_THE_SCHEMA:
        return False
    if kind in ABOUT_THE_BODY and response.status_code == 201 and response.content == b"":
        return False
    # Any text is CSV, whatever it was meant to be.
    if kind == "AcceptedNegativeData" and str(case.media_type).startswith("text/csv"):
        return False
    # Longer than any server reads: it is refused before anybody knows which contract is meant.
    return response.status_code != 431


@schemathesis.hook
def before_call(context, case, kwargs):
    """Says in 200 kB what would take 32 MB: a thousand values of the longest kind, each of them as often but shorter."""
    query = case.query if isinstance(case.query, dict) else {}
    for name, values in query.items():
        if isinstance(values, list) and sum(len(str(value)) for value in values) > ENOUGH_TO_REFUSE:
            bound = ENOUGH_TO_REFUSE // len(values) + 1
            query[name] = [value[:bound] if isinstance(value, str) else value for value in values]
