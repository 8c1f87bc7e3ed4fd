// Package load sends requests to a server over many connections, and measures how fast it responds. It writes HTTP/1.1 by hand,
// because it shares the machine with the server.
package load

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/vogent-community/phonenumbers/internal/bench/data"
)

// Job says what to send where.
type Job struct {
	Address  string // HOST:PORT
	Set      data.Set
	Shares   []Share
	Warmup   time.Duration
	Length   time.Duration // after Warmup
	Requests int           // if not 0, each connection sends so many and ends, without Warmup
	Run      int           // differs between the jobs of a measurement, so that each write has a value of its own
}

// Share is a number of connections that all send the same operation.
type Share struct {
	Operation   string // get, list, search or put
	Connections int
}

// Result is what a share has measured.
type Result struct {
	Requests  int // after the warm-up
	All       int // with those of the warm-up
	PerSecond float64
	P50, P99  time.Duration
}

// Do runs the job, and returns the result of each share. A response with another status than 200 is an error.
func Do(ctx context.Context, job Job) ([]Result, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	group, ctx := errgroup.WithContext(ctx)
	var measuring, ended atomic.Bool
	connections := make([][]*connection, len(job.Shares))
	for i, share := range job.Shares {
		for n := range share.Connections {
			c, err := dial(ctx, job, share.Operation, i*1000+n)
			if err != nil {
				cancel()
				return nil, errors.Join(err, group.Wait())
			}
			connections[i] = append(connections[i], c)
			group.Go(func() error { return c.run(job.Requests, &measuring, &ended) })
		}
	}
	if job.Requests == 0 {
		pause(ctx, job.Warmup)
	}
	start := time.Now()
	measuring.Store(true)
	if job.Requests == 0 {
		pause(ctx, job.Length)
		ended.Store(true)
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	took := time.Since(start)
	results := make([]Result, len(job.Shares))
	for i := range job.Shares {
		results[i] = summary(connections[i], took)
	}
	return results, nil
}

func pause(ctx context.Context, length time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(length):
	}
}

func summary(connections []*connection, took time.Duration) Result {
	var all []time.Duration
	sent := 0
	for _, c := range connections {
		all = append(all, c.latencies...)
		sent += c.sent
	}
	slices.Sort(all)
	r := Result{Requests: len(all), All: sent, PerSecond: float64(len(all)) / took.Seconds()}
	if len(all) > 0 {
		r.P50, r.P99 = all[len(all)/2], all[len(all)*99/100]
	}
	return r
}

// connection sends one operation again and again.
type connection struct {
	net.Conn
	reader    *bufio.Reader
	job       Job
	operation string
	number    int // differs between the connections of a job
	sent      int
	request   []byte
	latencies []time.Duration
}

func dial(ctx context.Context, job Job, operation string, number int) (*connection, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", job.Address)
	if err != nil {
		return nil, err
	}
	context.AfterFunc(ctx, func() { _ = conn.Close() })
	return &connection{Conn: conn, reader: bufio.NewReaderSize(conn, 32<<10), job: job, operation: operation, number: number}, nil
}

func (c *connection) run(requests int, measuring, ended *atomic.Bool) error {
	for {
		c.write()
		start := time.Now()
		if _, err := c.Write(c.request); err != nil {
			return err
		}
		if err := c.readResponse(); err != nil {
			return fmt.Errorf("%s: %w", c.operation, err)
		}
		if requests > 0 || measuring.Load() {
			c.latencies = append(c.latencies, time.Since(start))
		}
		if c.sent == requests || ended.Load() {
			return c.Close()
		}
	}
}

var prefixes = []string{"201", "212", "312", "415", "604", "808", "90", "7"}

// write makes the next request.
func (c *connection) write() {
	c.sent++
	n := rand.IntN(c.job.Set.Numbers)
	var line, body []byte
	switch c.operation {
	case "get":
		line = append(append(line, "GET /api/phone_numbers/"...), data.ID(n)...)
	case "list":
		line = append(line, "GET /api/phone_numbers?limit=100"...)
	case "search":
		line = append(line, "POST /api/phone_numbers/search"...)
		body = append(append(append(body, `{"prefix":"`...), prefixes[n%len(prefixes)]...), `"}`...)
	case "put":
		line = append(append(line, "PUT /api/phone_numbers/"...), data.ID(n)...)
		body = append(body, `{"agentId":"agent_`...)
		for _, part := range []int{c.job.Run, c.number, c.sent} {
			body = append(strconv.AppendInt(body, int64(part), 10), '_')
		}
		body = append(body, `"}`...)
	default:
		panic("no such operation: " + c.operation)
	}
	b := append(append(c.request[:0], line...), " HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer "...)
	b = append(b, c.job.Set.SecretFor(n, c.sent)...)
	if body != nil {
		b = append(b, "\r\nContent-Type: application/json\r\nContent-Length: "...)
		b = strconv.AppendInt(b, int64(len(body)), 10)
	}
	c.request = append(append(b, "\r\n\r\n"...), body...)
}
