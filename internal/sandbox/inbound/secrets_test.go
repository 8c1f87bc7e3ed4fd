package inbound

import (
	"io"
	"net/http"
	"net/http/httputil"
	"strings"
	"testing"

	"github.com/vogent-community/phonenumbers/api/control"
)

// canary is a part of every secret in this test.
const canary = "c4n4ry"

// echo sends the request back, first instead of a status, then in a header and the body.
func echo(t *testing.T, before string) http.HandlerFunc {
	t.Helper()
	return func(w http.ResponseWriter, r *http.Request) {
		dump, err := httputil.DumpRequest(r, true)
		if err != nil {
			t.Error(err)
		}
		respond(t, before+string(dump))(w, r)
	}
}

func TestNoErrorContainsASecret(t *testing.T) {
	t.Parallel()
	const query = "/webhook?token=" + canary
	for name, handler := range map[string]http.HandlerFunc{
		"an echo":              echo(t, ""),
		"an echo in a header":  echo(t, "HTTP/1.1 200 OK\r\nEcho "),
		"an echo in a chunk":   echo(t, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
		"an echo in a length":  echo(t, "HTTP/1.1 200 OK\r\nContent-Length: "),
		"an echo in the body":  echo(t, "HTTP/1.1 200 OK\r\n\r\n"),
		"an echo in a status":  echo(t, "HTTP/1.1 500 "),
		"a redirect to itself": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, query, http.StatusFound) },
		"a cut": func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			panic(http.ErrAbortHandler)
		},
	} {
		l := newLine(t)
		server := l.startReceiver(t, handler)
		l.Webhook.URL = strings.Replace(server.URL, "//", "//user-"+canary+":pass-"+canary+"@", 1) + query
		l.Webhook.Secret = "secret-" + canary
		checkSecrets(t, l, name)
	}
	for _, url := range []string{
		"http://user-" + canary + ":pass-" + canary + "@127.0.0.1:1" + query,
		"https://user-" + canary + ":pass-" + canary + "@127.0.0.1:1" + query,
		"http://user:" + canary + "/@127.0.0.1:1", // the password reads as a port
		"http://user:%zz" + canary + "@127.0.0.1:1",
		"http://%" + canary + "@127.0.0.1:1",
		canary + ":" + canary + "@127.0.0.1:1", // the user reads as a scheme
		canary + "://127.0.0.1:1",
		"//user:" + canary + "@127.0.0.1:1",
		"http:?" + canary,
		"\x00" + canary,
	} {
		l := newLine(t)
		l.Webhook = &control.Webhook{URL: url, Secret: "secret-" + canary}
		checkSecrets(t, l, url)
	}
}

func checkSecrets(t *testing.T, l *line, name string) {
	t.Helper()
	got := l.answered(t).Error
	if got == "" {
		t.Errorf("%q: there is no error; want one", name)
	}
	if strings.Contains(got, canary) {
		t.Errorf("%q: the error is %q; want none with %s", name, got, canary)
	}
}
