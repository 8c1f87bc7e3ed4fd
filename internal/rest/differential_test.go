package rest_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/internal/dbtest"
	"github.com/vogent-community/phonenumbers/internal/rest"
	"github.com/vogent-community/phonenumbers/internal/workspace"
)

var (
	seed     = flag.Uint64("seed", 1, "of the generated requests of TestTheServerAndTheSpecAgree")
	requests = flag.Int("requests", 20_000, "how many requests TestTheServerAndTheSpecAgree makes; with -short a fifth")
)

// The server and openapi.yaml are held against each other with generated requests: what the spec refuses, the server
// refuses; what the spec accepts, the server refuses only because of the numbers there are or for a reason in
// stricterThanTheSpec; and every answer is one that the spec has.
//
// The same seed makes the same requests, ids and cursors apart: go test ./internal/rest -run Agree -args -seed=7
func TestTheServerAndTheSpecAgree(t *testing.T) {
	const runs = 4 // side by side, each with a server of its own
	engines := []dbtest.Database{dbtest.SQLite, dbtest.Postgres}
	count := *requests / runs
	if testing.Short() {
		count /= 5
	}
	seen := make([]tally, runs)
	t.Run("seeds", func(t *testing.T) {
		for i := range runs {
			t.Run(fmt.Sprint(*seed+uint64(i)), func(t *testing.T) {
				t.Parallel()
				seen[i] = compare(t, engines[i%len(engines)](t), *seed+uint64(i), count)
			})
		}
	})
	if !t.Failed() {
		checkTally(t, seen, count*runs)
	}
}

// compare makes count requests.
func compare(t *testing.T, database string, seed uint64, count int) tally {
	t.Helper()
	w := &world{numbers: map[string]string{}}
	for i := range 150 {
		w.forSale = append(w.forSale, fmt.Sprintf("+1415555%04d", i), fmt.Sprintf("+44207946%04d", i))
	}
	s := frozen(t, database, func(*rest.Services) {}) // so that it is certain when wrong keys are too many
	if _, err := s.store.AddToInventory(t.Context(), slices.Values(w.forSale), true); err != nil {
		t.Fatal(err)
	}
	g := &generator{Rand: rand.New(rand.NewPCG(seed, 0)), world: w, keys: testKeys{s.key(t, "own"), s.key(t, "own")}}
	s.revokeLast(t)
	w.foreign = create(t, s.client(t, "other"), sipImport("+15005550001")).ID
	s.keys.Store = rememberedKeys{s.keys.Store, map[string]workspace.Key{}}
	o := newOracle(t, g.keys.valid)

	for range 40 { // so that a part of the wrong keys to come is too many
		s.get(numbersPath, "pnk_wrong")
	}
	seen, failures := tally{}, 0
	for i := range count {
		x := o.send(t, s.handler, g.next())
		reasons, err := x.check(o, w)
		w.settle(x)
		if err == nil {
			seen.add(x, reasons)
			continue
		}
		verdict, _, _ := strings.Cut(fmt.Sprint(x.refusal), "\nSchema:")
		t.Errorf("request %d of seed %d: %v\n%v\nspec: %v\nanswer: %d %s", i, seed, err, x.call, verdict, x.answer.Code, x.answer.Body)
		if failures++; failures == 10 {
			t.FailNow()
		}
	}
	return seen
}

// check returns the reasons for which the server is stricter than the spec.
func (x *exchange) check(o *oracle, w *world) ([]string, error) {
	if err := o.checkAnswer(x); err != nil {
		return nil, err
	}
	switch {
	case x.input == nil:
		return nil, nil
	case x.refusal != nil && !x.refusedForAnotherType():
		return nil, x.checkRefused(w)
	case w.explains(x):
		return nil, nil
	case x.refusal != nil && x.answer.Code != http.StatusOK: // the oracle tells of one mistake, and there are others
		return nil, x.checkRefused(w)
	}
	if err := w.refutes(x); err != nil {
		return nil, err
	}
	return explain(x)
}

// refusedForAnotherType reports whether the spec refuses a value in an object of create that does not match the type. Its
// language cannot say that nobody looks at those.
func (x *exchange) refusedForAnotherType() bool {
	var schema *openapi3.SchemaError
	if x.operation() != "createPhoneNumber" || undecodable(x.refusal) || !errors.As(x.refusal, &schema) || len(schema.JSONPointer()) == 0 {
		return false
	}
	matching, place := objectOfType[x.text("type")], schema.JSONPointer()[0]
	return matching != "" && matching != place && slices.Contains(slices.Collect(maps.Values(objectOfType)), place)
}

// checkRefused is for a request that the spec refuses.
func (x *exchange) checkRefused(w *world) error {
	var noKey *openapi3filter.SecurityRequirementsError
	switch {
	case x.answer.Code == http.StatusOK:
		return errors.New("the server accepts what the spec refuses")
	case errors.As(x.refusal, &noKey) != (x.problem.Code == api.CodeUnauthorized || x.problem.Code == api.CodeRateLimited):
		return errors.New("the key is looked at first, and is no other check's business")
	case w.explains(x):
		return errors.New("the server looks for numbers before it checks the request")
	case undecodable(x.refusal) && x.problem.Code == api.CodeValidationFailed:
		return errors.New("the status is 422 where the body is not of the documented shape")
	}
	return nil
}

// undecodable reports whether the spec refuses a body for what is a 400. A wrong type where there is an enum is not among
// them: to the oracle it is an unknown value.
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

// tally counts what the run has seen, by operation with status 200, by code and by reason.
type tally map[string]int

func (n tally) add(x *exchange, reasons []string) {
	switch {
	case x.answer.Code == http.StatusOK:
		n[x.operation()]++
		if x.replayed() {
			n["replayed"]++
		}
	case x.refusal != nil:
		n["refused"]++
	}
	n[string(x.problem.Code)]++
	for _, reason := range reasons {
		n["stricter: "+reason]++
	}
}

// checkTally fails where the runs have seen too little to prove anything.
func checkTally(t *testing.T, runs []tally, count int) {
	t.Helper()
	seen := tally{}
	for _, run := range runs {
		for name, n := range run {
			seen[name] += n
		}
	}
	least := tally{
		"listPhoneNumbers": count / 50, "createPhoneNumber": count / 50, "getPhoneNumber": count / 50, "updatePhoneNumber": count / 50,
		"deletePhoneNumber": count / 50, "searchPhoneNumbers": count / 50, "purchasePhoneNumber": count / 50,
		"refused":                    count / 5,
		string(api.CodeUnauthorized): 1, string(api.CodeRateLimited): 1, "replayed": count / 200, string(api.CodeNotFound): 1, string(api.CodeMethodNotAllowed): 1, string(api.CodePayloadTooLarge): 1,
		string(api.CodeUnsupportedMediaType): 1, string(api.CodeInvalidRequest): 1, string(api.CodeValidationFailed): 1,
		string(api.CodeNumberUnavailable): 1, string(api.CodeSIPPrefixTaken): 1,
	}
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

// rememberedKeys asks the store for a key once. To ask each time would take as long as all the rest.
type rememberedKeys struct {
	workspace.Store
	known map[string]workspace.Key
}

func (r rememberedKeys) KeyByHash(ctx context.Context, hash string) (workspace.Key, error) {
	if key, ok := r.known[hash]; ok {
		return key, nil
	}
	key, err := r.Store.KeyByHash(ctx, hash)
	if err == nil {
		r.known[hash] = key
	}
	return key, err
}

// revokeLast revokes the last key made.
func (s *testServer) revokeLast(t *testing.T) {
	t.Helper()
	keys, err := s.store.Keys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.store.RevokeKey(t.Context(), keys[len(keys)-1].ID, time.Now()); err != nil {
		t.Fatal(err)
	}
}
