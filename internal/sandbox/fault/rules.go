// Package fault makes requests to a sandbox fail on purpose: it checks the faults, chooses the one that hits a request, and
// carries it out.
package fault

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"

	"github.com/vogent-community/phonenumbers/api/control"
)

// Rules are the faults of a sandbox, in order. They are safe for concurrent use. The zero value has no faults.
type Rules struct {
	mu    sync.Mutex
	rules []*rule // the slice is replaced or appended to, and its elements are never replaced
}

// rule is a fault with its counts.
type rule struct {
	fault control.Fault // does not change

	// Rules.mu guards the rest.
	random *rand.Rand
	seen   int // how many requests have matched the fault
	fired  int // how many of them it has hit
}

// Replace replaces all faults, and counts from 0. The faults must have no mistakes that Check finds. A request that is in Pick
// at the same time gets one of the old faults, or none.
func (r *Rules) Replace(faults []control.Fault) {
	rules := make([]*rule, len(faults))
	for i, f := range faults {
		f.Name = nameOf(f, i)
		rules[i] = newRule(f)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rules = rules
}

// Add appends a fault that has no mistakes that Check finds. It returns an error if there is a fault of this name. A fault
// without a name gets the next default name that is free.
func (r *Rules) Add(f control.Fault) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	taken := func(name string) bool {
		return slices.ContainsFunc(r.rules, func(other *rule) bool { return other.fault.Name == name })
	}
	if taken(f.Name) {
		return fmt.Errorf("there is already a fault named %s", f.Name)
	}
	for i, given := len(r.rules), f; f.Name == "" || taken(f.Name); i++ {
		f.Name = nameOf(given, i)
	}
	r.rules = append(r.rules, newRule(f))
	return nil
}

// nameOf returns the name of the fault at index i.
func nameOf(f control.Fault, i int) string { return cmp.Or(f.Name, fmt.Sprintf("fault-%d", i+1)) }

func newRule(f control.Fault) *rule {
	return &rule{fault: clone(f), random: rand.New(rand.NewPCG(uint64(f.Seed), 0))}
}

// clone returns a copy of f that shares nothing with it.
func clone(f control.Fault) control.Fault {
	f.Headers = maps.Clone(f.Headers)
	if f.Probability != nil {
		f.Probability = new(*f.Probability)
	}
	return f
}

// List returns the faults, with how many requests each has hit.
func (r *Rules) List() []control.Fault {
	r.mu.Lock()
	defer r.mu.Unlock()
	faults := make([]control.Fault, len(r.rules))
	for i, rule := range r.rules {
		faults[i] = clone(rule.fault)
		faults[i].Fired = rule.fired
	}
	return faults
}

// Pick returns the fault that hits a request: the first one in the list that applies. It must be called once per request. A
// fault applies to the requests that match its operation, number and id. Of those, it
//
//   - lets the first Skip through,
//   - then hits each with its Probability,
//   - until it has hit Times.
//
// A request that a fault lets through goes on to the next fault. The faults after the one that hits a request do not count it.
// So the same requests in the same order are always hit by the same faults.
func (r *Rules) Pick(request Request) (control.Fault, bool) {
	r.mu.Lock()
	rules := r.rules
	r.mu.Unlock()
	if len(rules) == 0 || request.Operation == "" {
		return control.Fault{}, false
	}
	numbers := sync.OnceValue(request.numbers)
	for _, rule := range rules {
		if selects(rule.fault, request, numbers) && r.hit(rule) {
			return rule.fault, true
		}
	}
	return control.Fault{}, false
}

// hit counts a request that matches the fault of a rule, and reports whether the rule hits it.
func (r *Rules) hit(rule *rule) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	f := &rule.fault
	if f.Times > 0 && rule.fired == f.Times {
		return false
	}
	rule.seen++
	if rule.seen <= f.Skip || f.Probability != nil && rule.random.Float64() >= *f.Probability {
		return false
	}
	rule.fired++
	return true
}
