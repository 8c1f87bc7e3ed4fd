package desired

import (
	"context"
	"fmt"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/client"
)

// AgentOf is the agent that a number is linked to, empty for none.
func AgentOf(n api.PhoneNumber) string {
	if n.AgentID == nil {
		return ""
	}
	return *n.AgentID
}

// Change is one that a number needs to be as the file says. From and To are agents, empty for none.
type Change struct{ ID, Number, From, To string }

// NewChange is the change that links n to the agent, or unlinks it where that is empty.
func NewChange(n api.PhoneNumber, agent string) Change {
	return Change{n.ID, n.Number, AgentOf(n), agent}
}

// The actions that a change can be.
const (
	Link   = "link"
	Unlink = "unlink"
	Move   = "move"
)

// Action is Link, Unlink or Move.
func (c Change) Action() string {
	switch "" {
	case c.To:
		return Unlink
	case c.From:
		return Link
	}
	return Move
}

func (c Change) String() string {
	switch c.Action() {
	case Unlink:
		return fmt.Sprintf("unlink %s from %s", c.Number, c.From)
	case Link:
		return fmt.Sprintf("link %s to %s", c.Number, c.To)
	}
	return fmt.Sprintf("move %s from %s to %s", c.Number, c.From, c.To)
}

// Make makes the change, and returns the number as it then is.
func (c Change) Make(ctx context.Context, server *client.Client, opts ...client.CallOption) (api.PhoneNumber, error) {
	if c.To == "" {
		return server.Unlink(ctx, c.ID, opts...)
	}
	return server.Link(ctx, c.ID, c.To, opts...)
}
