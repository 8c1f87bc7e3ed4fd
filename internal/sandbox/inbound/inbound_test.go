package inbound

import (
	"context"
	"errors"
	"os"
	"reflect"
	"testing"
	"time"

	"github.com/vogent-community/phonenumbers/api/control"
	"github.com/vogent-community/phonenumbers/internal/phone"
	"github.com/vogent-community/phonenumbers/internal/sqldb"
	"github.com/vogent-community/phonenumbers/internal/store/storetest"
)

// patience is the time limit of webhooks in tests that do not test it. The real one is too short for a busy machine.
const patience = time.Minute

// TestMain sets a proxy that does not exist. It does so before any test, because net/http reads the variable only once.
func TestMain(m *testing.M) {
	if err := os.Setenv("HTTP_PROXY", "http://127.0.0.1:1"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// line is a linked number and a Caller that finds it.
type line struct {
	*Caller
	workspaceID string
	number      phone.Number
}

func (l *line) call(ctx context.Context) (control.Call, error) {
	return l.Call(ctx, control.CallInput{To: l.number.Number, From: "+18005550100"})
}

// newLine returns a line in a store of its own, without a webhook.
func newLine(t *testing.T) *line {
	t.Helper()
	s := storetest.Unlocked(t, sqldb.InMemory)
	l := &line{Caller: &Caller{Find: s.FindNumber, Memory: Remember(s), NewID: storetest.NewID, timeout: patience}}
	l.workspaceID = storetest.NewWorkspace(t, s, "first")
	agent, n := "agent_1", storetest.Insert(t, s, l.workspaceID, "+14155550100")
	var err error
	if l.number, err = l.Memory.UpdateNumber(t.Context(), l.workspaceID, n.ID, phone.Change{AgentID: &agent}); err != nil {
		t.Fatal(err)
	}
	return l
}

func TestTheAgentOfTheNumberAnswers(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	got, err := l.call(t.Context())
	if want := (control.Call{NumberID: l.number.ID, AgentID: "agent_1"}); err != nil || got != want {
		t.Errorf("the call is %+v, %v; want %+v", got, err, want)
	}
}

func TestASIPAddressIsCalledByItsPrefixInAnyLetterCase(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	n := phone.Number{ID: storetest.NewID(), Number: "Support-Line", Type: phone.SIPUsername, AgentID: "agent_2"}
	sip := &phone.SIPCredentials{Username: "caller", Password: "correct horse battery"}
	if err := l.Memory.InsertNumber(t.Context(), l.workspaceID, n, sip, phone.Claim{}); err != nil {
		t.Fatal(err)
	}
	in := control.CallInput{To: "sUPPORT-lINE", From: "+18005550100"}
	if got, err := l.Call(t.Context(), in); err != nil || got.NumberID != n.ID || got.AgentID != n.AgentID {
		t.Errorf("the call is %+v, %v; want one to %+v", got, err, n)
	}
	if _, err := l.Memory.DeleteNumber(t.Context(), l.workspaceID, n.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Call(t.Context(), in); !errors.Is(err, ErrDeleted) {
		t.Errorf("after the number was deleted, the error is %v; want %v", err, ErrDeleted)
	}
}

func TestACallThatNobodyAnswersSaysWhy(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	l.Webhook = &control.Webhook{URL: "http://127.0.0.1:1"}
	l.NewID = func() string { t.Error("the webhook was sent; want none"); return "" }
	expect := func(when string, want error) {
		t.Helper()
		if got, err := l.call(t.Context()); !errors.Is(err, want) || got != (control.Call{}) {
			t.Errorf("%s: the call is %+v, %v; want the error %v", when, got, err, want)
		}
	}
	remove := func() {
		t.Helper()
		if _, err := l.Memory.DeleteNumber(t.Context(), l.workspaceID, l.number.ID); err != nil {
			t.Fatal(err)
		}
	}
	none := ""
	if _, err := l.Memory.UpdateNumber(t.Context(), l.workspaceID, l.number.ID, phone.Change{AgentID: &none}); err != nil {
		t.Fatal(err)
	}
	expect("unlinked", ErrUnlinked)
	remove()
	expect("deleted", ErrDeleted)
	l.number.ID, l.number.AgentID = storetest.NewID(), ""
	if err := l.Memory.InsertNumber(t.Context(), l.workspaceID, l.number, nil, phone.Claim{}); err != nil {
		t.Fatal(err)
	}
	expect("bought again", ErrUnlinked)
	remove()
	expect("deleted again", ErrDeleted)
	l.number.Number = "+14155550101" // a fictional number, which is for sale
	expect("only for sale", ErrUnknown)
}

// failing is a store that cannot delete its number.
type failing struct {
	phone.Store
	number phone.Number
}

func (f failing) DeleteNumber(context.Context, string, string) (phone.Number, error) {
	return f.number, phone.ErrStorageUnavailable
}

func TestANumberThatWasNotDeletedIsNotRemembered(t *testing.T) {
	t.Parallel()
	m := Remember(failing{number: phone.Number{Number: "+14155550100"}})
	if _, err := m.DeleteNumber(t.Context(), "workspace", "id"); !errors.Is(err, phone.ErrStorageUnavailable) {
		t.Errorf("the error is %v; want %v", err, phone.ErrStorageUnavailable)
	}
	if m.wasDeleted("+14155550100") {
		t.Error("the number counts as deleted; want not")
	}
}

func TestEveryBrokenValueOfACallIsNamed(t *testing.T) {
	t.Parallel()
	c := &Caller{} // a broken value is found before the caller uses anything
	for _, test := range []struct {
		to, from string
		want     []string
	}{
		{"", "", []string{"/to", "/from"}},
		{"4155550100", "8005550100", []string{"/to", "/from"}}, // 7 or more digits are not a SIP prefix
		{"+1415555010", "+18005550100", []string{"/to"}},
		{"-line", "+18005550100", []string{"/to"}},
		{"+14155550100", "support-line", []string{"/from"}},
	} {
		var e *phone.Error
		_, err := c.Call(t.Context(), control.CallInput{To: test.to, From: test.from})
		if !errors.As(err, &e) || e.Code != phone.ValidationFailed {
			t.Errorf("a call to %q from %q: the error is %v; want one with the code %s", test.to, test.from, err, phone.ValidationFailed)
			continue
		}
		var got []string
		for _, rule := range e.Rules {
			got = append(got, rule.Pointer)
		}
		if !reflect.DeepEqual(got, test.want) {
			t.Errorf("a call to %q from %q: the rules are for %q; want %q", test.to, test.from, got, test.want)
		}
	}
}

func TestAFailedLookUpIsAnError(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	l.Find = func(context.Context, string) (phone.Number, error) {
		return phone.Number{}, phone.ErrStorageUnavailable
	}
	if _, err := l.call(t.Context()); !errors.Is(err, phone.ErrStorageUnavailable) {
		t.Errorf("the error is %v; want %v", err, phone.ErrStorageUnavailable)
	}
}
