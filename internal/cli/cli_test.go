// Package cli_test tests the command line as users see it: the program runs as its own process, with files, flags, signals and
// HTTP. Tests that can be scripts are in testdata/script.
package cli_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/client"
	"github.com/vogent-community/phonenumbers/internal/cli"
	"github.com/vogent-community/phonenumbers/internal/dbtest"
)

var update = flag.Bool("update", false, "write the texts that the scripts compare with")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"phonenumbers": func() { os.Exit(cli.Run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
		"recorded":     recorded,
		"choices":      tryChoices,
	})
}

// TestScripts runs testdata/script/*.txtar, each in its own folder. `go test -run TestScripts/keys -v` shows the steps of one
// script. `go test -run TestScripts -update` updates the texts that "cmp" compares with. The language is
// https://pkg.go.dev/github.com/rogpeppe/go-internal/testscript with the additional commands below.
func TestScripts(t *testing.T) {
	t.Parallel()
	t.Cleanup(func() {
		if t.Failed() {
			t.Log("if a script compares with an old text, run go test ./internal/cli -run TestScripts -update, and look at the change")
		}
	})
	testscript.Run(t, testscript.Params{
		Dir:                "testdata/script",
		UpdateScripts:      *update,
		RequireUniqueNames: true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"start":    positive(start),
			"signal":   positive(signal),
			"call":     positive(call),
			"buy":      positive(buySome),
			"match":    positive(match),
			"exits":    positive(exits),
			"postgres": positive(postgres),
			"terminal": positive(terminal),
		},
		Condition: func(condition string) (bool, error) {
			if condition == "ci" {
				return os.Getenv("CI") == "true", nil
			}
			return false, fmt.Errorf("unknown condition [%s]", condition)
		},
		Setup: func(env *testscript.Env) error {
			env.Setenv("GORACE", raceSettings())
			env.Setenv("XDG_CONFIG_HOME", filepath.Join(env.WorkDir, "config")) // for the profiles
			env.Values[stateKey{}] = &state{test: env.T().(testing.TB)}
			return nil
		},
	})
}

// state is what the commands of a script share.
type (
	state struct {
		test   testing.TB
		server *server // the running server
	}
	stateKey struct{}
)

func stateOf(ts *testscript.TestScript) *state { return ts.Value(stateKey{}).(*state) }

// positive makes a command that cannot have a "!" before it.
func positive(command func(*testscript.TestScript, []string)) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, negated bool, args []string) {
		if negated {
			ts.Fatalf("this command cannot have a ! in front")
		}
		command(ts, args)
	}
}

// start PROGRAM ARGS... starts a server in the background and waits until it is ready. stdout is then what the server has
// printed. start sets ADDRESS (host:port) and VOGENT_BASE_URL and, if the server has printed a key, VOGENT_API_KEY. A script
// has one server at a time.
func start(ts *testscript.TestScript, args []string) {
	st := stateOf(ts)
	if st.server != nil {
		ts.Fatalf("a server runs already: stop it with signal first")
	}
	env := []string{"PWD=" + ts.MkAbs(".")}
	for _, name := range []string{
		"PATH", "HOME", "TMPDIR", "GORACE", "GOCOVERDIR",
		"PHONENUMBERS_ADDR", "PHONENUMBERS_DB", "PHONENUMBERS_LOG_FORMAT", "PHONENUMBERS_LOG_LEVEL", "PHONENUMBERS_SECRET_KEY",
		"PHONENUMBERS_RATE_LIMIT", "PHONENUMBERS_TRUSTED_PROXIES", "PHONENUMBERS_DB_CONNECTIONS",
	} {
		env = append(env, name+"="+ts.Getenv(name)) // an empty variable counts as not set
	}
	s, err := startServer(st.test, ts.MkAbs("."), env, args...)
	ts.Check(err)
	st.server = s
	ts.Defer(func() {
		s.kill()
		if st.server == s { // the script has failed, or did not stop the server
			ts.Logf("[stderr of the server]\n%s", s.stderr())
		}
	})
	ts.Check(s.waitUntilReady(st.test.Context()))
	fmt.Fprint(ts.Stdout(), s.stdout())
	ts.Setenv("ADDRESS", s.address)
	ts.Setenv("VOGENT_BASE_URL", "http://"+s.address+"/api")
	if s.key != "" {
		ts.Setenv("VOGENT_API_KEY", s.key)
	}
}

// signal TERM|INT sends the signal to the server, which must end with exit code 0. stdout and stderr are then all that it
// wrote.
func signal(ts *testscript.TestScript, args []string) {
	st := stateOf(ts)
	signals := map[string]os.Signal{"TERM": syscall.SIGTERM, "INT": os.Interrupt}
	if st.server == nil || len(args) != 1 || signals[args[0]] == nil {
		ts.Fatalf("usage: signal TERM|INT, while a server runs")
	}
	err := st.server.stop(signals[args[0]])
	fmt.Fprint(ts.Stdout(), st.server.stdout())
	fmt.Fprint(ts.Stderr(), st.server.stderr())
	ts.Check(err)
	st.server = nil
}

// call [-H HEADER]... METHOD PATH [BODY] calls the server with the key in VOGENT_API_KEY. PATH is relative to VOGENT_BASE_URL.
// stdout is then the status, such as "200 OK", and the body on the next line.
func call(ts *testscript.TestScript, args []string) {
	flags := flag.NewFlagSet("call", flag.ContinueOnError)
	header := http.Header{}
	flags.Func("H", "", func(line string) error {
		name, value, ok := strings.Cut(line, ": ")
		header.Set(name, value)
		if !ok {
			return errors.New("it is not NAME: VALUE")
		}
		return nil
	})
	ts.Check(flags.Parse(args))
	if args = flags.Args(); len(args) != 2 && len(args) != 3 {
		ts.Fatalf("usage: call [-H HEADER]... METHOD PATH [BODY]")
	}
	r := request{method: args[0], url: ts.Getenv("VOGENT_BASE_URL") + args[1], key: ts.Getenv("VOGENT_API_KEY"), header: header}
	if len(args) == 3 {
		r.body = args[2]
	}
	status, body, err := r.send(stateOf(ts).test.Context())
	ts.Check(err)
	fmt.Fprintf(ts.Stdout(), "%s\n%s\n", status, strings.TrimSuffix(body, "\n"))
}

// buy COUNT PREFIX buys COUNT numbers that start with the prefix. It calls the server directly, without a process for each
// number.
func buySome(ts *testscript.TestScript, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: buy COUNT PREFIX")
	}
	count, err := strconv.Atoi(args[0])
	ts.Check(err)
	c, err := client.New(client.WithBaseURL(ts.Getenv("VOGENT_BASE_URL")), client.WithAPIKey(ts.Getenv("VOGENT_API_KEY")))
	ts.Check(err)
	for range count {
		_, err := c.BuyAny(stateOf(ts).test.Context(), api.PhoneNumberSearchInput{Prefix: args[1]})
		ts.Check(err)
	}
}

// match NAME REGEXP sets the variable to what the expression matches in stdout or, if it has a group, to what the group
// matches.
func match(ts *testscript.TestScript, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: match NAME REGEXP")
	}
	expression, err := regexp.Compile("(?m)" + args[1])
	ts.Check(err)
	found := expression.FindStringSubmatch(ts.ReadFile("stdout"))
	if found == nil {
		ts.Fatalf("%s is not in stdout", args[1])
	}
	ts.Setenv(args[0], found[len(found)-1])
}

// exits CODE PROGRAM ARGS... runs the program, which must end with that exit code.
func exits(ts *testscript.TestScript, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM ARGS...")
	}
	code := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		ended, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("run %s: %v", args[1], err)
		}
		code = ended.ExitCode()
	}
	if strconv.Itoa(code) != args[0] {
		ts.Fatalf("exit code %d, want %s", code, args[0])
	}
}

// postgres creates an empty PostgreSQL database. It sets POSTGRES to the URL, and POSTGRES_PASSWORD to the password in the URL.
// Without PostgreSQL, the script is skipped; in CI, it fails.
func postgres(ts *testscript.TestScript, args []string) {
	if len(args) != 0 {
		ts.Fatalf("usage: postgres")
	}
	database := dbtest.Postgres(stateOf(ts).test)
	parsed, err := url.Parse(database)
	ts.Check(err)
	password, _ := parsed.User.Password()
	ts.Setenv("POSTGRES", database)
	ts.Setenv("POSTGRES_PASSWORD", password)
}
