package agree_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/vogent-community/phonenumbers/internal/bench/agree"
	"github.com/vogent-community/phonenumbers/internal/bench/contestant"
	"github.com/vogent-community/phonenumbers/internal/bench/data"
	"github.com/vogent-community/phonenumbers/internal/bench/memory"
)

var set = data.Set{Numbers: 1000, Workspaces: 1, Keys: 1}

// A server that differs must not be compared.
func TestAContestantThatRespondsDifferentlyEndsTheRun(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*memory.Store)
		want   string
	}{
		"the same data": {func(*memory.Store) {}, ""},
		"a deleted number": {func(st *memory.Store) {
			_, _ = st.DeleteNumber(t.Context(), set.Workspace(7).ID, data.ID(7))
		}, "by hand responds with"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var servers []agree.Server
			for _, who := range []string{contestant.Ours, contestant.ByHand} {
				st := memory.New(set)
				if who == contestant.ByHand {
					test.change(st)
				}
				handler, err := contestant.Handler(who, st)
				if err != nil {
					t.Fatal(err)
				}
				s := httptest.NewServer(handler)
				t.Cleanup(s.Close)
				servers = append(servers, agree.Server{Name: who, Address: s.Listener.Addr().String(), Strict: true})
			}
			err := agree.Check(t.Context(), servers)
			if got := errorText(err); (test.want == "") != (err == nil) || !strings.Contains(got, test.want) {
				t.Errorf("the error is %q; want %q in it", got, test.want)
			}
		})
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
