# The C types of step.py.

from policies.step cimport Step
from policies.subject cimport Subject

cdef class SecurityHeadersStep(Step):
    cdef tuple _absent
    cdef tuple _absent_secure

    cpdef decide(self, Subject subject)
