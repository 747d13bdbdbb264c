cimport cython

from discovery.balancing.alias_table cimport AliasTable
from discovery.balancing.balancer cimport Balancer
from discovery.lease cimport EndpointState


cdef class LeastRequest(Balancer):
    cdef AliasTable _table
    cdef int _choices
    cdef bint _compare_all

    @cython.locals(
        best=EndpointState,
        other=EndpointState,
        first="long long",
        index="long long",
        least="long long",
        load="long long",
    )
    cpdef EndpointState pick(self, draw, key)
