// Connections over HTTP, as a page makes them (docs/reference/http-transports.md): one answer that does not end, or one poll
// after the other, and beside it a way up that is opened when it is needed and kept alive.
#include "loadgen.h"
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

struct text { char *bytes; size_t length, capacity; };

struct page {
  char id[128];
  uint32_t after;       // the last answer to a poll that has arrived
  int up;               // the socket of the way up; -1 while there is none
  bool is_up_open, is_asking, is_closing, owes_hello, owes_pong, owes_close;
  uint32_t number;      // of the last request with frames
  struct text pending;  // frames for the next request, with commas between them
  struct text request;  // the one under way, kept until it is answered: its socket may close just before it
  char head[512];       // of the answer to it
  size_t head_length;
};

static const char *const names[WAYS] = {[WEBSOCKET] = "websocket", [SSE] = "sse", [STREAM] = "stream", [POLL] = "poll"};

enum way way_named(const char *name) {
  int way = 0;
  while (way < WAYS && strcmp(names[way], name)) way++;
  return way;
}

static void add(struct text *text, const char *bytes, size_t length) {
  if (text->length + length > text->capacity) {
    text->capacity = (text->length + length) * 2;
    text->bytes = realloc(text->bytes, text->capacity);
    if (!text->bytes) die("memory");
  }
  memcpy(text->bytes + text->length, bytes, length);
  text->length += length;
}

static struct page *page_of(struct conn *c) {
  if (!c->page) {
    c->page = calloc(1, sizeof *c->page);
    c->page->up = -1;
  }
  return c->page;
}

// ---- requests ----

// A browser sends no Origin with a GET to the page's own server, and one with every POST.
int opening_request(struct conn *c, char *out, size_t size) {
  char where[512];
  where_of(c, where, sizeof where);
  page_of(c);
  return snprintf(out, size,
                  "GET %s?~solent=%s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAccept: */*\r\n"
                  "Sec-Fetch-Site: same-origin\r\nUser-Agent: loadgen\r\n\r\n",
                  where, names[c->way], o.ports[0]);
}

static int post_head(const struct conn *c, const char *op, size_t length, char *out, size_t size) {
  char where[512];
  where_of(c, where, sizeof where);
  return snprintf(out, size,
                  "POST %s?~solent=%s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nOrigin: http://127.0.0.1:%d\r\n"
                  "Sec-Fetch-Site: same-origin\r\nUser-Agent: loadgen\r\nContent-Type: text/plain;charset=UTF-8\r\n"
                  "Content-Length: %zu\r\n\r\n",
                  where, op, o.ports[0], o.ports[0], length);
}

static void put(int fd, const char *bytes, size_t length) {
  if (send(fd, bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)length) sends_failed++;
}

static void poll_again(struct conn *c) {
  char body[256], out[1024];
  int length = snprintf(body, sizeof body, "{\"id\":\"%s\",\"after\":%u}", c->page->id, c->page->after);
  int head = post_head(c, "poll", (size_t)length, out, sizeof out);
  memcpy(out + head, body, (size_t)length);
  put(c->fd, out, (size_t)(head + length));
}

// ---- down ----

void page_take_id(struct conn *c, const uint8_t *data, const uint8_t *end) {
  const uint8_t *from = memmem(data, (size_t)(end - data), "\"id\":\"", 6);
  const uint8_t *to = from ? memchr(from + 6, '"', (size_t)(end - from - 6)) : NULL;
  size_t length = to ? (size_t)(to - from - 6) : 0;
  if (length == 0 || length >= sizeof c->page->id) { errno = 0; die("an opened connection without a name"); }
  memcpy(c->page->id, from + 6, length);
  c->page->id[length] = 0;
}

static void ask(struct conn *c);

static bool is_named(const uint8_t *p, const uint8_t *end, const char *name) {
  size_t length = strlen(name);
  return (size_t)(end - p) > length && !memcmp(p, name, length) && p[length] == '\n';
}

// One of Solent's own events. The texts of this job have no line breaks, so none comes as the event `text`.
static void on_event(struct conn *c, const uint8_t *p, const uint8_t *end) {
  if (p[0] == ':' || end - p < 8 || memcmp(p, "event: ", 7)) return;
  const uint8_t *name = p + 7;
  const uint8_t *data = memchr(name, '\n', (size_t)(end - name));
  if (!data || end - data < 8) return;
  data += 7;  // "\ndata: "
  if (is_named(name, end, "batch")) c->page->after = (uint32_t)strtoul((const char *)data, NULL, 10);
  else if (is_named(name, end, "open")) {
    page_take_id(c, data, end);
    conn_ready(c);
  } else if (is_named(name, end, "ping") && c->way != POLL) page_pong(c);
  else if (is_named(name, end, "close") && c->state != S_CLOSING) conn_drop(c);
}

// Consumes whole events. A text is one line of data, and by far the most there is.
static const uint8_t *events(struct conn *c, const uint8_t *p, const uint8_t *end, uint64_t t) {
  while (end - p >= 2) {
    if (end - p > 6 && !memcmp(p, "data: ", 6)) {
      const uint8_t *line = memchr(p + 6, '\n', (size_t)(end - p - 6));
      if (!line || line + 1 == end) break;
      on_text(c, p + 6, (uint32_t)(line - p - 6), t);
      p = line + 2;
    } else {
      const uint8_t *last = memmem(p, (size_t)(end - p), "\n\n", 2);
      if (!last) break;
      on_event(c, p, last + 1);
      p = last + 2;
    }
    if (c->fd < 0) break;
  }
  return p;
}

static const char *field(const uint8_t *p, const uint8_t *end, const char *name) {
  const uint8_t *at = memmem(p, (size_t)(end - p), name, strlen(name));
  return at ? (const char *)at + strlen(name) : NULL;
}

// Consumes whole answers to polls, and asks for what comes after each.
static const uint8_t *poll_answers(struct conn *c, const uint8_t *p, const uint8_t *end, uint64_t t) {
  for (;;) {
    const uint8_t *head = memmem(p, (size_t)(end - p), "\r\n\r\n", 4);
    if (!head) return p;
    const char *length = field(p, head + 2, "\r\ncontent-length: ");
    long body = length ? strtol(length, NULL, 10) : 0;
    if (end - head - 4 < body) return p;
    if (memcmp(p, "HTTP/1.1 200", 12)) {
      if (c->state != S_CLOSING) { errno = 0; die("a poll was refused"); }
    } else {
      answers++;
      events(c, head + 4, head + 4 + body, t);
    }
    p = head + 4 + body;
    if (c->fd < 0) return p;
    if (c->state == S_READY) poll_again(c);
  }
}

const uint8_t *page_read(struct conn *c, const uint8_t *p, const uint8_t *end, uint64_t t) {
  return c->way == POLL ? poll_answers(c, p, end, t) : events(c, p, end, t);
}

// ---- up ----

static void put_request(struct page *page) { put(page->up, page->request.bytes, page->request.length); }

static void write_request(struct conn *c) {
  static struct text body;
  struct page *page = c->page;
  char head[1024], start[256];
  bool has_frames = page->pending.length > 0;
  body.length = 0;
  int length = snprintf(start, sizeof start, "{\"id\":\"%s\",\"n\":%u,\"frames\":[", page->id, has_frames ? ++page->number : 0);
  add(&body, start, (size_t)length);
  add(&body, page->pending.bytes, page->pending.length);
  add(&body, "]", 1);
  if (page->owes_pong) add(&body, ",\"pong\":true", 12);
  if (page->owes_close) add(&body, ",\"close\":{\"code\":1000,\"reason\":\"\"}", 34);
  add(&body, "}", 1);
  page->is_closing = page->owes_close;
  page->owes_hello = page->owes_pong = page->owes_close = false;
  page->pending.length = page->request.length = page->head_length = 0;
  add(&page->request, head, (size_t)post_head(c, "send", body.length, head, sizeof head));
  add(&page->request, body.bytes, body.length);
}

static void connect_up(struct conn *c) {
  c->page->up = open_socket((int)index_of(c));
  c->page->is_up_open = false;
  watch(c->page->up, UP_TAG | index_of(c), true, true);
}

// Sends what waits, when no request is under way: a page has one at a time.
static void ask(struct conn *c) {
  struct page *page = c->page;
  bool owes = page->owes_hello || page->owes_pong || page->owes_close;
  if (page->is_asking || !(page->pending.length || owes)) return;
  write_request(c);
  page->is_asking = true;
  if (page->up < 0) connect_up(c);
  else if (page->is_up_open) put_request(page);
}

void page_send(struct conn *c, const char *p, int n) {
  struct text *pending = &c->page->pending;
  if (pending->length) add(pending, ",", 1);
  add(pending, "\"", 1);
  for (int i = 0; i < n;) {
    int run = i;
    while (run < n && p[run] != '"' && p[run] != '\\') run++;
    add(pending, p + i, (size_t)(run - i));
    if (run < n) add(pending, p[run] == '"' ? "\\\"" : "\\\\", 2);
    i = run + 1;
  }
  add(pending, "\"", 1);
  ask(c);
}

void page_hello(struct conn *c) {
  c->page->owes_hello = true;
  ask(c);
}

void page_pong(struct conn *c) {
  c->page->owes_pong = true;
  ask(c);
}

void page_close(struct conn *c) {
  c->page->owes_close = true;
  ask(c);
}

static void up_closed(struct conn *c) {
  struct page *page = c->page;
  close(page->up);
  page->up = -1;
  // Kept alive too long. A request that has met its end is sent again, with the number it had.
  page->head_length = 0;
  if (page->is_asking) connect_up(c);
}

void page_up(struct conn *c) {
  struct page *page = c->page;
  if (!page || page->up < 0) return;
  if (!page->is_up_open) {
    int error = 0;
    socklen_t length = sizeof error;
    getsockopt(page->up, SOL_SOCKET, SO_ERROR, &error, &length);
    if (error) { errno = error; die("connect for a way up"); }
    page->is_up_open = true;
    watch(page->up, UP_TAG | index_of(c), false, false);
    if (page->is_asking) put_request(page);
    return;
  }
  ssize_t n = recv(page->up, page->head + page->head_length, sizeof page->head - page->head_length, 0);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n <= 0) { up_closed(c); return; }
  page->head_length += (size_t)n;
  if (!memmem(page->head, page->head_length, "\r\n\r\n", 4)) {
    if (page->head_length == sizeof page->head) { errno = 0; die("too long an answer"); }
    return;
  }
  if (memcmp(page->head, "HTTP/1.1 204", 12)) {
    printf("{\"phase\":\"error\",\"error\":\"sending up: %.12s\"}\n", page->head);
    fflush(stdout);
    exit(2);
  }
  page->head_length = 0;
  page->is_asking = false;
  if (page->is_closing) conn_drop(c);
  else ask(c);
}

void page_drop(struct conn *c) {
  struct page *page = c->page;
  if (!page) return;
  if (page->up >= 0) close(page->up);
  struct text pending = page->pending, request = page->request;
  pending.length = request.length = 0;
  *page = (struct page){.up = -1, .pending = pending, .request = request};
}
