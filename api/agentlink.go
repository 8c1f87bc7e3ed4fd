package api

import (
	"encoding/json"
	"errors"
)

// AgentLink says what an update does to the link between a phone number and its agent. The zero AgentLink leaves it
// alone, [LinkAgent] links, [UnlinkAgent] unlinks. On the wire it is the member agentId: absent, an id, or "".
type AgentLink struct {
	change bool
	unlink bool
	id     string
}

// LinkAgent links the number to the agent with this id: 1 to 128 letters, digits, hyphens and underscores. An empty id,
// most likely a variable that was never set, is an error when the request is encoded; it does not unlink.
func LinkAgent(id string) AgentLink { return AgentLink{change: true, id: id} }

// UnlinkAgent takes the number away from the agent it is linked to, if any.
func UnlinkAgent() AgentLink { return AgentLink{change: true, unlink: true} }

// NoAgent returns the AgentID of [ListPhoneNumbersParams] that selects the numbers without an agent. On the wire, it is an
// empty agentId=.
func NoAgent() *string { return new("") }

// IsZero reports whether l leaves the link alone. The encoder asks it, so that the member is left out then.
func (l AgentLink) IsZero() bool { return !l.change }

// AgentID returns the id to link, empty to unlink, and whether the link is to be changed at all.
func (l AgentLink) AgentID() (id string, change bool) { return l.id, l.change }

// MarshalJSON implements json.Marshaler.
func (l AgentLink) MarshalJSON() ([]byte, error) {
	if l.id == "" && !l.unlink {
		return nil, errors.New("LinkAgent has an empty id; UnlinkAgent unlinks")
	}
	return json.Marshal(l.id)
}

// UnmarshalJSON implements json.Unmarshaler. It takes a string only; null is an error.
func (l *AgentLink) UnmarshalJSON(data []byte) error {
	var id *string
	if err := json.Unmarshal(data, &id); err != nil {
		return err
	}
	if id == nil {
		return errors.New("agentId is null; the empty string unlinks")
	}
	*l = AgentLink{change: true, unlink: *id == "", id: *id}
	return nil
}
