package numbers

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/vogent-community/phonenumbers/internal/cli/clitest"
	"github.com/vogent-community/phonenumbers/internal/console"
)

// edits are the commands, each with the word that it prints for what it has done.
var edits = map[string]string{"link": "linked", "unlink": "unlinked", "delete": "deleted"}

// However many numbers are named, the command lists the numbers once. If it did so for each name, a server that does not filter
// would list all numbers each time.
func TestSeveralNumbersCostOneListAndARequestEach(t *testing.T) {
	for verb, done := range edits {
		t.Run(verb, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := &hosted{numbers: 250, answer: succeed}
				e := h.edit(t, verb, false, h.names(150))
				if e.err != nil {
					t.Errorf("got the error %v; want none", e.err)
				}
				if got, want := e.stderr.String(), done+": 150, failed: 0, left: 0\n"; got != want {
					t.Errorf("stderr is %q; want %q", got, want)
				}
				checkCount(t, "rows", e.rows(), 150)
				checkCount(t, "pages", h.lists, 3)
				checkCount(t, "changes", h.changes, 150)
				checkCount(t, "changes under way at once", h.atOnce, 8)
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
				if e.err != nil {
					t.Errorf("got the error %v; want none", e.err)
				}
				if e.stderr.Len() > 0 {
					t.Errorf("stderr is %q; want none", e.stderr.String())
				}
				checkCount(t, "rows", e.rows(), 1)
				checkCount(t, "pages", h.lists, 1)
				checkCount(t, "changes", h.changes, 1)
			})
		})
	}
}

// A single number is linked without a look at its agent, which may have changed by then. If there are several numbers, those
// that are already linked to the agent cost no request, so that the rest is done soon after an interruption.
func TestOnlyOneNumberIsLinkedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for names, want := range map[int]int{1: 1, 100: 0} {
			h := &hosted{numbers: 250, answer: succeed}
			e := h.edit(t, "link again", false, h.names(150)[1:1+names])
			if e.err != nil {
				t.Errorf("%d names: got the error %v; want none", names, e.err)
			}
			checkCount(t, fmt.Sprintf("changes for %d names", names), h.changes, want)
		}
	})
}

func TestWhereANumberIsMissingNothingIsChanged(t *testing.T) {
	for verb := range edits {
		t.Run(verb, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := &hosted{numbers: 250, answer: succeed}
				e := h.edit(t, verb, false, append(h.names(150), "nobody", "+14155559999"))
				checkFailure(t, e.err, console.ExitNotFound)
				if want := "you do not have +14155559999, nobody;"; !strings.Contains(e.err.Error(), want) {
					t.Errorf("got the error %q; want %q in it", e.err, want)
				}
				checkCount(t, "rows", e.rows(), 0)
				checkCount(t, "pages", h.lists, 3)
				checkCount(t, "changes", h.changes, 0)
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
				}{{20, 20, 200}, {1, 2, 20}} { // with the second limit, not even the first changes after the list can be made at once
					b := clitest.NewBucket(limit.perSecond, limit.burst)
					h := &hosted{numbers: limit.n, answer: clitest.Shuffled(b.Answer)}
					e := h.edit(t, verb, false, h.names(limit.n))
					if e.err != nil {
						t.Errorf("%d numbers: got the error %v; want none", limit.n, e.err)
					}
					checkCount(t, "rows", e.rows(), limit.n)
					checkCount(t, fmt.Sprintf("denied requests for %d numbers", limit.n), b.Denied(), 0)
				}
			})
		})
	}
}
