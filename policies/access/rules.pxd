# The C types of rules.py. A condition is whatever has its method.
cimport cython

from policies.step cimport Step
from policies.subject cimport Subject

cdef class RulesStep(Step):
    cdef tuple _rules

    @cython.locals(lets_in=bint)
    cpdef decide(self, Subject subject)
