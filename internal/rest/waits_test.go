package rest_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/vogent-community/phonenumbers/internal/dbtest"
	"github.com/vogent-community/phonenumbers/internal/rest"
)

// These tests wait for tens of seconds. They are in the last file because parallel tests start in about the reverse order: the
// others run while these wait.

func TestAFailoverLosesNoAcknowledgedWrite(t *testing.T) {
	t.Parallel()
	lost, found := failOverAgain(t, true)
	for _, what := range lost {
		t.Error(what)
	}
	slices.Sort(found)
	if median := found[len(found)/2]; median > 2*time.Second {
		t.Errorf("the server took writes again after %v", found)
	}
}

// The control: if the primary acknowledges writes alone, the same script loses writes, and the test above sees it.
func TestTheFailoverTestSeesLosses(t *testing.T) {
	t.Parallel()
	if lost, _ := failOverAgain(t, false); len(lost) == 0 {
		t.Error("nothing was lost; the control shows nothing")
	}
}

// A machine that loses power sends nothing to clients that are connected or try to connect, however long they would wait.
func TestAPrimaryThatFallsSilentIsGivenUp(t *testing.T) {
	t.Parallel() // it waits for seconds
	pair := dbtest.NewFailover(t, true)
	s := newServerOn(t, dbtest.With(pair.URL(), "connect_timeout=10"), func(*rest.Services) {})
	writers := newWriters(t, s, 17)
	var running sync.WaitGroup
	stop := make(chan struct{})
	for _, w := range writers[1:] { // so that the server has several connections
		running.Go(func() {
			if err := w.write(t.Context(), stop, 0); err != nil {
				t.Error(err)
			}
		})
	}
	writers[0].waitForLoad(t, 200)
	close(stop)
	running.Wait()
	pair.Freeze(t)
	t.Logf("writes again %v after the promotion", writers[0].promote(t, pair))
}
