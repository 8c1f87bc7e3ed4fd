// Package inbound plays calls to the numbers of a sandbox: it says which agent would answer, and sends the webhook that the
// hosted API publishes.
package inbound

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/vogent-community/phonenumbers/api/control"
	"github.com/vogent-community/phonenumbers/internal/phone"
)

// The errors for a call that no agent would answer.
var (
	ErrUnlinked = errors.New("the number has no agent, so it takes no calls: link it to an agent")
	ErrUnknown  = errors.New("no workspace has the number: buy, import or create it, and link it to an agent")
	ErrDeleted  = errors.New("the number was deleted: add it again, and link it to an agent")
)

// Caller calls numbers. All fields except Webhook are required. A Caller is safe for concurrent use.
type Caller struct {
	// Find returns the number that any workspace owns, or phone.ErrNotFound. It takes a SIP prefix in any letter case.
	Find    func(ctx context.Context, number string) (phone.Number, error)
	Memory  *Memory          // of the store that Find searches
	Webhook *control.Webhook // where to send the event; nil sends none
	NewID   func() string    // makes the ids of the event, which are UUIDs

	timeout time.Duration // shortens webhookTimeout in tests
}

// Call says which agent would answer a call, and what came of the webhook. The agent answers even if the webhook fails.
// A broken value is a *phone.Error. If no agent would answer, the error is ErrUnlinked, ErrUnknown or ErrDeleted.
func (c *Caller) Call(ctx context.Context, in control.CallInput) (control.Call, error) {
	if err := validate(in); err != nil {
		return control.Call{}, err
	}
	n, err := c.Find(ctx, in.To)
	switch {
	case errors.Is(err, phone.ErrNotFound) && c.Memory.wasDeleted(in.To):
		return control.Call{}, ErrDeleted
	case errors.Is(err, phone.ErrNotFound):
		return control.Call{}, ErrUnknown
	case err != nil:
		return control.Call{}, fmt.Errorf("find number: %w", err)
	case n.AgentID == "":
		return control.Call{}, ErrUnlinked
	}
	call := control.Call{NumberID: n.ID, AgentID: n.AgentID}
	if c.Webhook == nil {
		return call, nil
	}
	call.Webhook, err = c.notify(ctx, dial{
		DialSessionID: c.NewID(), DialID: c.NewID(), DestNumberID: n.ID, CallAgentID: n.AgentID, SourceNumber: in.From,
	})
	if err != nil {
		return control.Call{}, err
	}
	return call, nil
}

func validate(in control.CallInput) error {
	var rules []phone.BrokenRule
	if !phone.IsE164(in.To) && !phone.IsSIPPrefix(in.To) {
		rules = append(rules, phone.BrokenRule{Pointer: "/to", Detail: "must be a phone number in E.164 form, such as +14155550100, or a SIP prefix"})
	}
	if !phone.IsE164(in.From) {
		rules = append(rules, phone.BrokenRule{Pointer: "/from", Detail: "must be a phone number in E.164 form, such as +18005550100"})
	}
	if len(rules) == 0 {
		return nil
	}
	return &phone.Error{Code: phone.ValidationFailed, Rules: rules}
}
