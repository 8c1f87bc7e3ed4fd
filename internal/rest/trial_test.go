package rest_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/internal/dbtest"
	"github.com/vogent-community/phonenumbers/internal/spectest"
)

// For each rule of openapi.yaml, there are requests that only just keep it, and requests that only
// just break it and break no other rule. TestTheServerAndTheSpecAgree tests the same rules by chance,
// many at a time.
func TestEveryRuleIsKept(t *testing.T) {
	t.Parallel()
	spec, kept, broken := spectest.Load(t), 0, 0
	for _, op := range spec.Operations {
		t.Run(op.OperationID, func(t *testing.T) {
			c := newContest(t, spec, dbtest.SQLite(t), 1)
			c.live = append(c.live, create(t, clientOf(t, c.url, c.generator.Keys.Valid), sipImport("+15005550002")).ID)
			c.numbers[c.live[0]] = "+15005550002"
			c.teach(c.generator)
			for _, trial := range c.generator.Trials(op) {
				x, reasons, err := c.try(t, trial.Request)
				c.undo(t, x)
				switch {
				case err != nil:
					t.Errorf("%s: %s: %v\n%v\nspec: %v\nresponse: %d %s", op.OperationID, trial.Name, err, x.Request, firstLineOf(x.Refusal), x.Response.Code, x.Response.Body)
				case trial.Broken && x.Refusal == nil:
					t.Errorf("%s: %s: the oracle does not see that it is broken\n%v", op.OperationID, trial.Name, x.Request)
				case trial.Broken && !slices.ContainsFunc(x.Problem.Errors, func(f api.ProblemField) bool { return f.Pointer == trial.Pointer }):
					t.Errorf("%s: %s: the problem does not point at %s; give its rule in internal/phone that pointer: %d %s", op.OperationID, trial.Name, trial.Pointer, x.Response.Code, x.Response.Body)
				case trial.Broken:
					broken++
				case len(reasons) == 0:
					kept++
				}
			}
		})
	}
	if kept < 50 || broken < 100 {
		t.Errorf("%d requests kept their rule and %d broke it; want 50 and 100 or more", kept, broken)
	}
}

// undo deletes what a request has added, so that the next one finds the same numbers.
func (c *contest) undo(t *testing.T, x *spectest.Exchange) {
	t.Helper()
	for _, id := range c.live[min(1, len(c.live)):] {
		r := &spectest.Request{Method: http.MethodDelete, Path: numbersPath + "/" + id, Header: http.Header{"Authorization": {"Bearer " + c.generator.Keys.Valid}}}
		if _, _, err := c.try(t, r); err != nil {
			t.Fatalf("%v: %v", x.Request, err)
		}
	}
}
