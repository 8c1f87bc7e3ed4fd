package numbers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/client"
	"github.com/vogent-community/phonenumbers/internal/cli/failures"
	"github.com/vogent-community/phonenumbers/internal/console"
	"github.com/vogent-community/phonenumbers/internal/desired"
)

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
				checkFailure(t, e.err, console.ExitFailed)
				if want := done + ": 198, failed: 2, left: 0; fix "; !strings.HasPrefix(e.err.Error(), want) {
					t.Errorf("got the error %q; want %q first", e.err, want)
				}
				checkCount(t, "rows", e.rows(), 198)
				for _, i := range []int{7, 70} {
					if says := fmt.Sprintf("phonenumbers: %s %s: ", verb, h.number(i).Number); strings.Count(e.stderr.String(), says) != 1 {
						t.Errorf("stderr is %q; want one %q", e.stderr.String(), says)
					}
				}
				e = h.edit(t, verb, true, h.names(200))
				var failed []string
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
					failed = append(failed, n.ID)
					if want := "id-" + strings.TrimLeft(strings.TrimPrefix(n.Number, "+1415555"), "0"); n.ID != want {
						t.Errorf("the line of a failure is %s; want the id %s", line, want)
					}
					if desired.AgentOf(n.PhoneNumber) != "before" {
						t.Errorf("the line of a failure is %s; want the agent before", line)
					}
					if n.Error.Status != http.StatusNotFound {
						t.Errorf("the line of a failure is %s; want the status %d", line, http.StatusNotFound)
					}
				}
				slices.Sort(failed)
				if want := []string{"id-7", "id-70"}; !slices.Equal(failed, want) {
					t.Errorf("the lines of %q have an error; want %q", failed, want)
				}
				checkCount(t, "lines", e.rows(), 200)
				if e.stderr.Len() > 0 {
					t.Errorf("stderr is %q; want none", e.stderr.String())
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
					if answered++; answered > 52 { // 50 changes, after two pages of the list
						return http.StatusUnauthorized, nil
					}
					return http.StatusOK, nil
				}}
				e := h.edit(t, verb, false, h.names(200))
				checkFailure(t, e.err, console.ExitUnauthorized)
				if !errors.Is(e.err, client.ErrUnauthorized) {
					t.Errorf("got the error %v; want %v", e.err, client.ErrUnauthorized)
				}
				checkCount(t, "rows", e.rows(), 50)
				if most := 50 + desired.AtOnce; h.changes > most {
					t.Errorf("got %d changes; want %d or fewer", h.changes, most)
				}
				var failed, left int
				format := "stopped; " + done + ": 50, failed: %d, left: %d; run the command again "
				if _, err := fmt.Sscanf(e.err.Error(), format, &failed, &left); err != nil {
					t.Fatalf("got the error %q; want it in the format %q: %v", e.err, format, err)
				}
				if failed < 1 {
					t.Errorf("failed is %d; want 1 or more", failed)
				}
				checkCount(t, "failed or left", failed+left, 150)
			})
		})
	}
}

// If the deletion of a number was carried out but the response was lost, the number counts as deleted.
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
		e := h.edit(t, "delete", false, h.names(20))
		if e.err != nil {
			t.Errorf("got the error %v; want none: %s", e.err, e.stderr.String())
		}
		checkCount(t, "rows", e.rows(), 20)
	})
}

// If a user interrupts a command that is still reading the numbers, the error says so, and does not mention a context.
func TestReadingNumbersCanBeInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("interrupt signal received")) // as signal.NotifyContext does
	stdin, open := io.Pipe()
	defer open.Close() //nolint:errcheck // it never fails
	_, err := readNames(ctx, &console.Console{In: stdin})
	if want := "nothing was changed: read stdin: interrupt signal received"; err == nil || err.Error() != want {
		t.Errorf("got the error %v; want %s", err, want)
	}
}
