# The C types of service.py.
cimport cython
from discovery.backend cimport Backend
from discovery.lease cimport EndpointState
from gateway.clock cimport Clock
from gateway.hot.head cimport RequestHead
from gateway.hot.ledger cimport Ledger
from gateway.http.downstream cimport Downstream
from gateway.http.exchange cimport Exchange
from gateway.hot.request_ids cimport RequestIds
from gateway.hot.writer cimport HeadWriter
from gateway.http.forwarding cimport Peer, Recipe
from gateway.http.reply cimport DateClock
from gateway.settings cimport Settings
from gateway.telemetry.access_line cimport AccessEntry
from gateway.telemetry.access_log cimport AccessLog
from gateway.timers cimport TimerWheel
from gateway.upstream.pool cimport EndpointPool, IdleRoom, PoolSettings
from gateway.upstream.share cimport BackendShare
from policies.chain cimport Plan, WeightedPlan
from policies.subject cimport Subject

cdef class BackendTraffic:
    cdef DataPath _service
    cdef readonly str name
    cdef readonly Backend backend
    cdef readonly object key
    cdef readonly PoolSettings settings
    cdef dict _pools
    cdef object _growing
    cdef readonly object witness
    cdef readonly object retries
    cdef readonly BackendShare share
    cdef readonly object guard

    cpdef selection_for(self, Subject subject)
    @cython.locals(pool=EndpointPool)
    cpdef EndpointPool pool_of(self, EndpointState state)

cdef class DataPath:
    cdef readonly object runtime
    cdef readonly object environment
    cdef readonly object answers
    cdef public int workers
    cdef public object breaker_opened
    cdef Clock _clock
    cdef object _draw
    cdef readonly HeadWriter writer
    cdef public Ledger ledger
    cdef public AccessLog access_log
    cdef readonly TimerWheel wheel
    cdef readonly DateClock date
    cdef readonly RequestIds request_ids
    cdef readonly Settings settings
    cdef readonly dict backends
    cdef public long long connection_count
    cdef public long long buffered_bytes
    cdef readonly long long generation
    cdef readonly IdleRoom idle_room
    cdef readonly dict listeners
    cdef object _routers
    cdef object _gates
    cdef set _leaving
    cdef object _series
    cdef dict _recipes
    cdef dict _dropping
    cdef dict _blocks
    cdef dict _peers
    cdef dict _endpoint_sets
    cdef bint _draining
    cdef object _report
    cdef long long _descriptors
    cdef long long _connection_limit
    cdef long long _descriptors_free

    cdef _make_idle_room(self)
    @cython.locals(room=IdleRoom)
    cpdef check_room(self, listener)
    @cython.locals(per_listener="long long")
    cpdef room_made(self)
    cpdef Peer peer_of(self, str address)
    cpdef Recipe recipe_of(self, WeightedPlan choice)
    cpdef Recipe recipe_for(self, WeightedPlan choice, Subject subject)
    @cython.locals(downstream=Downstream, head=RequestHead, plan=Plan, peer=Peer, subject=Subject, trusted=bint)
    cpdef Subject subject_of(self, Exchange exchange)
    cpdef long long now_ns(self) except? -1
    cpdef bytes date_line(self)
    @cython.locals(status=int, duration_ns="long long", log=AccessLog, entry=AccessEntry, head=RequestHead, peer=Peer, plan=Plan, backend=BackendTraffic, subject=Subject)
    cpdef record(self, Exchange exchange)
    @cython.locals(choice=WeightedPlan)
    cdef Py_ssize_t _block_of(self, Exchange exchange) except -1
