# The C types of passing.py.
cimport cython

from policies.access.network_set cimport NetworkSet
from policies.step cimport Step
from policies.subject cimport Subject

cdef class BaggageTerms(Step):
    cdef bytes _prefix
    cdef bint _sent

    cpdef decide(self, Subject subject)

cdef class TrustedTags(Step):
    cdef NetworkSet _trusted

    cpdef decide(self, Subject subject)

@cython.locals(field=bytes, prefix=bytes, tags=dict)
cpdef pass_on(Subject subject)
