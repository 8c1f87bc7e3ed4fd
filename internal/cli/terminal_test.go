package cli_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/rivo/uniseg"
	"github.com/rogpeppe/go-internal/testscript"
)

// terminal CODE DIALOGUE PROGRAM ARGS... runs the program on a pseudo-terminal, which is its stdin, stdout and stderr. A
// simulated person does what the file DIALOGUE says, line by line:
//
//	expect TEXT   waits until the terminal shows the text, after what was expected before
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
		"XDG_CONFIG_HOME",
	} {
		command.Env = append(command.Env, name+"="+ts.Getenv(name)) // an empty variable counts as not set
	}
	s, err := openScreen(command, usualWidth)
	ts.Check(err)
	wrong := s.play(ts.ReadFile(args[1]))
	if wrong != nil {
		_ = command.Process.Kill() // the only possible error is that it has ended
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
	expected int // how much of the text the dialogue has expected so far
}

// usualWidth is wide enough for most tables.
const usualWidth = 120

// openScreen starts a command on a terminal with this many columns. A terminal with no columns does not report its size.
func openScreen(command *exec.Cmd, columns uint16) (*screen, error) {
	file, err := pty.StartWithSize(command, &pty.Winsize{Rows: min(24, columns), Cols: columns})
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

// shown returns all that the terminal has shown.
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
	_ = s.command.Wait() // its error is the exit code
	_ = s.file.Close()   // the terminal is no longer needed
	return s.command.ProcessState.ExitCode()
}

// On a terminal, each row is one line, however narrow the terminal is. A cell that is cut ends in an ellipsis. In a pipe, and
// on a terminal that does not report its size, nothing is cut.
func TestATableIsCutToTheTerminal(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"data":[
			{"id":"01a20d47-3f6a-75da-848a-9a6ae4c3f73c","number":"+14155550100","type":"PSTN","agentId":null},
			{"id":"01a20d47-4233-7dcf-b115-c04398072bca","number":"+442079460000","type":"PSTN","agentId":"agent_of_the_night_shift_in_the_london_office"},
			{"id":"01a20d47-4233-7dcf-b115-c04398072bcb","number":"café","type":"SIP_USERNAME","agentId":"e\u0301e\u0301e\u0301e\u0301e\u0301"},
			{"id":"01a20d47-4233-7dcf-b115-c04398072bcc","number":"東京支店","type":"SIP_USERNAME","agentId":"夜勤の担当者夜勤の担当者夜勤の担当者"}
		],"cursor":null}`)
	}))
	t.Cleanup(server.Close)
	list := func() *exec.Cmd {
		command := exec.CommandContext(t.Context(), "phonenumbers", "list")
		command.Env = append(plainEnviron(), "VOGENT_API_KEY=key", "VOGENT_BASE_URL="+server.URL, "NO_COLOR=1")
		return command
	}
	const longest = "+442079460000\tPSTN\tagent_of_the_night_shift_in_the_london_office\n"
	if piped, err := list().Output(); err != nil || !strings.Contains(string(piped), longest) {
		t.Errorf("got %v, and in a pipe\n%s\nwant %q in it", err, piped, longest)
	}
	for columns, want := range map[uint16]string{
		0: `
ID                                    NUMBER         TYPE          AGENT
01a20d47-3f6a-75da-848a-9a6ae4c3f73c  +14155550100   PSTN          -
01a20d47-4233-7dcf-b115-c04398072bca  +442079460000  PSTN          agent_of_the_night_shift_in_the_london_office
01a20d47-4233-7dcf-b115-c04398072bcb  café           SIP_USERNAME  ééééé
01a20d47-4233-7dcf-b115-c04398072bcc  東京支店       SIP_USERNAME  夜勤の担当者夜勤の担当者夜勤の担当者
`,
		10: `
… NUM… … …
… +14… … -
… +44… … …
… café … …
… 東…  … …
`,
		20: `
… NUMBER        … …
… +14155550100  … -
… +442079460000 … …
… café          … …
… 東京支店      … …
`,
		40: `
ID       NUMBER         TYPE     AGENT
01a20d…  +14155550100   PSTN     -
01a20d…  +442079460000  PSTN     agent_…
01a20d…  café           SIP_US…  ééééé
01a20d…  東京支店       SIP_US…  夜勤の…
`,
		80: `
ID                        NUMBER         TYPE          AGENT
01a20d47-3f6a-75da-848a…  +14155550100   PSTN          -
01a20d47-4233-7dcf-b115…  +442079460000  PSTN          agent_of_the_night_shift…
01a20d47-4233-7dcf-b115…  café           SIP_USERNAME  ééééé
01a20d47-4233-7dcf-b115…  東京支店       SIP_USERNAME  夜勤の担当者夜勤の担当者…
`,
		120: `
ID                                    NUMBER         TYPE          AGENT
01a20d47-3f6a-75da-848a-9a6ae4c3f73c  +14155550100   PSTN          -
01a20d47-4233-7dcf-b115-c04398072bca  +442079460000  PSTN          agent_of_the_night_shift_in_the_london_office
01a20d47-4233-7dcf-b115-c04398072bcb  café           SIP_USERNAME  ééééé
01a20d47-4233-7dcf-b115-c04398072bcc  東京支店       SIP_USERNAME  夜勤の担当者夜勤の担当者夜勤の担当者
`,
	} {
		t.Run(fmt.Sprint(columns), func(t *testing.T) {
			s, err := openScreen(list(), columns)
			if err != nil {
				t.Fatal(err)
			}
			if code := s.end(); code != 0 {
				t.Errorf("the exit code is %d; want 0", code)
			}
			if got := "\n" + s.shown(); got != want {
				t.Errorf("the terminal shows%s\nwant%s", got, want)
			}
			for line := range strings.Lines(s.shown()) {
				if wide := uniseg.StringWidth(strings.TrimSuffix(line, "\n")); columns > 0 && wide > int(columns) {
					t.Errorf("%q has %d columns; want %d or fewer", line, wide, columns)
				}
			}
		})
	}
}
