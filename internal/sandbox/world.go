package sandbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/vogent-community/phonenumbers/api/control"
	"github.com/vogent-community/phonenumbers/internal/rest"
	"github.com/vogent-community/phonenumbers/internal/sandbox/fault"
	"github.com/vogent-community/phonenumbers/internal/sandbox/inbound"
	"github.com/vogent-community/phonenumbers/internal/sandbox/journal"
	"github.com/vogent-community/phonenumbers/internal/sandbox/seed"
	"github.com/vogent-community/phonenumbers/internal/serve"
	"github.com/vogent-community/phonenumbers/internal/sqldb"
	"github.com/vogent-community/phonenumbers/internal/store"
	"github.com/vogent-community/phonenumbers/internal/workspace"
)

// world is everything that a reset makes anew.
type world struct {
	key     string
	store   *store.Store
	handler http.Handler
	rules   fault.Rules
	journal journal.Journal
	calls   inbound.Caller

	services rest.Services
	secrets  []string // what the journal must not show
	requests sync.WaitGroup
	lifetime lifetime
}

// lifetime ends with the sandbox, or when a reset replaces a world. What requests wait for, such as the latency of a fault, ends
// with it.
type lifetime struct {
	ended <-chan struct{}
	end   func()
}

// newWorld opens a world that has what the seed says.
func (s *Sandbox) newWorld(ctx context.Context, start control.Seed) (*world, error) {
	st, err := store.Open(ctx, sqldb.InMemory)
	if err != nil {
		return nil, err
	}
	w := &world{store: st, services: serve.Services(st)}
	if err := s.furnish(ctx, w, start); err != nil {
		return nil, errors.Join(err, st.Close())
	}
	w.lifetime = s.live()
	return w, nil
}

// furnish puts what the seed says into the store of w, and the services and the handler around it.
func (s *Sandbox) furnish(ctx context.Context, w *world, start control.Seed) (err error) {
	if err := w.store.Unlock(ctx, ""); err != nil {
		return err
	}
	newID, defaultKey := serve.NewID, workspace.NewKey()
	if !s.options.RandomIDs {
		newID, defaultKey = countedIDs(numberIDs), workspace.FixedKey("sandbox")
	}
	newID = seed.NewIDs(start, newID)
	if w.key, err = seed.Load(ctx, w.store, start, newID, s.options.Now(), defaultKey); err != nil {
		return err
	}
	memory := inbound.Remember(w.store)
	w.calls = inbound.Caller{Find: w.store.FindNumber, Memory: memory, Webhook: cmp.Or(s.options.Webhook, start.Webhook), NewID: countedIDs(dialIDs)}
	w.secrets = secretsOf(start, w.calls.Webhook)
	w.rules.Replace(s.options.Faults)
	w.journal.Now = s.options.Now

	p, keys := w.services.Phone, w.services.Workspaces
	p.Store, p.KnownAgent = memory, seed.KnownAgent(start)
	p.NewID, keys.NewID = newID, newID
	w.services.Now, p.Now, keys.Now = s.options.Now, s.options.Now, s.options.Now
	keys.AnyKeys = true
	w.services.Log, w.services.About.Version = s.options.Log, s.options.Version
	w.services.Sandbox = &rest.Sandbox{Observe: w.observe, Register: controls{s, w}.register}
	w.handler, err = rest.New(w.services)
	return err
}

// close ends the lifetime of the world, and closes it after its last request.
func (w *world) close() error {
	w.lifetime.end()
	w.requests.Wait()
	return w.store.Close()
}

// numberOf returns the number with this id, or an empty string if the key of the request does not give access to it.
func (w *world) numberOf(ctx context.Context, authorization, id string) string {
	_, key, _ := strings.Cut(authorization, " ")
	k, err := w.services.Workspaces.Authenticate(ctx, strings.TrimSpace(key))
	if err != nil {
		return ""
	}
	n, err := w.services.Phone.Get(ctx, k.Workspace.ID, id)
	if err != nil {
		return ""
	}
	return n.Number
}

// secretsOf returns the secrets of a seed and a webhook.
func secretsOf(s control.Seed, webhook *control.Webhook) (secrets []string) {
	for _, k := range s.Keys {
		secrets = append(secrets, k.Key)
	}
	if webhook != nil {
		secrets = append(secrets, webhook.Secret)
	}
	return secrets
}

// The first parts of the ids that are counted. The events of calls have their own, so that a call does not change the ids of
// later numbers.
const (
	numberIDs = "01900000-0000-7000-8000-"
	dialIDs   = "01900000-0000-7000-8001-"
)

// countedIDs returns a function that makes UUIDs of version 7 from a counter.
func countedIDs(first string) func() string {
	var last atomic.Uint64
	return func() string { return fmt.Sprintf("%s%012x", first, last.Add(1)) }
}
