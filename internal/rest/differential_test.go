package rest_test

import (
	"errors"
	"flag"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/internal/dbtest"
	"github.com/vogent-community/phonenumbers/internal/spectest"
)

var (
	seed         = flag.Uint64("seed", 1, "of the generated requests of TestTheServerAndTheSpecAgree")
	requestCount = flag.Int("requests", 20_000, "how many requests TestTheServerAndTheSpecAgree makes; with -short a fifth")
)

// This test compares the server with openapi.yaml, using requests made from openapi.yaml:
//
//   - If the spec refuses a request, the server refuses it.
//   - If the spec accepts a request, the server refuses it only because of the numbers that exist, or
//     for a reason in stricterThanTheSpec.
//   - The spec documents every response.
//   - Every part of a response that the spec documents is seen.
//
// The same seed makes the same requests, except for ids and cursors: go test ./internal/rest -run Agree -args -seed=7
func TestTheServerAndTheSpecAgree(t *testing.T) {
	t.Parallel()
	const runs = 4 // in parallel, each with its own server
	engines := []dbtest.Database{dbtest.SQLite, dbtest.Postgres}
	spec, count := spectest.Load(t), *requestCount/runs
	if testing.Short() {
		count /= 5
	}
	seen, reasons := make([]*spectest.Seen, runs+1), make([]tally, runs)
	t.Run("seeds", func(t *testing.T) {
		for i := range runs {
			t.Run(fmt.Sprint(*seed+uint64(i)), func(t *testing.T) {
				t.Parallel()
				seen[i], reasons[i] = compare(t, spec, engines[i%len(engines)](t), *seed+uint64(i), count)
			})
		}
		t.Run("failures", func(t *testing.T) {
			t.Parallel()
			seen[runs] = failEverywhere(t, spec)
		})
	})
	if t.Failed() {
		return
	}
	all := spectest.NewSeen()
	for _, s := range seen {
		all.Merge(s)
	}
	checkSeen(t, spec, all, count*runs)
	if !testing.Short() {
		checkTally(t, reasons, count*runs)
	}
}

const crowded = 40 // with more numbers than this, the test deletes more often

// place names the member or parameter that the spec refuses. If there is none, it names those that the server refuses.
func place(x *spectest.Exchange) string {
	var refused *openapi3filter.RequestError
	var schema *openapi3.SchemaError
	var names []string
	switch {
	case errors.As(x.Refusal, &refused) && refused.Parameter != nil:
		names = append(names, refused.Parameter.In+" "+refused.Parameter.Name)
	case errors.As(x.Refusal, &schema):
		names = append(names, "body /"+strings.Join(schema.JSONPointer(), "/"))
	default:
		for _, field := range x.Problem.Errors {
			names = append(names, field.Pointer)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return strings.Join(names, ", ") + ": "
}

// compare makes count requests.
func compare(t *testing.T, spec *spectest.Spec, database string, seed uint64, count int) (*spectest.Seen, tally) {
	t.Helper()
	c := newContest(t, spec, database, seed)
	for range 40 { // so that some of the wrong keys to come are too many
		c.get(numbersPath, "pnk_wrong")
	}
	seen, reasons, said := spectest.NewSeen(), tally{}, map[string]bool{}
	for i := range count {
		var op *spectest.Operation
		if len(c.live) > crowded && c.generator.IntN(100) < 30 {
			op = spec.Operation(t, "deletePhoneNumber")
		}
		x, why, err := c.try(t, c.generator.Next(op))
		if err == nil {
			seen.Add(x)
			reasons.add(x, why)
			continue
		}
		if what := fmt.Sprintf("%s: %s%v", x.ID(), place(x), err); !said[what] {
			t.Errorf("%s\nrequest %d of seed %d: %v\nspec: %v\nresponse: %d %s", what, i, seed, x.Request, firstLineOf(x.Refusal), x.Response.Code, x.Response.Body)
			said[what] = true
		}
		if len(said) == 10 {
			t.FailNow()
		}
	}
	return seen, reasons
}

// check returns the reasons for which the server is stricter than the spec.
func check(o *spectest.Oracle, x *spectest.Exchange, w *world) ([]string, error) {
	if err := o.Check(x); err != nil {
		return nil, err
	}
	switch {
	case x.Operation == nil:
		return nil, nil
	case x.Refusal != nil:
		return nil, checkRefused(x, w)
	case w.explains(x):
		return nil, nil
	}
	if err := w.refutes(x); err != nil {
		return nil, err
	}
	return explain(x)
}

// checkRefused checks the response to a request that the spec refuses.
func checkRefused(x *spectest.Exchange, w *world) error {
	var noKey *openapi3filter.SecurityRequirementsError
	switch {
	case x.Response.Code == http.StatusOK:
		return errors.New("the server accepts what the spec refuses; give internal/phone the rule")
	case errors.As(x.Refusal, &noKey) != (x.Problem.Code == api.CodeUnauthorized || x.Problem.Code == api.CodeRateLimited):
		return errors.New("the server must check the key first, and refuse a request as unauthorized only because of its key")
	case w.explains(x):
		return errors.New("the server looks for numbers before it checks the request")
	case undecodable(x.Refusal) && x.Problem.Code == api.CodeValidationFailed:
		return errors.New("the status is 422, but the body does not have the documented shape")
	}
	return nil
}

// undecodable reports whether the spec refuses a body for a reason that must be a 400. If a member has an enum, a wrong type is
// not such a reason: to the oracle, it is an unknown value.
func undecodable(refusal error) bool {
	var request *openapi3filter.RequestError
	if !errors.As(refusal, &request) || request.RequestBody == nil {
		return false
	}
	var text *openapi3filter.ParseError
	var schema *openapi3.SchemaError
	return errors.As(refusal, &text) ||
		errors.As(refusal, &schema) && slices.Contains([]string{"type", "nullable", "properties"}, schema.SchemaField)
}

// tally counts refused requests, replays, and the reasons for which the server is stricter than the spec.
type tally map[string]int

func (n tally) add(x *spectest.Exchange, reasons []string) {
	switch {
	case x.Response.Code != http.StatusOK && x.Refusal != nil:
		n["refused"]++
	case x.Response.Code == http.StatusOK && replayed(x):
		n["replayed"]++
	}
	for _, reason := range reasons {
		n["stricter: "+reason]++
	}
}

// checkTally fails the test if the runs saw too little to prove anything.
func checkTally(t *testing.T, runs []tally, count int) {
	t.Helper()
	seen := tally{}
	for _, run := range runs {
		for name, n := range run {
			seen[name] += n
		}
	}
	least := tally{"refused": count / 5, "replayed": count / 200}
	for _, reason := range stricterThanTheSpec {
		least["stricter: "+reason.name] = 1
	}
	for name, want := range least {
		if seen[name] < want {
			t.Errorf("%s: %d in %d requests, want %d or more", name, seen[name], count, want)
		}
	}
	t.Log(seen)
}
