# The C types of matcher.py.
cimport cython
from gateway.hot.candidates cimport Candidate, Candidates, PatternIndex
from gateway.hot.head cimport RequestHead
from gateway.hot.request_values cimport host_name

cdef class PathTable:
    cdef dict _exact
    cdef PatternIndex _patterns
    cdef dict _prefixes
    cdef bytes _prefix_lengths
    cdef const unsigned char *_wanted
    cdef readonly Py_ssize_t longest_prefix

    @cython.locals(
        path=bytes, octets="const unsigned char *", whole=Py_ssize_t, end=Py_ssize_t, candidates=Candidates,
        found=Candidate,
    )
    cpdef object match(self, RequestHead head)

cdef class HostTable:
    cdef dict _exact
    cdef dict _wildcards
    cdef tuple _others
    cdef int _most_labels

    @cython.locals(table=PathTable)
    cpdef object match(self, RequestHead head)

    @cython.locals(octets="const unsigned char *", dots=int, pos=Py_ssize_t)
    cpdef tuple tables(self, bytes host)
