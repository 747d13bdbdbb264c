# The C types of exchange.py. `tunnel`, `mirrors` and `error` are met on few requests, and are whatever they are.
cimport cython
from gateway.codec.http1 cimport EndOfMessage
from gateway.hot.head cimport RequestHead
from gateway.http.attempt cimport Attempt
from gateway.http.consultation cimport Consultation
from gateway.http.downstream cimport Downstream
from gateway.http.forwarding cimport Recipe, choose_request_id
from gateway.http.request_head cimport render_request
from gateway.http.service cimport BackendTraffic, DataPath
from gateway.http.tries cimport Tries
from gateway.settings cimport Settings
from gateway.upstream.http1_client cimport UpstreamConnection
from policies.chain cimport Plan, WeightedPlan
from policies.subject cimport Subject
from policies.timeouts cimport Timeouts

cdef int _STREAMING_REQUEST, _DISCARDED, _COMPLETE_REQUEST
cdef int _CONNECTING, _AWAITED, _STREAMING, _TUNNELLED, _COMPLETE

cdef class Exchange:
    cdef readonly Downstream downstream
    cdef readonly RequestHead head
    cdef readonly long long started_ns
    cdef readonly long long sent_ns
    cdef readonly long long upstream_ns
    cdef readonly Plan plan
    cdef readonly WeightedPlan choice
    cdef readonly BackendTraffic backend
    cdef readonly object guard
    cdef public Consultation consultation
    cdef readonly Subject subject
    cdef readonly tuple mirrors
    cdef readonly object tunnel
    cdef readonly int request
    cdef readonly int response
    cdef readonly int status
    cdef public object error
    cdef public bint keep_alive
    cdef public long long body_bytes
    cdef public long long sent_bytes
    cdef readonly long long discarded_bytes
    cdef readonly long long retries
    cdef readonly str place
    cdef readonly bytes request_id
    cdef public bint continued
    cdef readonly bint finished
    cdef long long _body_bound
    cdef Timeouts _timeouts
    cdef bint _chunked
    cdef object _retry
    cdef object _intake
    cdef readonly object spool
    cdef readonly object pace
    cdef readonly Tries tries
    cdef bint _session_kept
    cdef long long _whole_deadline_ns
    cdef long long _try_deadline_ns

    cpdef begin(self, Downstream downstream, RequestHead head, long long started_ns)
    @cython.locals(downstream=Downstream, service=DataPath, settings=Settings)
    cpdef start(self)
    @cython.locals(downstream=Downstream, head=RequestHead, service=DataPath, plan=Plan)
    cdef _route(self)
    @cython.locals(request_s=double)
    cpdef await_policies(self)
    @cython.locals(subject=Subject, plan=Plan)
    cpdef permitted(self)
    @cython.locals(subject=Subject)
    cdef _body_complete(self, intake, spool)
    cpdef await_octets(self)
    cpdef take_up(self, list kept)
    cpdef answered_by(self, str policy, answer)
    @cython.locals(bound="long long")
    cdef _check_length(self)
    @cython.locals(service=DataPath, plan=Plan, choice=WeightedPlan, subject=Subject)
    cdef _forward(self)
    @cython.locals(downstream=Downstream, head=RequestHead, service=DataPath, plan=Plan, choice=WeightedPlan, backend=BackendTraffic, subject=Subject, recipe=Recipe, tries=Tries, number=int)
    cpdef chosen(self)
    cpdef beginning(self, long long bound)
    @cython.locals(subject=Subject)
    cdef WeightedPlan _kept_choice(self, Plan plan, session)
    cdef bint _cross_origin(self, cors) except -1
    cpdef refused(self, denial, str policy)
    cdef _redirect(self, WeightedPlan choice)
    @cython.locals(downstream=Downstream, bound="long long")
    cpdef request_body(self, bytes data)
    cpdef request_ended(self, EndOfMessage end)
    @cython.locals(now_ns="long long")
    cpdef begin_deadlines(self, Timeouts timeouts)
    @cython.locals(downstream=Downstream)
    cpdef end_try(self)
    cpdef bint has_time(self, double seconds) except -1
    @cython.locals(nearest_ns="long long")
    cdef _await_deadline(self, long long now_ns)
    @cython.locals(attempt=Attempt)
    cpdef UpstreamConnection upstream(self)
    cdef Attempt _attempt(self)
    @cython.locals(attempt=Attempt, ambiguous=bint)
    cpdef fail(self, error)
    @cython.locals(upstream=UpstreamConnection)
    cpdef enter_tunnel(self, Attempt attempt)
    @cython.locals(head=RequestHead)
    cpdef settle_keep_alive(self)
    cdef _reply(self, int status, bytes message)
    @cython.locals(attempt=Attempt)
    cpdef discard_rest(self)
    @cython.locals(consultation=Consultation)
    cdef _abandon(self)
    cdef _abandon_copies(self)
    cdef _end_copies(self, Attempt attempt)
    @cython.locals(attempt=Attempt, upstream=UpstreamConnection, tries=Tries)
    cpdef finish(self)
