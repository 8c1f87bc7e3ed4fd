package rest

import (
	"context"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/server"
	"github.com/vogent-community/phonenumbers/internal/phone"
)

// operations implements the generated interface with phone.Service: each method unpacks, calls and packs.
type operations struct {
	phone *phone.Service
}

var _ server.StrictServerInterface = operations{}

func (o operations) ListPhoneNumbers(ctx context.Context, r server.ListPhoneNumbersRequestObject) (server.ListPhoneNumbersResponseObject, error) {
	page, err := o.phone.List(ctx, WorkspaceOf(ctx).ID, phone.ListQuery{
		Limit:   r.Params.Limit,
		Cursor:  r.Params.Cursor,
		Number:  r.Params.Number,
		AgentID: r.Params.AgentID,
		Type:    (*string)(r.Params.Type),
	})
	if err != nil {
		return nil, Problem(err)
	}
	body := api.PhoneNumberPage{Data: make([]api.PhoneNumber, len(page.Numbers))}
	for i := range page.Numbers {
		body.Data[i] = Pack(&page.Numbers[i])
	}
	if page.Cursor != "" {
		body.Cursor = &page.Cursor
	}
	return server.ListPhoneNumbers200JSONResponse{Body: body}, nil
}

func (o operations) CreatePhoneNumber(ctx context.Context, r server.CreatePhoneNumberRequestObject) (server.CreatePhoneNumberResponseObject, error) {
	key, err := idempotencyKey(r.Params.IdempotencyKey)
	if err != nil {
		return nil, Problem(err)
	}
	n, replayed, err := o.phone.Create(ctx, WorkspaceOf(ctx).ID, phone.Create{
		Type:      string(r.Body.Type),
		Purchase:  (*phone.Purchase)(r.Body.Purchase),
		SIPImport: (*phone.SIPImport)(r.Body.SIPImport),
		VogentSIP: (*phone.VogentSIP)(r.Body.VogentSIP),
	}, key)
	if err != nil {
		return nil, Problem(err)
	}
	return server.CreatePhoneNumber200JSONResponse{
		Body:    Pack(&n),
		Headers: server.CreatePhoneNumber200ResponseHeaders{IdempotentReplayed: replayedHeader(replayed)},
	}, nil
}

func (o operations) PurchasePhoneNumber(ctx context.Context, r server.PurchasePhoneNumberRequestObject) (server.PurchasePhoneNumberResponseObject, error) {
	key, err := idempotencyKey(r.Params.IdempotencyKey)
	if err != nil {
		return nil, Problem(err)
	}
	n, replayed, err := o.phone.Purchase(ctx, WorkspaceOf(ctx).ID, r.Body.Number, key)
	if err != nil {
		return nil, Problem(err)
	}
	return server.PurchasePhoneNumber200JSONResponse{
		Body:    Pack(&n),
		Headers: server.PurchasePhoneNumber200ResponseHeaders{IdempotentReplayed: replayedHeader(replayed)},
	}, nil
}

func (o operations) SearchPhoneNumbers(ctx context.Context, r server.SearchPhoneNumbersRequestObject) (server.SearchPhoneNumbersResponseObject, error) {
	numbers, err := o.phone.Search(ctx, phone.SearchQuery{Prefix: r.Body.Prefix, Country: r.Body.Country, Limit: r.Body.Limit})
	if err != nil {
		return nil, Problem(err)
	}
	body := make([]api.PhoneNumberCandidate, len(numbers))
	for i, number := range numbers {
		body[i] = api.PhoneNumberCandidate{Number: number}
	}
	return server.SearchPhoneNumbers200JSONResponse{Body: body}, nil
}

func (o operations) GetPhoneNumber(ctx context.Context, r server.GetPhoneNumberRequestObject) (server.GetPhoneNumberResponseObject, error) {
	n, err := o.phone.Get(ctx, WorkspaceOf(ctx).ID, r.ID)
	if err != nil {
		return nil, Problem(err)
	}
	return server.GetPhoneNumber200JSONResponse{Body: Pack(&n)}, nil
}

func (o operations) UpdatePhoneNumber(ctx context.Context, r server.UpdatePhoneNumberRequestObject) (server.UpdatePhoneNumberResponseObject, error) {
	var change phone.Change
	if id, ok := r.Body.AgentID.AgentID(); ok {
		change.AgentID = &id
	}
	n, err := o.phone.Update(ctx, WorkspaceOf(ctx).ID, r.ID, change)
	if err != nil {
		return nil, Problem(err)
	}
	return server.UpdatePhoneNumber200JSONResponse{Body: Pack(&n)}, nil
}

func (o operations) DeletePhoneNumber(ctx context.Context, r server.DeletePhoneNumberRequestObject) (server.DeletePhoneNumberResponseObject, error) {
	n, err := o.phone.Delete(ctx, WorkspaceOf(ctx).ID, r.ID)
	if err != nil {
		return nil, Problem(err)
	}
	return server.DeletePhoneNumber200JSONResponse{Body: Pack(&n)}, nil
}

// idempotencyKey reads the header. If the key is empty, there is none.
func idempotencyKey(header *string) (string, error) {
	if header == nil {
		return "", nil
	}
	key, err := api.ParseIdempotencyKey(*header)
	if err != nil {
		return "", &phone.Error{Code: phone.InvalidRequest, Rules: []phone.BrokenRule{{Pointer: "Idempotency-Key", Detail: err.Error()}}}
	}
	return key, nil
}

// replayedHeader returns the header of a replayed response. For a new response, it returns nil, which keeps the header that
// announceIdempotency has set.
func replayedHeader(replayed bool) *string {
	if !replayed {
		return nil
	}
	value := "true"
	return &value
}

// Pack returns a number as the API has it. Both share the agent's id.
func Pack(n *phone.Number) api.PhoneNumber {
	packed := api.PhoneNumber{ID: n.ID, Number: n.Number, Type: api.PhoneNumberType(n.Type)}
	if n.AgentID != "" {
		packed.AgentID = &n.AgentID
	}
	return packed
}
