# The C types of tries.py.
cimport cython
from discovery.lease cimport Lease
from gateway.hot.head cimport RequestHead, ResponseHead
from gateway.http.attempt cimport Attempt
from gateway.http.downstream cimport Downstream
from gateway.http.exchange cimport Exchange
from gateway.http.service cimport BackendTraffic, DataPath
from gateway.upstream.http1_client cimport UpstreamConnection
from gateway.upstream.pool cimport EndpointPool
from gateway.upstream.share cimport BackendShare
from policies.timeouts cimport Timeouts

cdef int _CONNECTING, _AWAITED, _STREAMING, _TUNNELLED, _COMPLETE

cdef class Tries:
    cdef Exchange _exchange
    cdef object _selection
    cdef bytes _hash_key
    cdef Timeouts _timeouts
    cdef object _retry
    cdef list _tried
    cdef int _connect_attempts
    cdef int _resends
    cdef int _retried
    cdef bytes _head
    cdef list _kept
    cdef long long _kept_bytes
    cdef long long _kept_bound
    cdef bint _marked
    cdef bint _entered
    cdef bint _retrying
    cdef readonly Attempt attempt
    cdef public bint session_kept
    cdef readonly bint gave_up

    cpdef begin(self, Exchange exchange, bytes head, selection, bytes hash_key, Timeouts timeouts, retry, int number)
    @cython.locals(exchange=Exchange, backend=BackendTraffic)
    cdef _plan_tries(self, retry)
    @cython.locals(backend=BackendTraffic, share=BackendShare)
    cpdef enter(self)
    @cython.locals(backend=BackendTraffic)
    cpdef leave(self)
    @cython.locals(backend=BackendTraffic)
    cdef _end_retry(self)
    @cython.locals(pool=EndpointPool, attempt=Attempt, head=RequestHead, careful=bint, connection=UpstreamConnection)
    cpdef connect(self)
    @cython.locals(exchange=Exchange, backend=BackendTraffic, lease=Lease, pool=EndpointPool, attempt=Attempt, timeouts=Timeouts, probe=int, now_s=double)
    cdef EndpointPool _lease_endpoint(self)
    @cython.locals(kept=list)
    cpdef list outgoing(self, Attempt attempt)
    @cython.locals(exchange=Exchange, attempt=Attempt, connected=bint, kept=list, downstream=Downstream)
    cpdef send(self, bytes data)
    @cython.locals(attempt=Attempt)
    cpdef abandon(self)
    @cython.locals(status=int)
    cpdef bint takes_back(self, Attempt attempt, ResponseHead answer) except -1
    cpdef bint goes_out_again(self, error) except -1
