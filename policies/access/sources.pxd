# The C types of sources.py.

from policies.access.networks cimport NetworkTable
from policies.step cimport Step
from policies.subject cimport Subject

cdef class SourcesStep(Step):
    cdef bint _closed
    cdef NetworkTable _table

    cpdef decide(self, Subject subject)
