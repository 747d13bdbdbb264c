# The C types of body_bytes.py.

from policies.step cimport Step
from policies.subject cimport Subject

cdef class BodyBytes(Step):
    cdef object _limit_bytes

    cpdef decide(self, Subject subject)
