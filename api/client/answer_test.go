package client_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/client"
)

func gzipped(body string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, body)
	_ = w.Close()
	return b.String()
}

// If a response clearly says that a call was carried out, it is not a failure, whatever its form.
func TestAnswersThatAreUnusualAndGood(t *testing.T) {
	for name, send := range map[string]http.HandlerFunc{
		"201":                 plainly(201, owned),
		"a byte order mark":   plainly(200, "\ufeff"+owned),
		"gzip unasked":        encoded("gzip", gzipped(owned)),
		"x-gzip":              encoded("X-GZIP", gzipped(owned)),
		"gzip in two members": encoded("gzip", gzipped(owned[:20])+gzipped(owned[20:])),
		"identity":            encoded("identity", owned),
		"an early hint before": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusEarlyHints)
			_, _ = w.Write([]byte(owned))
		},
		"space around the JSON":      plainly(200, "\r\n\t "+owned+"\r\n"),
		"100 unasked":                bytesOf("100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n" + owned),
		"a length twice":             bytesOf(fmt.Sprintf("200 OK\r\nConnection: close\r\nContent-Length: %[1]d\r\nContent-Length: %[1]d\r\n\r\n%[2]s", len(owned), owned)),
		"trailers":                   bytesOf(fmt.Sprintf("200 OK\r\nConnection: close\r\nTrailer: X\r\nTransfer-Encoding: chunked\r\n\r\n%x;a=b\r\n%s\r\n0\r\nX: y\r\n\r\n", len(owned), owned)),
		"headers of 2 MB":            bytesOf("200 OK\r\nX: " + strings.Repeat("x", 2<<20) + "\r\nConnection: close\r\n\r\n" + owned),
		"a lie about the type":       bytesOf("200 OK\r\nContent-Type: text/html; charset=utf-16\r\n\r\n" + owned),
		"a member twice":             plainly(200, `{"id":"another","number":"another",`+owned[1:]),
		"a deep new member":          plainly(200, `{"x":`+strings.Repeat("[", 9000)+strings.Repeat("]", 9000)+","+owned[1:]),
		"a new member, not in UTF-8": plainly(200, `{"x":"`+"\xff\xfe"+`",`+owned[1:]),
	} {
		t.Run(name, func(t *testing.T) {
			for way, opts := range map[string][]client.CallOption{
				"":                              nil,
				", a caller that asks for gzip": {client.WithHeader("Accept-Encoding", "gzip")},
			} {
				c := newClientAt(t, send)
				if n, err := c.Get(t.Context(), id, opts...); err != nil || n.ID != id {
					t.Errorf("Get%s: %+v, %v; want the id %s", way, n, err, id)
				}
				if n, err := c.Buy(t.Context(), number, opts...); err != nil || n.Number != number {
					t.Errorf("Buy%s: %+v, %v; want the number %s", way, n, err, number)
				}
			}
		})
	}
	for _, status := range []int{200, 201, 204} {
		sent := 0
		err := newClientAt(t, func(w http.ResponseWriter, _ *http.Request) {
			sent++
			answer(w, status, map[int]string{200: owned, 201: owned}[status])
		}).Delete(t.Context(), id)
		if err != nil {
			t.Errorf("Delete, then %d: %v", status, err)
		}
		if sent != 1 {
			t.Errorf("Delete, then %d: sent %d times; want once", status, sent)
		}
	}
}

func encoded(encoding, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", encoding)
		_, _ = w.Write([]byte(body))
	}
}

// A problem reads the same in gzip and after a byte order mark.
func TestAProblemIsReadInGzipAndBehindAByteOrderMark(t *testing.T) {
	for name, body := range map[string]string{"gzip": gzipped(`{"code":"not_found","detail":"Gone."}`), "": "\ufeff" + `{"code":"not_found","detail":"Gone."}`} {
		_, err := newClientAt(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", name)
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte(body))
		}).Get(t.Context(), id, client.WithHeader("Accept-Encoding", "gzip"))
		checkErrorIs(t, "encoding "+name, err, client.ErrNotFound)
		checkErrorSays(t, "encoding "+name, err, "Gone. (not_found)")
	}
}

// A small response cannot unpack to more than the bound.
func TestAnAnswerInGzipIsBoundedToo(t *testing.T) {
	bomb := strings.Repeat(gzipped(strings.Repeat(" ", 1<<20)), 20) + gzipped(owned)
	_, err := newClientAt(t, encoded("gzip", bomb)).Get(t.Context(), id, client.WithHeader("Accept-Encoding", "gzip"))
	checkErrorSays(t, fmt.Sprintf("%d bytes", len(bomb)), err, "more than 8 MiB")
}

func TestWhatAVersionDoesNotKnowIsKept(t *testing.T) {
	body := like(`{"number":"é\"1","type":"MOBILE","agentId":"a\u0041é","carrier":{"name":"x"}}`)
	c := inBubble(t, func(*http.Request) (*http.Response, error) {
		return reply(200, http.Header{"Ratelimit": {`"key";r=19;t=1`}}, body), nil
	})
	var kept client.Response
	n, err := c.Get(t.Context(), id, client.WithResponse(&kept))
	if err != nil {
		t.Fatal(err)
	}
	for what, value := range map[string]struct{ got, want any }{
		"type":               {n.Type, api.PhoneNumberType("MOBILE")},
		"number":             {n.Number, `é"1`},
		"agent":              {*n.AgentID, "aAé"},
		"the kept body":      {string(kept.Body), body},
		"the kept status":    {kept.StatusCode, http.StatusOK},
		"the kept RateLimit": {kept.Header.Get("RateLimit"), `"key";r=19;t=1`},
	} {
		if value.got != value.want {
			t.Errorf("%s is %v; want %v", what, value.got, value.want)
		}
	}
}

// FuzzAnswer sends any body with any status. The client must not panic, and must not return a result without a required member.
func FuzzAnswer(f *testing.F) {
	for _, seed := range []string{owned, pageOf("", owned), `[{"number":"1"}]`, `{"error":{"message":1}}`, "null", "\xff", `{"errors":[{}]}`, `{"agentId":"\ud800"}`} {
		f.Add(200, seed)
		f.Add(422, seed)
	}
	f.Fuzz(func(t *testing.T, status int, body string) {
		c := inBubble(t, func(*http.Request) (*http.Response, error) {
			return reply(status, nil, body), nil
		}, client.WithRetries(0))
		n, err := c.Get(t.Context(), id)
		if err == nil {
			if status != 200 {
				t.Errorf("%d %q gives %+v; want an error, as the status is not 200", status, body, n)
			}
			for member, value := range map[string]string{"id": n.ID, "number": n.Number, "type": string(n.Type)} {
				if value == "" {
					t.Errorf("%d %q gives %+v; want an error, as the %s is empty", status, body, n, member)
				}
			}
			if !strings.Contains(strings.ToLower(body), "agentid") {
				t.Errorf("%d %q gives %+v; want an error, as the agentId is missing", status, body, n)
			}
		} else {
			if strings.ContainsAny(err.Error(), "\n\r\x1b") {
				t.Errorf("%d %q gives the error %q; want no control character in it", status, body, err)
			}
			if got := len(err.Error()); got > 1<<20 {
				t.Errorf("%d %q gives an error of %d bytes; want %d at most", status, body, got, 1<<20)
			}
		}
		page, err := c.List(t.Context(), api.ListPhoneNumbersParams{})
		if err == nil && page.Data == nil {
			t.Errorf("%d %q gives %+v; want a list that is not nil", status, body, page)
		}
		if err == nil && slices.ContainsFunc(page.Data, func(n api.PhoneNumber) bool { return n.ID == "" }) {
			t.Errorf("%d %q gives %+v; want an id for each number", status, body, page)
		}
		if found, err := c.Search(t.Context(), api.PhoneNumberSearchInput{}); err == nil && found == nil {
			t.Errorf("%d %q gives nil; want a list that is not nil", status, body)
		}
	})
}
