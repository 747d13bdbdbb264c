# The C types of predicates.py.
cimport cython

from policies.expressions.values cimport Value

cdef class Predicate:
    cpdef int test(self, subject) except -2

cdef class AllOf(Predicate):
    cdef tuple _terms

    @cython.locals(term=Predicate, result=int, found=int)
    cpdef int test(self, subject) except -2

cdef class AnyOf(Predicate):
    cdef tuple _terms

    @cython.locals(term=Predicate, result=int, found=int)
    cpdef int test(self, subject) except -2

cdef class Not(Predicate):
    cdef Predicate _term

    @cython.locals(found=int)
    cpdef int test(self, subject) except -2

cdef class Present(Predicate):
    cdef Value _value

    cpdef int test(self, subject) except -2

cdef class Equals(Predicate):
    cdef Value _value
    cdef object _constant

    cpdef int test(self, subject) except -2

cdef class OneOf(Predicate):
    cdef Value _value
    cdef frozenset _constants

    cpdef int test(self, subject) except -2

cdef class Affix(Predicate):
    cdef Value _value
    cdef bint _at_end
    cdef bytes _octets
    cdef str _text

    @cython.locals(octets=bytes, text=str)
    cpdef int test(self, subject) except -2

cdef class Contains(Predicate):
    cdef Value _value
    cdef object _constant

    cpdef int test(self, subject) except -2

cdef class Matches(Predicate):
    cdef Value _value
    cdef object _search

    cpdef int test(self, subject) except -2

cdef class Network(Predicate):
    cdef object _network
    cdef bint _is_v4
    cdef long long _mask
    cdef long long _first

    cpdef int test(self, subject) except -2

    @cython.locals(number="long long")
    cpdef int holds(self, str address) except -2

    cdef int _holds_v6(self, str text) except -2

@cython.locals(number="long long", part=int, digits=int, dots=int, code=int, letter="Py_UCS4")
cpdef long long ipv4_number(str address) except -2

cdef class Condition:
    cdef readonly str text
    cdef readonly frozenset needs
    cdef readonly bint is_lowered
    cdef Predicate _predicate

    cpdef bint holds(self, subject) except -1

    cpdef int evaluate(self, subject) except -2
