from discovery.balancing.alias_table cimport AliasTable
from discovery.balancing.balancer cimport Balancer
from discovery.lease cimport EndpointState


cdef class Random(Balancer):
    cdef AliasTable _table

    cpdef EndpointState pick(self, draw, key)
