/* Load at a fixed rate over HTTP/1.1: every request has its time, however slow the answers before it were.
 *
 *     open_loop PORT RATE_PER_S REQUESTS CONNECTIONS GRACE_S < request
 *
 * Request i is due at start + i / rate. It is sent then on a connection that is free, or, where none is, as soon as one
 * becomes free; its latency counts from the moment at which it was due, never from the one at which it was sent. A stall
 * of the server so shows in every request that fell into it, where a closed loop would have sent a single one (Tene's
 * "coordinated omission"). What has no answer when the grace after the last request is over counts as unanswered,
 * and with the time that it has waited so far.
 *
 * It is in C as it shares its core with the origin: at 70,000 requests a second there are 14 us for each of them.
 * One thread, epoll (edge-triggered), no pipelining. Answers need a Content-Length. One line of JSON comes out; exit code 1
 * with a message where it could not run.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { HEAD_LIMIT_BYTES = 16384, READ_BYTES = 262144, EVENTS = 64, REQUEST_LIMIT_BYTES = 1 << 24 };
#define NS_PER_S 1000000000ull
#define START_DELAY_NS 10000000ull

struct connection {
    int fd;
    int busy;              /* a request is on it */
    int closing;           /* the answer says `Connection: close` */
    uint64_t due_ns;       /* of the request on it */
    size_t sent_bytes;     /* of that request */
    uint64_t body_left;    /* of its answer; valid when the head is over */
    int in_body;
    size_t head_bytes;     /* gathered, where a head came in several parts */
    char head[HEAD_LIMIT_BYTES];
};

static struct {
    int epoll_fd, port;
    char *request;
    size_t request_bytes;
    struct connection *connections;
    struct connection **idle;      /* a stack: those used last are used first, their memory is warm */
    size_t count, idle_count;
    double interval_ns;
    uint64_t start_ns, requests, next;     /* next: the first request that is not sent yet */
    uint64_t free_since_ns;        /* when there was a free connection again after there was none */
    uint64_t *latencies_ns, answered;
    uint64_t *lags_ns, lags;
    uint64_t not_2xx, socket_errors, reconnects, answer_bytes;
    uint64_t last_answer_ns;
} run;

static void fail(const char *what) {
    fprintf(stderr, "open_loop: %s: %s\n", what, errno ? strerror(errno) : "cannot go on");
    exit(1);
}

static uint64_t now_ns(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (uint64_t)at.tv_sec * NS_PER_S + (uint64_t)at.tv_nsec;
}

static uint64_t due_ns(uint64_t index) { return run.start_ns + (uint64_t)((double)index * run.interval_ns); }

static void push_idle(struct connection *each, uint64_t now) {
    if (run.idle_count == 0) run.free_since_ns = now;
    run.idle[run.idle_count++] = each;
}

/* Connect before it is made non-blocking: at loopback it takes no time worth a state of its own. */
static void connect_one(struct connection *each) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)run.port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int on = 1;
    each->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (each->fd < 0) fail("socket");
    if (connect(each->fd, (struct sockaddr *)&address, sizeof address) != 0) fail("connect");
    setsockopt(each->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (fcntl(each->fd, F_SETFL, O_NONBLOCK) != 0) fail("fcntl");
    each->busy = each->closing = each->in_body = 0;
    each->sent_bytes = each->head_bytes = 0;
    each->body_left = 0;
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = each};
    if (epoll_ctl(run.epoll_fd, EPOLL_CTL_ADD, each->fd, &event) != 0) fail("epoll_ctl");
}

static void record_latency(uint64_t latency) { run.latencies_ns[run.answered++] = latency; }

/* The connection is useless. A request on it has failed: it is counted, and with the time until now. */
static void lose(struct connection *each) {
    uint64_t now = now_ns();
    int was_busy = each->busy;
    if (was_busy) {
        run.socket_errors++;
        record_latency(now - each->due_ns);
    } else {
        run.reconnects++;
    }
    close(each->fd);
    connect_one(each);
    if (was_busy) push_idle(each, now);
}

static void send_rest(struct connection *each) {
    while (each->sent_bytes < run.request_bytes) {
        ssize_t done = send(each->fd, run.request + each->sent_bytes, run.request_bytes - each->sent_bytes, MSG_NOSIGNAL);
        if (done > 0) {
            each->sent_bytes += (size_t)done;
        } else {
            if (errno != EAGAIN && errno != EINTR) lose(each);
            if (errno != EINTR) return;
        }
    }
}

/* Send all that is due, as far as connections are free. */
static void send_due(uint64_t now) {
    while (run.idle_count > 0 && run.next < run.requests && due_ns(run.next) <= now) {
        struct connection *each = run.idle[--run.idle_count];
        each->busy = 1;
        each->due_ns = due_ns(run.next++);
        each->sent_bytes = 0;
        uint64_t possible_ns = each->due_ns > run.free_since_ns ? each->due_ns : run.free_since_ns;
        run.lags_ns[run.lags++] = now > possible_ns ? now - possible_ns : 0;
        send_rest(each);
    }
}

static void answer_complete(struct connection *each) {
    uint64_t now = now_ns();
    record_latency(now - each->due_ns);
    run.last_answer_ns = now;
    each->busy = each->in_body = 0;
    each->head_bytes = 0;
    if (each->closing) {
        close(each->fd);
        run.reconnects++;
        connect_one(each);
    }
    push_idle(each, now);
    send_due(now);
}

static const char *field(const char *head, size_t bytes, const char *name) {
    size_t length = strlen(name);
    for (const char *at = head, *end = head + bytes; (at = memchr(at, '\n', (size_t)(end - at))) != NULL;) {
        at++;
        if ((size_t)(end - at) <= length) return NULL;
        if (strncasecmp(at, name, length) == 0) return at + length;
    }
    return NULL;
}

/* The whole head of an answer, its empty line included. */
static void take_head(struct connection *each, const char *head, size_t bytes) {
    const char *length = field(head, bytes, "content-length:");
    const char *connection = field(head, bytes, "connection:");
    errno = 0;
    if (bytes < 12 || memcmp(head, "HTTP/1.", 7) != 0) fail("an answer that is not HTTP/1");
    if (length == NULL) fail("an answer without Content-Length");
    if (head[9] != '2') run.not_2xx++;
    each->body_left = strtoull(length, NULL, 10);
    if (connection != NULL) {
        while (*connection == ' ') connection++;
        each->closing = strncasecmp(connection, "close", 5) == 0;
    }
    each->in_body = 1;
}

/* Bytes of an answer. 0 where they are more than the answer has. */
static int take(struct connection *each, const char *bytes, size_t count) {
    run.answer_bytes += count;
    if (!each->busy) return 0;
    if (!each->in_body) {
        const char *head = bytes;
        size_t head_bytes = count, before = each->head_bytes;
        if (before > 0) {
            size_t room = HEAD_LIMIT_BYTES - before;
            size_t part = count < room ? count : room;
            memcpy(each->head + before, bytes, part);
            head = each->head;
            head_bytes = before + part;
        }
        const char *end = memmem(head, head_bytes, "\r\n\r\n", 4);
        if (end == NULL) {
            if (head_bytes >= HEAD_LIMIT_BYTES) return 0;
            if (before == 0) memcpy(each->head, bytes, count);
            each->head_bytes = head_bytes;
            return 1;
        }
        size_t whole = (size_t)(end + 4 - head);
        take_head(each, head, whole);
        bytes += whole - before;
        count -= whole - before;
    }
    if (count > each->body_left) return 0;
    each->body_left -= count;
    if (each->body_left == 0) answer_complete(each);
    return 1;
}

static void receive(struct connection *each) {
    static char buffer[READ_BYTES];
    for (;;) {
        int fd = each->fd;
        ssize_t count = recv(fd, buffer, sizeof buffer, 0);
        if (count > 0) {
            if (!take(each, buffer, (size_t)count)) lose(each);
            /* A short read has emptied the socket; a new connection in its place has nothing to say. */
            if ((size_t)count < sizeof buffer || each->fd != fd) return;
        } else if (count < 0 && errno == EINTR) {
            continue;
        } else {
            if (count == 0 || errno != EAGAIN) lose(each);
            return;
        }
    }
}

static int compare(const void *one, const void *other) {
    uint64_t a = *(const uint64_t *)one, b = *(const uint64_t *)other;
    return a < b ? -1 : a > b;
}

/* The nearest rank: the least value that at least `share` of all do not exceed. In microseconds. */
static double percentile_us(const uint64_t *sorted_ns, uint64_t count, double share) {
    if (count == 0) return 0;
    uint64_t rank = (uint64_t)(share * (double)count);
    if ((double)rank < share * (double)count) rank++;
    return (double)sorted_ns[rank > 0 ? rank - 1 : 0] / 1e3;
}

static void report(uint64_t end_ns) {
    uint64_t answered = run.answered - run.socket_errors;
    /* What waits still has waited so long at least: to leave it out would make a dead server look fast. */
    uint64_t unanswered = 0;
    for (size_t index = 0; index < run.count; index++) {
        if (run.connections[index].busy) {
            record_latency(end_ns - run.connections[index].due_ns);
            unanswered++;
        }
    }
    for (; run.next < run.requests; run.next++, unanswered++) record_latency(end_ns - due_ns(run.next));
    qsort(run.latencies_ns, run.answered, sizeof *run.latencies_ns, compare);
    qsort(run.lags_ns, run.lags, sizeof *run.lags_ns, compare);
    printf("{\"requests\": %llu, \"answered\": %llu, \"unanswered\": %llu, \"not_2xx\": %llu, \"socket_errors\": %llu, "
           "\"reconnects\": %llu, \"answer_bytes\": %llu, \"seconds\": %.6f, \"p50_us\": %.3f, \"p99_us\": %.3f, "
           "\"p999_us\": %.3f, \"max_us\": %.3f, \"lag_p99_us\": %.3f, \"lag_max_us\": %.3f}\n",
           (unsigned long long)run.requests, (unsigned long long)answered, (unsigned long long)unanswered,
           (unsigned long long)run.not_2xx, (unsigned long long)run.socket_errors, (unsigned long long)run.reconnects,
           (unsigned long long)run.answer_bytes, (double)(run.last_answer_ns - run.start_ns) / 1e9,
           percentile_us(run.latencies_ns, run.answered, 0.5), percentile_us(run.latencies_ns, run.answered, 0.99),
           percentile_us(run.latencies_ns, run.answered, 0.999), percentile_us(run.latencies_ns, run.answered, 1.0),
           percentile_us(run.lags_ns, run.lags, 0.99), percentile_us(run.lags_ns, run.lags, 1.0));
}

static void read_request(void) {
    run.request = malloc(REQUEST_LIMIT_BYTES);
    if (run.request == NULL) fail("malloc");
    ssize_t count;
    while ((count = read(0, run.request + run.request_bytes, REQUEST_LIMIT_BYTES - run.request_bytes)) > 0)
        run.request_bytes += (size_t)count;
    if (count < 0 || run.request_bytes == 0 || run.request_bytes == REQUEST_LIMIT_BYTES) fail("no request to send");
}

int main(int argc, char **argv) {
    if (argc != 6) fail("wants PORT RATE_PER_S REQUESTS CONNECTIONS GRACE_S");
    double rate = atof(argv[2]);
    uint64_t grace_ns = (uint64_t)(atof(argv[5]) * 1e9);
    run.port = atoi(argv[1]);
    run.requests = strtoull(argv[3], NULL, 10);
    run.count = strtoull(argv[4], NULL, 10);
    if (!(rate > 0) || run.requests == 0 || run.count == 0) fail("rate, requests and connections must be over 0");
    run.interval_ns = 1e9 / rate;
    read_request();
    run.connections = calloc(run.count, sizeof *run.connections);
    run.idle = calloc(run.count, sizeof *run.idle);
    run.latencies_ns = calloc(run.requests, sizeof *run.latencies_ns);
    run.lags_ns = calloc(run.requests, sizeof *run.lags_ns);
    run.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (run.connections == NULL || run.idle == NULL || run.latencies_ns == NULL || run.lags_ns == NULL) fail("calloc");
    if (run.epoll_fd < 0) fail("epoll_create1");
    /* The default lets a wait end 50 us late: more than the answer of a good proxy takes. */
    prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
    for (size_t index = 0; index < run.count; index++) {
        connect_one(&run.connections[index]);
        push_idle(&run.connections[index], 0);
    }
    run.start_ns = run.last_answer_ns = now_ns() + START_DELAY_NS;
    uint64_t end_ns = due_ns(run.requests) + grace_ns;
    struct epoll_event events[EVENTS];
    uint64_t now = now_ns();
    while (run.answered < run.requests && now < end_ns) {
        send_due(now);
        uint64_t until_ns = run.next < run.requests && run.idle_count > 0 ? due_ns(run.next) : end_ns;
        now = now_ns();
        uint64_t wait_ns = until_ns > now ? until_ns - now : 0;
        struct timespec wait = {(time_t)(wait_ns / NS_PER_S), (long)(wait_ns % NS_PER_S)};
        int count = epoll_pwait2(run.epoll_fd, events, EVENTS, &wait, NULL);
        if (count < 0 && errno != EINTR) fail("epoll_pwait2");
        for (int index = 0; index < count; index++) {
            struct connection *each = events[index].data.ptr;
            if (each->busy && each->sent_bytes < run.request_bytes) send_rest(each);
            if (events[index].events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) receive(each);
        }
        now = now_ns();
    }
    report(now);
    return 0;
}
