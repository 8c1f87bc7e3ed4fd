// Package account connects a command to the API: with a key from the environment or from a profile, and with the address that
// belongs to it. It has the commands for profiles.
package account

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/vogent-community/phonenumbers/api/client"
	"github.com/vogent-community/phonenumbers/internal/cli/arguments"
	"github.com/vogent-community/phonenumbers/internal/cli/failures"
	"github.com/vogent-community/phonenumbers/internal/console"
	"github.com/vogent-community/phonenumbers/internal/profiles"
)

const (
	baseURLFlag     = "base-url"
	baseURLVariable = "VOGENT_BASE_URL"
	keyVariable     = "VOGENT_API_KEY"
	profileVariable = "PHONENUMBERS_PROFILE"
	givenAddress    = baseURLVariable + " or --" + baseURLFlag
)

// Session is a run of a command that calls the API.
type Session struct {
	*console.Console
	API     *client.Client
	BaseURL string
	from    failures.Origin
}

// target is what the command line and the environment say about the server to call. Fields that they do not set are empty.
type target struct{ profile, baseURL string }

// name returns the name of the profile.
func (to *target) name() string { return cmp.Or(to.profile, profiles.Default) }

func (to *target) flags(command *cobra.Command, profileUsage string) {
	command.Flags().Var(arguments.Hidden(&to.baseURL, "URL", profiles.CheckBaseURL), baseURLFlag, "the base URL of the API (default: the address of the profile, or "+client.DefaultBaseURL+")")
	arguments.FromVariable(command, baseURLFlag, baseURLVariable)
	arguments.CompleteFlag(command, baseURLFlag, cobra.NoFileCompletions)
	to.profileFlag(command, profileUsage)
}

func (to *target) profileFlag(command *cobra.Command, usage string) {
	command.Flags().Var(arguments.Hidden(&to.profile, "NAME", profiles.CheckName), "profile", usage+` (default "`+profiles.Default+`")`)
	arguments.FromVariable(command, "profile", profileVariable)
	arguments.CompleteFlag(command, "profile", completeProfiles)
}

// access is a key and the only address that it may be sent to.
type access struct {
	key, baseURL string // an empty key means the key in the environment
	from         failures.Origin
}

// access finds the key for the target, and the address that belongs to the key.
func (to *target) access(t *console.Console) (access, error) {
	if os.Getenv(keyVariable) != "" {
		if to.profile != "" {
			t.Note("phonenumbers: %s is set and overrides the profile; unset it to use the profile", keyVariable)
		}
		checkKey := "check that " + keyVariable + " is correct and belongs to the server in " + givenAddress
		return access{"", cmp.Or(to.baseURL, client.DefaultBaseURL), failures.Origin{CheckKey: checkKey, Address: givenAddress}}, nil
	}
	path, kept, err := keptProfiles()
	if err != nil {
		return access{}, console.Exit(console.ExitUnauthorized, fmt.Sprintf("no API key: %s is not set, and %v", keyVariable, err))
	}
	p, found := kept[to.name()]
	switch {
	case !found && to.profile != "":
		return access{}, console.Exit(console.ExitUnauthorized, without(kept, to.profile))
	case !found && len(kept) > 0:
		return access{}, console.Exit(console.ExitUnauthorized, fmt.Sprintf("no API key: set %s, or choose a profile with --profile: %s", keyVariable, strings.Join(kept.Names(), ", ")))
	case !found:
		return access{}, console.Exit(console.ExitUnauthorized, "no API key: run 'phonenumbers login', or set "+keyVariable)
	case to.baseURL != "" && !profiles.SameAddress(to.baseURL, p.BaseURL):
		return access{}, console.Exit(console.ExitUnauthorized, fmt.Sprintf("nothing was sent: the key of the profile %s is for %s, but %s is %s; "+
			"omit the address to use the profile, choose another profile with --profile, or set %s", to.name(), p.BaseURL, givenAddress, to.baseURL, keyVariable))
	}
	checkKey := fmt.Sprintf("the key comes from the profile %s in %s; replace it with 'phonenumbers login --profile %[1]s'", to.name(), path)
	return access{p.APIKey, p.BaseURL, failures.Origin{CheckKey: checkKey, Address: "the profile " + to.name()}}, nil
}

// session makes a client for the access.
func (a access) session(t *console.Console) (*Session, error) {
	options := []client.Option{client.WithBaseURL(a.baseURL), client.WithLogger(slog.New(&waits{Console: t}))}
	if a.key != "" {
		options = append(options, client.WithAPIKey(a.key))
	}
	c, err := client.New(options...)
	if err != nil {
		return nil, console.Usage(errors.Unwrap(err))
	}
	return &Session{Console: t, API: c, BaseURL: a.baseURL, from: a.from}, nil
}

func (to *target) connect(t *console.Console) (*Session, error) {
	a, err := to.access(t)
	if err != nil {
		return nil, err
	}
	return a.session(t)
}

// ForCompletion returns a session for the completion of a command line. It prints nothing.
func ForCompletion(c *cobra.Command) (*Session, error) {
	t := arguments.ConsoleOf(c)
	t.Err = io.Discard // a message would appear in the line that the user types
	to := target{c.Flag("profile").Value.String(), c.Flag(baseURLFlag).Value.String()}
	return to.connect(t)
}

// Command turns command into one that calls the API, and adds the flags for that.
func Command(command *cobra.Command, run func(ctx context.Context, s *Session, args []string) error) *cobra.Command {
	var to target
	to.flags(command, "use the key and the address of this profile, unless VOGENT_API_KEY is set")
	command.Long += "\n\n" + failures.ExitCodesHelp
	command.RunE = func(c *cobra.Command, args []string) error {
		s, err := to.connect(arguments.ConsoleOf(c))
		if err != nil {
			return err
		}
		return s.from.Explain(run(c.Context(), s, args))
	}
	return command
}

// waits is a log handler for a client. Every few seconds, it tells a person at a terminal why nothing happens.
type waits struct {
	*console.Console

	mu   sync.Mutex
	last time.Time
}

func (w *waits) WithAttrs([]slog.Attr) slog.Handler { return w }
func (w *waits) WithGroup(string) slog.Handler      { return w }

func (w *waits) Enabled(_ context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && console.IsTerminal(w.Err)
}

func (w *waits) Handle(_ context.Context, r slog.Record) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if r.Time.Sub(w.last) < 5*time.Second {
		return nil
	}
	w.last = r.Time
	r.Attrs(func(attr slog.Attr) bool {
		if err, ok := attr.Value.Any().(error); ok {
			w.Note("phonenumbers: retrying: %v", err)
		}
		return true
	})
	return nil
}
