package ownserver

import (
	"fmt"
	"strings"

	"github.com/vogent-community/phonenumbers/internal/console"
	"github.com/vogent-community/phonenumbers/internal/rest"
)

// printFirstKey prints the address, the key, and three calls to paste. The key is not shown anywhere else. Each call shows its
// response, and keeps the number or the id in a shell variable for the next call.
func printFirstKey(t *console.Console, baseURL, key string) error {
	if err := writeFirstKey(t, baseURL, key); err != nil {
		return fmt.Errorf("the first API key was created, but could not be printed; create another one with 'phonenumbers keys create': %w", err)
	}
	return nil
}

func writeFirstKey(t *console.Console, baseURL, key string) error {
	if t.JSON {
		return writeAccess(t, baseURL, key)
	}
	_, err := fmt.Fprintf(t.Out, `Serving the phone-number API at %[1]s

The database had no API key, so the server created one in the workspace "default". The key is not shown again:

export VOGENT_BASE_URL=%[2]s VOGENT_API_KEY=%[3]s

Paste this line into another terminal. Then paste these commands, one at a time, to search for a number, buy it, and link it to an agent.

FOUND=$(curl -sS "$VOGENT_BASE_URL/phone_numbers/search" -H "Authorization: Bearer $VOGENT_API_KEY" -H 'Content-Type: application/json' -d '{"prefix": "415"}'); echo "$FOUND"; NUMBER=$(echo "$FOUND" | grep -o '+[0-9]*' | head -n 1)

BOUGHT=$(curl -sS "$VOGENT_BASE_URL/phone_numbers" -H "Authorization: Bearer $VOGENT_API_KEY" -H 'Content-Type: application/json' -d "{\"type\": \"purchase\", \"purchase\": {\"number\": \"$NUMBER\"}}"); echo "$BOUGHT"; ID=$(echo "$BOUGHT" | sed 's/.*"id":"\([^"]*\)".*/\1/')

curl -sS --request PUT "$VOGENT_BASE_URL/phone_numbers/$ID" -H "Authorization: Bearer $VOGENT_API_KEY" -H 'Content-Type: application/json' -d '{"agentId": "agent_1"}'

`, strings.TrimSuffix(baseURL, rest.BaseURL), baseURL, key)
	return err
}

func writeAccess(t *console.Console, baseURL, key string) error {
	return console.WriteJSON(t.Out, struct {
		BaseURL string `json:"baseUrl"`
		APIKey  string `json:"apiKey"`
	}{baseURL, key})
}
