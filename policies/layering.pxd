# The C types of layering.py. A condition is whatever has its method.
cimport cython

from policies.step cimport Step
from policies.subject cimport Subject

cdef class Cases(Step):
    cdef readonly str name
    cdef tuple _cases

    @cython.locals(step=Step)
    cpdef decide(self, Subject subject)

cdef _asked_by(Step step, verdict)
