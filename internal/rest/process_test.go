package rest_test

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/internal/dbtest"
	"github.com/vogent-community/phonenumbers/internal/phone"
	"github.com/vogent-community/phonenumbers/internal/rest"
	"github.com/vogent-community/phonenumbers/internal/serve"
	"github.com/vogent-community/phonenumbers/internal/store"
)

// The test binary is also a server. With these variables, it serves a database, prints its URL to stdout, and stops when its
// stdin ends.
const (
	serveVariable = "REST_TEST_SERVE" // the database
	crashVariable = "REST_TEST_CRASH" // when it kills itself
)

// The times when a server can kill itself.
const (
	neverCrash          = "never"
	crashBeforeAnswer   = "after the commit, before the answer"
	crashBetweenCommits = "between the commit of the number and that of the record" // the control
)

func TestMain(m *testing.M) {
	if database := os.Getenv(serveVariable); database != "" {
		if err := serveDatabase(context.Background(), database, os.Getenv(crashVariable)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if transport, ok := http.DefaultTransport.(*http.Transport); ok {
		transport.MaxIdleConnsPerHost = 100 // with the default of 2, many clients of a server connect for each request
	}
	// Half of the tests wait, for a database or for time, so twice as many run as there are processors. -parallel overrides this.
	if err := flag.Set("test.parallel", strconv.Itoa(2*runtime.GOMAXPROCS(0))); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

func serveDatabase(ctx context.Context, database, crash string) error {
	st, err := store.Open(ctx, database)
	if err != nil {
		return err
	}
	defer func() { _ = st.Close() }()
	if err := st.Unlock(ctx, secretKey); err != nil {
		return err
	}
	services := serve.Services(st)
	services.Phone.Store = crashingStore{st, crash}
	handler, err := rest.New(services)
	if err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	srv := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		_ = srv.Close()
	}()
	fmt.Printf("http://%s\n", listener.Addr())
	_ = srv.Serve(listener)
	return nil
}

// crashingStore kills the process at a chosen moment of a purchase.
type crashingStore struct {
	*store.Store
	crash string
}

func (s crashingStore) InsertNumber(ctx context.Context, workspaceID string, n phone.Number, sip *phone.SIPCredentials, claim phone.Claim) error {
	if s.crash == crashBetweenCommits {
		claim = phone.Claim{} // as if the record had its own transaction, after this one
	}
	err := s.Store.InsertNumber(ctx, workspaceID, n, sip, claim)
	if s.crash != neverCrash && err == nil {
		self, err := os.FindProcess(os.Getpid())
		if err == nil {
			err = self.Kill()
		}
		panic(fmt.Sprint("still alive: ", err))
	}
	return err
}

// startProcess starts a server process on a database and returns its URL, without /api.
func startProcess(t *testing.T, database, crash string) string {
	t.Helper()
	command := exec.CommandContext(context.WithoutCancel(t.Context()), os.Args[0]) // it stops when its stdin ends
	command.Env = append(os.Environ(), serveVariable+"="+database, crashVariable+"="+crash)
	command.Stderr = os.Stderr
	stdin, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = stdin.Close()
		err := command.Wait()
		if killed := command.ProcessState != nil && !command.ProcessState.Exited(); killed != (crash != neverCrash) {
			t.Errorf("the server that crashes %s ended with %v", crash, err)
		}
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatalf("the server did not start: %v", err)
	}
	return strings.TrimSpace(line)
}

// buyThroughACrash buys a number from a server that is killed during the purchase. Then it sends the purchase again, with the
// same key, to another server on the same database.
func buyThroughACrash(t *testing.T, database, crash string) (retry answer, owned []string) {
	t.Helper()
	s := newServer(t, database, first)
	apiKey := s.key(t, "w")
	if a, err := post(t.Context(), startProcess(t, s.database, crash)+numbersPath, apiKey, purchaseBody(first), "k"); err == nil {
		t.Fatalf("the server answered %v; it should have been killed", a)
	}
	s.ahead.Store(int64(time.Minute)) // a claim that the crash left behind has expired by now
	retry = eventually(t, s.createURL(), apiKey, purchaseBody(first), "k")
	return retry, listed(t, s.client(t, "w"), api.ListPhoneNumbersParams{})
}

func TestAPurchaseIsKeptThroughACrashBeforeItsAnswer(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		retry, owned := buyThroughACrash(t, newDB(t), crashBeforeAnswer)
		wantAnswer(t, retry, http.StatusOK, "", "true")
		if !slices.Equal(owned, []string{first}) {
			t.Errorf("owned are %q", owned)
		}
	})
}

// The control: if the record were committed in its own transaction, a crash between the two commits would leave a number that
// the caller never learns about. The test above must be able to see that.
func TestTheCrashTestSeesARecordOutsideTheTransaction(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		retry, owned := buyThroughACrash(t, newDB(t), crashBetweenCommits)
		if retry.status == http.StatusOK || !slices.Equal(owned, []string{first}) {
			t.Errorf("got %v and %q; the control shows nothing", retry, owned)
		}
	})
}

func TestTwoProcessesAreAsOne(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		numbers := []string{}
		for i := range 6 {
			numbers = append(numbers, fmt.Sprintf("+1415555%04d", i))
		}
		s := newServer(t, newDB(t), numbers...)
		urls := []string{startProcess(t, s.database, neverCrash) + numbersPath, startProcess(t, s.database, neverCrash) + numbersPath}
		rush(t, urls, s.key(t, "w"), numbers, 50)
		if got := listed(t, s.client(t, "w"), api.ListPhoneNumbersParams{}); len(got) != len(numbers) {
			t.Errorf("bought %q", got)
		}
	})
}
