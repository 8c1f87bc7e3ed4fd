package cli_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/creack/pty"
	"github.com/rogpeppe/go-internal/testscript"
)

// terminal CODE DIALOGUE PROGRAM ARGS... runs the program on a pseudo-terminal, which is its stdin, stdout and stderr, with a
// person who does what the file DIALOGUE says, line by line:
//
//	expect TEXT   waits until the terminal shows the text, behind what was expected before
//	type TEXT     types the text and return
//	press ^C      presses control and a letter
//
// The program must end with the exit code. stdout is then what the terminal has shown.
func terminal(ts *testscript.TestScript, args []string) {
	if len(args) < 3 {
		ts.Fatalf("usage: terminal CODE DIALOGUE PROGRAM ARGS...")
	}
	command := exec.CommandContext(stateOf(ts).test.Context(), args[2], args[3:]...)
	command.Dir = ts.MkAbs(".")
	for _, name := range []string{
		"PATH", "HOME", "TMPDIR", "GORACE", "GOCOVERDIR", "VOGENT_BASE_URL", "VOGENT_API_KEY", "NO_COLOR", "TERM", "PHONENUMBERS_DB",
	} {
		command.Env = append(command.Env, name+"="+ts.Getenv(name)) // empty is the same as not there
	}
	s, err := openScreen(command)
	ts.Check(err)
	wrong := s.play(ts.ReadFile(args[1]))
	if wrong != nil {
		_ = command.Process.Kill() // the one error is that it has ended
	}
	code := s.end()
	fmt.Fprint(ts.Stdout(), s.shown())
	if wrong != nil {
		ts.Fatalf("%v; the terminal shows:\n%s", wrong, s.shown())
	}
	if strconv.Itoa(code) != args[0] {
		ts.Fatalf("exit code %d, want %s", code, args[0])
	}
}

// screen is a pseudo-terminal on which a command runs.
type screen struct {
	command *exec.Cmd
	file    *os.File // the person's side
	ended   chan struct{}

	mu       sync.Mutex
	text     bytes.Buffer
	expected int // how much of the text has been expected
}

func openScreen(command *exec.Cmd) (*screen, error) {
	file, err := pty.StartWithSize(command, &pty.Winsize{Rows: 24, Cols: 120})
	if err != nil {
		return nil, err
	}
	s := &screen{command: command, file: file, ended: make(chan struct{})}
	go func() {
		defer close(s.ended)
		buffer := make([]byte, 4096)
		for {
			n, err := file.Read(buffer)
			s.mu.Lock()
			s.text.Write(buffer[:n])
			s.mu.Unlock()
			if err != nil { // the command has ended
				return
			}
		}
	}()
	return s, nil
}

// shown is all that the terminal has shown.
func (s *screen) shown() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.ReplaceAll(s.text.String(), "\r\n", "\n")
}

func (s *screen) play(dialogue string) error {
	for line := range strings.Lines(dialogue) {
		verb, text, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		var err error
		switch verb {
		case "expect":
			err = s.expect(text)
		case "type":
			_, err = s.file.WriteString(text + "\n")
		case "press":
			_, err = s.file.Write([]byte{text[1] &^ 0x60})
		case "#":
		default:
			err = errors.New("a dialogue has expect, type and press")
		}
		if err != nil {
			return fmt.Errorf("%s: %w", line, err)
		}
	}
	return nil
}

func (s *screen) expect(text string) error {
	return poll(startTimeout, text, func() (bool, error) {
		shown := s.shown()
		if i := strings.Index(shown[s.expected:], text); i >= 0 {
			s.expected += i + len(text)
			return true, nil
		}
		return false, nil
	})
}

// end waits until the command has ended, and returns its exit code.
func (s *screen) end() int {
	timer := time.AfterFunc(startTimeout, func() { _ = s.command.Process.Kill() })
	defer timer.Stop()
	<-s.ended
	_ = s.command.Wait() // whose error is the exit code
	_ = s.file.Close()   // which was only read
	return s.command.ProcessState.ExitCode()
}
