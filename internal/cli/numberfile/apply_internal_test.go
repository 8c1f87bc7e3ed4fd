package numberfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vogent-community/phonenumbers/api/client"
	"github.com/vogent-community/phonenumbers/internal/cli/account"
	"github.com/vogent-community/phonenumbers/internal/cli/clitest"
	"github.com/vogent-community/phonenumbers/internal/cli/failures"
	"github.com/vogent-community/phonenumbers/internal/console"
	"github.com/vogent-community/phonenumbers/internal/desired"
)

// applied is the outcome of an apply of n changes against a stub.
type applied struct {
	err            error
	stdout, stderr bytes.Buffer
	took           time.Duration
}

// checkRows checks how many rows stdout has.
func (a *applied) checkRows(t *testing.T, want int) {
	t.Helper()
	if got := strings.Count(a.stdout.String(), "\n"); got != want {
		t.Errorf("got %d rows; want %d", got, want)
	}
}

// checkExitCode checks the exit code of the error, and fails the test if there is none.
func (a *applied) checkExitCode(t *testing.T, want int) {
	t.Helper()
	if a.err == nil {
		t.Fatal("got no error; want one")
	}
	if got := failures.ExitCode(a.err); got != want {
		t.Errorf("the exit code of %v is %d; want %d", a.err, got, want)
	}
}

// applyAt applies n changes. It must be called in a synctest bubble, where waiting takes no time.
func applyAt(t *testing.T, n int, server clitest.Stub) *applied {
	t.Helper()
	_, told := server("") // the headers of the response to the list
	c, err := client.New(client.WithAPIKey("key"), client.WithHTTPClient(&http.Client{Transport: server}))
	if err != nil {
		t.Fatal(err)
	}
	a := new(applied)
	s := &account.Session{Console: &console.Console{Out: &a.stdout, Err: &a.stderr}, API: c}
	p := desired.Plan{Pacer: desired.NewPacer()}
	p.Pacer.Learn(told)
	for i := range n {
		p.Changes = append(p.Changes, desired.Change{ID: fmt.Sprint(i), Number: fmt.Sprint("+1415555", i), To: "a"})
	}
	start := time.Now()
	a.err = apply(t.Context(), s, p)
	a.took = time.Since(start)
	return a
}

func TestApplyKeepsWithinTheRateLimit(t *testing.T) {
	for _, limit := range []struct {
		perSecond float64
		burst, n  int
	}{{20, 20, 200}, {20, 100, 300}, {1, 1, 20}, {0.5, 2, 10}} {
		t.Run(fmt.Sprintf("%g per second, %d at once", limit.perSecond, limit.burst), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := clitest.NewBucket(limit.perSecond, limit.burst)
				a := applyAt(t, limit.n, clitest.Shuffled(b.Answer))
				atLeast := time.Duration(float64(limit.n-limit.burst) / limit.perSecond * float64(time.Second))
				if a.err != nil {
					t.Errorf("got the error %v; want none", a.err)
				}
				a.checkRows(t, limit.n)
				if most := atLeast*5/4 + 10*time.Second; a.took > most {
					t.Errorf("apply took %s; want %s or less, since it can take %s", a.took, most, atLeast)
				}
				if b.Denied() > 0 {
					t.Errorf("%d requests were denied; want 0", b.Denied())
				}
			})
		})
	}
}

func TestApplyWaitsAsAServerAsksThatDoesNotTellItsLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := clitest.NewBucket(5, 5)
		a := applyAt(t, 100, func(id string) (int, http.Header) {
			status, header := b.Answer(id)
			header.Del("RateLimit")
			return status, header
		})
		if a.err != nil {
			t.Errorf("got the error %v; want none", a.err)
		}
		a.checkRows(t, 100)
	})
}

func TestApplyGoesOnAfterAFailureAndReportsIt(t *testing.T) {
	for _, status := range []int{http.StatusNotFound, http.StatusUnprocessableEntity, http.StatusForbidden, http.StatusInternalServerError} {
		synctest.Test(t, func(t *testing.T) {
			a := applyAt(t, 1000, func(id string) (int, http.Header) {
				if id == "7" || id == "700" {
					return status, nil
				}
				return http.StatusOK, nil
			})
			a.checkExitCode(t, console.ExitFailed)
			if want := "changed: 998, failed: 2, left: 0;"; !strings.HasPrefix(a.err.Error(), want) {
				t.Errorf("%d: got the error %q; want %q first", status, a.err, want)
			}
			a.checkRows(t, 998)
			for _, id := range []string{"7", "700"} {
				if says := fmt.Sprintf("phonenumbers: link +1415555%s to a: PUT /phone_numbers/{id}: %d ", id, status); strings.Count(a.stderr.String(), says) != 1 {
					t.Errorf("%d: stderr is %q; want one %q", status, a.stderr.String(), says)
				}
			}
		})
	}
}

func TestApplyStopsWhereGoingOnMakesNoSense(t *testing.T) {
	for _, end := range []struct {
		name   string
		status int
		is     error
		code   int
	}{
		{"the key is revoked", http.StatusUnauthorized, client.ErrUnauthorized, console.ExitUnauthorized},
		{"the server is gone", 0, client.ErrUnavailable, console.ExitFailed},
		{"the server fails", http.StatusServiceUnavailable, client.ErrUnavailable, console.ExitFailed},
		{"the rate limit is for ever", http.StatusTooManyRequests, client.ErrRateLimited, console.ExitRateLimited},
	} {
		t.Run(end.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				answered := 0
				var mu sync.Mutex
				a := applyAt(t, 1000, func(string) (int, http.Header) {
					mu.Lock()
					defer mu.Unlock()
					if answered++; answered > 101 { // 100 changes, after the list
						return end.status, nil
					}
					return http.StatusOK, nil
				})
				a.checkExitCode(t, end.code)
				if !errors.Is(a.err, end.is) {
					t.Errorf("got the error %v; want %v", a.err, end.is)
				}
				a.checkRows(t, 100)
				if most := 20 * time.Minute; a.took > most {
					t.Errorf("apply took %s; want %s or less", a.took, most)
				}
				var done, failed, left int // each change that is under way can fail before the first failure stops the rest
				const format = "stopped; changed: %d, failed: %d, left: %d;"
				if _, err := fmt.Sscanf(a.err.Error(), format, &done, &failed, &left); err != nil {
					t.Fatalf("got the error %q; want it in the format %q: %v", a.err, format, err)
				}
				if done != 100 {
					t.Errorf("changed is %d; want 100", done)
				}
				if failed < 1 || failed > desired.AtOnce {
					t.Errorf("failed is %d; want 1 to %d", failed, desired.AtOnce)
				}
				if got := done + failed + left; got != 1000 {
					t.Errorf("changed, failed and left are %d together; want 1000", got)
				}
			})
		})
	}
}

func TestApplyStopsWhereItsOutputIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := client.New(client.WithAPIKey("key"), client.WithHTTPClient(&http.Client{
			Transport: clitest.Stub(func(string) (int, http.Header) { return http.StatusOK, nil }),
		}))
		if err != nil {
			t.Fatal(err)
		}
		s := &account.Session{Console: &console.Console{Out: full{}, Err: io.Discard}, API: c}
		p := desired.Plan{Changes: make([]desired.Change, 100), Pacer: desired.NewPacer()}
		for i := range p.Changes {
			p.Changes[i] = desired.Change{ID: fmt.Sprint(i), Number: fmt.Sprint(i), To: "a"}
		}
		err = apply(t.Context(), s, p)
		if !errors.Is(err, errFull) {
			t.Fatalf("got the error %v; want %v", err, errFull)
		}
		if want := "stopped; changed: "; !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got the error %q; want %q first", err, want)
		}
		if all := "stopped; changed: 100,"; strings.HasPrefix(err.Error(), all) {
			t.Errorf("got the error %q; want fewer than all 100 changes", err)
		}
	})
}

// full is a disk that is full.
type full struct{}

var errFull = errors.New("no space left on device")

func (full) Write([]byte) (int, error) { return 0, errFull }
