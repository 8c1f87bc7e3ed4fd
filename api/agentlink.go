package api

import (
	"encoding/json"
	"errors"
)

// AgentLink is what an update does to the link between a phone number and its agent. The zero AgentLink leaves the link
// unchanged, [LinkAgent] sets it, and [UnlinkAgent] removes it. In JSON, it is the member agentId: absent, an id, or "".
type AgentLink struct {
	change bool
	unlink bool
	id     string
}

// LinkAgent links the number to the agent with this id: 1 to 128 letters, digits, hyphens and underscores. An empty id
// does not unlink the number. It is most likely a variable that was never set, so encoding the request fails.
func LinkAgent(id string) AgentLink { return AgentLink{change: true, id: id} }

// UnlinkAgent unlinks the number from its agent, if it has one.
func UnlinkAgent() AgentLink { return AgentLink{change: true, unlink: true} }

// NoAgent returns the value for the AgentID of [ListPhoneNumbersParams] that selects the numbers without an agent. In the
// query, it is agentId= with no value.
func NoAgent() *string { return new("") }

// IsZero reports whether l leaves the link unchanged. If it does, the JSON encoder omits the member.
func (l AgentLink) IsZero() bool { return !l.change }

// AgentID returns the id of the agent to link to, or "" to unlink, and whether l changes the link at all.
func (l AgentLink) AgentID() (id string, change bool) { return l.id, l.change }

// MarshalJSON implements json.Marshaler.
func (l AgentLink) MarshalJSON() ([]byte, error) {
	if l.id == "" && !l.unlink {
		return nil, errors.New("LinkAgent has an empty id; to unlink, use UnlinkAgent")
	}
	return json.Marshal(l.id)
}

// UnmarshalJSON implements json.Unmarshaler. It accepts only a string; null is an error.
func (l *AgentLink) UnmarshalJSON(data []byte) error {
	if isPlain(data) {
		id := string(data[1 : len(data)-1])
		*l = AgentLink{change: true, unlink: id == "", id: id}
		return nil
	}
	var id *string
	if err := json.Unmarshal(data, &id); err != nil {
		return err
	}
	if id == nil {
		return errors.New("agentId is null; to unlink, use the empty string")
	}
	*l = AgentLink{change: true, unlink: *id == "", id: *id}
	return nil
}

// isPlain reports whether data is a string of letters, digits, hyphens and underscores, like most ids.
func isPlain(data []byte) bool {
	if len(data) < 2 || data[0] != '"' || data[len(data)-1] != '"' {
		return false
	}
	for _, c := range data[1 : len(data)-1] {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	return true
}
