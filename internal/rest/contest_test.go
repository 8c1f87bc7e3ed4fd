package rest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vogent-community/phonenumbers/internal/rest"
	"github.com/vogent-community/phonenumbers/internal/spectest"
	"github.com/vogent-community/phonenumbers/internal/spectest/requests"
	"github.com/vogent-community/phonenumbers/internal/workspace"
)

// contest is a server with everything that is needed to compare it with the spec.
type contest struct {
	*testServer
	*world
	generator *requests.Generator
	oracle    *spectest.Oracle
}

func newContest(t *testing.T, spec *spectest.Spec, database string, seed uint64) *contest {
	t.Helper()
	w := &world{numbers: map[string]string{}, keys: map[string]bool{}}
	for i := range 150 {
		w.forSale = append(w.forSale, fmt.Sprintf("+1415555%04d", i), fmt.Sprintf("+44207946%04d", i))
	}
	s := frozen(t, database, func(s *rest.Services) { s.RateLimit = manyRequests }) // while the clock is stopped, it is certain when there are too many wrong keys
	if _, err := s.store.AddToInventory(t.Context(), slices.Values(w.forSale), true); err != nil {
		t.Fatal(err)
	}
	g := requests.NewGenerator(spec, rest.BaseURL, requests.Keys{Valid: s.key(t, "own"), Revoked: s.key(t, "own")}, seed)
	s.revokeLast(t)
	w.foreign = create(t, s.client(t, "other"), sipImport("+15005550001")).ID
	s.keys.Store = rememberedKeys{s.keys.Store, map[string]workspace.Key{}}
	c := &contest{s, w, g, spectest.NewOracle(t, spec, rest.BaseURL, g.Keys.Valid)}
	c.teach(g)
	return c
}

// try sends a request, and returns the reasons for which the server is stricter than the spec.
func (c *contest) try(t *testing.T, r *spectest.Request) (*spectest.Exchange, []string, error) {
	t.Helper()
	x := c.oracle.Send(t, c.handler, r)
	reasons, err := check(c.oracle, x, c.world)
	c.settle(x)
	learn(c.generator, x)
	c.teach(c.generator)
	return x, reasons, err
}

// teach tells the generator which values exist, and which ids do not exist for the workspace.
func (w *world) teach(g *requests.Generator) {
	g.Known["id"], g.Known["cursor"] = w.live, w.cursors
	g.Known["number"] = []string{w.forSale[g.IntN(len(w.forSale))], w.forSale[g.IntN(len(w.forSale))]}
	g.Known["terminationUri"] = terminationURIExamples
	g.Known["prefix"] = []string{"415", "4", "20", "020", "2079460"}
	g.Missing = append([]string{w.foreign}, w.gone...)
}

// terminationURIExamples are at the edges of rules that openapi.yaml cannot state.
var terminationURIExamples = []string{
	"sip.example.com", "sip.example.com.:5060", "sips:192.0.2.1;transport=tls", "sip:[2001:db8::1]:65535;Transport=UDP", "[::ffff:192.0.2.1]:1", "sip:5060",
	"sips:example.com;transport=udp", "SIPS:example.com;transport=tcp", "example.com:0", "example.com:65536", "[2001:db8::1]:00000", "-a.example", "a..example",
	"1.2.3", "256.1.1.1", "example.1a", strings.Repeat("a", 64) + ".example", strings.Repeat("a.", 127) + "a", "[::1::2]", "[1.2.3.4]",
}

// learn tells the generator the values of an accepted request, so that later requests can use them again.
func learn(g *requests.Generator, x *spectest.Exchange) {
	if x.Response.Code != http.StatusOK || !x.TakesBody() {
		return
	}
	var body any
	if json.Unmarshal(x.Body, &body) != nil {
		return
	}
	var walk func(name string, value any)
	walk = func(name string, value any) {
		switch v := value.(type) {
		case string:
			g.Learn(name, v)
		case map[string]any:
			for name, inner := range v {
				walk(name, inner)
			}
		}
	}
	walk("", body)
}

// rememberedKeys asks the store for each key only once. Asking each time would take as long as the rest of the test.
type rememberedKeys struct {
	workspace.Store
	known map[string]workspace.Key
}

func (r rememberedKeys) APIKeyByHash(ctx context.Context, hash string) (workspace.Key, error) {
	if key, ok := r.known[hash]; ok {
		return key, nil
	}
	key, err := r.Store.APIKeyByHash(ctx, hash)
	if err == nil {
		r.known[hash] = key
	}
	return key, err
}

// revokeLast revokes the last API key in the list, which is the newest.
func (s *testServer) revokeLast(t *testing.T) {
	t.Helper()
	keys, err := s.store.APIKeys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.store.RevokeAPIKey(t.Context(), keys[len(keys)-1].ID, time.Now()); err != nil {
		t.Fatal(err)
	}
}
