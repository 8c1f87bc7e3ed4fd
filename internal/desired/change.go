package desired

import (
	"context"
	"fmt"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/client"
)

// AgentOf returns the agent that a number is linked to, or an empty string.
func AgentOf(n api.PhoneNumber) string {
	if n.AgentID == nil {
		return ""
	}
	return *n.AgentID
}

// Change is a change that makes a number match the file. From and To are agents; an empty string means no agent.
type Change struct{ ID, Number, From, To string }

// NewChange returns the change that links n to the agent. If agent is empty, the change unlinks n.
func NewChange(n api.PhoneNumber, agent string) Change {
	return Change{n.ID, n.Number, AgentOf(n), agent}
}

// The actions of a change.
const (
	Link   = "link"
	Unlink = "unlink"
	Move   = "move"
)

// Action returns Link, Unlink or Move.
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

// Make makes the change and returns the updated number.
func (c Change) Make(ctx context.Context, server *client.Client, opts ...client.CallOption) (api.PhoneNumber, error) {
	if c.To == "" {
		return server.Unlink(ctx, c.ID, opts...)
	}
	return server.Link(ctx, c.ID, c.To, opts...)
}
