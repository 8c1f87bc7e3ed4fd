package client_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/client"
)

// Link an agent to a number.
func Example() {
	c, err := client.NewClientWithResponses(os.Getenv("VOGENT_BASE_URL"), client.WithRequestEditorFn(
		func(_ context.Context, r *http.Request) error {
			r.Header.Set("Authorization", "Bearer "+os.Getenv("VOGENT_API_KEY"))
			return nil
		}))
	if err != nil {
		log.Fatal(err)
	}
	answer, err := c.UpdatePhoneNumberWithResponse(context.Background(), "019daa80-7c00-7000-8000-000000000001",
		api.UpdatePhoneNumberRequest{AgentID: api.LinkAgent("agent_1")})
	if err != nil {
		log.Fatal(err)
	}
	if answer.JSON200 == nil {
		log.Fatalf("update: %s %s", answer.Status(), answer.Body)
	}
	fmt.Println(answer.JSON200.Number)
}
