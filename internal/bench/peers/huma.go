package main

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/vogent-community/phonenumbers/internal/phone"
)

type humaNumber struct {
	ID      string  `json:"id"`
	Number  string  `json:"number"`
	Type    string  `json:"type" enum:"PSTN,SIP_USERNAME"`
	AgentID *string `json:"agentId"`
}

func packHuma(n phone.Number) humaNumber {
	packed := humaNumber{ID: n.ID, Number: n.Number, Type: string(n.Type)}
	if n.AgentID != "" {
		packed.AgentID = &n.AgentID
	}
	return packed
}

type (
	humaOne struct {
		Body humaNumber
	}
	humaPage struct {
		Body struct {
			Data   []humaNumber `json:"data"`
			Cursor *string      `json:"cursor"`
		}
	}
	humaID struct {
		ID string `path:"id" minLength:"1"`
	}
	humaUpdate struct {
		ID   string `path:"id" minLength:"1"`
		Body struct {
			AgentID *string `json:"agentId,omitempty" maxLength:"128" pattern:"^[A-Za-z0-9_-]*$" nullable:"false"`
		}
	}
	humaList struct {
		Limit  int    `query:"limit" minimum:"1" default:"100"`
		Cursor string `query:"cursor"`
	}
)

func newHuma(s service) (http.Handler, error) {
	mux := http.NewServeMux()
	config := huma.DefaultConfig("Phone numbers", "1")
	config.CreateHooks = nil // no link to a schema in the responses
	api := humago.New(mux, config)
	api.UseMiddleware(func(ctx huma.Context, next func(huma.Context)) {
		key, ok := strings.CutPrefix(ctx.Header("Authorization"), "Bearer ")
		if !ok || s.authenticate(ctx.Context(), key) != nil {
			_ = huma.WriteErr(api, ctx, http.StatusUnauthorized, "Send an API key.")
			return
		}
		callOf(ctx.Context()).route = ctx.Operation().Path
		next(ctx)
	})
	huma.Get(api, "/api/phone_numbers/{id}", func(ctx context.Context, in *humaID) (*humaOne, error) {
		n, err := s.phone.Get(ctx, callOf(ctx).workspace.ID, in.ID)
		return &humaOne{packHuma(n)}, humaError(err)
	})
	huma.Put(api, "/api/phone_numbers/{id}", func(ctx context.Context, in *humaUpdate) (*humaOne, error) {
		n, err := s.phone.Update(ctx, callOf(ctx).workspace.ID, in.ID, phone.Change{AgentID: in.Body.AgentID})
		return &humaOne{packHuma(n)}, humaError(err)
	})
	huma.Get(api, "/api/phone_numbers", func(ctx context.Context, in *humaList) (*humaPage, error) {
		q := phone.ListQuery{Limit: &in.Limit}
		if in.Cursor != "" {
			q.Cursor = &in.Cursor
		}
		page, err := s.phone.List(ctx, callOf(ctx).workspace.ID, q)
		var out humaPage
		out.Body.Data = make([]humaNumber, len(page.Numbers))
		for i, n := range page.Numbers {
			out.Body.Data[i] = packHuma(n)
		}
		if page.Cursor != "" {
			out.Body.Cursor = &page.Cursor
		}
		return &out, humaError(err)
	})
	return mux, nil
}

func humaError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, phone.ErrNotFound):
		return huma.Error404NotFound("There is no phone number with this id.")
	}
	return err
}
