package ownserver

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"regexp"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/vogent-community/phonenumbers/api/control"
	"github.com/vogent-community/phonenumbers/internal/cli/arguments"
	"github.com/vogent-community/phonenumbers/internal/console"
	"github.com/vogent-community/phonenumbers/internal/sandbox"
	"github.com/vogent-community/phonenumbers/internal/sandbox/seed"
)

func sandboxCommand(version string) *cobra.Command {
	o := sandbox.Options{Addr: "127.0.0.1:0", Version: version}
	var seedFile, faultsFile string
	var webhook control.Webhook
	command := &cobra.Command{
		Use:   "sandbox [-- COMMAND [ARG]...]",
		Short: "Run a command, such as your tests, with a server in memory",
		Long: `Run a command, such as your tests, with its own server. The server works like 'phonenumbers serve',
but its database is in memory: each run begins with what the seed says, or else with no numbers. The
ids and the API key are the same in every run. For the command, the sandbox sets VOGENT_BASE_URL and
VOGENT_API_KEY, which the Go client and the command line read.

When the command ends, the server stops, and the exit code is that of the command. As in a shell,
the exit code is 128 plus the number of the signal if a signal ended the command, 127 if the command
was not found, and 126 if it could not be run. The sandbox passes SIGINT, SIGTERM, SIGHUP and
SIGQUIT on to the command.

Without a command, the sandbox prints the two variables as soon as the server is ready, and runs
until SIGINT or SIGTERM. With --json, it prints them as a JSON object.

A seed is a YAML file with workspaces, keys, agents, numbers for sale (forSale), numbers and a
webhook:

  agents: [agent_1, agent_2]
  numbers:
    - {number: "+14155550100", agentId: agent_1}
    - {number: support-line, sip: {username: caller, password: correct horse battery}}

A file of faults makes requests fail on purpose. This one lets the first number be bought, but loses
the response:

  faults:
    - {operation: createPhoneNumber, cut: after, times: 1}

With requests to /_control/, at the same address, tests can reset the sandbox, see the requests that
it got, make requests fail, and call a number. The sandbox describes all this at /docs/control.`,
		Example: `  phonenumbers sandbox -- npm test
  phonenumbers sandbox -- go test ./...
  phonenumbers sandbox -- sh -c 'phonenumbers buy +14155550100 --yes && phonenumbers list'
  phonenumbers sandbox --seed seed.yaml --faults faults.yaml -- npm test
  phonenumbers sandbox --addr 127.0.0.1:9000`,
		Args: func(c *cobra.Command, args []string) error {
			switch dash := c.ArgsLenAtDash(); {
			case len(args) > 0 && dash != 0:
				return console.Usage(fmt.Errorf("unexpected argument %q: put -- before the command, as in 'phonenumbers sandbox -- npm test'", args[0]))
			case len(args) == 0 && dash == 0, len(args) > 0 && args[0] == "":
				return console.Usage(errors.New("give a command after --, as in 'phonenumbers sandbox -- npm test'"))
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			if err := readFiles(&o, seedFile, faultsFile); err != nil {
				return err
			}
			if (webhook.URL == "") != (webhook.Secret == "") {
				return console.Usage(errors.New("give both --webhook and --webhook-secret, or neither"))
			}
			if webhook.URL != "" {
				o.Webhook = &webhook
			}
			o.Log = slog.New(slog.NewTextHandler(c.ErrOrStderr(), &slog.HandlerOptions{Level: slog.LevelWarn}))
			return runSandbox(c.Context(), o, arguments.ConsoleOf(c), args)
		},
	}
	flags := command.Flags()
	flags.Var(arguments.Checked(&o.Addr, "HOST:PORT", hostAndPort), "addr", "listen on this address; with port 0, the system picks a free port")
	flags.BoolVar(&o.RandomIDs, "random-ids", false, "make the ids and the API key random, as 'phonenumbers serve' does")
	flags.Var(arguments.Checked(&seedFile, "FILE", arguments.NotEmpty), "seed", "begin with the seed in this YAML file")
	flags.Var(arguments.Checked(&faultsFile, "FILE", arguments.NotEmpty), "faults", "begin with the faults in this YAML file")
	flags.Var(arguments.Hidden(&webhook.URL, "URL", webURL), "webhook", "send the event of each call to this URL, instead of that in the seed")
	flags.Var(arguments.Hidden(&webhook.Secret, "SECRET", arguments.NotEmpty), "webhook-secret", "sign the events with this secret")
	return command
}

func webURL(value string) error {
	if !seed.IsWebURL(value) {
		return errors.New("it must be an http or https URL with a host, such as http://127.0.0.1:3000/webhook")
	}
	return nil
}

// readFiles reads the seed and the faults. An empty name is for no file.
func readFiles(o *sandbox.Options, seedFile, faultsFile string) (err error) {
	if seedFile != "" {
		if o.Seed, err = sandbox.ReadSeed(seedFile); err != nil {
			return err
		}
	}
	if faultsFile != "" {
		o.Faults, err = sandbox.ReadFaults(faultsFile)
	}
	return err
}

func runSandbox(ctx context.Context, o sandbox.Options, t *console.Console, args []string) error {
	// Signals that arrive while the server starts are for the command too.
	signals := make(chan os.Signal, 16)
	if len(args) > 0 {
		signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
		defer signal.Stop(signals)
	}
	s, err := sandbox.Start(context.WithoutCancel(ctx), o)
	if err != nil {
		return listenError(err)
	}
	if len(args) > 0 {
		err = runWith(signals, t, args, "VOGENT_BASE_URL="+s.BaseURL, "VOGENT_API_KEY="+s.Key())
	} else if err = printSandbox(t, s); err == nil {
		select {
		case <-ctx.Done():
		case <-s.Done():
		}
	}
	return errors.Join(s.Stop(), err)
}

func printSandbox(t *console.Console, s *sandbox.Sandbox) error {
	if t.JSON {
		return writeAccess(t, s.BaseURL, s.Key())
	}
	_, err := fmt.Fprintf(t.Out, "export VOGENT_BASE_URL=%s\nexport VOGENT_API_KEY=%s\n", quoted(s.BaseURL), quoted(s.Key()))
	return err
}

// plain matches a text that a shell takes as it is.
var plain = regexp.MustCompile(`^[A-Za-z0-9._/:@%+-]+$`)

// quoted returns text as one word for a shell. A seed can have a key with any visible characters.
func quoted(text string) string {
	if plain.MatchString(text) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// runWith runs a command with additional variables, passes signals on to it, and returns its exit code as an error.
func runWith(signals <-chan os.Signal, t *console.Console, args []string, variables ...string) error {
	command := exec.Command(args[0], args[1:]...) //nolint:gosec,noctx // the user gives the command; it must get signals, and not be killed
	command.Env = append(os.Environ(), variables...)
	command.Stdin, command.Stdout, command.Stderr = t.In, console.Underlying(t.Out), t.Err
	if err := command.Start(); err != nil {
		code := 126
		if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
			code = 127
		}
		return console.Exit(code, fmt.Sprintf("cannot run the command: %v", err))
	}
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	for {
		select {
		case sent := <-signals:
			// At a terminal, Ctrl-C and Ctrl-\ have also reached the command.
			if terminal := console.IsTerminal(t.In); !terminal || sent != os.Interrupt && sent != syscall.SIGQUIT {
				_ = command.Process.Signal(sent) // it fails only if the command has ended
			}
		case err := <-ended:
			return exitOf(err)
		}
	}
}

// exitOf returns the exit code of a command that has ended as an error, nil for 0.
func exitOf(err error) error {
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok {
		return err
	}
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return console.SilentExit{Code: 128 + int(status.Signal())}
	}
	return console.SilentExit{Code: exit.ExitCode()}
}

func listenError(err error) error {
	if failure, ok := errors.AsType[*net.OpError](err); ok && failure.Op == "listen" {
		return fmt.Errorf("%w; choose another address with --addr", err)
	}
	return err
}
