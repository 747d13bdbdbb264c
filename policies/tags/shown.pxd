# The C types of shown.py.

from policies.step cimport Step
from policies.subject cimport Subject

cdef class ShownTags(Step):
    cdef tuple _names

    cpdef decide(self, Subject subject)
