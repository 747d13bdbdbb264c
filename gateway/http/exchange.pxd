# The C types of exchange.py. `tunnel`, `mirrors` and `error` are met on few requests, and are whatever they are.
cimport cython
from discovery.lease cimport Lease
from gateway.codec.http1 cimport EndOfMessage
from gateway.hot.head cimport RequestHead, ResponseHead
from gateway.http.downstream cimport Downstream
from gateway.http.forwarding cimport Recipe, choose_request_id
from gateway.http.request_head cimport render_request
from gateway.http.response_head cimport ResponseFraming, render_interim, render_response, switches_protocol
from gateway.http.service cimport BackendTraffic, DataPath
from gateway.settings cimport Settings
from gateway.upstream.http1_client cimport UpstreamConnection
from gateway.upstream.pool cimport EndpointPool
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
    cdef readonly Lease lease
    cdef readonly object consultation
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
    cdef long long _body_bound
    cdef Timeouts _timeouts
    cdef ResponseFraming _framing
    cdef object _change
    cdef bint _chunked
    cdef object _unpacker
    cdef object _spool
    cdef bint _upstream_full
    cdef list _gathered
    cdef EndpointPool _pool
    cdef UpstreamConnection _upstream
    cdef int _connect_attempts
    cdef int _resends
    cdef int _retried
    cdef object _retry
    cdef bint _session_kept
    cdef int _interims
    cdef bint _continued
    cdef bint _reused
    cdef bint _finished
    cdef list _tried
    cdef object _selection
    cdef bytes _hash_key
    cdef long long _whole_deadline_ns
    cdef long long _try_deadline_ns
    cdef list _outgoing
    cdef long long _outgoing_bytes
    cdef long long _unsent_bytes
    cdef list _replay

    cpdef begin(self, Downstream downstream, RequestHead head, long long started_ns)
    @cython.locals(downstream=Downstream, service=DataPath, settings=Settings)
    cpdef start(self)
    @cython.locals(downstream=Downstream, head=RequestHead, service=DataPath, plan=Plan)
    cdef _route(self)
    @cython.locals(request_s=double)
    cpdef await_policies(self)
    @cython.locals(subject=Subject, plan=Plan, before=Timeouts)
    cpdef permitted(self)
    @cython.locals(subject=Subject)
    cdef _await_body(self, room)
    cdef _keep(self, spool, bytes data)
    @cython.locals(subject=Subject)
    cdef _body_complete(self, spool)
    @cython.locals(upstream=UpstreamConnection)
    cdef _send_spooled(self, spool)
    cpdef take_up(self, list kept)
    cpdef answered_by(self, str policy, answer)
    @cython.locals(subject=Subject)
    cdef list _policy_lines(self)
    @cython.locals(bound="long long")
    cdef _check_length(self)
    @cython.locals(downstream=Downstream, head=RequestHead, service=DataPath, plan=Plan, choice=WeightedPlan, backend=BackendTraffic, subject=Subject, recipe=Recipe)
    cdef _forward(self)
    @cython.locals(subject=Subject)
    cdef WeightedPlan _kept_choice(self, Plan plan, session)
    cdef bint _cross_origin(self, cors) except -1
    cpdef refused(self, denial, str policy)
    cdef _mirror(self, WeightedPlan choice)
    cdef _redirect(self, WeightedPlan choice)
    @cython.locals(pool=EndpointPool, connection=UpstreamConnection, careful=bint)
    cdef _connect(self)
    cdef _await_connection(self, EndpointPool pool)
    @cython.locals(backend=BackendTraffic, lease=Lease, pool=EndpointPool, timeouts=Timeouts)
    cdef EndpointPool _lease_endpoint(self)
    @cython.locals(now_ns="long long")
    cdef _begin_deadlines(self, Timeouts timeouts)
    @cython.locals(nearest_ns="long long")
    cdef _await_deadline(self, long long now_ns)
    @cython.locals(downstream=Downstream, outgoing=list)
    cpdef upstream_ready(self, UpstreamConnection connection)
    @cython.locals(downstream=Downstream, bound="long long")
    cdef bint _goes_out_again(self, error) except -1
    cpdef request_body(self, bytes data)
    cdef bytes _unpacked(self, bytes data)
    cpdef request_ended(self, EndOfMessage end)
    @cython.locals(upstream=UpstreamConnection, bound="long long")
    cdef _send(self, bytes data)
    @cython.locals(downstream=Downstream, upstream=UpstreamConnection)
    cpdef upstream_events(self, list events)
    @cython.locals(gathered=list)
    cdef _flush(self)
    @cython.locals(service=DataPath, status=int, framing=ResponseFraming, subject=Subject)
    cdef _response_head(self, ResponseHead answer)
    cdef _response_body(self, bytes data)
    @cython.locals(framing=ResponseFraming)
    cdef _pass_on(self, bytes data)
    @cython.locals(framing=ResponseFraming, upstream=UpstreamConnection)
    cdef _response_end(self, EndOfMessage end)
    cpdef fail(self, error)
    @cython.locals(upstream=UpstreamConnection)
    cdef _enter_tunnel(self)
    @cython.locals(head=RequestHead)
    cdef _settle_keep_alive(self)
    cdef _reply(self, int status, bytes message)
    cdef _discard_rest(self)
    @cython.locals(upstream=UpstreamConnection)
    cdef _abandon(self)
    cdef _abandon_copies(self)
    cdef _end_copies(self)
    @cython.locals(lease=Lease)
    cdef _end_lease(self)
    cdef _pool_forget(self)
    @cython.locals(upstream=UpstreamConnection)
    cdef _give_back(self)
    @cython.locals(upstream=UpstreamConnection)
    cdef _dispose(self)
    @cython.locals(upstream=UpstreamConnection)
    cdef _finish(self)
