# The C types of values.py.

cdef class Value:
    cpdef object read(self, subject)

cdef class Method(Value):
    cpdef object read(self, subject)

cdef class Scheme(Value):
    cpdef object read(self, subject)

cdef class Host(Value):
    cpdef object read(self, subject)

cdef class Path(Value):
    cpdef object read(self, subject)

cdef class Header(Value):
    cdef bytes _name

    cpdef object read(self, subject)

cdef class Query(Value):
    cdef str _name

    cpdef object read(self, subject)

cdef class Cookie(Value):
    cdef str _name

    cpdef object read(self, subject)

cdef class Tag(Value):
    cdef str _name

    cpdef object read(self, subject)

cdef class Claim(Value):
    cdef str _name

    cpdef object read(self, subject)

cdef class Address(Value):
    cpdef object read(self, subject)

cdef class Identity(Value):
    cpdef object read(self, subject)

cdef class Tenant(Value):
    cpdef object read(self, subject)
