# The C types of poller.py, and the system calls of this package; system.py has their form in Python.
cimport cython

cdef extern from *:
    """
    #ifndef WEIR_TRANSPORT_SYSTEM
    #define WEIR_TRANSPORT_SYSTEM
    #include <arpa/inet.h>
    #include <errno.h>
    #include <netdb.h>
    #include <netinet/in.h>
    #include <stdint.h>
    #include <string.h>
    #include <sys/epoll.h>
    #include <sys/socket.h>
    #include <sys/uio.h>
    #include <unistd.h>

    #define WEIR_PIECES 64

    static inline int open_epoll(void) {
        int epoll = epoll_create1(EPOLL_CLOEXEC);
        return epoll < 0 ? -errno : epoll;
    }
    static inline void close_epoll(int epoll) { close(epoll); }
    static inline int weir_set(int epoll, int operation, int descriptor, uint32_t events, uint32_t generation) {
        struct epoll_event event;
        event.events = events;
        event.data.u64 = (uint64_t)generation << 32 | (uint32_t)descriptor;
        return epoll_ctl(epoll, operation, descriptor, &event) < 0 ? -errno : 0;
    }
    static inline int add_to_epoll(int epoll, int descriptor, uint32_t events, uint32_t generation) {
        return weir_set(epoll, EPOLL_CTL_ADD, descriptor, events, generation);
    }
    static inline int change_in_epoll(int epoll, int descriptor, uint32_t events, uint32_t generation) {
        return weir_set(epoll, EPOLL_CTL_MOD, descriptor, events, generation);
    }
    static inline int remove_from_epoll(int epoll, int descriptor) {
        return weir_set(epoll, EPOLL_CTL_DEL, descriptor, 0, 0);
    }
    static inline struct epoll_event *new_ready(int count) {
        struct epoll_event *ready = (struct epoll_event *)PyMem_Calloc((size_t)count, sizeof(struct epoll_event));
        if (ready == NULL) PyErr_NoMemory();
        return ready;
    }
    static inline void free_ready(struct epoll_event *ready) { PyMem_Free(ready); }
    static inline int wait_epoll(int epoll, struct epoll_event *ready, int count) {
        int found = epoll_wait(epoll, ready, count, 0);
        return found < 0 ? -errno : found;
    }
    static inline int ready_descriptor(struct epoll_event *ready, int index) {
        return (int)(uint32_t)ready[index].data.u64;
    }
    static inline uint32_t ready_generation(struct epoll_event *ready, int index) {
        return (uint32_t)(ready[index].data.u64 >> 32);
    }
    static inline uint32_t ready_events(struct epoll_event *ready, int index) { return ready[index].events; }

    static inline char *new_buffer(Py_ssize_t size) {
        char *buffer = (char *)PyMem_Malloc((size_t)size);
        if (buffer == NULL) PyErr_NoMemory();
        return buffer;
    }
    static inline void free_buffer(char *buffer) { PyMem_Free(buffer); }
    static inline PyObject *octets_in(const char *buffer, Py_ssize_t count) {
        return PyBytes_FromStringAndSize(buffer, count);
    }
    static inline Py_ssize_t receive(int descriptor, char *buffer, Py_ssize_t size) {
        ssize_t count;
        do count = recv(descriptor, buffer, (size_t)size, MSG_DONTWAIT); while (count < 0 && errno == EINTR);
        return count < 0 ? -(Py_ssize_t)errno : count;
    }
    static inline Py_ssize_t send_piece(int descriptor, PyObject *piece, Py_ssize_t start) {
        const char *octets = PyBytes_AS_STRING(piece) + start;
        size_t size = (size_t)(PyBytes_GET_SIZE(piece) - start);
        ssize_t count;
        do count = send(descriptor, octets, size, MSG_DONTWAIT | MSG_NOSIGNAL); while (count < 0 && errno == EINTR);
        return count < 0 ? -(Py_ssize_t)errno : count;
    }
    static inline Py_ssize_t send_pieces(int descriptor, PyObject *pieces, Py_ssize_t start) {
        struct iovec parts[WEIR_PIECES];
        struct msghdr message;
        Py_ssize_t number = PyList_GET_SIZE(pieces), i;
        ssize_t count;
        if (number > WEIR_PIECES) number = WEIR_PIECES;
        for (i = 0; i < number; i++) {
            PyObject *piece = PyList_GET_ITEM(pieces, i);
            parts[i].iov_base = PyBytes_AS_STRING(piece);
            parts[i].iov_len = (size_t)PyBytes_GET_SIZE(piece);
        }
        parts[0].iov_base = (char *)parts[0].iov_base + start;
        parts[0].iov_len -= (size_t)start;
        memset(&message, 0, sizeof message);
        message.msg_iov = parts;
        message.msg_iovlen = (size_t)number;
        do count = sendmsg(descriptor, &message, MSG_DONTWAIT | MSG_NOSIGNAL); while (count < 0 && errno == EINTR);
        return count < 0 ? -(Py_ssize_t)errno : count;
    }
    static inline int end_sending(int descriptor) { return shutdown(descriptor, SHUT_WR) < 0 ? -errno : 0; }

    /* The name as socket.accept() has it: (host, port), or (host, port, flow, scope) with %scope where there is one. */
    static inline PyObject *weir_name(const struct sockaddr *name, socklen_t size) {
        char host[NI_MAXHOST];
        if (name->sa_family == AF_INET) {
            const struct sockaddr_in *in = (const struct sockaddr_in *)name;
            if (inet_ntop(AF_INET, &in->sin_addr, host, sizeof host) == NULL) return PyErr_SetFromErrno(PyExc_OSError);
            return Py_BuildValue("si", host, (int)ntohs(in->sin_port));
        }
        if (name->sa_family == AF_INET6) {
            const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)name;
            int failed = getnameinfo(name, size, host, sizeof host, NULL, 0, NI_NUMERICHOST);
            if (failed) { PyErr_SetString(PyExc_OSError, gai_strerror(failed)); return NULL; }
            return Py_BuildValue("siII", host, (int)ntohs(in6->sin6_port), (unsigned int)ntohl(in6->sin6_flowinfo),
                                 (unsigned int)in6->sin6_scope_id);
        }
        return Py_BuildValue("si", "", 0);
    }
    static inline int accept_next(int descriptor, PyObject *names) {
        struct sockaddr_storage name;
        socklen_t size = sizeof name;
        PyObject *made;
        int accepted = accept4(descriptor, (struct sockaddr *)&name, &size, SOCK_NONBLOCK | SOCK_CLOEXEC), kept;
        if (accepted < 0) return -errno;
        made = weir_name((struct sockaddr *)&name, size);
        kept = made == NULL ? -1 : PyList_Append(names, made);
        Py_XDECREF(made);
        if (kept < 0) { close(accepted); return -1000; }
        return accepted;
    }
    static inline void close_descriptor(int descriptor) { close(descriptor); }
    #endif
    """
    struct epoll_event:
        pass
    int open_epoll() noexcept
    void close_epoll(int epoll) noexcept
    int add_to_epoll(int epoll, int descriptor, unsigned int events, unsigned int generation) noexcept
    int change_in_epoll(int epoll, int descriptor, unsigned int events, unsigned int generation) noexcept
    int remove_from_epoll(int epoll, int descriptor) noexcept
    epoll_event *new_ready(int count) except NULL
    void free_ready(epoll_event *ready) noexcept
    int wait_epoll(int epoll, epoll_event *ready, int count) noexcept
    int ready_descriptor(epoll_event *ready, int index) noexcept
    unsigned int ready_generation(epoll_event *ready, int index) noexcept
    unsigned int ready_events(epoll_event *ready, int index) noexcept
    char *new_buffer(Py_ssize_t size) except NULL
    void free_buffer(char *buffer) noexcept
    bytes octets_in(const char *buffer, Py_ssize_t count)
    Py_ssize_t receive(int descriptor, char *buffer, Py_ssize_t size) noexcept
    Py_ssize_t send_piece(int descriptor, bytes piece, Py_ssize_t start) noexcept
    Py_ssize_t send_pieces(int descriptor, list pieces, Py_ssize_t start) noexcept
    int end_sending(int descriptor) noexcept
    int accept_next(int descriptor, list names) except -1000
    void close_descriptor(int descriptor) noexcept

cdef class Watched:
    cdef readonly Poller poller
    cdef int _descriptor
    cdef unsigned int _generation

    cdef int ready(self, unsigned int events) except -1
    cdef int flush(self) except -1
    cdef int ended(self) except -1
    cdef int dismissed(self) except -1

cdef class Poller:
    cdef readonly object loop
    cdef int _epoll
    cdef unsigned int _generation
    cdef list _watched
    cdef list _unsent
    cdef list _leaving
    cdef epoll_event *_ready
    cdef char *buffer
    cdef Py_ssize_t buffer_bytes
    cdef int few
    cdef bint turning
    cdef bint _settling
    cdef bint _closing
    cdef object _interrupt
    cdef readonly unsigned long long turns
    cdef readonly int count

    @cython.locals(watched=Watched)
    cpdef close(self)

    @cython.locals(batches=int, count=int)
    cpdef turn(self)

    @cython.locals(watched=Watched, descriptor=int, i=int)
    cdef int dispatch(self, int count) except -1

    cdef int watch(self, Watched watched, unsigned int events) except -1
    cdef int change(self, Watched watched, unsigned int events) except -1
    cdef int unwatch(self, Watched watched) except -1
    cdef int forget(self, Watched watched) except -1
    cdef int enlist(self, Watched watched) except -1
    cdef int leave(self, Watched watched) except -1

    @cython.locals(watched=Watched, i=Py_ssize_t)
    cdef int send_collected(self) except -1

    @cython.locals(watched=Watched, i=Py_ssize_t)
    cdef int settle(self) except -1

    cdef int failed(self, str where, object error, object transport, object protocol) except -1
