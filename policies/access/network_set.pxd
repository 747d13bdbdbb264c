# The C types of network_set.py.

from policies.access.networks cimport NetworkTable

cdef class NetworkSet:
    cdef NetworkTable _table

    cpdef bint has(self, str address) except -1
