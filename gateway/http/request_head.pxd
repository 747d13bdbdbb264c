# The C types of request_head.py.
cimport cython
from gateway.hot.head cimport RequestHead
from gateway.hot.writer cimport HeadWriter
from gateway.http.forwarding cimport Peer, Recipe, forward_lines
from gateway.settings cimport Settings
from policies.chain cimport Plan, WeightedPlan
from policies.subject cimport Subject

cdef int _ABSOLUTE

@cython.locals(target=bytes, host=bytes, start_line=bytes, line=bytes, absolute=bint, named=bint)
cpdef bytes render_request(
    HeadWriter out, RequestHead head, Plan plan, WeightedPlan choice, Recipe recipe, Peer peer, Settings settings,
    bytes scheme, bytes request_id, Subject subject,
)
