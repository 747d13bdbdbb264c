# The C types of lane.py.

from policies.step cimport Step
from policies.subject cimport Subject

cdef class LaneStep(Step):
    cdef object _lane

    cpdef decide(self, Subject subject)
