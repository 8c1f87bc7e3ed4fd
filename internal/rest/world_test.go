package rest_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/vogent-community/phonenumbers/api"
)

// world is what the server must hold after the requests so far.
type world struct {
	forSale []string
	live    []string          // the ids of the workspace's numbers
	numbers map[string]string // by id, as the unique index has them
	gone    []string          // ids, the last few
	foreign string            // another workspace's id
	cursors []string          // the last few
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
func (x *exchange) wanted() string {
	switch x.text("type") {
	case "purchase":
		return x.text("purchase", "number")
	case "sip_import":
		return x.text("sipImport", "phoneNumber")
	case "vogent_sip":
		return x.text("vogentSip", "sipPrefix")
	}
	return x.text("number")
}

// explains reports whether the request is refused because of the numbers that there are.
func (w *world) explains(x *exchange) bool {
	switch x.problem.Code {
	case api.CodeNotFound:
		return w.numbers[x.id()] == ""
	case api.CodeNumberUnavailable:
		return w.owned(x.wanted()) || x.text("type") != "sip_import" && !slices.Contains(w.forSale, x.wanted())
	case api.CodeSIPPrefixTaken:
		return w.owned(x.wanted())
	default:
		return false
	}
}

// refutes is an error where the request had to be refused because of the numbers that there are.
func (w *world) refutes(x *exchange) error {
	if x.answer.Code != http.StatusOK || x.replayed() {
		return nil
	}
	switch x.operation() {
	case "getPhoneNumber", "updatePhoneNumber", "deletePhoneNumber":
		if w.numbers[x.id()] == "" {
			return errors.New("the workspace has no such number")
		}
	case "createPhoneNumber", "purchasePhoneNumber":
		if w.owned(x.wanted()) {
			return errors.New("the number has an owner")
		}
		if kind := x.text("type"); kind != "sip_import" && kind != "vogent_sip" && !slices.Contains(w.forSale, x.wanted()) {
			return errors.New("the number is not for sale")
		}
	}
	return nil
}

// settle notes what an answer has changed.
func (w *world) settle(x *exchange) {
	if x.answer.Code != http.StatusOK || x.replayed() {
		return
	}
	var answer struct {
		ID, Number string
		Cursor     *string
	}
	if json.Unmarshal(x.answer.Body.Bytes(), &answer) != nil {
		return // a search, or what checkAnswer tells of
	}
	switch x.operation() {
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

// replayed reports whether the answer is an earlier one again, which changes nothing.
func (x *exchange) replayed() bool { return x.answer.Header().Get("Idempotent-Replayed") == "true" }

func lastFew(list []string, s string) []string {
	list = append(list, s)
	return list[max(0, len(list)-20):]
}
