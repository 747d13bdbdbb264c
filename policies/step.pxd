# The C types of step.py: a compiled step is asked without a look-up of its method.

from policies.subject cimport Subject

cdef class Step:
    cpdef decide(self, Subject subject)
    cpdef resume(self, Subject subject, answer)
