package cli_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/vogent-community/phonenumbers/internal/cli"
)

// recorded is phonenumbers without a network.
func recorded() {
	record(os.Stderr)
	os.Exit(cli.Run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// record replaces the network for the rest of the process. For each request, it writes the line "sent KEY to URL" and responds
// with an empty list.
func record(w io.Writer) {
	http.DefaultTransport = roundTripper(func(r *http.Request) (*http.Response, error) {
		fmt.Fprintf(w, "sent %s to %s://%s%s\n", strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "), r.URL.Scheme, r.URL.Host, r.URL.Path)
		return &http.Response{
			StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Request: r,
			Body: io.NopCloser(strings.NewReader(`{"data":[],"cursor":null}`)),
		}, nil
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// The address of each profile, and a third one.
const (
	hosted  = "https://api.vogent.ai/api"
	home    = "http://home.example/api" // in the profile default
	work    = "http://work.example/api" // in the profile work
	another = "http://another.example/api"
)

// choice is what a command line, the environment and the profiles file say about a call.
type choice struct {
	flag, variable string // the base URL
	key            string // VOGENT_API_KEY
	profile        string // --profile
	profileVar     string // PHONENUMBERS_PROFILE
	kept           bool   // whether there are profiles
}

// want returns the key that must be sent and the address that must get it, or neither if nothing may be sent.
func (c choice) want() (key, address string) {
	first := func(texts ...string) string {
		for _, text := range texts {
			if text != "" {
				return text
			}
		}
		return ""
	}
	given := first(c.flag, c.variable)
	if c.key != "" {
		return c.key, first(given, hosted)
	}
	kept := map[string]string{"default": home, "work": work}
	name := first(c.profile, c.profileVar, "default")
	address = kept[name]
	if !c.kept || address == "" || given != "" && !strings.EqualFold(strings.TrimRight(given, "/"), address) {
		return "", ""
	}
	return "key-of-" + name, address
}

// TestAKeyIsSentOnlyToItsAddress tries every combination in another process, because it changes the environment and the
// network.
func TestAKeyIsSentOnlyToItsAddress(t *testing.T) {
	t.Parallel()
	with := t.TempDir()
	keep(t, with, fmt.Sprintf("default: {baseUrl: %s, apiKey: key-of-default}\nwork: {baseUrl: %s, apiKey: key-of-work}\n", home, work))
	command := exec.CommandContext(t.Context(), "choices", with, t.TempDir())
	command.Env = plainEnviron()
	output, err := command.CombinedOutput()
	if want := "180 of 324 send a key\n"; err != nil || string(output) != want {
		t.Errorf("got %v and\n%s\nwant\n%s", err, output, want)
	}
}

// tryChoices prints each choice that goes wrong and, at the end, how many choices sent a key. Its arguments are a folder with
// profiles and one without.
func tryChoices() {
	var stderr bytes.Buffer
	record(&stderr)
	count, sent := 0, 0
	for _, flag := range []string{"", "HTTP://WORK.example/api/", another} { // the second one is the address of the profile work
		for _, variable := range []string{"", home, another} {
			for _, key := range []string{"", "key-of-environment"} {
				for _, profile := range []string{"", "work", "gone"} {
					for _, profileVar := range []string{"", "work", "gone"} {
						for _, kept := range []bool{true, false} {
							stderr.Reset()
							c := choice{flag, variable, key, profile, profileVar, kept}
							if key, _ := c.want(); key != "" {
								sent++
							}
							count++
							if wrong := c.try(&stderr); wrong != "" {
								fmt.Printf("%+v: %s\n%s", c, wrong, &stderr)
							}
						}
					}
				}
			}
		}
	}
	fmt.Printf("%d of %d send a key\n", sent, count)
}

var sentLine = regexp.MustCompile(`(?m)^sent (\S+) to (\S+)/phone_numbers$`)

// try runs a command line with the choice, and returns what is wrong.
func (c choice) try(stderr *bytes.Buffer) string {
	dir := os.Args[1]
	if !c.kept {
		dir = os.Args[2]
	}
	for name, value := range map[string]string{
		"XDG_CONFIG_HOME": dir, "VOGENT_BASE_URL": c.variable, "VOGENT_API_KEY": c.key, "PHONENUMBERS_PROFILE": c.profileVar,
	} {
		if err := os.Setenv(name, value); err != nil {
			return err.Error()
		}
	}
	args := []string{"list"}
	for flag, value := range map[string]string{"--base-url": c.flag, "--profile": c.profile} {
		if value != "" {
			args = append(args, flag, value)
		}
	}
	code := cli.Run(context.Background(), args, strings.NewReader(""), io.Discard, stderr)
	var key, address string
	sent := sentLine.FindAllStringSubmatch(stderr.String(), -1)
	if len(sent) > 0 {
		key, address = sent[0][1], sent[0][2]
	}
	wantKey, wantAddress := c.want()
	if c.key != "" { // it goes to the address as it is spelled there
		address, wantAddress = strings.ToLower(address), strings.TrimRight(strings.ToLower(wantAddress), "/")
	}
	wantCode := 0
	if wantKey == "" {
		wantCode = 4
	}
	wantNote := c.key != "" && (c.profile != "" || c.profileVar != "")
	switch {
	case code != wantCode:
		return fmt.Sprintf("the exit code is %d; want %d", code, wantCode)
	case len(sent) > 1:
		return fmt.Sprintf("sent %d keys; want 1 or none", len(sent))
	case key != wantKey:
		return fmt.Sprintf("sent the key %q; want %q", key, wantKey)
	case address != wantAddress:
		return fmt.Sprintf("sent to %q; want %q", address, wantAddress)
	case strings.Contains(sentLine.ReplaceAllString(stderr.String(), ""), "key-of-"):
		return "a key is shown"
	case strings.Contains(stderr.String(), "VOGENT_API_KEY is set and overrides the profile") != wantNote:
		return fmt.Sprintf("a note that the environment wins: want %t", wantNote)
	}
	return ""
}

// keep writes a profiles file below the folder.
func keep(t *testing.T, dir, text string) {
	t.Helper()
	if err := os.Mkdir(filepath.Join(dir, "phonenumbers"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "phonenumbers", "profiles.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// People log in to several servers at once, for example in a script.
func TestLoginsAtTheSameTimeAreAllKept(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var logins sync.WaitGroup
	const n = 16
	for i := range n {
		logins.Go(func() {
			command := exec.CommandContext(t.Context(), "recorded", "login", "--profile", fmt.Sprintf("p%d", i), "--api-key-file", "-")
			command.Env = append(plainEnviron(), "XDG_CONFIG_HOME="+dir)
			command.Stdin = strings.NewReader(fmt.Sprintf("key-%d\n", i))
			if output, err := command.CombinedOutput(); err != nil {
				t.Errorf("%v: %s", err, output)
			}
		})
	}
	logins.Wait()
	text, err := os.ReadFile(filepath.Join(dir, "phonenumbers", "profiles.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if want := fmt.Sprintf("p%d:\n    baseUrl: %s\n    apiKey: key-%d\n", i, hosted, i); !strings.Contains(string(text), want) {
			t.Errorf("the file is\n%s\nwant %q in it", text, want)
		}
	}
}
