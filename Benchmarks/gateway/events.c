// A provider of streams: answers every request with a chat completion of 50 events, each sent by a write of its own and
// some time after the one before, as models do. So whoever forwards the stream is woken for each event.
//
//   events GAP_MICROSECONDS
//
// Prints its port. A request whose body holds "hold" gets the first event, and no other until its client goes.

#define _GNU_SOURCE
#include "http.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/signal.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

enum { EVENTS = 50, REQUEST_LIMIT = 65536 };

typedef struct Connection {
    int descriptor;
    char request[REQUEST_LIMIT];
    size_t length;
    bool holds;
    bool is_answering;
    int sent;
    uint64_t due;
    struct Connection *next;
    struct Connection *previous;
} Connection;

// All wait equally long, so that the order in which they are added is that in which they are due.
static Connection queue = {.next = &queue, .previous = &queue};
static uint64_t gap;

static void dequeue(Connection *connection) {
    if (!connection->next) return;
    connection->next->previous = connection->previous;
    connection->previous->next = connection->next;
    connection->next = connection->previous = NULL;
}

static void enqueue(Connection *connection) {
    connection->due = now_nanoseconds() + gap;
    connection->next = &queue;
    connection->previous = queue.previous;
    queue.previous->next = connection;
    queue.previous = connection;
}

static void drop(Connection *connection) {
    dequeue(connection);
    close(connection->descriptor);
    free(connection);
}

static bool send_all(Connection *connection, const char *bytes, size_t count) {
    // The buffer of a socket takes far more than a stream; a client that lets it fill up has failed.
    return send(connection->descriptor, bytes, count, MSG_NOSIGNAL) == (ssize_t)count;
}

static bool send_event(Connection *connection) {
    char event[512], chunk[600];
    bool is_last = connection->sent == EVENTS - 1;
    int length = snprintf(
        event, sizeof event,
        "data: {\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion.chunk\",\"created\":1760000000,"
        "\"model\":\"bench\",\"choices\":[{\"index\":0,\"delta\":{%s\"content\":\"token %d \"},"
        "\"finish_reason\":%s}]}\n\n",
        connection->sent == 0 ? "\"role\":\"assistant\"," : "", connection->sent, is_last ? "\"stop\"" : "null");
    length = snprintf(chunk, sizeof chunk, "%x\r\n%s\r\n", length, event);
    connection->sent += 1;
    return send_all(connection, chunk, (size_t)length);
}

static bool begin(Connection *connection) {
    static const char head[] = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n"
                               "Transfer-Encoding: chunked\r\n\r\n";
    connection->sent = 0;
    connection->is_answering = true;
    if (!send_all(connection, head, sizeof head - 1)) return false;
    enqueue(connection);
    return true;
}

/// Sends what is due; returns whether the connection still stands.
static bool advance(Connection *connection) {
    static const char end[] = "e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n";
    dequeue(connection);
    if (connection->sent < EVENTS) {
        if (!send_event(connection)) return false;
        if (!connection->holds) enqueue(connection);
        return true;
    }
    connection->is_answering = false;
    return send_all(connection, end, sizeof end - 1);
}

/// Reads what there is; returns whether the connection still stands.
static bool receive(Connection *connection) {
    char *request = connection->request;
    while (true) {
        ssize_t count =
            recv(connection->descriptor, request + connection->length, REQUEST_LIMIT - 1 - connection->length, 0);
        if (count < 0) return errno == EAGAIN;
        if (count == 0) return false;
        connection->length += (size_t)count;
        request[connection->length] = 0;
        char *body = memmem(request, connection->length, "\r\n\r\n", 4);
        if (!body) continue;
        body += 4;
        const char *value = header_value(request, "content-length");
        size_t expected = value && value < body ? strtoul(value, NULL, 10) : 0;
        size_t arrived = connection->length - (size_t)(body - request);
        if (arrived < expected) continue;
        if (arrived > expected || connection->is_answering) return false;
        connection->holds = memmem(body, arrived, "\"hold\"", 6) != NULL;
        connection->length = 0;
        if (!begin(connection)) return false;
    }
}

int main(int count, char **arguments) {
    gap = count > 1 ? strtoull(arguments[1], NULL, 10) * 1000 : 0;
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    uint16_t port = 0;
    int listener = listen_loopback(&port);
    printf("%d\n", port);
    fflush(stdout);
    int poll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event interest = {.events = EPOLLIN, .data.ptr = NULL};
    if (epoll_ctl(poll, EPOLL_CTL_ADD, listener, &interest) != 0) die("epoll_ctl");
    while (true) {
        struct timespec wait = {0}, *timeout = NULL;
        if (queue.next != &queue) {
            uint64_t now = now_nanoseconds(), due = queue.next->due;
            if (due > now) wait.tv_nsec = (long)(due - now);
            timeout = &wait;
        }
        struct epoll_event ready[256];
        int number = epoll_pwait2(poll, ready, 256, timeout, NULL);
        if (number < 0 && errno != EINTR) die("epoll_pwait2");
        for (int index = 0; index < number; index += 1) {
            Connection *connection = ready[index].data.ptr;
            if (connection) {
                if (!receive(connection)) drop(connection);
                continue;
            }
            int descriptor;
            while ((descriptor = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
                int one = 1;
                setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
                connection = calloc(1, sizeof *connection);
                if (!connection) die("calloc");
                connection->descriptor = descriptor;
                interest = (struct epoll_event){.events = EPOLLIN, .data.ptr = connection};
                if (epoll_ctl(poll, EPOLL_CTL_ADD, descriptor, &interest) != 0) die("epoll_ctl");
            }
        }
        for (uint64_t now = now_nanoseconds(); queue.next != &queue && queue.next->due <= now;) {
            Connection *connection = queue.next;
            if (!advance(connection)) drop(connection);
        }
    }
}
