// A closed loop of DHT queries (BEP 5) against one node. One thread, Linux. Compiled and started by dht_load.py, whose --help explains it.
//
//   dht_load PORT KIND SECONDS WARM SOURCES WINDOW HASHES TIMEOUT_MS PID
//
// Each source is a socket at an address of its own in 127.0.0.0/8, connected to 127.0.0.1:PORT, with WINDOW queries under way; a reply, or its absence for TIMEOUT_MS,
// makes room for the next. Every reply is parsed and checked: our transaction id, y=r, an id of 20 bytes, and what its kind demands. Queries of the node are answered, so
// that it takes the sources for nodes. After WARM seconds counting begins; after SECONDS more one JSON line is printed. An announce_peer is the get_peers for its token and
// the announce with it, counted as one. get_values is get_peers for what was announced during the warm seconds, and must bring peers.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum kind { PING, FIND_NODE, GET_PEERS, ANNOUNCE_PEER, MIX, GET_VALUES, KINDS };
static const char *const KIND_NAMES[KINDS] = {"ping", "find_node", "get_peers", "announce_peer", "mix", "get_values"};

enum { BATCH = 32, MAX_DATAGRAM = 4096, MAX_QUERY = 512, MAX_TOKEN = 64, MAX_SOURCES = 4096, MAX_WINDOW = 256, LATENCIES = 200000, SOURCE_PORT = 20000 };

struct text { const uint8_t *at; size_t length; };

// A place in a source's window. An announce is two queries: get_peers for the token, then announce_peer with it.
struct query {
    bool under_way;
    enum kind goal, step;
    uint32_t transaction;
    uint64_t sent_at;
    uint8_t target[20], token[MAX_TOKEN];
    size_t token_length;
};

struct source {
    int socket;
    uint8_t id[20];
    struct query *window;
    uint64_t announced;
    // Datagrams to send with the next call.
    int queued;
    uint8_t out[BATCH][MAX_QUERY];
    size_t out_length[BATCH];
};

static struct {
    uint64_t replies, sent, lost, bad, errors, stale, unsent, server_queries, reply_bytes, nodes, values;
    uint32_t latency[LATENCIES + 1];
    char first_bad[128];
} count;

static int window, hashes;
static bool is_counting;
static enum kind wanted;
static uint32_t generation;

static uint64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint64_t mix64(uint64_t x) {
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

static uint64_t random64(void) {
    static uint64_t state;
    if (state == 0) state = now();
    return mix64(state += 0x9e3779b97f4a7c15u);
}

static void bytes_of(uint64_t seed, uint8_t *twenty) {
    for (int i = 0; i < 20; i += 4) {
        seed = mix64(seed + 0x9e3779b97f4a7c15u);
        memcpy(twenty + i, &seed, 4);
    }
}

static void fail(const char *what) {
    perror(what);
    exit(1);
}

// ---- Bencoding: just enough to find a key in a dictionary, never past the end.

// The end of the value at p, or NULL if it is none.
static const uint8_t *skip(const uint8_t *p, const uint8_t *end, int depth) {
    if (p == NULL || p >= end || depth > 8) return NULL;
    if (*p == 'i') {
        p = memchr(p, 'e', (size_t)(end - p));
        return p == NULL ? NULL : p + 1;
    }
    if (*p == 'l' || *p == 'd') {
        for (p++; p != NULL && p < end && *p != 'e';) p = skip(p, end, depth + 1);
        return p == NULL || p >= end ? NULL : p + 1;
    }
    size_t length = 0;
    const uint8_t *digits = p;
    for (; p < end && *p >= '0' && *p <= '9' && p - digits < 6; p++) length = length * 10 + (size_t)(*p - '0');
    if (p == digits || p >= end || *p != ':' || length > (size_t)(end - p - 1)) return NULL;
    return p + 1 + length;
}

// The bytes of the string that is the value; NULL if it is no string.
static struct text string_of(struct text value) {
    if (value.at == NULL || value.length == 0 || *value.at < '0' || *value.at > '9') return (struct text){0};
    const uint8_t *colon = memchr(value.at, ':', value.length);
    return (struct text){colon + 1, value.length - (size_t)(colon + 1 - value.at)};
}

// The value of a key of the dictionary, encoded; NULL if it is not there.
static struct text find(struct text dictionary, const char *key) {
    if (dictionary.at == NULL || dictionary.length == 0 || *dictionary.at != 'd') return (struct text){0};
    const uint8_t *end = dictionary.at + dictionary.length, *p = dictionary.at + 1;
    while (p < end && *p != 'e') {
        const uint8_t *value = skip(p, end, 0), *next = skip(value, end, 0);
        if (next == NULL) break;
        struct text name = string_of((struct text){p, (size_t)(value - p)});
        if (name.at != NULL && name.length == strlen(key) && memcmp(name.at, key, name.length) == 0) return (struct text){value, (size_t)(next - value)};
        p = next;
    }
    return (struct text){0};
}

// ---- Sending

static uint8_t *put(uint8_t *to, const void *bytes, size_t length) {
    memcpy(to, bytes, length);
    return to + length;
}

#define PUT(to, literal) put(to, literal, sizeof literal - 1)

static void flush(struct source *source) {
    struct mmsghdr messages[BATCH] = {0};
    struct iovec vectors[BATCH];
    for (int i = 0; i < source->queued; i++) {
        vectors[i] = (struct iovec){source->out[i], source->out_length[i]};
        messages[i].msg_hdr.msg_iov = &vectors[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    for (int sent = 0; sent < source->queued;) {
        int went = sendmmsg(source->socket, messages + sent, (unsigned)(source->queued - sent), MSG_DONTWAIT);
        if (went > 0) {
            sent += went;
            continue;
        }
        if (errno == EINTR || errno == ECONNREFUSED) continue;
        // What the kernel has no room for will count as lost when its time is up.
        count.unsent += (uint64_t)(source->queued - sent);
        break;
    }
    source->queued = 0;
}

static uint8_t *begin_datagram(struct source *source) {
    if (source->queued == BATCH) flush(source);
    return source->out[source->queued];
}

static void end_datagram(struct source *source, const uint8_t *end) {
    source->out_length[source->queued] = (size_t)(end - source->out[source->queued]);
    source->queued++;
}

static void ask(struct source *source, struct query *query, enum kind step) {
    query->step = step;
    query->transaction = ++generation << 8 | (uint32_t)(query - source->window);
    query->under_way = true;
    uint8_t *p = PUT(begin_datagram(source), "d1:ad2:id20:");
    p = put(p, source->id, 20);
    if (step == FIND_NODE) {
        p = put(PUT(p, "6:target20:"), query->target, 20);
    } else if (step == GET_PEERS) {
        p = put(PUT(p, "9:info_hash20:"), query->target, 20);
    } else if (step == ANNOUNCE_PEER) {
        p = put(PUT(p, "12:implied_porti1e9:info_hash20:"), query->target, 20);
        p += sprintf((char *)p, "4:porti6881e5:token%zu:", query->token_length);
        p = put(p, query->token, query->token_length);
    }
    p += sprintf((char *)p, "e1:q%zu:%s1:t4:", strlen(KIND_NAMES[step]), KIND_NAMES[step]);
    p = put(p, &query->transaction, 4);
    end_datagram(source, PUT(p, "1:y1:qe"));
    query->sent_at = now();
    count.sent++;
}

static void ask_anew(struct source *source, struct query *query) {
    query->goal = wanted == MIX ? (enum kind)(random64() % MIX) : wanted;
    // Every source announces every info-hash before any is asked for.
    bool announces_all = wanted == GET_VALUES && !is_counting;
    if (announces_all) query->goal = ANNOUNCE_PEER;
    bool is_announced = query->goal == ANNOUNCE_PEER || query->goal == GET_VALUES;
    bytes_of(announces_all ? source->announced++ % (uint64_t)hashes : is_announced ? random64() % (uint64_t)hashes : random64(), query->target);
    ask(source, query, is_announced ? GET_PEERS : query->goal);
}

// ---- Receiving

static void answer(struct source *source, struct text transaction) {
    count.server_queries++;
    if (transaction.at == NULL || transaction.length > MAX_TOKEN) return;
    uint8_t *p = put(PUT(begin_datagram(source), "d1:rd2:id20:"), source->id, 20);
    p += sprintf((char *)p, "e1:t%zu:", transaction.length);
    p = put(p, transaction.at, transaction.length);
    end_datagram(source, PUT(p, "1:y1:re"));
}

static void bad(const char *what) {
    count.bad++;
    if (count.first_bad[0] == 0) snprintf(count.first_bad, sizeof count.first_bad, "%s", what);
}

// What is wrong with the reply, or NULL; takes its token.
static const char *check(struct query *query, struct text reply) {
    if (string_of(find(reply, "id")).length != 20) return "no id of 20 bytes";
    struct text nodes = string_of(find(reply, "nodes")), values = find(reply, "values");
    uint64_t found_values = 0;
    count.nodes += nodes.length / 26;
    if (nodes.length % 26 != 0) return "nodes of odd length";
    if (query->step == FIND_NODE && nodes.at == NULL) return "find_node without nodes";
    if (query->step != GET_PEERS) return NULL;
    struct text token = string_of(find(reply, "token"));
    if (token.at == NULL || token.length == 0 || token.length > MAX_TOKEN) return "get_peers without a usable token";
    if (nodes.at == NULL && values.at == NULL) return "get_peers without nodes and values";
    for (const uint8_t *p = values.at == NULL ? NULL : values.at + 1, *next; p != NULL && *p != 'e'; p = next) {
        next = skip(p, values.at + values.length, 0);
        if (next == NULL || string_of((struct text){p, (size_t)(next - p)}).length != 6) return "a value that is no peer";
        found_values++;
    }
    if (query->goal == GET_VALUES && found_values == 0) return "no values of what was announced";
    count.values += found_values;
    memcpy(query->token, token.at, token.length);
    query->token_length = token.length;
    return NULL;
}

static void receive(struct source *source, const uint8_t *datagram, size_t length, uint64_t at) {
    struct text message = {datagram, length};
    struct text type = string_of(find(message, "y")), transaction = string_of(find(message, "t"));
    if (type.length != 1) return bad("no KRPC message");
    if (*type.at == 'q') return answer(source, transaction);
    if (transaction.length != 4) return bad("a transaction id of another length");
    uint32_t id;
    memcpy(&id, transaction.at, 4);
    struct query *query = &source->window[id & 255];
    if ((int)(id & 255) >= window || !query->under_way || query->transaction != id) {
        count.stale++;
        return;
    }
    query->under_way = false;
    if (*type.at == 'e') {
        count.errors++;
    } else {
        const char *wrong = *type.at == 'r' ? check(query, find(message, "r")) : "neither reply nor error";
        if (wrong != NULL) {
            bad(wrong);
        } else {
            count.reply_bytes += length;
            if (query->goal == ANNOUNCE_PEER && query->step == GET_PEERS) return ask(source, query, ANNOUNCE_PEER);
            uint64_t microseconds = (at - query->sent_at) / 1000;
            count.replies++;
            count.latency[microseconds < LATENCIES ? microseconds : LATENCIES]++;
        }
    }
    ask_anew(source, query);
}

static void drain(struct source *source) {
    static uint8_t in[BATCH][MAX_DATAGRAM];
    struct mmsghdr messages[BATCH] = {0};
    struct iovec vectors[BATCH];
    for (int i = 0; i < BATCH; i++) {
        vectors[i] = (struct iovec){in[i], MAX_DATAGRAM};
        messages[i].msg_hdr.msg_iov = &vectors[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    int received = recvmmsg(source->socket, messages, BATCH, MSG_DONTWAIT, NULL);
    uint64_t at = now();
    for (int i = 0; i < received; i++) receive(source, in[i], messages[i].msg_len, at);
    flush(source);
}

// ---- The run

// User and system seconds of a process so far; 0 for no process.
static double cpu_seconds(int pid) {
    if (pid == 0) return 0;
    char path[64], line[1024] = {0};
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *file = fopen(path, "r");
    if (file == NULL) fail(path);
    size_t length = fread(line, 1, sizeof line - 1, file);
    fclose(file);
    unsigned long user = 0, system = 0;
    const char *name_end = length > 0 ? strrchr(line, ')') : NULL;
    if (name_end == NULL || sscanf(name_end + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) != 2) fail("cannot read the process's CPU time");
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

static uint64_t percentile(double share) {
    uint64_t below = 0;
    for (int i = 0; i <= LATENCIES; i++) {
        below += count.latency[i];
        if (below > 0 && (double)below >= share * (double)count.replies) return (uint64_t)i;
    }
    return 0;
}

static struct source *open_sources(int sources, int port, int epoll) {
    struct source *all = calloc((size_t)sources, sizeof *all);
    if (all == NULL) fail("memory");
    struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    for (int i = 0; i < sources; i++) {
        // 127.x.y.1 with another y for each: limits for a host or a network see many. Ports and ids are the same in every run, so that the node's table stays as full as it is.
        struct sockaddr_in local = {.sin_family = AF_INET, .sin_port = htons((uint16_t)(SOURCE_PORT + i)), .sin_addr.s_addr = htonl(0x7f010001u + ((uint32_t)i << 8))};
        int buffer = 1 << 20;
        all[i].socket = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
        if (all[i].socket < 0) fail("socket");
        setsockopt(all[i].socket, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
        if (bind(all[i].socket, (struct sockaddr *)&local, sizeof local) < 0) fail("bind");
        if (connect(all[i].socket, (struct sockaddr *)&server, sizeof server) < 0) fail("connect");
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &all[i]};
        if (epoll_ctl(epoll, EPOLL_CTL_ADD, all[i].socket, &event) < 0) fail("epoll");
        bytes_of((uint64_t)i + 1, all[i].id);
        all[i].window = calloc((size_t)window, sizeof *all[i].window);
        if (all[i].window == NULL) fail("memory");
    }
    return all;
}

static double own_cpu_seconds(void) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) + (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static void print_result(double seconds, double cpu, double own_cpu) {
    double each = count.replies > 0 ? 1 / (double)count.replies : 0;
    printf("{\"kind\":\"%s\",\"seconds\":%.2f,\"replies\":%lu,\"repliesPerSecond\":%.0f,\"sent\":%lu,\"lost\":%lu,\"lossPercent\":%.3f,\"bad\":%lu,\"errors\":%lu,\"stale\":%lu,\"unsent\":%lu,"
           "\"serverCpuSecondsPer1000\":%.5f,\"serverCpuPercent\":%.0f,\"loadCpuPercent\":%.0f,\"p50Microseconds\":%lu,\"p99Microseconds\":%lu,\"nodesPerReply\":%.1f,\"valuesPerReply\":%.1f,\"bytesPerReply\":%.1f,"
           "\"queriesFromServer\":%lu,\"firstBad\":\"%s\"}\n",
        KIND_NAMES[wanted], seconds, count.replies, (double)count.replies / seconds, count.sent, count.lost, count.sent > 0 ? 100.0 * (double)count.lost / (double)count.sent : 0, count.bad, count.errors, count.stale, count.unsent,
        cpu * 1000 * each, 100 * cpu / seconds, 100 * own_cpu / seconds, percentile(0.5), percentile(0.99), (double)count.nodes * each, (double)count.values * each, (double)count.reply_bytes * each,
        count.server_queries, count.first_bad);
}

static int number(const char *argument, const char *name, int low, int high) {
    char *rest;
    long value = strtol(argument, &rest, 10);
    if (*argument != 0 && *rest == 0 && value >= low && value <= high) return (int)value;
    fprintf(stderr, "dht_load: %s is a number from %d to %d, not %s\n", name, low, high, argument);
    exit(2);
}

int main(int arguments, char **argument) {
    if (arguments != 10) {
        fprintf(stderr, "usage: dht_load PORT KIND SECONDS WARM SOURCES WINDOW HASHES TIMEOUT_MS PID\nStart it with dht_load.py; see its --help.\n");
        return 2;
    }
    int port = number(argument[1], "PORT", 1, 65535);
    for (wanted = PING; wanted < KINDS && strcmp(argument[2], KIND_NAMES[wanted]) != 0;) wanted++;
    if (wanted == KINDS) {
        fprintf(stderr, "dht_load: unknown KIND %s\n", argument[2]);
        return 2;
    }
    uint64_t measured = (uint64_t)number(argument[3], "SECONDS", 1, 3600) * 1000000000u, warm = (uint64_t)number(argument[4], "WARM", 0, 3600) * 1000000000u;
    int sources = number(argument[5], "SOURCES", 1, MAX_SOURCES);
    window = number(argument[6], "WINDOW", 1, MAX_WINDOW);
    hashes = number(argument[7], "HASHES", 1, 1000000000);
    uint64_t timeout = (uint64_t)number(argument[8], "TIMEOUT_MS", 1, 60000) * 1000000u;
    int pid = number(argument[9], "PID", 0, 1 << 30);

    int epoll = epoll_create1(0);
    if (epoll < 0) fail("epoll");
    struct source *all = open_sources(sources, port, epoll);
    uint64_t start = now(), sweep_at = 0, counted_from = 0;
    double cpu_before = 0, own_cpu_before = 0;
    for (;;) {
        uint64_t t = now();
        if (counted_from == 0 && t - start >= warm) {
            // What is under way at the border is answered after it; it was not sent within, so it is not counted as sent.
            memset(&count, 0, sizeof count);
            cpu_before = cpu_seconds(pid);
            own_cpu_before = own_cpu_seconds();
            is_counting = true;
            counted_from = t;
        }
        if (counted_from != 0 && t - counted_from >= measured) break;
        if (t >= sweep_at) {
            // Also the first fill: a place that is not under way is asked anew.
            for (int i = 0; i < sources; i++) {
                for (int k = 0; k < window; k++) {
                    struct query *query = &all[i].window[k];
                    if (query->under_way && t - query->sent_at < timeout) continue;
                    if (query->under_way) count.lost++;
                    ask_anew(&all[i], query);
                }
                flush(&all[i]);
            }
            sweep_at = t + timeout / 10;
        }
        struct epoll_event ready[64];
        // Never asleep: the node would pay for waking it.
        int events = epoll_wait(epoll, ready, 64, 0);
        for (int i = 0; i < events; i++) drain(ready[i].data.ptr);
    }
    uint64_t until = now();
    print_result((double)(until - counted_from) / 1e9, cpu_seconds(pid) - cpu_before, own_cpu_seconds() - own_cpu_before);
    return 0;
}
