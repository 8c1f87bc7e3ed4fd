package rest_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vogent-community/phonenumbers/internal/phone"
	"github.com/vogent-community/phonenumbers/internal/rest"
	"github.com/vogent-community/phonenumbers/internal/workspace"
)

// silentStore is a database that no longer responds.
type silentStore struct{ workspace.Store }

func (silentStore) InsertAPIKey(context.Context, workspace.Key, string, bool) (bool, error) {
	return true, nil
}

func (silentStore) APIKeyByHash(ctx context.Context, _ string) (workspace.Key, error) {
	<-ctx.Done()
	return workspace.Key{}, fmt.Errorf("%w: %w", phone.ErrStorageUnavailable, ctx.Err())
}

func TestARequestToASilentDatabaseIsToldToComeBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		keys := &workspace.Service{Store: silentStore{}, Now: time.Now, NewID: func() string { return "id" }}
		key, err := keys.CreateKey(t.Context(), "w", "test")
		if err != nil {
			t.Fatal(err)
		}
		handler, err := rest.New(rest.Services{
			Phone:      &phone.Service{},
			Workspaces: keys,
			Log:        slog.New(slog.DiscardHandler),
			Now:        time.Now,
		})
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, numbersPath, nil)
		r.Header.Set("Authorization", "Bearer "+key)
		w := httptest.NewRecorder()
		start := time.Now()
		handler.ServeHTTP(w, r)
		if took := time.Since(start); took > 15*time.Second {
			t.Errorf("the request took %v; want 15s or less", took)
		}
		if w.Code != http.StatusServiceUnavailable {
			t.Errorf("the status is %d; want 503", w.Code)
		}
		if w.Header().Get("Retry-After") == "" {
			t.Errorf("the headers are %v; want Retry-After", w.Header())
		}
	})
}
