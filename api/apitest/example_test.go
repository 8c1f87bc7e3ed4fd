package apitest_test

import (
	"context"
	"testing"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/apitest"
	"github.com/vogent-community/phonenumbers/api/client"
)

// openSupportLine is a program that uses the API.
func openSupportLine(ctx context.Context, c *client.Client, agent string) error {
	n, err := c.BuyAny(ctx, api.PhoneNumberSearchInput{Prefix: "415"})
	if err == nil {
		_, err = c.Link(ctx, n.ID, agent)
	}
	return err
}

func TestSupportLine(t *testing.T) {
	srv := apitest.NewServer(t)
	if err := openSupportLine(t.Context(), srv.Client(), "agent_1"); err != nil {
		t.Fatal(err)
	}
	numbers := srv.Numbers()
	if len(numbers) != 1 {
		t.Fatalf("the numbers are %v; want one", numbers)
	}
	if agent := numbers[0].AgentID; agent == nil || *agent != "agent_1" {
		t.Errorf("the number is %+v; want one that is linked to agent_1", numbers[0])
	}
}
