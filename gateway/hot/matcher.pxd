# The C types of matcher.py: what a match touches is reached without a look-up by name.
cimport cython
from gateway.hot.head cimport RequestHead

cdef class Test:
    cdef readonly bytes name
    cdef readonly bytes value
    cdef readonly object fullmatch

    cpdef bint holds(self, bytes found) except -1

cdef class Candidate:
    cdef readonly object plan
    cdef readonly bytes method
    cdef readonly tuple headers
    cdef readonly tuple query

    @cython.locals(test=Test)
    cpdef int failure(self, RequestHead head) except -1

cdef class PathTable:
    cdef readonly dict exact
    cdef readonly list patterns
    cdef readonly dict prefixes
    cdef readonly Py_ssize_t longest_prefix

    @cython.locals(path=bytes, end=Py_ssize_t, candidates=list, candidate=Candidate, prefixes=dict)
    cpdef object match(self, RequestHead head)

cdef class HostTable:
    cdef dict _exact
    cdef dict _wildcards
    cdef tuple _others
    cdef int _most_labels

    @cython.locals(table=PathTable)
    cpdef object match(self, RequestHead head)

    @cython.locals(start=Py_ssize_t, dots=list, tables=object)
    cpdef tuple tables(self, bytes host)

@cython.locals(host=bytes, colon=Py_ssize_t)
cpdef bytes host_name(bytes authority)

cpdef bytes header_value(RequestHead head, bytes name)

cpdef bytes query_value(bytes query, bytes name)
