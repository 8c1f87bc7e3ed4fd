package rest_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/internal/spectest"
)

// world is the state that the server must have after the requests so far.
type world struct {
	forSale []string
	live    []string          // the ids of the workspace's numbers
	numbers map[string]string // by id, in lowercase as in the unique index
	gone    []string          // the last few deleted ids
	foreign string            // the id of a number of another workspace
	cursors []string          // the last few
	keys    map[string]bool   // the idempotency keys of accepted requests
}

func (w *world) owned(number string) bool {
	for _, owned := range w.numbers {
		if owned == strings.ToLower(number) {
			return true
		}
	}
	return false
}

// wanted is the number that a request would add.
func wanted(x *spectest.Exchange) string {
	switch x.Text("type") {
	case "purchase":
		return x.Text("purchase", "number")
	case "sip_import":
		return x.Text("sipImport", "phoneNumber")
	case "vogent_sip":
		return x.Text("vogentSip", "sipPrefix")
	}
	return x.Text("number")
}

// explains reports whether the request was refused because of the state of the world, such as a number that has an owner.
func (w *world) explains(x *spectest.Exchange) bool {
	switch x.Problem.Code {
	case api.CodeNotFound:
		return w.numbers[x.PathParameter("id")] == ""
	case api.CodeNumberUnavailable:
		return w.owned(wanted(x)) || x.Text("type") != "sip_import" && !slices.Contains(w.forSale, wanted(x))
	case api.CodeIdempotencyKeyReused:
		return w.keys[idempotencyKey(x)]
	case api.CodeSIPPrefixTaken:
		return w.owned(wanted(x))
	default:
		return false
	}
}

// refutes returns an error if the request was accepted but had to be refused because of the state of the world.
func (w *world) refutes(x *spectest.Exchange) error {
	if x.Response.Code != http.StatusOK || replayed(x) {
		return nil
	}
	if w.keys[idempotencyKey(x)] {
		return errors.New("the idempotency key was used before")
	}
	if x.Operation.Parameter("path", "id") != nil && w.numbers[x.PathParameter("id")] == "" {
		return errors.New("the workspace has no such number")
	}
	switch x.ID() {
	case "createPhoneNumber", "purchasePhoneNumber":
		if w.owned(wanted(x)) {
			return errors.New("the number has an owner")
		}
		if kind := x.Text("type"); kind != "sip_import" && kind != "vogent_sip" && !slices.Contains(w.forSale, wanted(x)) {
			return errors.New("the number is not for sale")
		}
	}
	return nil
}

// settle records what a request has changed, according to its response.
func (w *world) settle(x *spectest.Exchange) {
	if x.Response.Code != http.StatusOK || replayed(x) {
		return
	}
	var answer struct {
		ID, Number string
		Cursor     *string
	}
	if json.Unmarshal(x.Response.Body.Bytes(), &answer) != nil {
		return // a search, or a malformed body, which the oracle reports
	}
	if key := idempotencyKey(x); key != "" {
		w.keys[key] = true
	}
	switch x.ID() {
	case "createPhoneNumber", "purchasePhoneNumber":
		w.live = append(w.live, answer.ID)
		w.numbers[answer.ID] = strings.ToLower(answer.Number)
	case "deletePhoneNumber":
		w.live = slices.DeleteFunc(w.live, func(id string) bool { return id == answer.ID })
		delete(w.numbers, answer.ID)
		w.gone = lastFew(w.gone, answer.ID)
	case "listPhoneNumbers":
		if answer.Cursor != nil {
			w.cursors = lastFew(w.cursors, *answer.Cursor)
		}
	}
}

// replayed reports whether the response repeats an earlier one. Such a request changes nothing.
func replayed(x *spectest.Exchange) bool {
	return x.Response.Header().Get("Idempotent-Replayed") == "true"
}

func lastFew(list []string, s string) []string {
	list = append(list, s)
	return list[max(0, len(list)-20):]
}

// idempotencyKey returns the key of a request without quotes, or "" if the request has none.
func idempotencyKey(x *spectest.Exchange) string {
	if x.Operation == nil || x.Operation.Parameter("header", "Idempotency-Key") == nil {
		return ""
	}
	key := x.Header.Get("Idempotency-Key")
	if strings.HasPrefix(key, `"`) {
		return strings.NewReplacer(`\\`, `\`, `\"`, `"`, `"`, ``).Replace(key)
	}
	return key
}

const numbersPath = "/api/phone_numbers"
