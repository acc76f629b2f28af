// A load generator of one thread. The request is a file with the bytes to send, head and body.
//
//   load PORT REQUEST_FILE closed CONNECTIONS COUNT EVENTS     so many requests, the next when one is answered
//   load PORT REQUEST_FILE open CONNECTIONS RATE SECONDS       so many a second, whether or not others are answered
//   load PORT REQUEST_FILE hold CONNECTIONS                    opens streams and holds them until the input ends
//
// EVENTS is how many an answer must have at least, 0 for answers that are no streams. Prints one JSON object.
// A latency of an open loop is counted from when the request was due, so that a server that stalls does not slow
// down its own measurement.

#define _GNU_SOURCE
#include "http.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/signal.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct Connection {
    int descriptor;
    bool is_busy;
    uint64_t due;
    Answer answer;
} Connection;

enum { IDLE_LIMIT_SECONDS = 60 };

static uint16_t port;
static char request[1 << 20];
static size_t request_length;
static int poll_descriptor;
static Connection *connections;
static uint32_t expected_events;
static uint64_t completed, failed, events;
static uint64_t *latencies;

static void open_connection(Connection *connection) {
    connection->descriptor = connect_loopback(port);
    struct epoll_event interest = {.events = EPOLLIN, .data.ptr = connection};
    if (epoll_ctl(poll_descriptor, EPOLL_CTL_ADD, connection->descriptor, &interest) != 0) die("epoll_ctl");
    // The first request is small enough for any buffer; the connection only has to stand.
    struct epoll_event ready;
    interest.events = EPOLLOUT;
    int poll = epoll_create1(EPOLL_CLOEXEC);
    epoll_ctl(poll, EPOLL_CTL_ADD, connection->descriptor, &interest);
    if (epoll_wait(poll, &ready, 1, 10000) != 1) die("no connection in 10 s");
    close(poll);
}

static void reopen(Connection *connection) {
    close(connection->descriptor);
    open_connection(connection);
}

static void begin(Connection *connection, uint64_t due) {
    connection->is_busy = true;
    connection->due = due;
    answer_reset(&connection->answer);
    if (send(connection->descriptor, request, request_length, MSG_NOSIGNAL) == (ssize_t)request_length) return;
    // The server may have closed an idle connection meanwhile.
    reopen(connection);
    if (send(connection->descriptor, request, request_length, MSG_NOSIGNAL) != (ssize_t)request_length) die("send");
}

/// Reads what there is; returns whether that ended the exchange.
static bool receive(Connection *connection) {
    char bytes[65536];
    Answer *answer = &connection->answer;
    ssize_t count = recv(connection->descriptor, bytes, sizeof bytes, 0);
    if (count < 0 && errno == EAGAIN) return false;
    if (count <= 0) {
        bool was_busy = connection->is_busy;
        reopen(connection);
        if (!was_busy) return false;
        failed += 1;
        connection->is_busy = false;
        return true;
    }
    if (!connection->is_busy) die("bytes without a request");
    answer_read(answer, bytes, (size_t)count);
    if (!answer->is_complete && !answer->is_malformed) return false;
    bool is_right = !answer->is_malformed && answer->status == 200
        && (expected_events == 0 || (answer->events >= expected_events && answer->is_done));
    if (is_right && latencies) latencies[completed] = now_nanoseconds() - connection->due;
    if (is_right) completed += 1;
    else failed += 1;
    events += answer->events;
    connection->is_busy = false;
    if (answer->closes || answer->is_malformed) reopen(connection);
    return true;
}

static int ready(struct epoll_event *found, int limit, int64_t nanoseconds) {
    struct timespec wait = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000};
    int number = epoll_pwait2(poll_descriptor, found, limit, &wait, NULL);
    if (number < 0 && errno != EINTR) die("epoll_pwait2");
    return number < 0 ? 0 : number;
}

static void closed_loop(size_t width, uint64_t count) {
    uint64_t begun = 0, last_progress = now_nanoseconds();
    for (; begun < width && begun < count; begun += 1) begin(&connections[begun], now_nanoseconds());
    while (completed + failed < count) {
        struct epoll_event found[256];
        int number = ready(found, 256, 1000000000);
        if (number > 0) last_progress = now_nanoseconds();
        if (now_nanoseconds() - last_progress > IDLE_LIMIT_SECONDS * 1000000000ull) die("no answer for a minute");
        for (int index = 0; index < number; index += 1) {
            Connection *connection = found[index].data.ptr;
            if (!receive(connection) || begun == count) continue;
            begun += 1;
            begin(connection, now_nanoseconds());
        }
    }
}

static void open_loop(size_t width, uint64_t rate, uint64_t seconds) {
    uint64_t count = rate * seconds, begun = 0, start = now_nanoseconds() + 1000000;
    Connection **idle = calloc(width, sizeof *idle);
    size_t idle_count = width;
    for (size_t index = 0; index < width; index += 1) idle[index] = &connections[index];
    uint64_t end = start + (seconds + 30) * 1000000000ull;
    while (completed + failed < count) {
        uint64_t now = now_nanoseconds();
        if (now > end) break;
        while (begun < count && idle_count > 0 && start + begun * 1000000000 / rate <= now) {
            begin(idle[--idle_count], start + begun * 1000000000 / rate);
            begun += 1;
        }
        uint64_t next = start + begun * 1000000000 / rate;
        int64_t wait = begun < count && idle_count > 0 ? (int64_t)(next - now) : 100000000;
        struct epoll_event found[256];
        int number = ready(found, 256, wait < 0 ? 0 : wait);
        for (int index = 0; index < number; index += 1) {
            Connection *connection = found[index].data.ptr;
            if (receive(connection)) idle[idle_count++] = connection;
        }
    }
    free(idle);
}

/// Waits until each stream has shown an event, says so, and holds them until the input ends.
static void hold(size_t width) {
    size_t begun = 0, standing = 0;
    uint64_t last_progress = now_nanoseconds();
    // Not all at once: what is measured is how many can be held, not how many can come at the same time.
    for (; begun < width && begun < 32; begun += 1) begin(&connections[begun], 0);
    while (standing < width) {
        struct epoll_event found[256];
        int number = ready(found, 256, 1000000000);
        if (number > 0) last_progress = now_nanoseconds();
        if (now_nanoseconds() - last_progress > IDLE_LIMIT_SECONDS * 1000000000ull) die("no answer for a minute");
        for (int index = 0; index < number; index += 1) {
            Connection *connection = found[index].data.ptr;
            uint32_t before = connection->answer.events;
            if (receive(connection)) {
                fprintf(stderr, "error: a stream ended with status %d\n", connection->answer.status);
                exit(1);
            }
            if (before > 0 || connection->answer.events == 0) continue;
            standing += 1;
            if (begun < width) begin(&connections[begun++], 0);
        }
    }
    printf("{\"holding\": %zu}\n", standing);
    fflush(stdout);
    char byte;
    while (read(STDIN_FILENO, &byte, 1) > 0) {}
    size_t alive = 0;
    for (size_t index = 0; index < width; index += 1) {
        alive += recv(connections[index].descriptor, &byte, 1, MSG_PEEK) < 0 && errno == EAGAIN;
    }
    printf("{\"held\": %zu}\n", alive);
}

static int compare(const void *left, const void *right) {
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

static double percentile(double share) {
    if (completed == 0) return 0;
    return (double)latencies[(size_t)(share * (double)(completed - 1))] / 1000;
}

int main(int count, char **arguments) {
    if (count < 5) {
        fprintf(stderr, "usage: see load.c\n");
        return 2;
    }
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    port = (uint16_t)atoi(arguments[1]);
    int file = open(arguments[2], O_RDONLY | O_CLOEXEC);
    ssize_t length = read(file, request, sizeof request);
    if (length <= 0) die(arguments[2]);
    request_length = (size_t)length;
    const char *mode = arguments[3];
    size_t width = strtoul(arguments[4], NULL, 10);
    uint64_t first = count > 5 ? strtoull(arguments[5], NULL, 10) : 0;
    uint64_t second = count > 6 ? strtoull(arguments[6], NULL, 10) : 0;
    connections = calloc(width, sizeof *connections);
    poll_descriptor = epoll_create1(EPOLL_CLOEXEC);
    if (!connections || poll_descriptor < 0) die("start");
    for (size_t index = 0; index < width; index += 1) open_connection(&connections[index]);

    if (strcmp(mode, "hold") == 0) {
        hold(width);
        return 0;
    }
    bool is_open = strcmp(mode, "open") == 0;
    latencies = calloc(is_open ? first * second : first, sizeof *latencies);
    if (!latencies) die("calloc");
    uint64_t start = now_nanoseconds();
    if (is_open) {
        open_loop(width, first, second);
    } else {
        expected_events = (uint32_t)second;
        closed_loop(width, first);
    }
    double elapsed = (double)(now_nanoseconds() - start) / 1e9;
    uint64_t missing = is_open ? first * second - completed - failed : 0;
    qsort(latencies, completed, sizeof *latencies, compare);
    printf("{\"seconds\": %.6f, \"completed\": %lu, \"failed\": %lu, \"events\": %lu, \"median_us\": %.1f, "
           "\"p90_us\": %.1f, \"p99_us\": %.1f, \"max_us\": %.1f}\n",
           elapsed, completed, failed + missing, events, percentile(0.5), percentile(0.9), percentile(0.99),
           percentile(1));
    return 0;
}
