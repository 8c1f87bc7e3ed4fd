package serve

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A server that can no longer accept connections ends by itself, and says why.
func TestAServerThatFailsEnds(t *testing.T) {
	t.Parallel()
	s, err := Listen(t.Context(), Options{})
	if err == nil {
		err = s.listener.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	err = s.serveHTTP(t.Context(), http.NotFoundHandler())
	if !errors.Is(err, net.ErrClosed) || !strings.HasPrefix(err.Error(), "serve: ") {
		t.Errorf(`serveHTTP returns %v; want "serve: " first, and %v in it`, err, net.ErrClosed)
	}
}

// If the work fails, it is done again later. It has a time limit, but the end of the context does not stop it.
func TestUpkeepIsDoneAtOnceAtEachIntervalAndAtTheEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		var done []time.Duration
		ctx, cancel := context.WithCancel(t.Context())
		go every(ctx, 10*time.Second, slog.New(slog.DiscardHandler), "test", func(ctx context.Context) error {
			done = append(done, time.Since(begin))
			if deadline, limited := ctx.Deadline(); !limited || !deadline.Equal(time.Now().Add(upkeepTimeout)) {
				t.Errorf("the work has the deadline %v, want one in %v", deadline, upkeepTimeout)
			}
			return errors.Join(errors.New("it fails"), ctx.Err())
		})
		time.Sleep(25 * time.Second)
		cancel()
		synctest.Wait()
		if want := []time.Duration{0, 10 * time.Second, 20 * time.Second, 25 * time.Second}; !slices.Equal(done, want) {
			t.Errorf("the work was done at %v, want %v", done, want)
		}
	})
}
