# The C types of marking.py. Conditions and sticky draws are whatever has their methods.
cimport cython

from policies.expressions.values cimport Value
from policies.step cimport Step
from policies.subject cimport Subject

cdef class Mark:
    cdef readonly str name
    cdef readonly bint in_metrics
    cdef object _condition
    cdef object _share
    cdef object _sticky
    cdef str _fixed
    cdef Value _reader
    cdef frozenset _allowed
    cdef str _default

    cpdef str value(self, Subject subject)

cdef class Marks(Step):
    cdef tuple _marks
    cdef tuple _shown

    @cython.locals(mark=Mark, tags=dict, value=str)
    cpdef decide(self, Subject subject)

cdef str _text(value)
