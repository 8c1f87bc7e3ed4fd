package client_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vogent-community/phonenumbers/api"
)

// serve does what a node does with a request. It may respond late, or never.
func (w *world) serve(d dice, q *request, answer func(answered)) {
	n := oneOf(d, w.nodes...)
	say := func(status int, body string) {
		header := http.Header{}
		if n.keys {
			header.Set("Idempotency-Key-TTL", strconv.Itoa(int(w.ttl.Seconds())))
		}
		if status >= 400 {
			q.said = status < 500
			w.mayAskToWait(d, header)
		}
		w.tell("%d: node %+v says %d %.60s", q.number, n, status, body)
		answer(answered{status, header, body})
	}
	problem := func(status int, code api.ProblemCode) {
		body := map[string]any{"message": "no, " + testKey}
		if n.codes {
			body["code"] = code
		}
		say(status, encode(body))
	}
	switch {
	case d.chance(w.faults / 6):
		problem(oneOf(d, 429, 401, 500, 503), "")
	case q.what == "GET /phone_numbers":
		w.list(n, q, say)
	case strings.HasSuffix(q.what, "/search"):
		var found []string
		for _, number := range slices.Sorted(maps.Keys(w.owner)) {
			if w.owner[number] == "" || d.chance(0.2) {
				found = append(found, fmt.Sprintf(`{"number":%q}`, number))
			}
		}
		say(200, "["+strings.Join(found[:min(len(found), 3)], ",")+"]")
	default:
		w.buy(d, n, q, say, problem)
	}
}

// list responds with a page of our numbers, except for the newest.
func (w *world) list(n node, q *request, say func(int, string)) {
	wanted := ""
	if filter := q.query["number"]; len(filter) > 0 {
		wanted = filter[0]
	}
	if wanted != "" && n.filters == 2 {
		say(400, `{"message":"number is no parameter"}`)
		return
	}
	var ours []string
	for _, number := range slices.Sorted(maps.Keys(w.owner)) {
		if w.owner[number] == "us" && time.Since(w.since[number]) >= w.lag && (wanted == "" || n.filters == 1 || number == wanted) {
			ours = append(ours, like(fmt.Sprintf(`{"id":"of %s","number":%q}`, number, number)))
		}
	}
	from := 0
	if cursor := q.query["cursor"]; len(cursor) > 0 {
		from, _ = strconv.Atoi(cursor[0])
	}
	from = min(from, len(ours))
	to, next := min(from+n.page, len(ours)), ""
	if to < len(ours) {
		next = strconv.Itoa(to)
	}
	say(200, pageOf(next, ours[from:to]...))
}

// buy carries out a purchase at once, later or never.
func (w *world) buy(d dice, n node, q *request, say func(int, string), problem func(int, api.ProblemCode)) {
	if !q.by.IsZero() && !time.Now().Before(q.by) {
		w.t.Errorf("seed %d: request %d to buy %s once more arrives after its key may be forgotten", w.seed, q.number, q.buys)
	}
	mine := &claim{number: q.buys, made: time.Now(), ttl: w.ttl}
	if n.keys {
		c := w.claims[q.key]
		switch {
		case c == nil, time.Since(c.made) >= c.ttl, !c.bought && time.Since(c.made) >= 30*time.Second:
			w.claims[q.key] = mine
		case c.number != q.buys:
			problem(422, api.CodeIdempotencyKeyReused)
			return
		case !c.bought:
			problem(409, api.CodeIdempotencyInProgress)
			return
		default:
			say(200, like(fmt.Sprintf(`{"number":%q}`, q.buys)))
			return
		}
	}
	do := func() {
		switch {
		case n.keys && w.claims[q.key] != mine: // another node has taken the claim over
			problem(500, "")
		case w.owner[q.buys] != "":
			if n.keys {
				delete(w.claims, q.key)
			}
			problem(oneOf(d, 422, 422, 422, oneOf(d, 400, 404, 409, 422)), api.CodeNumberUnavailable)
		default:
			w.owner[q.buys], w.since[q.buys], w.seller[q.buys], mine.bought = "us", time.Now(), q.sale, true
			w.tell("%d: %s is bought", q.number, q.buys)
			say(oneOf(d, 200, 200, 201), like(fmt.Sprintf(`{"number":%q}`, q.buys)))
		}
	}
	later := func(d time.Duration) {
		time.AfterFunc(d, func() {
			w.mu.Lock()
			defer w.mu.Unlock()
			do()
		})
	}
	if !d.chance(w.faults) {
		do()
		return
	}
	switch d.IntN(6) {
	case 0: // it fails, with a response
		say(oneOf(d, 500, 503, 202), like(fmt.Sprintf(`{"number":%q}`, q.buys)))
	case 1: // it fails, without a response
	case 2, 3:
		later(d.within(time.Minute))
	case 4:
		say(oneOf(d, 202, 303, 500, 503), "")
		later(d.within(time.Minute))
	default:
		do()
	}
}
