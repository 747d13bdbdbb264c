# The C types of times.py.

from policies.step cimport Step
from policies.subject cimport Subject

cdef class Times(Step):
    cdef object _request_s
    cdef object _backend_request_s
    cdef bint _passes_deadline

    cpdef decide(self, Subject subject)
