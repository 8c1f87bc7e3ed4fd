package client_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/client"
)

// If the context ends a call, at any point, the error is that of the context and has its cause.
func TestTheCauseOfAContextIsInTheError(t *testing.T) {
	why := errors.New("the caller hung up")
	for name, end := range map[string]func(cancel func()) (*http.Response, error){
		"in a try": func(cancel func()) (*http.Response, error) { cancel(); return nil, io.ErrUnexpectedEOF },
		"in a wait": func(cancel func()) (*http.Response, error) {
			time.AfterFunc(time.Second, cancel)
			return reply(429, http.Header{"Retry-After": {"9"}}, ""), nil
		},
		"in the page": func(cancel func()) (*http.Response, error) {
			cancel()
			return reply(200, nil, pageOf("", owned)), nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())
				c := inBubble(t, func(*http.Request) (*http.Response, error) { return end(func() { cancel(why) }) })
				var failure *client.Error
				turns := 0
				for _, err := range c.All(ctx, api.ListPhoneNumbersParams{}) {
					turns++
					if !errors.As(err, &failure) {
						t.Errorf("All: error is %#v; want a *client.Error", err)
					}
					checkErrorIs(t, "All", err, why, context.Canceled)
					checkErrorIsNot(t, "All", err, client.ErrUnavailable)
					checkErrorSays(t, "All", err, why.Error())
				}
				if turns != 1 {
					t.Errorf("All: %d turns of the loop; want 1", turns)
				}
				_, err := c.Get(ctx, id)
				checkErrorIs(t, "Get with an ended context", err, why, context.Canceled)
			})
		})
	}
}

func TestACallWithAnEndedContextIsNotSent(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c := inBubble(t, func(*http.Request) (*http.Response, error) {
		t.Error("it was sent")
		return nil, errors.New("sent")
	})
	for operationID, m := range methods {
		err := m.call(ctx, c)
		checkErrorIs(t, operationID, err, context.Canceled)
		checkErrorIsNot(t, operationID, err, client.ErrOutcomeUnknown)
	}
}
