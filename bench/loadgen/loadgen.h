// What the parts of the load generator share: its options, a connection, and who may call what.
#pragma once
#define _GNU_SOURCE
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum state { S_FREE, S_CONNECT, S_HTTP, S_OPEN, S_SIO_OPEN, S_SIO_ACK, S_READY, S_CLOSING };
enum way { WEBSOCKET, SSE, STREAM, POLL, WAYS };

struct page;
struct conn {
  int fd;
  uint8_t state, way;
  uint32_t group;
  uint64_t count, sum;
  uint32_t last;      // last sequence number seen, for the order check
  uint8_t *rest;      // bytes of an incomplete frame, event or HTTP head
  uint32_t rest_len, rest_cap;
  struct page *page;  // over HTTP: its name, and its way up
};

struct options {
  int ports[64], nports;
  enum way ways[8];
  int nways;
  bool sio, envelope;
  const char *mode, *prefix;
  char path[256];
  bool random, talks;
  int groups, members, crowd, first, window, payload, connect_window, sources, bulk, passes;
  double warmup, duration, rate, settle, limit;
};
extern struct options o;

// ---- loadgen.c ----
void die(const char *what);
int open_socket(int index);
void watch(int fd, uint32_t tag, bool for_write, bool is_new);
uint32_t index_of(const struct conn *c);
void where_of(const struct conn *c, char *out, size_t size);
void conn_ready(struct conn *c);
void conn_drop(struct conn *c);
void on_text(struct conn *c, const uint8_t *p, uint32_t n, uint64_t t);
extern uint64_t sends_failed, answers;

// ---- http.c: the same job for a page without a WebSocket ----

/** Marks what epoll says of a way up, beside the index of its connection. */
#define UP_TAG 0x80000000u

/** The number of a way by its name; WAYS for none. */
enum way way_named(const char *name);
/** The request that opens a connection. */
int opening_request(struct conn *c, char *out, size_t size);
/** Consumes whole events, or whole answers to polls, from [p, end); returns the first unconsumed byte. */
const uint8_t *page_read(struct conn *c, const uint8_t *p, const uint8_t *end, uint64_t t);
/** Sends a text up: at once, or with the next request when one is under way, as a page must. */
void page_send(struct conn *c, const char *p, int n);
/** Opens the way up with a request that says nothing, as one of a page that has said something already. */
void page_hello(struct conn *c);
/** What it is called by, out of `{"id":"…"}`. */
void page_take_id(struct conn *c, const uint8_t *data, const uint8_t *end);
/** Answers a ping. */
void page_pong(struct conn *c);
/** Closes the connection, as a page does; it is dropped when the server has said that it knows. */
void page_close(struct conn *c);
/** Its way up can be written or read. */
void page_up(struct conn *c);
/** Forgets everything about a connection that is gone. */
void page_drop(struct conn *c);
