package client

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"strconv"
	"strings"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/client/raw"
)

// Get returns the number with this id.
func (c *Client) Get(ctx context.Context, id string, opts ...CallOption) (api.PhoneNumber, error) {
	request, err := raw.NewGetPhoneNumberRequest(below, id)
	return do(ctx, c, getPhoneNumber, opts, hasID(id), request, errors.Join(checkID(id), err))
}

// Update changes the number with this id and returns the updated number. [Client.Link] and [Client.Unlink] are
// shortcuts for it.
func (c *Client) Update(ctx context.Context, id string, change api.UpdatePhoneNumberInput, opts ...CallOption) (api.PhoneNumber, error) {
	request, err := raw.NewUpdatePhoneNumberRequest(below, id, change)
	fits := func(n api.PhoneNumber) error {
		if agentID, asked := change.AgentID.AgentID(); asked && agentID != agentOf(n) {
			return fmt.Errorf("the number is linked to %q, not to %q", agentOf(n), agentID)
		}
		return hasID(id)(n)
	}
	return do(ctx, c, updatePhoneNumber, opts, fits, request, errors.Join(checkID(id), err))
}

// Link links the number with this id to an agent, replacing any other agent, and returns the updated number. An empty
// agentID is an error; it does not unlink.
func (c *Client) Link(ctx context.Context, id, agentID string, opts ...CallOption) (api.PhoneNumber, error) {
	return c.Update(ctx, id, api.UpdatePhoneNumberInput{AgentID: api.LinkAgent(agentID)}, opts...)
}

// Unlink unlinks the number with this id from its agent, if it has one, and returns the updated number.
func (c *Client) Unlink(ctx context.Context, id string, opts ...CallOption) (api.PhoneNumber, error) {
	return c.Update(ctx, id, api.UpdatePhoneNumberInput{AgentID: api.UnlinkAgent()}, opts...)
}

// Delete releases the number with this id, and deletes its agent link and SIP credentials. If a retry finds that the
// number is gone, an earlier attempt deleted it: that is not an error.
func (c *Client) Delete(ctx context.Context, id string, opts ...CallOption) error {
	request, err := raw.NewDeletePhoneNumberRequest(below, id)
	s, wrong := c.settingsOf(deletePhoneNumber, opts)
	x, err := c.newCall(deletePhoneNumber, s, request, errors.Join(checkID(id), err, wrong))
	if err != nil {
		return err
	}
	failure := x.send(ctx, into(new(api.PhoneNumber), x.op, hasID(id)))
	if failure == nil || x.unknown && failure.kind == refused && failure.StatusCode == http.StatusNotFound {
		return nil
	}
	return failure
}

// hasID returns a function that checks that a response is about the number with this id, and does not come from a
// faulty cache or belong to another user.
func hasID(id string) func(api.PhoneNumber) error {
	return func(n api.PhoneNumber) error {
		if n.ID != id {
			return fmt.Errorf("it is about the number with the id %q", n.ID)
		}
		return nil
	}
}

// checkID rejects the ids that would change the path of the request. All other ids are escaped.
func checkID(id string) error {
	switch id {
	case "":
		return errors.New("the id is empty")
	case ".", "..":
		return fmt.Errorf("%q is not an id", id)
	}
	return nil
}

// List returns a page of the numbers, oldest first. The limit of params is the size of a page; openapi.yaml has the
// default. To get the next page, pass the cursor of this one. A nil cursor means that there is no next page. The hosted
// API documents only limit and cursor, no filters. [Client.All] follows the cursors, and filters on any server.
//
// An AgentID lists the numbers of one agent; [api.NoAgent] lists the numbers without an agent.
func (c *Client) List(ctx context.Context, params api.ListPhoneNumbersParams, opts ...CallOption) (api.PhoneNumberPage, error) {
	request, err := raw.NewListPhoneNumbersRequest(below, &params)
	return do[api.PhoneNumberPage](ctx, c, listPhoneNumbers, opts, nil, request, err)
}

// All returns all numbers that match params, oldest first. It keeps one page in memory at a time; the limit of params
// is the size of a page. It ends after the last number, or with one error: from a page, from the context, or because the
// cursors of the server repeat or continue for more than 100,000 pages. Numbers that are added or deleted meanwhile may
// or may not appear. On a server that does not filter, such as the hosted one, All reads all numbers.
//
// An AgentID lists the numbers of one agent; [api.NoAgent] lists the numbers without an agent.
func (c *Client) All(ctx context.Context, params api.ListPhoneNumbersParams, opts ...CallOption) iter.Seq2[api.PhoneNumber, error] {
	const most = 100_000 // pages: ten million numbers, unless the caller makes the pages small
	return func(yield func(api.PhoneNumber, error) bool) {
		for page, err := range c.pages(ctx, params, most, opts...) {
			if err != nil {
				yield(api.PhoneNumber{}, err)
				return
			}
			for _, n := range page.Data {
				if ctx.Err() != nil {
					yield(api.PhoneNumber{}, (&call{Client: c, op: listPhoneNumbers}).ended(ctx, broken))
					return
				}
				if meets(n, params) && !yield(n, nil) {
					return
				}
			}
		}
	}
}

// pages returns the pages of the list. Filters apply only if the server supports them. If there are more than most
// pages, the last element is an error.
func (c *Client) pages(
	ctx context.Context, params api.ListPhoneNumbersParams, most int, opts ...CallOption,
) iter.Seq2[api.PhoneNumberPage, error] {
	return func(yield func(api.PhoneNumberPage, error) bool) {
		fails := func(detail string) { yield(api.PhoneNumberPage{}, listPhoneNumbers.fails(unusable, detail, nil)) }
		var seen circle
		for read := 0; ; {
			page, err := c.List(ctx, params, opts...)
			if filtered(params) && refusesFilters(err) {
				params.Number, params.AgentID, params.Type = nil, nil, nil
				continue
			}
			read++
			switch {
			case !yield(page, err) || err != nil || page.Cursor == nil || *page.Cursor == "":
				return
			case seen.closes(*page.Cursor):
				fails("the server repeated a cursor, so the list would never end")
				return
			case read == most:
				fails(fmt.Sprintf("the list has more than %d pages", most))
				return
			}
			params.Cursor = page.Cursor
		}
	}
}

func filtered(p api.ListPhoneNumbersParams) bool {
	return p.Number != nil || p.AgentID != nil || p.Type != nil
}

// refusesFilters reports whether err may come from a server that rejects parameters that it does not document.
func refusesFilters(err error) bool {
	var failure *Error
	return errors.As(err, &failure) && errors.Is(err, ErrValidation) && failure.kind == refused && !failure.Code.Valid()
}

// meets reports whether n matches the filters of p. A server may have ignored them.
func meets(n api.PhoneNumber, p api.ListPhoneNumbersParams) bool {
	return (p.Type == nil || n.Type == *p.Type) && (p.AgentID == nil || agentOf(n) == *p.AgentID) && (p.Number == nil || sameNumber(n, *p.Number))
}

// sameNumber reports whether n has this number, or this SIP prefix in any letter case.
func sameNumber(n api.PhoneNumber, number string) bool {
	return n.Number == number || n.Type == api.SIPUsername && strings.EqualFold(n.Number, number)
}

// agentOf returns the agent that a number is linked to, or an empty string if it has none.
func agentOf(n api.PhoneNumber) string {
	if n.AgentID == nil {
		return ""
	}
	return *n.AgentID
}

// circle detects that cursors repeat, while it keeps only one of them (Brent, "An improved Monte Carlo factorization
// algorithm", 1980). It replaces that one after 1, 2, 4, ... steps, so in the end a whole cycle fits between two
// replacements.
type circle struct {
	kept         string
	steps, until int
}

// closes reports whether cursor is the one that c keeps.
func (c *circle) closes(cursor string) bool {
	if c.until > 0 && cursor == c.kept {
		return true
	}
	if c.steps++; c.steps > c.until {
		c.kept, c.steps, c.until = cursor, 0, max(1, 2*c.until)
	}
	return false
}

// GetByNumber returns the phone number with this E.164 form, or the SIP address with this prefix in any letter case. If
// the workspace has neither, the error is [ErrNotFound]. On a server that does not filter, such as the hosted one,
// GetByNumber may read all numbers.
func (c *Client) GetByNumber(ctx context.Context, number string, opts ...CallOption) (api.PhoneNumber, error) {
	if number == "" {
		return api.PhoneNumber{}, listPhoneNumbers.fails(unmade, "the number is empty", nil)
	}
	for n, err := range c.All(ctx, api.ListPhoneNumbersParams{Number: &number}, opts...) {
		return n, err
	}
	return api.PhoneNumber{}, listPhoneNumbers.fails(absent, "there is no number "+strconv.Quote(number), nil)
}

// Search returns numbers for sale whose national number starts with the prefix of r, in ascending order. openapi.yaml
// has the defaults for the country and the limit of r, and the highest limit. A number may be sold before you buy it;
// [Client.BuyAny] then tries the next one.
func (c *Client) Search(ctx context.Context, r api.PhoneNumberSearchInput, opts ...CallOption) ([]api.PhoneNumberCandidate, error) {
	request, err := raw.NewSearchPhoneNumbersRequest(below, r)
	return do[[]api.PhoneNumberCandidate](ctx, c, searchPhoneNumbers, opts, nil, request, err)
}
