// Package journal keeps the requests that a sandbox got, without their secrets.
package journal

import (
	"slices"
	"sync"
	"time"

	"github.com/vogent-community/phonenumbers/api/control"
)

const kept = 10_000 // how many requests a Journal keeps

// Journal is a list of requests in the order in which they arrived. It keeps the last 10,000. The zero value is empty. Its
// methods can be called concurrently.
type Journal struct {
	// Now is the clock for the times of the requests, which have the order of the sequences. It must be set before the first Add.
	// If it is nil, a request keeps the time that it has.
	Now func() time.Time

	mu   sync.Mutex
	last int               // the sequence of the newest request
	ring []control.Request // the request with the sequence n is at (n-1) % kept
}

// Add adds a request that has arrived, and returns its sequence. List returns the request from now on. The caller must have
// removed the secrets, with Redacted.
func (j *Journal) Add(r control.Request) (sequence int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.last++
	r.Sequence = j.last
	if j.Now != nil {
		r.Time = j.Now()
	}
	if len(j.ring) < kept {
		j.ring = append(j.ring, r)
	} else {
		j.ring[(j.last-1)%kept] = r
	}
	return j.last
}

// Update changes a request that Add has added, such as to set its status. It does nothing if the Journal no longer has the
// request. change must not call the Journal, must not change the sequence, and must replace the body rather than write to it.
func (j *Journal) Update(sequence int, change func(r *control.Request)) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if sequence > j.last-kept {
		change(&j.ring[(sequence-1)%kept])
	}
}

// List returns the requests for an operation, or all requests if operation is empty. The newest one is the last. The list
// does not change afterwards, and the caller can change it.
func (j *Journal) List(operation string) control.RequestList {
	j.mu.Lock()
	list := control.RequestList{Requests: make([]control.Request, 0, len(j.ring)), Dropped: j.last - len(j.ring)}
	oldest := 0
	if len(j.ring) > 0 {
		oldest = j.last % len(j.ring) // it is 0 until the ring is full
	}
	for _, part := range [][]control.Request{j.ring[oldest:], j.ring[:oldest]} {
		for i := range part {
			if operation == "" || part[i].Operation == operation {
				list.Requests = append(list.Requests, part[i])
			}
		}
	}
	j.mu.Unlock()
	for i := range list.Requests {
		list.Requests[i].Body = slices.Clone(list.Requests[i].Body)
	}
	return list
}
