# The C types of attempt.py. `change` is met on few requests, and is whatever it is.
cimport cython
from discovery.lease cimport Lease
from gateway.codec.http1 cimport EndOfMessage
from gateway.hot.head cimport ResponseHead
from gateway.http.downstream cimport Downstream
from gateway.http.exchange cimport Exchange
from gateway.http.response_head cimport ResponseFraming, render_interim, render_response, switches_protocol
from gateway.http.service cimport BackendTraffic, DataPath
from gateway.http.tries cimport Tries
from gateway.upstream.http1_client cimport UpstreamConnection
from gateway.upstream.pool cimport EndpointPool
from policies.chain cimport WeightedPlan
from policies.subject cimport Subject

cdef int _COMPLETE_REQUEST
cdef int _CONNECTING, _AWAITED, _STREAMING, _TUNNELLED, _COMPLETE

cdef class Attempt:
    cdef readonly Exchange exchange
    cdef readonly Lease lease
    cdef readonly EndpointPool pool
    cdef readonly UpstreamConnection upstream
    cdef readonly bint reused
    cdef readonly bint full
    cdef public int probe
    cdef readonly int status
    cdef readonly bint slow
    cdef readonly ResponseFraming framing
    cdef readonly object change
    cdef list _gathered
    cdef int _interims
    cdef long long _unsent_bytes

    cpdef begin(self, Exchange exchange, Lease lease, EndpointPool pool)
    @cython.locals(pool=EndpointPool)
    cpdef await_connection(self)
    @cython.locals(exchange=Exchange, downstream=Downstream, outgoing=list)
    cpdef upstream_ready(self, UpstreamConnection connection)
    @cython.locals(upstream=UpstreamConnection, downstream=Downstream)
    cpdef send(self, bytes data)
    @cython.locals(upstream=UpstreamConnection, downstream=Downstream)
    cpdef send_spooled(self, spool)
    cpdef send_stalled(self)
    @cython.locals(exchange=Exchange, downstream=Downstream, upstream=UpstreamConnection)
    cpdef upstream_events(self, list events)
    @cython.locals(gathered=list, exchange=Exchange, data=bytes)
    cpdef flush(self)
    @cython.locals(exchange=Exchange, service=DataPath, status=int, framing=ResponseFraming, choice=WeightedPlan, subject=Subject, backend=BackendTraffic)
    cdef _response_head(self, ResponseHead answer)
    @cython.locals(exchange=Exchange)
    cdef _interim(self, ResponseHead answer)
    cdef _response_body(self, bytes data)
    @cython.locals(framing=ResponseFraming)
    cdef _pass_on(self, bytes data)
    @cython.locals(framing=ResponseFraming, exchange=Exchange, upstream=UpstreamConnection)
    cdef _response_end(self, EndOfMessage end)
    @cython.locals(upstream=UpstreamConnection, pool=EndpointPool)
    cpdef abandon(self)
    @cython.locals(upstream=UpstreamConnection)
    cpdef give_back(self)
    @cython.locals(upstream=UpstreamConnection)
    cpdef dispose(self)
    @cython.locals(lease=Lease)
    cpdef end_lease(self)
