package contract_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"github.com/vogent-community/phonenumbers/api/apitest"
	"github.com/vogent-community/phonenumbers/api/control"
	"github.com/vogent-community/phonenumbers/internal/cli"
	"github.com/vogent-community/phonenumbers/internal/rest"
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

// run runs the command line with its own sandbox.
func (l commandLine) run(t *testing.T, spec *spectest.Spec) commandRun {
	t.Helper()
	srv := apitest.NewServer(t, apitest.WithSeed(control.Seed{
		Keys:    []control.SeedKey{{Key: keyOfTheServer}},
		Numbers: []control.SeedNumber{{ID: ownedID, Number: owned, AgentID: "agent_1"}, {Number: unlinked}},
	}))
	args := strings.Fields(l.args)
	c, left, err := cli.RootCommand().Find(args)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.ParseFlags(left); err != nil {
		t.Fatal(err)
	}
	r := commandRun{args: l.args, command: nameOf(c), flags: map[string]string{}, reaches: l.reaches, sent: sent{}}
	c.Flags().Visit(func(f *pflag.Flag) { r.flags[f.Name] = f.Value.String() })

	t.Setenv("XDG_CONFIG_HOME", t.TempDir()) // for the profiles
	t.Setenv("VOGENT_API_KEY", srv.Key)
	t.Setenv("VOGENT_BASE_URL", srv.URL)
	var stdout, stderr bytes.Buffer
	if code := cli.Run(t.Context(), args, strings.NewReader(l.stdin), &stdout, &stderr); code != 0 {
		t.Fatalf("%s: exit code %d, want 0: %s", l.args, code, &stderr)
	}
	for _, request := range srv.Requests() {
		if request.Operation != "" {
			r.sent.record(t, spec.Operation(t, request.Operation), request)
		}
	}
	if len(r.sent) == 0 {
		t.Fatalf("%s calls no operation of openapi.yaml", l.args)
	}
	return r
}

// record adds what a request contains.
func (s sent) record(t *testing.T, op *spectest.Operation, r control.Request) {
	t.Helper()
	s[op.OperationID] = nil
	add := func(in, name string, values ...string) {
		at := partName(op, in, name)
		s[at] = append(s[at], values...)
	}
	query, err := url.ParseQuery(r.Query)
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range query {
		add("query", name, values...)
	}
	for _, p := range op.Parameters {
		switch {
		case p.In == "path":
			i := slices.Index(strings.Split(rest.BaseURL+op.Path, "/"), "{"+p.Name+"}")
			value, err := url.PathUnescape(strings.Split(r.Path, "/")[i])
			if err != nil {
				t.Fatal(err)
			}
			add(p.In, p.Name, value)
		case p.In == "header" && p.Name != "Idempotency-Key":
			t.Fatalf("the requests of a sandbox do not have the header %s, so this test needs another way to read it", p.Name)
		case p.In == "header" && r.IdempotencyKey != "":
			add(p.In, p.Name, r.IdempotencyKey)
		}
	}
	if r.BodyOmitted != "" {
		t.Fatal(r.BodyOmitted)
	}
	var value any
	decoder := json.NewDecoder(bytes.NewReader(r.Body))
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
