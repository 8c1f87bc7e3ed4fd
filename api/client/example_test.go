package client_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/client"
)

// newClient makes the client of an example. The server has no numbers again.
func newClient() *client.Client {
	c, err := client.New()
	if err = errors.Join(err, exampleServer.Reset(context.Background())); err != nil {
		log.Fatal(err)
	}
	return c
}

// buy buys the number that an example needs.
func buy(c *client.Client, number string) api.PhoneNumber {
	n, err := c.Buy(context.Background(), number)
	if err != nil {
		log.Fatal(err)
	}
	return n
}

// Buy a number and link it to an agent.
func Example() {
	ctx := context.Background()
	c, err := client.New()
	if err != nil {
		log.Fatal(err)
	}
	n, err := c.BuyAny(ctx, api.PhoneNumberSearchInput{Prefix: "415"})
	if err == nil {
		n, err = c.Link(ctx, n.ID, "agent_1")
	}
	fmt.Println(n.Number, *n.AgentID, err)
	// Output: +14155550100 agent_1 <nil>
}

// Set up a client for your own server.
func ExampleNew() {
	c, err := client.New(
		client.WithBaseURL(os.Getenv("VOGENT_BASE_URL")), // such as http://127.0.0.1:8080/api
		client.WithAPIKey(os.Getenv("VOGENT_API_KEY")),
		client.WithTimeout(10*time.Second),
		client.WithRetries(5),
		client.WithLogger(slog.Default()),
	)
	if err != nil {
		log.Fatal(err)
	}
	page, err := c.List(context.Background(), api.ListPhoneNumbersParams{AgentID: new("agent_of_nobody")})
	fmt.Println(len(page.Data), err)
	// Output: 0 <nil>
}

// See what is for sale in London.
func ExampleClient_Search() {
	c := newClient()
	found, err := c.Search(context.Background(), api.PhoneNumberSearchInput{Prefix: "020", Country: new("GB"), Limit: new(2)})
	if err != nil {
		log.Fatal(err)
	}
	for _, n := range found {
		fmt.Println(n.Number)
	}
	// Output:
	// +442079460000
	// +442079460001
}

// Buy a certain number. There are three outcomes: it is yours, it is not, or the outcome is unknown.
func ExampleClient_Buy() {
	c := newClient()
	n, err := c.Buy(context.Background(), "+12125550100")
	var failure *client.Error
	switch {
	case err == nil:
		fmt.Println("bought", n.Number)
	case errors.Is(err, client.ErrOutcomeUnknown) && errors.As(err, &failure):
		fmt.Println("look for", failure.Number, "before you buy again; its key was", failure.IdempotencyKey)
	default:
		fmt.Println("not bought:", err)
	}
	// Output: bought +12125550100
}

// Buy any number in an area code. If someone else is faster, BuyAny tries the next one.
func ExampleClient_BuyAny() {
	c := newClient()
	n, err := c.BuyAny(context.Background(), api.PhoneNumberSearchInput{Prefix: "312"})
	fmt.Println(n.Number, n.Type, err)
	// Output: +13125550100 PSTN <nil>
}

// Move a number from one agent to another, then unlink it.
func ExampleClient_Link() {
	ctx, c := context.Background(), newClient()
	n := buy(c, "+16175550100")
	for _, agent := range []string{"sales", "support"} {
		linked, err := c.Link(ctx, n.ID, agent)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(linked.Number, *linked.AgentID)
	}
	unlinked, err := c.Unlink(ctx, n.ID)
	fmt.Println(unlinked.Number, unlinked.AgentID == nil, err)
	// Output:
	// +16175550100 sales
	// +16175550100 support
	// +16175550100 true <nil>
}

// List all numbers of an agent.
func ExampleClient_All() {
	ctx, c := context.Background(), newClient()
	for _, number := range []string{"+17025550100", "+17025550101"} {
		if _, err := c.Link(ctx, buy(c, number).ID, "concierge"); err != nil {
			log.Fatal(err)
		}
	}
	for n, err := range c.All(ctx, api.ListPhoneNumbersParams{AgentID: new("concierge")}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(n.Number)
	}
	// Output:
	// +17025550100
	// +17025550101
}

// List the numbers that are not linked to an agent.
func ExampleClient_All_linkedToNoAgent() {
	ctx, c := context.Background(), newClient()
	buy(c, "+17025550100")
	if _, err := c.Link(ctx, buy(c, "+17025550101").ID, "concierge"); err != nil {
		log.Fatal(err)
	}
	for n, err := range c.All(ctx, api.ListPhoneNumbersParams{AgentID: api.NoAgent()}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(n.Number, n.AgentID == nil)
	}
	// Output: +17025550100 true
}

// Find out whether a number is yours.
func ExampleClient_GetByNumber() {
	ctx, c := context.Background(), newClient()
	buy(c, "+13035550100")
	for _, number := range []string{"+13035550100", "+13035550199"} {
		n, err := c.GetByNumber(ctx, number)
		switch {
		case errors.Is(err, client.ErrNotFound):
			fmt.Println(number, "is not ours")
		case err != nil:
			log.Fatal(err)
		default:
			fmt.Println(n.Number, "is ours")
		}
	}
	// Output:
	// +13035550100 is ours
	// +13035550199 is not ours
}

// Import a number that you have with a SIP carrier.
func ExampleClient_Create() {
	c := newClient()
	n, err := c.Create(context.Background(), api.SIPImport(api.SIPImportDetails{
		PhoneNumber:    "+18001234567",
		TerminationURI: "sip.example.com:5061;transport=tls",
		Username:       "trunk",
		Password:       "correct horse battery",
	}))
	fmt.Println(n.Number, n.Type, err)
	// Output: +18001234567 PSTN <nil>
}

// Release a number.
func ExampleClient_Delete() {
	ctx, c := context.Background(), newClient()
	n := buy(c, "+15035550100")
	fmt.Println(c.Delete(ctx, n.ID))
	_, err := c.Get(ctx, n.ID)
	fmt.Println(errors.Is(err, client.ErrNotFound))
	// Output:
	// <nil>
	// true
}

// Distinguish failures, and show what the server says about each member.
func ExampleError() {
	c := newClient()
	_, err := c.Link(context.Background(), "019daa80-7c00-7000-8000-000000000001", "my agent")
	var failure *client.Error
	if errors.Is(err, client.ErrValidation) && errors.As(err, &failure) {
		fmt.Println(failure.StatusCode, failure.Code)
		for _, field := range failure.Fields {
			fmt.Println(field.Pointer, field.Detail)
		}
	}
	// Output:
	// 422 validation_failed
	// /agentId must be 1 to 128 letters, digits, hyphens and underscores, or empty
}

// Read a member that this version of the client does not know.
func ExampleClient_Do() {
	c := newClient()
	n := buy(c, "+13085550100")
	var answer struct {
		Number string `json:"number"`
		Label  string `json:"label"`
	}
	err := c.Do(context.Background(), http.MethodGet, "/phone_numbers/"+url.PathEscape(n.ID), nil, &answer)
	fmt.Printf("%q %q %v\n", answer.Number, answer.Label, err)
	// Output: "+13085550100" "" <nil>
}
