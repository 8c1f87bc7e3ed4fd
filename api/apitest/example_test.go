package apitest_test

import (
	"context"
	"testing"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/apitest"
	"github.com/vogent-community/phonenumbers/api/client"
	"github.com/vogent-community/phonenumbers/api/control"
)

// openSupportLine is the program: it buys a number and links it to an agent.
func openSupportLine(ctx context.Context, c *client.Client, agent string) (string, error) {
	n, err := c.BuyAny(ctx, api.PhoneNumberSearchInput{Prefix: "415"})
	if err == nil {
		n, err = c.Link(ctx, n.ID, agent)
	}
	return n.Number, err
}

func TestSupportLine(t *testing.T) {
	srv := apitest.NewServer(t)
	srv.Fail(control.Fault{Operation: "createPhoneNumber", Cut: control.CutAfter, Times: 1})
	number, err := openSupportLine(t.Context(), srv.Client(), "agent_1")
	if err != nil {
		t.Fatal(err)
	}
	call, err := srv.Call(number, "+18005550100")
	if err != nil || call.AgentID != "agent_1" {
		t.Errorf("the call gives %+v, %v; want agent_1", call, err)
	}
	if numbers := srv.Numbers(); len(numbers) != 1 {
		t.Errorf("the numbers are %v; want one", numbers)
	}
}
