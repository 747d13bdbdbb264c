cimport cython

from discovery.balancing.alias_table cimport AliasTable
from discovery.balancing.balancer cimport Balancer
from discovery.latency cimport Latency
from discovery.lease cimport EndpointState

cdef double _UNKNOWN_NS


cdef class PeakEwma(Balancer):
    cdef AliasTable _table
    cdef object _now_ns
    cdef int _choices
    cdef bint _compare_all

    @cython.locals(
        best=EndpointState,
        other=EndpointState,
        first="long long",
        index="long long",
        now_ns="long long",
        least=double,
        load=double,
    )
    cpdef EndpointState pick(self, draw, key)
    @cython.locals(latency=Latency, average_ns=double, held="long long")
    cdef double _load(self, EndpointState state, long long now_ns) except? -1.0
