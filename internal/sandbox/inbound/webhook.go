package inbound

import (
	"bytes"
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"time"

	"github.com/vogent-community/phonenumbers/api/control"
)

const (
	webhookTimeout = 3 * time.Second // as published; for everything from the connection to the end of the response
	maxResponse    = 64 << 10
)

// event is the body of the webhook, with the members in the published order.
type event struct {
	Event   string `json:"event"`
	Payload dial   `json:"payload"`
}

type dial struct {
	DialSessionID string `json:"dial_session_id"`
	DialID        string `json:"dial_id"`
	DestNumberID  string `json:"dest_number_id"`
	CallAgentID   string `json:"call_agent_id"`
	SourceNumber  string `json:"source_number"`
}

// notify sends the event and returns what came of it. It returns an error only if ctx ends.
func (c *Caller) notify(ctx context.Context, d dial) (*control.WebhookResult, error) {
	start, result := time.Now(), &control.WebhookResult{}
	limited, cancel := context.WithTimeout(ctx, c.limit())
	defer cancel()
	result.Error = c.send(limited, d, result)
	if result.Error != "" && ctx.Err() != nil {
		return nil, ctx.Err()
	}
	result.DurationMs = int(time.Since(start).Milliseconds())
	return result, nil
}

func (c *Caller) limit() time.Duration { return cmp.Or(c.timeout, webhookTimeout) }

// send sends the event and puts the response into result. If that fails, it returns a sentence that names the cause.
//
// The sentence contains nothing that can hold the secret or the userinfo or query of the URL. That rules out the text of an
// error about the URL, and of an error about a response, which can repeat the request.
func (c *Caller) send(ctx context.Context, d dial, result *control.WebhookResult) (failure string) {
	connected := false
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected = true }})
	request, err := c.request(traced, d)
	if err != nil || request.URL.Host == "" || request.URL.Scheme != "http" && request.URL.Scheme != "https" {
		return "The URL of the webhook is not an http or https URL."
	}
	// The zero Proxy connects to the webhook itself, whatever HTTP_PROXY says.
	transport := &http.Transport{DisableKeepAlives: true, DisableCompression: true}
	defer transport.CloseIdleConnections()        // ends an attempt to connect, which goes on when ctx ends
	response, err := transport.RoundTrip(request) // not an http.Client, because that follows redirects
	if err != nil {
		var cut *net.OpError
		switch {
		case ctx.Err() != nil:
			return fmt.Sprintf("The webhook did not respond within %g seconds.", c.limit().Seconds())
		case !connected:
			return fmt.Sprintf("The webhook is not reachable: %v.", err)
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.As(err, &cut):
			return "The webhook closed the connection before it responded."
		}
		return "The webhook did not send a valid HTTP response."
	}
	defer func() { _ = response.Body.Close() }()
	return c.receive(ctx, response, result)
}

// receive puts the response into result. Its failure is as for send.
func (c *Caller) receive(ctx context.Context, response *http.Response, result *control.WebhookResult) (failure string) {
	result.Status = response.StatusCode
	switch {
	case response.StatusCode/100 == 3 && response.Header.Get("Location") != "":
		return fmt.Sprintf("The webhook responded with a redirect, status %d. Redirects are not followed.", response.StatusCode)
	case response.StatusCode/100 != 2:
		return fmt.Sprintf("The webhook responded with status %d.", response.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxResponse+1))
	switch {
	case err != nil && ctx.Err() != nil:
		return fmt.Sprintf("The response of the webhook did not end within %g seconds.", c.limit().Seconds())
	case err != nil:
		return "The body of the webhook's response was incomplete."
	case len(body) > maxResponse:
		return "The body of the webhook's response is larger than 64 KiB."
	}
	return decode(body, result)
}

// request returns a signed request with the event.
func (c *Caller) request(ctx context.Context, d dial) (*http.Request, error) {
	body, err := json.Marshal(event{"dial.inbound", d})
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.Webhook.URL, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	signature := hmac.New(sha256.New, []byte(c.Webhook.Secret))
	signature.Write(body)
	request.Header.Set("X-Elto-Signature", hex.EncodeToString(signature.Sum(nil)))
	if user := request.URL.User; user != nil {
		password, _ := user.Password()
		request.SetBasicAuth(user.Username(), password)
	}
	return request, nil
}

// decode puts the body of a response into result. Like the hosted API, it ignores members that it does not know.
func decode(body []byte, result *control.WebhookResult) (failure string) {
	if len(body) == 0 {
		return ""
	}
	if !json.Valid(body) {
		return "The body of the webhook's response is not JSON."
	}
	var members map[string]json.RawMessage // not a struct, because that accepts names in another letter case
	if err := json.Unmarshal(body, &members); err != nil || members == nil {
		return "The body of the webhook's response is not a JSON object."
	}
	input, ok := stringMap(members["call_agent_input"])
	if !ok {
		return "In the webhook's response, call_agent_input must be an object whose values are strings."
	}
	keywords, ok := stringList(members["keywords"])
	if !ok {
		return "In the webhook's response, keywords must be an array of strings."
	}
	result.CallAgentInput, result.Keywords = input, keywords
	return ""
}

// stringMap decodes an object of strings, without null. An absent member is nil.
func stringMap(member json.RawMessage) (m map[string]string, ok bool) {
	if member == nil {
		return nil, true
	}
	var values map[string]*string
	if err := json.Unmarshal(member, &values); err != nil || values == nil {
		return nil, false
	}
	m = make(map[string]string, len(values))
	for name, value := range values {
		if value == nil {
			return nil, false
		}
		m[name] = *value
	}
	return m, true
}

// stringList decodes an array of strings, without null. An absent member is nil.
func stringList(member json.RawMessage) (list []string, ok bool) {
	if member == nil {
		return nil, true
	}
	var values []*string
	if err := json.Unmarshal(member, &values); err != nil || values == nil {
		return nil, false
	}
	for _, value := range values {
		if value == nil {
			return nil, false
		}
		list = append(list, *value)
	}
	return list, true
}
