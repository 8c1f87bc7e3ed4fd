package journal_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vogent-community/phonenumbers/api/control"
	"github.com/vogent-community/phonenumbers/internal/sandbox/journal"
)

const kept = 10_000

func sequences(list control.RequestList) []int {
	var all []int
	for _, r := range list.Requests {
		all = append(all, r.Sequence)
	}
	return all
}

func TestRequestsAreListedInTheOrderOfTheirArrival(t *testing.T) {
	t.Parallel()
	var j journal.Journal
	first, second := j.Add(control.Request{Operation: "a"}), j.Add(control.Request{Operation: "b"})
	third := j.Add(control.Request{Operation: "a"})
	for _, ended := range []int{third, first} { // in another order, and the second one is still running
		j.Update(ended, func(r *control.Request) { r.Status = 200 + ended })
	}
	list := j.List("")
	if got, want := sequences(list), []int{1, 2, 3}; !slices.Equal(got, want) {
		t.Errorf("the sequences are %v; want %v", got, want)
	}
	for i, want := range []int{200 + first, 0, 200 + third} {
		if got := list.Requests[i].Status; got != want {
			t.Errorf("the status of the request %d is %d; want %d", i+1, got, want)
		}
	}
	for operation, want := range map[string][]int{"a": {first, third}, "b": {second}, "c": nil} {
		if got := sequences(j.List(operation)); !slices.Equal(got, want) {
			t.Errorf("the sequences for %s are %v; want %v", operation, got, want)
		}
	}
}

func TestAnEmptyListOfRequestsIsAListInJSON(t *testing.T) {
	t.Parallel()
	var empty, other journal.Journal
	other.Add(control.Request{Operation: "a"})
	for _, list := range []control.RequestList{empty.List(""), other.List("b")} {
		text, err := json.Marshal(list)
		if got, want := string(text), `{"requests":[],"dropped":0}`; err != nil || got != want {
			t.Errorf("the list is %s, %v; want %s", got, err, want)
		}
	}
}

func TestTheOldestRequestsAreDroppedAndCounted(t *testing.T) {
	t.Parallel()
	var j journal.Journal
	operations := []string{"even", "odd"}
	check := func(operation string, first, n, step, dropped int) {
		t.Helper()
		list := j.List(operation)
		if list.Dropped != dropped {
			t.Errorf("dropped is %d; want %d", list.Dropped, dropped)
		}
		if len(list.Requests) != n {
			t.Fatalf("the list has %d requests; want %d", len(list.Requests), n)
		}
		for i, r := range list.Requests {
			if want := first + i*step; r.Sequence != want || r.Path != fmt.Sprint(want) {
				t.Fatalf("the request %d of the list has the sequence %d and the path %s; want %d", i, r.Sequence, r.Path, want)
			}
		}
	}
	add := func(sequence int) {
		t.Helper()
		if got := j.Add(control.Request{Path: fmt.Sprint(sequence), Operation: operations[sequence%2]}); got != sequence {
			t.Fatalf("the sequence is %d; want %d", got, sequence)
		}
	}
	for sequence := range kept {
		add(sequence + 1)
	}
	check("", 1, kept, 1, 0)
	add(kept + 1)
	check("", 2, kept, 1, 1)
	for sequence := kept + 2; sequence <= 2*kept+3; sequence++ {
		add(sequence)
	}
	check("", kept+4, kept, 1, kept+3)
	check("even", kept+4, kept/2, 2, kept+3)

	j.Update(kept+3, func(r *control.Request) { t.Errorf("the sequence %d is given to an update; want it gone", r.Sequence) })
	j.Update(kept+4, func(r *control.Request) { r.Status = 201 })
	j.Update(2*kept+3, func(r *control.Request) { r.Status = 202 })
	list := j.List("").Requests
	if got, want := [2]int{list[0].Status, list[kept-1].Status}, [2]int{201, 202}; got != want {
		t.Errorf("the oldest and the newest status are %d; want %d", got, want)
	}
}

func TestAListOfRequestsAndTheJournalDoNotChangeEachOther(t *testing.T) {
	t.Parallel()
	var j journal.Journal
	sequence := j.Add(control.Request{Path: "/a", Body: json.RawMessage(`{"a":1}`)})
	list := j.List("")
	j.Update(sequence, func(r *control.Request) { r.Path, r.Status, r.Body = "/b", 200, json.RawMessage(`{"b":1}`) })
	for range kept {
		j.Add(control.Request{Path: "/c"})
	}
	if got := list.Requests[0]; got.Path != "/a" || got.Status != 0 || string(got.Body) != `{"a":1}` {
		t.Errorf("the list has %+v; want the request as it was", got)
	}
	sequence = j.Add(control.Request{Body: json.RawMessage(`{"a":1}`)})
	list = j.List("")
	list.Requests[kept-1].Status = 500
	copy(list.Requests[kept-1].Body, "changed")
	if got := j.List("").Requests[kept-1]; got.Sequence != sequence || got.Status != 0 || string(got.Body) != `{"a":1}` {
		t.Errorf("the journal has %+v; want the request as it was added", got)
	}
}

func TestRequestsCanArriveAndEndConcurrently(t *testing.T) {
	t.Parallel()
	const callers, each = 8, kept / 4
	var j journal.Journal
	var callersDone sync.WaitGroup
	stop, read := make(chan struct{}), make(chan int)
	go func() { // reads all the time
		for n := 1; ; n++ {
			list := j.List("")
			for i, r := range list.Requests {
				if want := list.Dropped + i + 1; r.Sequence != want {
					t.Errorf("the request %d of the list has the sequence %d; want %d", i, r.Sequence, want)
				}
				if r.Status != 0 && r.Status != r.Sequence {
					t.Errorf("the request %d has the status %d; want its own", r.Sequence, r.Status)
				}
			}
			select {
			case <-stop:
				read <- n
				return
			default:
			}
		}
	}()
	for caller := range callers {
		callersDone.Go(func() {
			last := 0
			for i := range each {
				sequence := j.Add(control.Request{Path: fmt.Sprint(caller), Query: fmt.Sprint(i)})
				if sequence <= last {
					t.Errorf("the sequence after %d is %d; want a higher one", last, sequence)
				}
				last = sequence
				j.Update(sequence, func(r *control.Request) { r.Status = r.Sequence })
			}
		})
	}
	callersDone.Wait()
	close(stop)
	if n := <-read; n == 0 {
		t.Error("nothing was read")
	}
	list := j.List("")
	if len(list.Requests) != kept || list.Dropped != callers*each-kept {
		t.Errorf("%d requests and %d dropped; want %d and %d", len(list.Requests), list.Dropped, kept, callers*each-kept)
	}
	next := map[string]int{}
	for _, r := range list.Requests {
		var i int
		if _, err := fmt.Sscan(r.Query, &i); err != nil || i < next[r.Path] {
			t.Fatalf("the request %s of the caller %s comes after %d; want the caller's order", r.Query, r.Path, next[r.Path])
		}
		next[r.Path] = i + 1
		if r.Status != r.Sequence {
			t.Fatalf("the request %d has the status %d; want its own", r.Sequence, r.Status)
		}
	}
}

// A test can sort requests by either.
func TestTheTimesHaveTheOrderOfTheSequences(t *testing.T) {
	t.Parallel()
	var ticks atomic.Int64
	j := journal.Journal{Now: func() time.Time { return time.Unix(ticks.Add(1), 0) }}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 500 {
				j.Add(control.Request{})
			}
		})
	}
	all.Wait()
	for _, r := range j.List("").Requests {
		if got := r.Time.Unix(); got != int64(r.Sequence) {
			t.Fatalf("the request %d has the time %d; want the same", r.Sequence, got)
		}
	}
}

func BenchmarkAdd(b *testing.B) {
	var j journal.Journal
	for b.Loop() {
		sequence := j.Add(control.Request{Method: "GET", Path: "/api/phone_numbers"})
		j.Update(sequence, func(r *control.Request) { r.Status = 200 })
	}
}

func BenchmarkList(b *testing.B) {
	var j journal.Journal
	for range kept {
		j.Add(control.Request{Body: json.RawMessage(`{"number":"+14155550100"}`)})
	}
	for b.Loop() {
		j.List("")
	}
}
