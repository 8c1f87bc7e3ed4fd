package api_test

import (
	"encoding/json"
	"testing"

	"github.com/vogent-community/phonenumbers/api"
)

func TestAgentLinkOnTheWire(t *testing.T) {
	for _, test := range []struct {
		name string
		link api.AgentLink
		want string
	}{
		{"the zero value leaves the link alone", api.AgentLink{}, `{}`},
		{"LinkAgent links", api.LinkAgent("agent_1"), `{"agentId":"agent_1"}`},
		{"UnlinkAgent unlinks", api.UnlinkAgent(), `{"agentId":""}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := json.Marshal(api.UpdatePhoneNumberInput{AgentID: test.link})
			if err != nil || string(got) != test.want {
				t.Fatalf("encoded to %s, %v; want %s", got, err, test.want)
			}
			var back api.UpdatePhoneNumberInput
			if err := json.Unmarshal(got, &back); err != nil || back.AgentID != test.link {
				t.Fatalf("decoded to %+v, %v; want %+v", back.AgentID, err, test.link)
			}
		})
	}
}

// A variable that was never set must not unlink a number that is in use.
func TestLinkAgentWithAnEmptyIDIsAnError(t *testing.T) {
	if body, err := json.Marshal(api.UpdatePhoneNumberInput{AgentID: api.LinkAgent("")}); err == nil {
		t.Fatalf("encoded to %s; want an error", body)
	}
}

func TestAgentLinkTakesStringsOnly(t *testing.T) {
	for _, body := range []string{`{"agentId":null}`, `{"agentId":5}`, `{"agentId":{}}`} {
		var r api.UpdatePhoneNumberInput
		if err := json.Unmarshal([]byte(body), &r); err == nil {
			t.Errorf("%s decoded to %+v; want an error", body, r)
		}
	}
}
