package client_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/vogent-community/phonenumbers"
	"github.com/vogent-community/phonenumbers/internal/spectest"
)

// document is openapi.yaml. The responses of the servers in these tests are its examples.
var document = func() *openapi3.T {
	d, err := openapi3.NewLoader().LoadFromData(phonenumbers.Spec)
	if err != nil {
		panic(err)
	}
	return d
}()

// owned is a phone number as the API returns it.
var (
	owned  = encode(examplesOf("purchasePhoneNumber")[0])
	id     = valueOf("id")
	number = valueOf("number")
)

func valueOf(member string) string {
	members, _ := examplesOf("purchasePhoneNumber")[0].(map[string]any)
	return fmt.Sprint(members[member])
}

var (
	ownMembers  = membersOf(examplesOf("purchasePhoneNumber")[0])
	pageMembers = membersOf(examplesOf("listPhoneNumbers")[0])
)

func membersOf(object any) (members map[string]json.RawMessage) {
	if err := json.Unmarshal([]byte(encode(object)), &members); err != nil {
		panic(err)
	}
	return members
}

// like returns owned with these members in place of its own.
func like(members string) string {
	own := maps.Clone(ownMembers)
	if err := json.Unmarshal([]byte(members), &own); err != nil {
		panic(err)
	}
	return encode(own)
}

// pageOf returns a page with these numbers. Without a cursor, it is the last page.
func pageOf(cursor string, numbers ...string) string {
	own := maps.Clone(pageMembers)
	own["data"], own["cursor"] = json.RawMessage("["+strings.Join(numbers, ",")+"]"), json.RawMessage("null")
	if cursor != "" {
		own["cursor"] = json.RawMessage(encode(cursor))
	}
	return encode(own)
}

func encode(body any) string {
	encoded, err := json.Marshal(body)
	if err != nil {
		panic(err) // it is made of JSON
	}
	return string(encoded)
}

// examplesOf returns the documented examples of an operation's 200.
func examplesOf(operationID string) []any {
	for _, item := range document.Paths.Map() {
		for _, op := range item.Operations() {
			if op.OperationID == operationID {
				return spectest.Examples(op.Responses.Status(http.StatusOK).Value.Content["application/json"])
			}
		}
	}
	panic("openapi.yaml has no operation " + operationID)
}
