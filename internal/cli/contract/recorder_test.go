package contract_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/spf13/pflag"

	"github.com/vogent-community/phonenumbers/api/client"
	"github.com/vogent-community/phonenumbers/internal/cli"
	"github.com/vogent-community/phonenumbers/internal/dbtest"
	"github.com/vogent-community/phonenumbers/internal/rest"
	"github.com/vogent-community/phonenumbers/internal/serve"
	"github.com/vogent-community/phonenumbers/internal/spectest"
)

// commandLine is a command line that must succeed.
type commandLine struct {
	args, stdin string
	reaches     reaches
}

// reaches has the parts that flags set, by the name of the flag.
type reaches map[string]string

// commandRun is a command line with what it sent.
type commandRun struct {
	args, command string
	flags         map[string]string // those on the line, with their values
	reaches       reaches
	sent          sent
}

// sent is what requests contain: the ids of the operations that they call, and parameters and
// members such as "updatePhoneNumber: body /agentId" with their values.
type sent map[string][]string

func (s sent) has(name string) bool {
	_, has := s[name]
	return has
}

// setBy returns the parts that a flag sets: the one that reaches names, or those that have its
// value.
func (r commandRun) setBy(flag string) (parts []string) {
	if named := r.reaches[flag]; named != "" {
		return []string{named}
	}
	for name, values := range r.sent {
		if slices.Contains(values, r.flags[flag]) {
			parts = append(parts, name)
		}
	}
	return parts
}

// run runs the command line with its own server.
func (l commandLine) run(t *testing.T, spec *spectest.Spec) commandRun {
	t.Helper()
	s := newRecordedServer(t, spec)
	args := strings.Fields(strings.ReplaceAll(l.args, ownedID, s.ownedID))
	c, left, err := cli.RootCommand().Find(args)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.ParseFlags(left); err != nil {
		t.Fatal(err)
	}
	r := commandRun{args: l.args, command: nameOf(c), flags: map[string]string{}, reaches: l.reaches}
	c.Flags().Visit(func(f *pflag.Flag) { r.flags[f.Name] = f.Value.String() })

	t.Setenv("XDG_CONFIG_HOME", t.TempDir()) // for the profiles
	t.Setenv("VOGENT_API_KEY", s.key)
	t.Setenv("VOGENT_BASE_URL", s.url)
	var stdout, stderr bytes.Buffer
	if code := cli.Run(t.Context(), args, strings.NewReader(strings.ReplaceAll(l.stdin, keyOfTheServer, s.key)), &stdout, &stderr); code != 0 {
		t.Fatalf("%s: exit code %d, want 0: %s", l.args, code, &stderr)
	}
	r.sent = s.recorded()
	if len(r.sent) == 0 {
		t.Fatalf("%s calls no operation of openapi.yaml", l.args)
	}
	return r
}

// recordedServer is the whole server. It records what the requests contain.
type recordedServer struct {
	url, key, ownedID string

	mu   sync.Mutex
	sent sent
}

// newRecordedServer starts a server with the numbers that the command lines name.
func newRecordedServer(t *testing.T, spec *spectest.Spec) *recordedServer {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	server, err := serve.Start(t.Context(), serve.Options{Database: dbtest.SQLite(t)})
	must(err)
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	address, err := url.Parse(strings.TrimSuffix(server.BaseURL, rest.BaseURL))
	must(err)
	s := &recordedServer{key: server.FirstKey, sent: sent{}}
	listener := httptest.NewServer(s.recording(spec, httputil.NewSingleHostReverseProxy(address)))
	t.Cleanup(listener.Close)
	s.url = listener.URL + rest.BaseURL

	c, err := client.New(client.WithBaseURL(s.url), client.WithAPIKey(s.key))
	must(err)
	n, err := c.Buy(t.Context(), owned)
	must(err)
	s.ownedID = n.ID
	_, err = c.Link(t.Context(), n.ID, "agent_1")
	must(err)
	_, err = c.Buy(t.Context(), unlinked)
	must(err)
	s.sent = sent{}
	return s
}

func (s *recordedServer) recorded() sent {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.sent)
}

// recording returns a handler that records the requests of operations.
func (s *recordedServer) recording(spec *spectest.Spec, next http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", next)
	for _, op := range spec.Operations {
		mux.HandleFunc(op.Method+" "+rest.BaseURL+op.Path, func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			s.record(op, r, body)
			r.Body = io.NopCloser(bytes.NewReader(body))
			next.ServeHTTP(w, r)
		})
	}
	return mux
}

func (s *recordedServer) record(op *spectest.Operation, r *http.Request, body []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent[op.OperationID] = nil
	add := func(in, name string, values ...string) {
		at := partName(op, in, name)
		s.sent[at] = append(s.sent[at], values...)
	}
	for name, values := range r.URL.Query() {
		add("query", name, values...)
	}
	for _, p := range op.Parameters {
		switch values := r.Header.Values(p.Name); {
		case p.In == "path":
			add(p.In, p.Name, r.PathValue(p.Name))
		case p.In == "header" && len(values) > 0:
			add(p.In, p.Name, values...)
		}
	}
	var value any
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	if decoder.Decode(&value) == nil {
		eachMember("", value, func(at string, text ...string) { add("body", at, text...) })
	}
}

// eachMember calls fn for each member of a JSON value, at any depth. If a value has no members
// itself, fn gets its text.
func eachMember(at string, value any, fn func(at string, text ...string)) {
	switch v := value.(type) {
	case map[string]any:
		for name, inner := range v {
			fn(at + "/" + name)
			eachMember(at+"/"+name, inner, fn)
		}
	case []any:
		for _, inner := range v {
			eachMember(at+"/*", inner, fn)
		}
	default:
		fn(at, fmt.Sprint(v))
	}
}
