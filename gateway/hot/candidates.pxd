# The C types of candidates.py: what a match touches is reached without a look-up by name.
cimport cython
from gateway.hot.head cimport RequestHead
from gateway.hot.patterns cimport Patterns
from gateway.hot.request_values cimport header_value, header_values, query_value, query_values

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
    cdef readonly long long rank

    @cython.locals(test=Test)
    cpdef int failure(self, RequestHead head) except -1

cdef class Candidates:
    cdef readonly long long first_rank
    cdef tuple _few
    cdef dict _methods
    cdef ValueIndex _headers
    cdef ValueIndex _queries

    @cython.locals(candidate=Candidate, best=Candidate, found=Candidate, under=Candidates)
    cpdef Candidate find(self, RequestHead head, long long limit)

cdef class ValueIndex:
    cdef dict _names
    cdef bint _in_query

    @cython.locals(best=Candidate, found=Candidate, index=NameIndex, known=NameIndex, name=bytes, value=bytes, values=dict)
    cdef Candidate find(self, RequestHead head, long long limit)

cdef class NameIndex:
    cdef readonly long long first_rank
    cdef dict _exact
    cdef PatternIndex _patterns

    @cython.locals(best=Candidate, found=Candidate, under=Candidates)
    cdef Candidate find(self, bytes value, RequestHead head, long long limit)

cdef class PatternIndex:
    cdef Patterns _patterns
    cdef tuple _under

    @cython.locals(best=Candidate, found=Candidate, under=Candidates, position=int)
    cdef Candidate find(self, bytes text, RequestHead head, long long limit)
