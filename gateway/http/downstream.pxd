# The C types of downstream.py. `transport`, `listener` and `tunnel` are whatever has their methods.
cimport cython
from gateway.codec.http1 cimport Http1ServerCodec
from gateway.hot.head cimport RequestHead
from gateway.http.exchange cimport Exchange
from gateway.http.forwarding cimport Peer
from gateway.http.service cimport DataPath
from gateway.settings cimport Settings
from gateway.timers cimport Timer

cdef int _IDLE, _HEAD, _EXCHANGE, _LINGERING, _CLOSED

cdef class Downstream:
    cdef readonly DataPath service
    cdef readonly object listener
    cdef readonly bytes scheme
    cdef public int local_port
    cdef readonly Http1ServerCodec codec
    cdef readonly int state
    cdef readonly Exchange exchange
    cdef readonly object tunnel
    cdef readonly long long served
    cdef public bint counts_for_source
    cdef readonly bint eof
    cdef readonly long long lingered_bytes
    cdef readonly Timer phase_timer
    cdef readonly Timer deadline_timer
    cdef readonly Timer idle_timer
    cdef public Peer peer
    cdef public object transport
    cdef readonly bint write_paused
    cdef public object gates
    cdef int _holds
    cdef bint _pumping
    cdef bint _pump_due
    cdef long long _waiting
    cdef long long _unsent_bytes
    cdef long long _buffered_counted
    cdef long long _unsent_counted

    @cython.locals(state=int, events=list, pumping=bint)
    cpdef data_received(self, bytes data)
    cpdef write(self, bytes data)
    cpdef pause_reading(self, int hold)
    cpdef resume_reading(self, int hold)
    cpdef hold_body(self)
    cpdef release_body(self)
    cpdef hold_reading(self)
    cpdef release_reading(self)
    cpdef count_unsent(self, long long unsent_bytes)
    cpdef body_received(self)
    cpdef request_complete(self)
    cpdef exchange_finished(self, Exchange exchange)
    @cython.locals(exchange=Exchange)
    cdef _dispatch(self, list events)
    @cython.locals(exchange=Exchange)
    cdef _begin(self, RequestHead head)
    @cython.locals(events=list, turns=int)
    cdef _pump(self)
    cdef _bound_waiting(self, bytes data)
    @cython.locals(settings=Settings, buffered=Py_ssize_t)
    cdef bint _has_room(self) except -1
    cdef _refuse(self, error)
    cdef bint _said_all(self, Exchange exchange) except -1
    cdef _linger(self)
    cdef _close(self)
    @cython.locals(settings=Settings)
    cdef _set_phase_timer(self)
    cdef _count_buffered(self, long long buffered_bytes)
