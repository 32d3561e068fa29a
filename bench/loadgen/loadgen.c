// Load generator for the room job. One thread, epoll, no allocation per message.
//
// It speaks three dialects over raw WebSocket frames:
//   plain     the text frame is the application payload
//   envelope  the payload is the data of a Solent message: {"type":"say","data":...}
//   sio       Engine.IO 4 / Socket.IO 5 packets inside text frames
// The payload is the same text in all three, so that only the dialect's own bytes differ. Where a connection is not a
// WebSocket, what carries its texts is in http.c.
//
// It talks to the runner by lines on stdio: at the end of every phase it prints
// one JSON line and keeps serving sockets until a newline arrives on stdin, so
// the runner can sample the server's CPU and memory at exact boundaries.
//
// Every message carries a sequence number after '@'. Each delivery is checked
// against the group of the connection it arrived on, and at the end each
// connection must have the count and the sum of sequence numbers of its group.
#include "loadgen.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#ifndef IP_BIND_ADDRESS_NO_PORT
#define IP_BIND_ADDRESS_NO_PORT 24
#endif

struct options o = {.mode = "traffic", .prefix = "g", .path = "", .ways = {WEBSOCKET}, .nways = 1, .groups = 1, .members = 10,
                    .window = 16, .payload = 100, .connect_window = 64, .sources = 8, .bulk = 1000, .passes = 1,
                    .warmup = 1, .duration = 3, .rate = 5, .settle = 0.5, .limit = 120};

static struct conn *conns;
static int nconns, ep, nready, npending, nclosed_early, bulk_done;
static uint64_t ready_total, close_total, bytes_in, reads;
uint64_t sends_failed, answers;
static uint64_t stray, wrong_group, reordered;

#define RING (1u << 16)
static struct slot { uint32_t seq, group, left; uint64_t t; bool live; } ring[RING];
static uint32_t next_seq, inflight;
static uint64_t delivered, completed, last_delivery_t;
static uint64_t *gcount, *gsum;
static uint32_t *gturn;
static bool record;

// ---- log-linear histogram, 64 buckets per power of two, nanoseconds ----
#define HB 64
struct hist { uint64_t n, max, b[48 * HB]; };
static struct hist h_each, h_last;
static void hist_add(struct hist *h, uint64_t v) {
  if (v < 1) v = 1;
  if (v > h->max) h->max = v;
  int e = 63 - __builtin_clzll(v);
  int i = e < 6 ? (int)v : (e - 5) * HB + (int)((v >> (e - 6)) - HB);
  if (i >= 48 * HB) i = 48 * HB - 1;
  h->b[i]++; h->n++;
}
static double hist_q(struct hist *h, double q) {
  if (!h->n) return 0;
  uint64_t want = (uint64_t)(q * (double)h->n), acc = 0;
  if (want >= h->n) want = h->n - 1;
  for (int i = 0; i < 48 * HB; i++) {
    acc += h->b[i];
    if (acc > want) {
      if (i < HB) return i / 1e3;
      int e = i / HB + 5;
      return ((double)((uint64_t)(HB + i % HB) << (e - 6)) + (double)(1ull << (e - 6)) / 2) / 1e3;
    }
  }
  return h->max / 1e3;
}

static uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000ull + (uint64_t)t.tv_nsec;
}
void die(const char *what) {
  printf("{\"phase\":\"error\",\"error\":\"%s: %s\"}\n", what, errno ? strerror(errno) : "-");
  fflush(stdout);
  exit(2);
}

// ---- frames out ----
static int put_frame(uint8_t *out, int opcode, const char *p, int n) {
  static const uint8_t mask[4] = {0x37, 0xfa, 0x21, 0x3d};
  int k = 0;
  out[k++] = (uint8_t)(0x80 | opcode);
  if (n < 126) out[k++] = (uint8_t)(0x80 | n);
  else { out[k++] = 0x80 | 126; out[k++] = (uint8_t)(n >> 8); out[k++] = (uint8_t)n; }
  memcpy(out + k, mask, 4);
  k += 4;
  for (int i = 0; i < n; i++) out[k + i] = (uint8_t)p[i] ^ mask[i & 3];
  return k + n;
}
static void send_frame(struct conn *c, int opcode, const char *p, int n) {
  uint8_t buf[8192];
  int len = put_frame(buf, opcode, p, n);
  if (send(c->fd, buf, (size_t)len, MSG_NOSIGNAL | MSG_DONTWAIT) != len) sends_failed++;
}
static void send_text(struct conn *c, const char *p, int n) {
  if (c->way == WEBSOCKET) send_frame(c, 1, p, n);
  else page_send(c, p, n);
}

static char pad[4096];
static void send_message(struct conn *c, uint32_t seq) {
  char p[4600];
  int n;
  if (o.sio) n = snprintf(p, sizeof p, "42[\"chat\",{\"message\":\"@%010u %s\"}]", seq, pad);
  else if (o.envelope) n = snprintf(p, sizeof p, "{\"type\":\"say\",\"data\":{\"message\":\"@%010u %s\"}}", seq, pad);
  else n = snprintf(p, sizeof p, "{\"message\":\"@%010u %s\"}", seq, pad);
  send_text(c, p, n);
}
// Asks a connection to join or leave `o.bulk` groups of its own, others in each pass; the server answers when it has.
static void send_bulk(struct conn *c, const char *op, int index, int pass) {
  char p[256], base[32];
  int n;
  snprintf(base, sizeof base, "p%dc%d", pass, index);
  if (o.sio) n = snprintf(p, sizeof p, "42[\"bulk\",{\"op\":\"%s\",\"n\":%d,\"base\":\"%s\"}]", op, o.bulk, base);
  else if (o.envelope) n = snprintf(p, sizeof p, "{\"type\":\"bulk\",\"data\":{\"op\":\"%s\",\"n\":%d,\"base\":\"%s\"}}", op, o.bulk, base);
  else n = snprintf(p, sizeof p, "{\"bulk\":{\"op\":\"%s\",\"n\":%d,\"base\":\"%s\"}}", op, o.bulk, base);
  send_text(c, p, n);
}
// A delivery must be the message the dialect says, not merely hold the payload.
static bool is_delivery(const uint8_t *p, uint32_t n) {
  static const char sio[] = "42[\"chat\",{\"message\":\"@", envelope[] = "{\"type\":\"said\",\"data\":{\"message\":\"@", plain[] = "{\"message\":\"@";
  const char *head = o.sio ? sio : o.envelope ? envelope : plain;
  size_t length = strlen(head);
  return n > length && !memcmp(p, head, length);
}

// ---- connections ----
static uint32_t start_turn;
int open_socket(int index) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1;
  if (fd < 0) die("socket");
  setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  struct sockaddr_in a = {.sin_family = AF_INET};
  a.sin_addr.s_addr = htonl(0x7f000001u + start_turn++ % (uint32_t)o.sources);
  if (bind(fd, (void *)&a, sizeof a) < 0) die("bind");
  a.sin_addr.s_addr = htonl(0x7f000001u);
  a.sin_port = htons((uint16_t)o.ports[index % o.nports]);
  if (connect(fd, (void *)&a, sizeof a) < 0 && errno != EINPROGRESS) die("connect");
  return fd;
}
void watch(int fd, uint32_t tag, bool for_write, bool is_new) {
  struct epoll_event ev = {.events = for_write ? EPOLLOUT : EPOLLIN, .data.u32 = tag};
  if (epoll_ctl(ep, is_new ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &ev) < 0) die("epoll");
}
uint32_t index_of(const struct conn *c) { return (uint32_t)(c - conns); }
void where_of(const struct conn *c, char *out, size_t size) {
  char group[32];
  snprintf(group, sizeof group, "%.16s%u", o.prefix, c->group);
  char *star = strchr(o.path, '*');
  snprintf(out, size, "%.*s%s%s", (int)(star ? star - o.path : (long)strlen(o.path)), o.path, star ? group : "",
           star ? star + 1 : "");
}
static void conn_start(struct conn *c, int index) {
  c->fd = open_socket(index);
  c->state = S_CONNECT;
  c->rest_len = 0;
  npending++;
  watch(c->fd, index_of(c), true, true);
}
static int upgrade_request(struct conn *c, char *out, size_t size) {
  char where[512];
  where_of(c, where, sizeof where);
  return snprintf(out, size,
                  "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                  "Origin: http://127.0.0.1:%d\r\nUser-Agent: loadgen\r\n"
                  "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
                  where, o.ports[0], o.ports[0]);
}
static void conn_handshake(struct conn *c) {
  int err = 0;
  socklen_t l = sizeof err;
  getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &err, &l);
  if (err) { errno = err; die("connect"); }
  char head[1024];
  int n = c->way == WEBSOCKET ? upgrade_request(c, head, sizeof head) : opening_request(c, head, sizeof head);
  if (send(c->fd, head, (size_t)n, MSG_NOSIGNAL) != n) die("send handshake");
  c->state = c->way == POLL ? S_OPEN : S_HTTP;  // every answer to a poll has a head
  watch(c->fd, index_of(c), false, false);
}
static bool churn;
void conn_drop(struct conn *c) {
  struct linger lg = {1, 0};
  setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &lg, sizeof lg);
  close(c->fd);
  if (c->state == S_READY) { nready--; nclosed_early++; }
  else if (c->state == S_CLOSING) close_total++;
  else { npending--; nclosed_early++; }
  page_drop(c);
  c->fd = -1;
  c->state = S_FREE;
  c->rest_len = 0;
}
void conn_ready(struct conn *c) {
  c->state = S_READY;
  npending--;
  nready++;
  ready_total++;
  if (churn) {
    nready--;
    c->state = S_CLOSING;
    if (c->way == WEBSOCKET) send_frame(c, 8, "\x03\xe8", 2);
    else page_close(c);
  } else if (o.talks && c->way != WEBSOCKET) page_hello(c);
}

static void on_delivery(struct conn *c, const uint8_t *p, const uint8_t *end, uint64_t t) {
  if (end - p < 11) { stray++; return; }
  uint32_t seq = 0;
  for (int i = 1; i <= 10; i++) seq = seq * 10 + (uint32_t)(p[i] - '0');
  struct slot *s = &ring[seq & (RING - 1)];
  if (!s->live || s->seq != seq || s->left == 0) { stray++; return; }
  if (s->group != c->group) { wrong_group++; return; }
  c->count++;
  c->sum += seq;
  if (seq < c->last) reordered++;
  c->last = seq;
  delivered++;
  last_delivery_t = t;
  if (record) hist_add(&h_each, t - s->t);
  if (--s->left == 0) {
    s->live = false;
    inflight--;
    completed++;
    if (record) hist_add(&h_last, t - s->t);
  }
}
void on_text(struct conn *c, const uint8_t *p, uint32_t n, uint64_t t) {
  if (c->state == S_READY) {
    const uint8_t *at = memchr(p, '@', n);
    if (at && !is_delivery(p, n)) { stray++; return; }
    if (at) { on_delivery(c, at, p + n, t); return; }
    if (memmem(p, n, "bulkdone", 8)) { bulk_done++; return; }
  }
  if (c->way == STREAM && c->state == S_OPEN) {
    page_take_id(c, p, p + n);
    conn_ready(c);
    return;
  }
  if (o.sio && n >= 1) {
    if (p[0] == '2') { send_frame(c, 1, "3", 1); return; }
    if (p[0] == '0' && c->state == S_SIO_OPEN) { send_frame(c, 1, "40", 2); c->state = S_SIO_ACK; return; }
    if (n >= 2 && p[0] == '4' && p[1] == '0' && c->state == S_SIO_ACK) { conn_ready(c); return; }
  }
}

// Consumes whole frames from [p, end); returns the first unconsumed byte.
static const uint8_t *frames(struct conn *c, const uint8_t *p, const uint8_t *end, uint64_t t) {
  while (end - p >= 2) {
    uint64_t len = p[1] & 0x7f;
    const uint8_t *q = p + 2;
    if (len == 126) {
      if (end - p < 4) break;
      len = (uint64_t)p[2] << 8 | p[3];
      q = p + 4;
    } else if (len == 127) {
      if (end - p < 10) break;
      len = 0;
      for (int i = 2; i < 10; i++) len = len << 8 | p[i];
      q = p + 10;
    }
    if ((uint64_t)(end - q) < len) break;
    int op = p[0] & 15;
    if (op == 1) on_text(c, q, (uint32_t)len, t);
    else if (op == 9 && c->way == WEBSOCKET) send_frame(c, 10, (const char *)q, len > 125 ? 125 : (int)len);
    else if (op == 9) page_pong(c);
    else if (op == 8 && c->way == STREAM) conn_drop(c);
    else if (op == 8 && c->state != S_CLOSING) send_frame(c, 8, (const char *)q, 2);
    p = q + len;
    if (c->fd < 0) break;
  }
  return p;
}
static void conn_read(struct conn *c) {
  static uint8_t buf[1 << 18];
  if (c->rest_len) memcpy(buf, c->rest, c->rest_len);
  ssize_t n = recv(c->fd, buf + c->rest_len, sizeof buf - c->rest_len, 0);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n <= 0) { conn_drop(c); return; }
  bytes_in += (uint64_t)n;
  reads++;
  const uint8_t *p = buf, *end = buf + c->rest_len + n;
  c->rest_len = 0;
  if (c->state == S_HTTP) {
    const uint8_t *e = memmem(p, (size_t)(end - p), "\r\n\r\n", 4);
    if (e) {
      if (memcmp(p, c->way == WEBSOCKET ? "HTTP/1.1 101" : "HTTP/1.1 200", 12)) {
        errno = 0;
        printf("{\"phase\":\"error\",\"error\":\"handshake: %.12s\"}\n", p);
        fflush(stdout);
        exit(2);
      }
      p = e + 4;
      if (c->way != WEBSOCKET) c->state = S_OPEN;
      else if (o.sio) c->state = S_SIO_OPEN;
      else conn_ready(c);
    }
  }
  if (c->state != S_HTTP && c->fd >= 0) {
    bool has_frames = c->way == WEBSOCKET || c->way == STREAM;
    p = (has_frames ? frames : page_read)(c, p, end, now_ns());
  }
  if (c->fd >= 0 && p < end) {
    uint32_t left = (uint32_t)(end - p);
    if (left > c->rest_cap) {
      c->rest_cap = left < 512 ? 512 : left * 2;
      c->rest = realloc(c->rest, c->rest_cap);
    }
    memcpy(c->rest, p, left);
    c->rest_len = left;
  }
}

#define STDIN_TAG 0xffffffffu
static bool go;
static void turn(int timeout_ms) {
  struct epoll_event ev[1024];
  int n = epoll_wait(ep, ev, 1024, timeout_ms);
  for (int i = 0; i < n; i++) {
    if (ev[i].data.u32 == STDIN_TAG) {
      char b[256];
      if (read(0, b, sizeof b) <= 0) exit(3);
      go = true;
      continue;
    }
    struct conn *c = &conns[ev[i].data.u32 & ~UP_TAG];
    if (c->fd < 0) continue;
    if (ev[i].data.u32 & UP_TAG) { page_up(c); continue; }
    if (c->state == S_CONNECT) conn_handshake(c);
    else conn_read(c);
  }
}
static void hold(void) {
  fflush(stdout);
  while (!go) turn(1000);
  go = false;
}
static void serve_for(double seconds) {
  uint64_t end = now_ns() + (uint64_t)(seconds * 1e9);
  while (now_ns() < end) turn(10);
}

// ---- traffic ----
static uint32_t gnext;
static uint32_t next_group(void) {
  if (!o.random) return gnext++ % (uint32_t)o.groups;
  static uint32_t x = 2463534242u;  // xorshift: the same groups in every run
  x ^= x << 13;
  x ^= x >> 17;
  x ^= x << 5;
  return x % (uint32_t)o.groups;
}
static void send_next(void) {
  uint32_t g = next_group();
  uint32_t member = gturn[g]++ % (uint32_t)o.members;
  uint32_t seq = next_seq++;
  struct slot *s = &ring[seq & (RING - 1)];
  if (s->live) die("ring full");
  *s = (struct slot){seq, g, (uint32_t)o.members, now_ns(), true};
  inflight++;
  gcount[g]++;
  gsum[g] += seq;
  send_message(&conns[g * (uint32_t)o.members + member], seq);
}
static bool drain(void) {
  uint64_t mark = delivered, t = now_ns();
  while (inflight) {
    turn(50);
    if (delivered != mark) { mark = delivered; t = now_ns(); }
    else if (now_ns() - t > 10000000000ull) return false;
  }
  return true;
}
// Keeps `window` messages in flight; a stalled window ends the phase.
static void saturate(double seconds) {
  uint64_t end = now_ns() + (uint64_t)(seconds * 1e9), mark = delivered, t = now_ns();
  for (;;) {
    uint64_t n = now_ns();
    if (n >= end) return;
    while (inflight < (uint32_t)o.window) send_next();
    turn(50);
    if (delivered != mark) { mark = delivered; t = n; }
    else if (n - t > 10000000000ull) return;
  }
}
static void steady(double seconds) {
  uint64_t t0 = now_ns(), gap = (uint64_t)(1e9 / o.rate), k = 0, n = (uint64_t)(seconds * o.rate);
  while (k < n) {
    uint64_t t = now_ns(), due = t0 + k * gap;
    if (t >= due) {
      if (inflight < RING / 2) send_next();
      ring[(next_seq - 1) & (RING - 1)].t = due;  // measured from the due moment
      k++;
      continue;
    }
    turn((int)((due - t) / 1000000));
  }
}
static void forget(void) {
  for (int i = 0; i < nconns; i++) conns[i].count = conns[i].sum = 0, conns[i].last = 0;
  for (int g = 0; g < o.groups; g++) gcount[g] = gsum[g] = 0;
  for (uint32_t i = 0; i < RING; i++) ring[i].live = false;
  inflight = 0;
  delivered = completed = bytes_in = reads = answers = stray = wrong_group = reordered = 0;
  memset(&h_each, 0, sizeof h_each);
  memset(&h_last, 0, sizeof h_last);
}
static void report(const char *phase, double wall, uint64_t sent) {
  uint64_t bad = 0, lost = 0;
  for (int i = 0; i < nconns; i++) {
    uint32_t g = conns[i].group;
    if (conns[i].count != gcount[g] || conns[i].sum != gsum[g]) bad++;
    if (conns[i].count < gcount[g]) lost += gcount[g] - conns[i].count;
  }
  printf("{\"phase\":\"%s\",\"wall\":%.6f,\"messages\":%lu,\"expected\":%lu,\"delivered\":%lu,\"lost\":%lu,"
         "\"bad_conns\":%lu,\"stray\":%lu,\"wrong_group\":%lu,\"reordered\":%lu,\"closed_early\":%d,"
         "\"bytes_in\":%lu,\"reads\":%lu,\"answers\":%lu,\"sends_failed\":%lu,"
         "\"each_us\":{\"p50\":%.1f,\"p90\":%.1f,\"p99\":%.1f,\"max\":%.1f},"
         "\"last_us\":{\"p50\":%.1f,\"p90\":%.1f,\"p99\":%.1f,\"max\":%.1f}}\n",
         phase, wall, sent, sent * (uint64_t)o.members, delivered, lost, bad, stray, wrong_group, reordered,
         nclosed_early, bytes_in, reads, answers, sends_failed, hist_q(&h_each, .5), hist_q(&h_each, .9), hist_q(&h_each, .99),
         h_each.max / 1e3, hist_q(&h_last, .5), hist_q(&h_last, .9), hist_q(&h_last, .99), h_last.max / 1e3);
}

// Connects all that are not connected yet, up to so many.
static void connect_up_to(int count, const char *of) {
  uint64_t t0 = now_ns();
  int started = nready;
  while (nready < count) {
    while (started < count && npending < o.connect_window) {
      conn_start(&conns[started], started);
      started++;
    }
    turn(100);
    if (nclosed_early) { errno = 0; die("a connection was closed while connecting"); }
    if (now_ns() - t0 > (uint64_t)(o.limit * 1e9)) { errno = ETIMEDOUT; die("connect phase"); }
  }
  double wall = (now_ns() - t0) / 1e9;
  serve_for(o.settle);
  printf("{\"phase\":\"connected\"%s,\"connections\":%d,\"wall\":%.6f}\n", of, nready, wall);
  hold();
}
// Nobody says anything: what is exchanged are signs of life.
static void run_beats(void) {
  answers = 0;
  uint64_t t0 = now_ns();
  serve_for(o.duration);
  printf("{\"phase\":\"done\",\"wall\":%.6f,\"answers\":%lu,\"closed_early\":%d}\n", (now_ns() - t0) / 1e9, answers, nclosed_early);
  hold();
}

// Connect, join, leave, close; `window` connections alive at a time.
static void run_accept(void) {
  for (int round = 0; round < 2; round++) {
    uint64_t r0 = ready_total, c0 = close_total, t0 = now_ns();
    uint64_t end = t0 + (uint64_t)((round ? o.duration : o.warmup) * 1e9);
    while (now_ns() < end) {
      for (int i = 0; i < nconns; i++)
        if (conns[i].state == S_FREE) conn_start(&conns[i], i);
      turn(50);
    }
    uint64_t r1 = ready_total, t1 = now_ns();
    for (uint64_t stop = now_ns() + 5000000000ull; now_ns() < stop;) {
      int busy = 0;
      for (int i = 0; i < nconns; i++) busy += conns[i].state != S_FREE;
      if (!busy) break;
      turn(50);
    }
    printf("{\"phase\":\"%s\",\"wall\":%.6f,\"handshakes\":%lu,\"handshakes_all\":%lu,\"closes\":%lu,\"closed_early\":%d}\n",
           round ? "done" : "warmed", (t1 - t0) / 1e9, r1 - r0, ready_total - r0, close_total - c0, nclosed_early);
    hold();
  }
}

// Lets `count` connections from `first` on join or leave their groups, `window` of them at a time.
static void bulk(const char *op, int first, int count, int pass) {
  uint64_t t0 = now_ns();
  bulk_done = 0;
  for (int asked = 0; bulk_done < count;) {
    while (asked < count && asked - bulk_done < o.window) {
      send_bulk(&conns[first + asked], op, asked, pass);
      asked++;
    }
    if (now_ns() - t0 > (uint64_t)(o.limit * 1e9)) { errno = ETIMEDOUT; die("bulk"); }
    turn(50);
  }
  printf("{\"phase\":\"%s\",\"of\":\"%d\",\"wall\":%.6f,\"memberships\":%ld}\n", !strcmp(op, "join") ? "joined" : "left",
         pass, (now_ns() - t0) / 1e9, (long)count * o.bulk);
  hold();
}

// One measured stretch of traffic: warm up, stand still, run, drain, report under the name of the phase.
static void measure(const char *phase) {
  bool paced = !strcmp(o.mode, "paced");
  if (paced) steady(o.warmup);
  else saturate(o.warmup);
  bool ok = drain();
  printf("{\"phase\":\"warmed\",\"of\":\"%s\",\"complete\":%s,\"stray\":%lu}\n", phase, ok ? "true" : "false", stray + wrong_group);
  forget();
  hold();
  record = true;
  uint32_t s0 = next_seq;
  uint64_t t0 = now_ns();
  if (paced) steady(o.duration);
  else saturate(o.duration);
  ok = drain();
  report(phase, ((ok ? now_ns() : last_delivery_t) - t0) / 1e9, next_seq - s0);
  record = false;
  hold();
}

// Members of a group in turn: "websocket,sse" is a room of both.
static void read_ways(const char *list) {
  char *copy = strdup(list), *save = NULL;
  o.nways = 0;
  for (char *t = strtok_r(copy, ",", &save); t && o.nways < 8; t = strtok_r(NULL, ",", &save)) {
    o.ways[o.nways] = way_named(t);
    if (o.ways[o.nways++] == WAYS) { fprintf(stderr, "unknown way %s\n", t); exit(1); }
  }
}
static void options(int argc, char **argv) {
  for (int i = 1; i + 1 < argc; i += 2) {
    const char *k = argv[i] + 2, *v = argv[i + 1];
    if (!strcmp(k, "ports")) {
      char *copy = strdup(v), *save = NULL;
      for (char *t = strtok_r(copy, ",", &save); t && o.nports < 64; t = strtok_r(NULL, ",", &save))
        o.ports[o.nports++] = atoi(t);
    } else if (!strcmp(k, "dialect")) {
      o.sio = !strcmp(v, "sio");
      o.envelope = !strcmp(v, "envelope");
      if (!o.sio && !o.envelope && strcmp(v, "plain")) { fprintf(stderr, "unknown dialect %s\n", v); exit(1); }
    } else if (!strcmp(k, "ways")) read_ways(v);
    else if (!strcmp(k, "mode")) o.mode = v;
    else if (!strcmp(k, "path")) snprintf(o.path, sizeof o.path, "%s", v);
    else if (!strcmp(k, "groups")) o.groups = atoi(v);
    else if (!strcmp(k, "members")) o.members = atoi(v);
    else if (!strcmp(k, "crowd")) o.crowd = atoi(v);
    else if (!strcmp(k, "talks")) o.talks = atoi(v);
    else if (!strcmp(k, "first")) o.first = atoi(v);
    else if (!strcmp(k, "window")) o.window = atoi(v);
    else if (!strcmp(k, "payload")) o.payload = atoi(v);
    else if (!strcmp(k, "connect-window")) o.connect_window = atoi(v);
    else if (!strcmp(k, "sources")) o.sources = atoi(v);
    else if (!strcmp(k, "bulk")) o.bulk = atoi(v);
    else if (!strcmp(k, "passes")) o.passes = atoi(v);
    else if (!strcmp(k, "prefix")) o.prefix = v;
    else if (!strcmp(k, "random")) o.random = atoi(v);
    else if (!strcmp(k, "warmup")) o.warmup = atof(v);
    else if (!strcmp(k, "duration")) o.duration = atof(v);
    else if (!strcmp(k, "rate")) o.rate = atof(v);
    else if (!strcmp(k, "settle")) o.settle = atof(v);
    else if (!strcmp(k, "limit")) o.limit = atof(v);
    else { fprintf(stderr, "unknown option %s\n", argv[i]); exit(1); }
  }
  if (!o.nports) { fprintf(stderr, "--ports is needed\n"); exit(1); }
  if (!o.path[0]) strcpy(o.path, o.sio ? "/socket.io/?EIO=4&transport=websocket&room=*" : "/ws/room/*/");
}

int main(int argc, char **argv) {
  options(argc, argv);
  int padding = o.payload - 26;  // {"message":"@0000000000 ..."}
  if (padding < 0) padding = 0;
  if (padding > 4000) padding = 4000;
  memset(pad, 'x', (size_t)padding);

  struct rlimit rl;
  getrlimit(RLIMIT_NOFILE, &rl);
  rl.rlim_cur = rl.rlim_max;
  setrlimit(RLIMIT_NOFILE, &rl);

  churn = !strcmp(o.mode, "accept");
  int talking = o.groups * o.members;  // the crowd comes behind them, in a group of its own where nobody speaks
  nconns = churn ? o.window : talking + o.crowd;
  conns = calloc((size_t)nconns, sizeof *conns);
  gcount = calloc((size_t)o.groups + 1, sizeof *gcount);
  gsum = calloc((size_t)o.groups + 1, sizeof *gsum);
  gturn = calloc((size_t)o.groups + 1, sizeof *gturn);
  for (int i = 0; i < nconns; i++) {
    conns[i].fd = -1;
    conns[i].way = (uint8_t)o.ways[i % o.nways];
    conns[i].group = churn ? 0 : (uint32_t)(i / o.members < o.groups ? i / o.members : o.groups);
  }
  ep = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event in = {.events = EPOLLIN, .data.u32 = STDIN_TAG};
  epoll_ctl(ep, EPOLL_CTL_ADD, 0, &in);
  setvbuf(stdout, NULL, _IOLBF, 0);

  if (churn) {
    run_accept();
    return 0;
  }
  printf("{\"phase\":\"start\"}\n");
  hold();
  if (o.first) connect_up_to(o.first, ",\"of\":\"first\"");
  connect_up_to(nconns, "");
  if (!strcmp(o.mode, "idle")) return 0;
  if (!strcmp(o.mode, "beats")) {
    run_beats();
    return 0;
  }
  if (!strcmp(o.mode, "bulk")) {
    for (int pass = 1; pass <= o.passes; pass++) {
      bulk("join", 0, nconns, pass);
      bulk("leave", 0, nconns, pass);
    }
  } else if (!strcmp(o.mode, "crowd")) {
    // Twice without, so that a drift of the machine shows and cancels out.
    measure("alone");
    bulk("join", talking, o.crowd, 1);
    measure("crowded");
    bulk("leave", talking, o.crowd, 1);
    measure("again");
  } else measure("done");
  return 0;
}
