package fault_test

import (
	"fmt"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/vogent-community/phonenumbers/api/control"
	"github.com/vogent-community/phonenumbers/internal/sandbox/fault"
)

// picks returns the names of the faults that hit n requests in order, with - for a request that none hits.
func picks(rules *fault.Rules, n int, request fault.Request) string {
	names := make([]string, n)
	for i := range names {
		names[i] = "-"
		if f, ok := rules.Pick(request); ok {
			names[i] = f.Name
		}
	}
	return strings.Join(names, " ")
}

var anyRequest = fault.Request{Operation: "getPhoneNumber"}

func TestWithoutFaultsNothingIsHit(t *testing.T) {
	t.Parallel()
	var rules fault.Rules
	if f, ok := rules.Pick(anyRequest); ok {
		t.Errorf("Pick returned %+v; want none", f)
	}
	if list := rules.List(); list == nil || len(list) > 0 {
		t.Errorf("List returned %#v; want an empty list", list)
	}
}

func TestTheFirstFaultThatAppliesHits(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		faults []control.Fault
		want   string // which faults hit the first five requests
		fired  []int
	}{
		"every time":                {[]control.Fault{{Name: "a"}}, "a a a a a", []int{5}},
		"default names":             {[]control.Fault{{Times: 1}, {Name: "x", Times: 1}, {}}, "fault-1 x fault-3 fault-3 fault-3", []int{1, 1, 3}},
		"the first N times":         {[]control.Fault{{Name: "a", Times: 2}}, "a a - - -", []int{2}},
		"after N":                   {[]control.Fault{{Name: "a", Skip: 3}}, "- - - a a", []int{2}},
		"after N, some times":       {[]control.Fault{{Name: "a", Skip: 1, Times: 2}}, "- a a - -", []int{2}},
		"only the first is counted": {[]control.Fault{{Name: "a", Times: 3}, {Name: "b", Skip: 1}}, "a a a - b", []int{3, 1}},
		"a skipped request goes on": {[]control.Fault{{Name: "a", Skip: 2}, {Name: "b", Times: 1}}, "b - a a a", []int{3, 1}},
		"another operation":         {[]control.Fault{{Name: "a", Operation: "listPhoneNumbers"}, {Name: "b", Times: 1}}, "b - - - -", []int{0, 1}},
		"fired is ignored":          {[]control.Fault{{Name: "a", Times: 2, Fired: 2}}, "a a - - -", []int{2}},
	} {
		var rules fault.Rules
		rules.Replace(c.faults)
		if got := picks(&rules, 5, anyRequest); got != c.want {
			t.Errorf("%s: %s hit; want %s", name, got, c.want)
		}
		fired := []int{}
		for _, f := range rules.List() {
			fired = append(fired, f.Fired)
		}
		if !reflect.DeepEqual(fired, c.fired) {
			t.Errorf("%s: fired is %v; want %v", name, fired, c.fired)
		}
	}
}

func TestARequestForNoOperationIsNotHit(t *testing.T) {
	t.Parallel()
	var rules fault.Rules
	rules.Replace([]control.Fault{{Name: "a"}})
	if got := picks(&rules, 1, fault.Request{}); got != "-" {
		t.Errorf("%s hit; want none", got)
	}
}

func TestAProbabilityHitsTheSameRequestsInEveryRun(t *testing.T) {
	t.Parallel()
	run := func(f control.Fault) string {
		var rules fault.Rules
		rules.Replace([]control.Fault{f})
		return picks(&rules, 1000, anyRequest)
	}
	quarter := new(0.25)
	first := run(control.Fault{Name: "a", Probability: quarter, Seed: 42})
	if again := run(control.Fault{Name: "a", Probability: quarter, Seed: 42}); again != first {
		t.Errorf("the second run hit %s; want %s as in the first", again, first)
	}
	if other := run(control.Fault{Name: "a", Probability: quarter, Seed: 43}); other == first {
		t.Errorf("the seeds 42 and 43 hit the same requests: %s", first)
	}
	if a, b := run(control.Fault{Name: "a", Probability: quarter}), run(control.Fault{Name: "a", Probability: quarter}); a != b {
		t.Errorf("without a seed, the second run hit %s; want %s as in the first", b, a)
	}
	if hits := strings.Count(first, "a"); hits < 200 || hits > 300 { // the same in every run
		t.Errorf("%d of 1000 requests were hit; want about 250", hits)
	}
	if got := run(control.Fault{Name: "a", Probability: new(1.0)}); strings.Contains(got, "-") {
		t.Errorf("the probability 1 hit %s; want every request", got)
	}
}

// The draws begin after skip, and times counts hits, not draws.
func TestSkipThenProbabilityThenTimes(t *testing.T) {
	t.Parallel()
	var plain, all fault.Rules
	plain.Replace([]control.Fault{{Name: "a", Probability: new(0.25), Seed: 7}})
	all.Replace([]control.Fault{{Name: "a", Probability: new(0.25), Seed: 7, Skip: 10, Times: 3}})
	draws := strings.Fields(picks(&plain, 1000, anyRequest))
	want, hits := []string{}, 0
	for range 10 {
		want = append(want, "-")
	}
	for _, draw := range draws[:990] {
		if draw == "a" {
			hits++
		}
		if hits > 3 {
			draw = "-"
		}
		want = append(want, draw)
	}
	if got := picks(&all, 1000, anyRequest); got != strings.Join(want, " ") {
		t.Errorf("hit %s; want %s", got, strings.Join(want, " "))
	}
}

func TestAFaultThatHitsOnceHitsOnceAmongManyRequests(t *testing.T) {
	t.Parallel()
	var rules fault.Rules
	rules.Replace([]control.Fault{{Name: "a", Skip: 10, Times: 1}, {Name: "b", Times: 30}})
	var hits [2]atomic.Int32
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			switch f, _ := rules.Pick(anyRequest); f.Name {
			case "a":
				hits[0].Add(1)
			case "b":
				hits[1].Add(1)
			}
			rules.List()
		})
	}
	all.Wait()
	for i, want := range []int32{1, 30} {
		if got := hits[i].Load(); got != want {
			t.Errorf("fault %d hit %d requests; want %d", i, got, want)
		}
		if got := rules.List()[i].Fired; got != int(want) {
			t.Errorf("fault %d has fired %d times; want %d", i, got, want)
		}
	}
}

func TestFaultsCanChangeWhileRequestsArrive(t *testing.T) {
	t.Parallel()
	var rules fault.Rules
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() { rules.Replace([]control.Fault{{}, {}}) })
		all.Go(func() { _ = rules.Add(control.Fault{Name: fmt.Sprint(i)}) })
		all.Go(func() { rules.Pick(anyRequest) })
	}
	all.Wait()
	rules.Replace(nil)
	if got := picks(&rules, 1, anyRequest); got != "-" {
		t.Errorf("%s hit; want none after the faults are gone", got)
	}
}

func TestAddAppendsAFaultWithAFreeName(t *testing.T) {
	t.Parallel()
	var rules fault.Rules
	rules.Replace([]control.Fault{{Name: "fault-2", Times: 1}})
	for range 2 {
		if err := rules.Add(control.Fault{Times: 1}); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := picks(&rules, 4, anyRequest), "fault-2 fault-3 fault-4 -"; got != want {
		t.Errorf("%s hit; want %s", got, want)
	}
	if err := rules.Add(control.Fault{Name: "fault-3"}); err == nil || !strings.Contains(err.Error(), "fault-3") {
		t.Errorf("adding fault-3 again: %v; want an error with the name", err)
	}
	if got := len(rules.List()); got != 3 {
		t.Errorf("there are %d faults; want 3", got)
	}
}

// A test may change what it has passed or got.
func TestFaultsAreCopied(t *testing.T) {
	t.Parallel()
	given := []control.Fault{{Name: "a", Status: 429, Headers: map[string]string{"Retry-After": "2"}, Probability: new(0.5)}}
	want := control.Fault{Name: "a", Status: 429, Headers: map[string]string{"Retry-After": "2"}, Probability: new(0.5)}
	var rules fault.Rules
	rules.Replace(given)
	change := func(f control.Fault) { f.Headers["Retry-After"], *f.Probability = "3", 0.75 }
	change(given[0])
	change(rules.List()[0])
	if got := rules.List()[0]; !reflect.DeepEqual(got, want) {
		t.Errorf("the fault is %+v; want %+v", got, want)
	}
}
