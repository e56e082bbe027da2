/*
 * A peer that costs as little as a peer can, so that what is measured is the client at the other end. Plain BEP 3 over TCP, one thread, epoll.
 *
 *   peer seed  FILE HASH PIECE IP PORT CONNECTIONS ACTIVE            serves FILE from a mapping; sends blocks with sendmsg, never copies or hashes
 *   peer leech FILE HASH PIECE IP PORT CONNECTIONS ACTIVE WINDOW     fetches the whole FILE on every active connection and throws it away
 *
 * It always dials, and dials again until the client answers the handshake: so the time of "handshake" is when the client was ready. Connection n comes from X.Y.(1 + n / 250).(1 + n % 250), where X.Y is
 * 127.0 or what the environment has as PEER_FROM, such as 10.88: those addresses must be there.
 * Connections beyond ACTIVE shake hands and stay idle: a seed's say what they have and never unchoke, a leecher's are not interested. WINDOW requests of 16 KiB are in flight on each active connection.
 * A leecher compares the first and the last 32 bytes of every block with FILE.
 *
 * On standard output, one JSON object a line, "t" by CLOCK_MONOTONIC: handshake (the first connection is up), connected (all of them), first (payload), moved (now and then), complete (seed: the client has said that it
 * has every piece; leech: every active connection is through). A connection that ends before is "lost", with status 1. Otherwise it runs until its standard input ends.
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
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { BLOCK = 16384, HEADER = 13, QUEUE = 8192, VECTORS = 128, INPUT = 1 << 20, SMALL_INPUT = 1 << 17, LONGEST_REQUEST = 1 << 17 };
enum { CHOKE, UNCHOKE, INTERESTED, NOT_INTERESTED, HAVE, BITFIELD, REQUEST, PIECE };

struct request { uint32_t piece, begin, length; };

struct connection {
    int fd, number, active, choked, shaken, wants_out, done;
    uint8_t *in;
    size_t capacity, length;
    struct request *queue;              /* seed: blocks to send, a ring */
    uint32_t head, count;
    size_t sent;                        /* bytes of the first message of the ring that went */
    uint64_t next, got;                 /* leech: blocks asked for, blocks that came */
};

static uint8_t *file, hash[20], *client_has;
static uint64_t size, moved, reported;
static uint32_t piece_size, pieces, client_pieces;
static int seeding, total, active, window, epoll, through;
static uint32_t first_from = 0x7f000101u;

static double now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec + t.tv_nsec / 1e9; }
static void say(const char *event) { printf("{\"event\":\"%s\",\"t\":%.6f,\"moved\":%llu}\n", event, now(), (unsigned long long)moved); fflush(stdout); }
static void fail(const char *what) { fprintf(stderr, "peer: %s: %s\n", what, strerror(errno)); exit(2); }
static uint32_t get32(const uint8_t *p) { uint32_t v; memcpy(&v, p, 4); return ntohl(v); }
static void put32(uint8_t *p, uint32_t v) { v = htonl(v); memcpy(p, &v, 4); }
static void lost(struct connection *c, const char *why) { fprintf(stderr, "peer: connection %d: %s\n", c->number, why); say("lost"); exit(1); }

static void send_small(struct connection *c, const void *bytes, size_t count) {
    /* Requests and hellos: they fit the kernel's buffer, so a refusal is a fault of the test. */
    if (send(c->fd, bytes, count, MSG_NOSIGNAL) != (ssize_t)count) lost(c, "it does not take what is sent");
}

static void moved_more(uint64_t bytes) {
    if (moved == 0) say("first");
    moved += bytes;
    if (moved - reported >= 16 << 20) { reported = moved; say("moved"); }
}

/* Blocks until the handshake came back; 0 if the client does not listen or hangs up, as it may while it starts. */
static int try_connect(struct connection *c, const struct sockaddr_in *to) {
    uint8_t hello[68] = { 19 };
    memcpy(hello + 1, "BitTorrent protocol", 19);
    memcpy(hello + 28, hash, 20);
    char id[21];
    snprintf(id, sizeof id, "-XX0100-%04x%08d", getpid() & 0xffff, c->number);
    memcpy(hello + 48, id, 20);
    struct sockaddr_in from = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(first_from + ((uint32_t)c->number / 250 << 8) + (uint32_t)c->number % 250) };
    int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
    struct timeval patience = { .tv_sec = 2 };
    if (fd < 0) fail("socket");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (bind(fd, (const struct sockaddr *)&from, sizeof from)) fail("bind");
    if (connect(fd, (const struct sockaddr *)to, sizeof *to) || send(fd, hello, sizeof hello, MSG_NOSIGNAL) != sizeof hello || recv(fd, c->in, 68, MSG_WAITALL) != 68) { close(fd); return 0; }
    if (memcmp(c->in + 28, hash, 20)) lost(c, "it answered for another torrent");
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    c->fd = fd;
    return 1;
}

static void greet(struct connection *c) {
    static const uint8_t unchoke[] = { 0, 0, 0, 1, UNCHOKE }, interested[] = { 0, 0, 0, 1, INTERESTED };
    if (seeding) {
        uint32_t bytes = (pieces + 7) / 8;
        uint8_t *bitfield = calloc(1, bytes + 5);
        put32(bitfield, bytes + 1);
        bitfield[4] = BITFIELD;
        for (uint32_t i = 0; i < pieces; i++) bitfield[5 + i / 8] |= 0x80 >> i % 8;
        send_small(c, bitfield, bytes + 5);
        free(bitfield);
        if (c->active) send_small(c, unchoke, sizeof unchoke);
    } else if (c->active) send_small(c, interested, sizeof interested);
}

static void watch(struct connection *c, int out) {
    struct epoll_event e = { .events = EPOLLIN | (out ? EPOLLOUT : 0), .data.ptr = c };
    if (epoll_ctl(epoll, c->shaken ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, c->fd, &e)) fail("epoll_ctl");
    c->shaken = 1;
    c->wants_out = out;
}

static void serve(struct connection *c) {
    static uint8_t headers[VECTORS][HEADER];
    static struct iovec vectors[2 * VECTORS];
    while (c->count) {
        uint32_t n = 0;
        for (; n < c->count && n < VECTORS; n++) {
            struct request *r = &c->queue[(c->head + n) % QUEUE];
            put32(headers[n], 9 + r->length);
            headers[n][4] = PIECE;
            put32(headers[n] + 5, r->piece);
            put32(headers[n] + 9, r->begin);
            vectors[2 * n] = (struct iovec){ headers[n], HEADER };
            vectors[2 * n + 1] = (struct iovec){ file + (uint64_t)r->piece * piece_size + r->begin, r->length };
        }
        struct iovec *v = vectors;
        size_t skip = c->sent;
        if (skip >= HEADER) { skip -= HEADER; v++; }
        v->iov_base = (uint8_t *)v->iov_base + skip;
        v->iov_len -= skip;
        struct msghdr m = { .msg_iov = v, .msg_iovlen = (size_t)(vectors + 2 * n - v) };
        ssize_t sent = sendmsg(c->fd, &m, MSG_NOSIGNAL);
        if (sent < 0 && errno == EAGAIN) break;
        if (sent < 0) lost(c, "it hung up");
        moved_more((uint64_t)sent);
        c->sent += (size_t)sent;
        while (c->count && c->sent >= HEADER + c->queue[c->head].length) {
            c->sent -= HEADER + c->queue[c->head].length;
            c->head = (c->head + 1) % QUEUE;
            c->count--;
        }
    }
    if (c->wants_out != (c->count > 0)) watch(c, c->count > 0);
}

static void ask(struct connection *c) {
    static uint8_t batch[17 * 4096];
    uint64_t blocks = (size + BLOCK - 1) / BLOCK;
    int n = 0;
    if (c->choked || c->next - c->got > (uint64_t)window * 3 / 4) return;
    for (; c->next < blocks && c->next - c->got < (uint64_t)window && n < 4096; n++, c->next++) {
        uint64_t at = c->next * BLOCK;
        uint8_t *p = batch + 17 * n;
        put32(p, 13);
        p[4] = REQUEST;
        put32(p + 5, (uint32_t)(at / piece_size));
        put32(p + 9, (uint32_t)(at % piece_size));
        put32(p + 13, (uint32_t)(size - at < BLOCK ? size - at : BLOCK));
    }
    if (n) send_small(c, batch, 17 * (size_t)n);
}

static void client_got(uint32_t piece) {
    if (piece >= pieces || client_has[piece]) return;
    client_has[piece] = 1;
    if (++client_pieces == pieces) say("complete");
}

static void take_request(struct connection *c, const uint8_t *m) {
    struct request r = { get32(m + 1), get32(m + 5), get32(m + 9) };
    if (r.piece >= pieces || r.length > LONGEST_REQUEST || (uint64_t)r.piece * piece_size + r.begin + r.length > size) lost(c, "it asked for what is not there");
    if (!c->active) lost(c, "it asked while choked");
    if (c->count == QUEUE) lost(c, "it asks too much at once");
    c->queue[(c->head + c->count++) % QUEUE] = r;
}

static void take_block(struct connection *c, const uint8_t *m, uint32_t length) {
    uint64_t at = (uint64_t)get32(m + 1) * piece_size + get32(m + 5);
    uint32_t bytes = length - 9;
    if (at + bytes > size || memcmp(m + 9, file + at, 32) || memcmp(m + 9 + bytes - 32, file + at + bytes - 32, 32)) lost(c, "it sent a wrong block");
    c->got++;
    moved_more(bytes);
    if (c->got < (size + BLOCK - 1) / BLOCK) return;
    if (++through == active) say("complete");
}

static void take(struct connection *c, const uint8_t *m, uint32_t length) {
    if (length == 0) return;
    switch (m[0]) {
    case CHOKE: c->choked = 1; c->next = c->got; break;     /* what was asked for is forgotten (BEP 3); blocks come in the order of asking */
    case UNCHOKE: c->choked = 0; break;
    case HAVE: if (seeding && length == 5) client_got(get32(m + 1)); break;
    case BITFIELD: for (uint32_t i = 0; seeding && i < pieces && i / 8 < length - 1; i++) if (m[1 + i / 8] & 0x80 >> i % 8) client_got(i); break;
    case REQUEST: if (seeding && length == 13) take_request(c, m); break;
    case PIECE: if (!seeding && length > 41) take_block(c, m, length); break;
    }
}

static void receive(struct connection *c) {
    ssize_t n = recv(c->fd, c->in + c->length, c->capacity - c->length, 0);
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) {
        /* A client that exits when it is done is a client that is done. */
        if (seeding ? client_pieces == pieces || moved >= size : c->got * BLOCK >= size || !c->active) { close(c->fd); c->done = 1; return; }
        lost(c, "it hung up");
    }
    c->length += (size_t)n;
    size_t at = 0;
    while (c->length - at >= 4) {
        uint32_t length = get32(c->in + at);
        if (length > c->capacity - 4) lost(c, "a message is too long");
        if (c->length - at < 4 + (size_t)length) break;
        take(c, c->in + at + 4, length);
        at += 4 + (size_t)length;
    }
    memmove(c->in, c->in + at, c->length - at);
    c->length -= at;
    if (seeding) serve(c);
    else if (c->active) ask(c);
}

int main(int argc, char **argv) {
    if (argc < 9 || (strcmp(argv[1], "seed") && argc < 10)) { fprintf(stderr, "usage: peer seed|leech FILE HASH PIECE IP PORT CONNECTIONS ACTIVE [WINDOW]\n"); return 2; }
    seeding = !strcmp(argv[1], "seed");
    struct stat st;
    int fd = open(argv[2], O_RDONLY);
    if (fd < 0 || fstat(fd, &st)) fail(argv[2]);
    size = (uint64_t)st.st_size;
    file = mmap(NULL, size, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0);
    if (file == MAP_FAILED) fail("mmap");
    for (int i = 0; i < 20; i++) sscanf(argv[3] + 2 * i, "%2hhx", &hash[i]);
    piece_size = (uint32_t)atoi(argv[4]);
    pieces = (uint32_t)((size + piece_size - 1) / piece_size);
    client_has = calloc(pieces, 1);
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[6])) };
    inet_pton(AF_INET, argv[5], &to.sin_addr);
    unsigned high, low;
    if (getenv("PEER_FROM") && sscanf(getenv("PEER_FROM"), "%u.%u", &high, &low) == 2) first_from = high << 24 | low << 16 | 0x101u;
    total = atoi(argv[7]);
    active = atoi(argv[8]);
    window = argc > 9 ? atoi(argv[9]) : 0;
    epoll = epoll_create1(0);
    struct connection *all = calloc((size_t)total, sizeof *all);
    for (int i = 0; i < total; i++) {
        struct connection *c = &all[i];
        c->number = i;
        c->choked = 1;
        c->active = i < active;
        c->capacity = seeding || !c->active ? SMALL_INPUT : INPUT;
        c->in = malloc(c->capacity);
        if (seeding && c->active) c->queue = malloc(QUEUE * sizeof *c->queue);
        while (!try_connect(c, &to)) usleep(2000);
        if (i == 0) say("handshake");
    }
    say("connected");
    for (int i = 0; i < total; i++) { greet(&all[i]); watch(&all[i], 0); }
    struct epoll_event ended = { .events = EPOLLIN, .data.ptr = NULL };
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, 0, &ended)) fail("standard input must be a pipe");
    for (;;) {
        struct epoll_event events[64];
        int n = epoll_wait(epoll, events, 64, -1);
        for (int i = 0; i < n; i++) {
            struct connection *c = events[i].data.ptr;
            if (!c) return 0;
            if (!c->done && events[i].events & EPOLLOUT) serve(c);
            if (!c->done && events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) receive(c);
        }
    }
}
