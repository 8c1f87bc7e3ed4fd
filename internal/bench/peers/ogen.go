package main

import (
	"context"
	"errors"
	"net/http"

	"github.com/vogent-community/phonenumbers/internal/bench/peers/oas"
	"github.com/vogent-community/phonenumbers/internal/phone"
)

// ogenHandler implements the interfaces that ogen generates.
type ogenHandler struct{ service }

func newOgen(s service) (http.Handler, error) {
	return oas.NewServer(ogenHandler{s}, ogenHandler{s}, oas.WithPathPrefix("/api"))
}

func (h ogenHandler) HandleBearerAuth(ctx context.Context, _ oas.OperationName, t oas.BearerAuth) (context.Context, error) {
	return ctx, h.authenticate(ctx, t.Token)
}

func nilString(s string) oas.NilString { return oas.NilString{Value: s, Null: s == ""} }

func packOgen(n phone.Number) oas.PhoneNumber {
	return oas.PhoneNumber{ID: n.ID, Number: n.Number, Type: oas.PhoneNumberType(n.Type), AgentId: nilString(n.AgentID)}
}

func (h ogenHandler) GetPhoneNumber(ctx context.Context, p oas.GetPhoneNumberParams) (oas.GetPhoneNumberRes, error) {
	c := callOf(ctx)
	c.route = "/api/phone_numbers/:id"
	n, err := h.phone.Get(ctx, c.workspace.ID, p.ID)
	if err != nil {
		return nil, err
	}
	return &oas.PhoneNumberHeaders{Response: packOgen(n)}, nil
}

func (h ogenHandler) UpdatePhoneNumber(ctx context.Context, r *oas.UpdatePhoneNumberInput, p oas.UpdatePhoneNumberParams) (oas.UpdatePhoneNumberRes, error) {
	c := callOf(ctx)
	c.route = "/api/phone_numbers/:id"
	var change phone.Change
	if id, ok := r.AgentId.Get(); ok {
		change.AgentID = &id
	}
	n, err := h.phone.Update(ctx, c.workspace.ID, p.ID, change)
	if err != nil {
		return nil, err
	}
	return &oas.PhoneNumberHeaders{Response: packOgen(n)}, nil
}

func (h ogenHandler) ListPhoneNumbers(ctx context.Context, p oas.ListPhoneNumbersParams) (oas.ListPhoneNumbersRes, error) {
	c := callOf(ctx)
	c.route = "/api/phone_numbers"
	if p.Number.Set || p.AgentId.Set || p.Type.Set {
		return nil, errors.New("the filters are not measured")
	}
	var q phone.ListQuery
	if p.Limit.Set {
		q.Limit = &p.Limit.Value
	}
	if p.Cursor.Set {
		q.Cursor = &p.Cursor.Value
	}
	page, err := h.phone.List(ctx, c.workspace.ID, q)
	if err != nil {
		return nil, err
	}
	list := make([]oas.PhoneNumber, len(page.Numbers))
	for i, n := range page.Numbers {
		list[i] = packOgen(n)
	}
	return &oas.PhoneNumberPageHeaders{Response: oas.PhoneNumberPage{Data: list, Cursor: nilString(page.Cursor)}}, nil
}
