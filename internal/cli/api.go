package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/client"
)

const baseURLFlag = "base-url"

// session is a run of a command that calls the API.
type session struct {
	*console
	api     *client.Client
	baseURL string
}

// apiCommand makes command one that calls the API, with the flags for that.
func apiCommand(command *cobra.Command, run func(ctx context.Context, s *session, args []string) error) *cobra.Command {
	baseURL := client.DefaultBaseURL
	command.Flags().Var(hidden{checked{&baseURL, "URL", usableBaseURL}}, baseURLFlag, "the root of the API; the key for it is in VOGENT_API_KEY")
	settingFrom(command, baseURLFlag, "VOGENT_BASE_URL")
	command.Long += "\n\n" + exitCodesHelp
	command.RunE = func(c *cobra.Command, args []string) error {
		s, err := connect(consoleOf(c), baseURL)
		if err != nil {
			return err
		}
		return run(c.Context(), s, args)
	}
	return command
}

func usableBaseURL(text string) error {
	_, err := client.New(client.WithAPIKey("unused"), client.WithBaseURL(text))
	return errors.Unwrap(err) // without "client: "
}

func connect(t *console, baseURL string) (*session, error) {
	if os.Getenv("VOGENT_API_KEY") == "" {
		return nil, exitError{exitUnauthorized, "no API key: set VOGENT_API_KEY"}
	}
	c, err := client.New(client.WithBaseURL(baseURL), client.WithLogger(slog.New(&waits{console: t})))
	if err != nil {
		return nil, usageError{errors.Unwrap(err)}
	}
	return &session{console: t, api: c, baseURL: baseURL}, nil
}

// waits is a log of a client that tells a person at a terminal why nothing happens, every few seconds.
type waits struct {
	*console

	mu   sync.Mutex
	last time.Time
}

func (w *waits) WithAttrs([]slog.Attr) slog.Handler { return w }
func (w *waits) WithGroup(string) slog.Handler      { return w }

func (w *waits) Enabled(_ context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && isTerminal(w.err)
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
			w.note("phonenumbers: trying again: %v", err)
		}
		return true
	})
	return nil
}

// find returns the number that a person names: "+..." is a number, what has the form of our ids is an id first, anything else a
// SIP prefix first. The hosted API has not documented the form of its ids, so the other is tried too.
func (s *session) find(ctx context.Context, name string) (api.PhoneNumber, error) {
	byNumber := func() (api.PhoneNumber, error) { return s.api.GetByNumber(ctx, name) }
	byID := func() (api.PhoneNumber, error) { return s.api.Get(ctx, name) }
	ways := []func() (api.PhoneNumber, error){byNumber, byID}
	switch {
	case name == "":
		return api.PhoneNumber{}, usageError{errors.New("the number is empty")}
	case strings.HasPrefix(name, "+"):
		ways = ways[:1]
	case len(name) == len(uuid.UUID{}.String()) && uuid.Validate(name) == nil:
		ways[0], ways[1] = byID, byNumber
	}
	asked := false // whether a way has shown that there is none
	for i, way := range ways {
		n, err := way()
		absent := errors.Is(err, client.ErrNotFound) && !wrongAddress(err)
		impossible := errors.Is(err, client.ErrValidation) && (asked || i < len(ways)-1) // as a number or an id
		if !absent && !impossible {
			return n, err
		}
		asked = asked || absent
	}
	next := listShowsThem
	if strings.Trim(name, "0123456789") == "" {
		next = "a number starts with + and its country code, such as +14155550100"
	}
	return api.PhoneNumber{}, exitError{exitNotFound, fmt.Sprintf("you have no number, SIP prefix or id %q; %s", name, next)}
}

// consent are the flags of commands that change something.
type consent struct{ yes, dryRun bool }

func (c *consent) dryRunFlag(command *cobra.Command) {
	command.Flags().BoolVar(&c.dryRun, "dry-run", false, "say what would be done, and do nothing")
}

// flags are those of commands that spend or destroy something.
func (c *consent) flags(command *cobra.Command) {
	c.dryRunFlag(command)
	command.Flags().BoolVarP(&c.yes, "yes", "y", false, "do it without asking; needed where there is no terminal to ask")
}

// given asks whether to do what, unless --yes says so. After --dry-run it says what, and returns false.
func (c *consent) given(ctx context.Context, s *session, what string) (bool, error) {
	switch {
	case c.dryRun:
		return false, s.would(what)
	case c.yes:
		return true, nil
	}
	err := s.ask(ctx, what)
	return err == nil, err
}

// would says what a dry run would do.
func (s *session) would(what string) error {
	if s.json {
		return s.document(struct {
			Would string `json:"would"`
		}{what})
	}
	_, err := fmt.Fprintf(s.out, "would %s\n", printable(what))
	return err
}

// agentOf is the agent that a number is linked to, empty for none.
func agentOf(n api.PhoneNumber) string {
	if n.AgentID == nil {
		return ""
	}
	return *n.AgentID
}

// numberArgument is the argument of commands for one number, with its completion.
func numberArgument(command *cobra.Command) *cobra.Command {
	command.Args = oneArg("give one number: in E.164 form such as +14155550100, its SIP prefix, or its id")
	command.ValidArgsFunction = completeNumbers
	return command
}
