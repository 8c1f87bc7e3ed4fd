package numbers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/vogent-community/phonenumbers/internal/cli/clitest"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/client"
	"github.com/vogent-community/phonenumbers/internal/cli/failures"
	"github.com/vogent-community/phonenumbers/internal/console"
	"github.com/vogent-community/phonenumbers/internal/desired"
)

// edits are the commands, and what they say they have done.
var edits = map[string]string{"link": "linked", "unlink": "unlinked", "delete": "deleted"}

// However many numbers are named, they are listed once, as a server that does not filter would list them for each.
func TestSeveralNumbersCostOneListAndARequestEach(t *testing.T) {
	for verb, done := range edits {
		t.Run(verb, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := &hosted{numbers: 250, answer: succeed}
				e := h.edit(t, verb, false, h.names(150))
				if want := done + ": 150, failed: 0, left: 0\n"; e.err != nil || e.stderr.String() != want || e.rows() != 150 {
					t.Errorf("%v, %d rows, and it says %q; want %q", e.err, e.rows(), e.stderr.String(), want)
				}
				if h.lists != 3 || h.changes != 150 {
					t.Errorf("%d pages were asked for, and %d changes; want 3 and 150", h.lists, h.changes)
				}
				if h.atOnce != 8 {
					t.Errorf("%d changes were under way at once, want 8", h.atOnce)
				}
			})
		})
	}
}

func TestOneNumberCostsAListAndARequest(t *testing.T) {
	for verb := range edits {
		t.Run(verb, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := &hosted{numbers: 250, answer: succeed}
				e := h.edit(t, verb, false, []string{h.number(7).Number})
				if e.err != nil || e.rows() != 1 || e.stderr.Len() > 0 || h.lists != 1 || h.changes != 1 {
					t.Errorf("%v, %d rows, %d lists and %d changes; it says %q", e.err, e.rows(), h.lists, h.changes, e.stderr.String())
				}
			})
		})
	}
}

// One number is linked without a look at its agent, which can be another one by then; of several, those that are so already cost
// no request, so that what is left after an interruption is done soon.
func TestOnlyOneNumberIsLinkedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for names, want := range map[int]int{1: 1, 100: 0} {
			h := &hosted{numbers: 250, answer: succeed}
			e := h.edit(t, "link again", false, h.names(150)[1:1+names])
			if e.err != nil || h.changes != want {
				t.Errorf("%v, and %d changes; want %d", e.err, h.changes, want)
			}
		}
	})
}

func TestWhereANumberIsMissingNothingIsChanged(t *testing.T) {
	for verb := range edits {
		t.Run(verb, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := &hosted{numbers: 250, answer: succeed}
				e := h.edit(t, verb, false, append(h.names(150), "nobody", "+14155559999"))
				if e.err == nil || failures.ExitCode(e.err) != console.ExitNotFound || !strings.Contains(e.err.Error(), "you do not have +14155559999, nobody;") ||
					e.rows() != 0 || h.lists != 3 || h.changes != 0 {
					t.Errorf("%v, %d rows, %d lists and %d changes", e.err, e.rows(), h.lists, h.changes)
				}
			})
		})
	}
}

func TestSeveralNumbersKeepWithinTheRateLimit(t *testing.T) {
	for verb := range edits {
		t.Run(verb, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				for _, limit := range []struct {
					perSecond float64
					burst, n  int
				}{{20, 20, 200}, {1, 2, 20}} { // after the list, not even the first changes of the second can be made at once
					b := clitest.NewBucket(limit.perSecond, limit.burst)
					h := &hosted{numbers: limit.n, answer: clitest.Shuffled(b.Answer)}
					if e := h.edit(t, verb, false, h.names(limit.n)); e.err != nil || e.rows() != limit.n || b.Denied() > 0 {
						t.Errorf("%v, %d rows, and %d requests were denied", e.err, e.rows(), b.Denied())
					}
				}
			})
		})
	}
}

func TestAFailureOfOneOfSeveralNumbersIsReportedAndTheOthersGoOn(t *testing.T) {
	for verb, done := range edits {
		t.Run(verb, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := &hosted{numbers: 200, answer: func(id string) (int, http.Header) {
					if id == "id-7" || id == "id-70" {
						return http.StatusNotFound, nil
					}
					return http.StatusOK, nil
				}}
				e := h.edit(t, verb, false, h.names(200))
				if e.err == nil || failures.ExitCode(e.err) != console.ExitFailed || !strings.HasPrefix(e.err.Error(), done+": 198, failed: 2, left: 0; fix ") || e.rows() != 198 {
					t.Errorf("%v, %d rows", e.err, e.rows())
				}
				for _, i := range []int{7, 70} {
					if says := fmt.Sprintf("phonenumbers: %s %s: ", verb, h.number(i).Number); strings.Count(e.stderr.String(), says) != 1 {
						t.Errorf("stderr is %q; want one %q", e.stderr.String(), says)
					}
				}
				e = h.edit(t, verb, true, h.names(200))
				failed := map[string]bool{}
				for line := range strings.Lines(e.stdout.String()) {
					var n struct {
						api.PhoneNumber
						Error *failures.JSON
					}
					if err := json.Unmarshal([]byte(line), &n); err != nil {
						t.Fatal(err)
					}
					if n.Error == nil {
						continue
					}
					failed[n.ID] = true
					if "id-"+strings.TrimLeft(strings.TrimPrefix(n.Number, "+1415555"), "0") != n.ID || desired.AgentOf(n.PhoneNumber) != "before" || n.Error.Status != http.StatusNotFound {
						t.Errorf("the line of a failure is %s", line)
					}
				}
				if len(failed) != 2 || !failed["id-7"] || !failed["id-70"] || e.rows() != 200 || e.stderr.Len() > 0 {
					t.Errorf("%v have an error, of %d lines; stderr is %q", failed, e.rows(), e.stderr.String())
				}
			})
		})
	}
}

func TestSeveralNumbersStopWhereTheKeyIsRevoked(t *testing.T) {
	for verb, done := range edits {
		t.Run(verb, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				answered := 0
				var mu sync.Mutex
				h := &hosted{numbers: 200, answer: func(string) (int, http.Header) {
					mu.Lock()
					defer mu.Unlock()
					if answered++; answered > 52 { // two of them pages of the list
						return http.StatusUnauthorized, nil
					}
					return http.StatusOK, nil
				}}
				e := h.edit(t, verb, false, h.names(200))
				if !errors.Is(e.err, client.ErrUnauthorized) || failures.ExitCode(e.err) != console.ExitUnauthorized || e.rows() != 50 || h.changes > 50+desired.AtOnce {
					t.Errorf("%v after %d rows and %d changes", e.err, e.rows(), h.changes)
				}
				var failed, left int
				_, err := fmt.Sscanf(e.err.Error(), "stopped; "+done+": 50, failed: %d, left: %d; run the command again ", &failed, &left)
				if err != nil || failed < 1 || failed+left != 150 {
					t.Errorf("it says %q", e.err)
				}
			})
		})
	}
}

// A number whose deletion was done, although its answer got lost, is deleted.
func TestANumberThatIsGoneAtTheSecondTryIsDeleted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tries := map[string]int{}
		var mu sync.Mutex
		h := &hosted{numbers: 20, answer: func(id string) (int, http.Header) {
			mu.Lock()
			defer mu.Unlock()
			if tries[id]++; id == "" || tries[id] == 2 {
				return http.StatusNotFound, nil
			}
			return http.StatusServiceUnavailable, nil
		}}
		if e := h.edit(t, "delete", false, h.names(20)); e.err != nil || e.rows() != 20 {
			t.Errorf("%v, %d rows: %s", e.err, e.rows(), e.stderr.String())
		}
	})
}

// Who interrupts a command that still reads the numbers is told so, and not what a context is.
func TestReadingNumbersCanBeInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("interrupt signal received")) // as signal.NotifyContext does
	stdin, open := io.Pipe()
	defer open.Close() //nolint:errcheck // it never fails
	_, err := readNames(ctx, &console.Console{In: stdin})
	if want := "nothing was changed: read stdin: interrupt signal received"; err == nil || err.Error() != want {
		t.Errorf("%v; want %s", err, want)
	}
}
