package apitest_test

import (
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/apitest"
	"github.com/vogent-community/phonenumbers/api/client"
	"github.com/vogent-community/phonenumbers/api/control"
)

func TestAServerRefusesAnotherKey(t *testing.T) {
	t.Parallel()
	srv := apitest.NewServer(t)
	_, err := srv.Client(client.WithAPIKey("wrong")).Buy(t.Context(), "+14155550100")
	if !errors.Is(err, client.ErrUnauthorized) {
		t.Errorf("got the error %v; want %v", err, client.ErrUnauthorized)
	}
	if numbers := srv.Numbers(); len(numbers) > 0 {
		t.Errorf("the server has %v; want no numbers", numbers)
	}
}

func TestAnIdempotencyKeyExpiresByTheClockOfTheServer(t *testing.T) {
	t.Parallel()
	srv := apitest.NewServer(t)
	buy := func(number string) error {
		_, err := srv.Client().Buy(t.Context(), number, client.WithIdempotencyKey("order-17"))
		return err
	}
	if err := buy("+14155550100"); err != nil {
		t.Fatal(err)
	}
	srv.Advance(23 * time.Hour)
	var refusal *client.Error
	if err := buy("+14155550101"); !errors.As(err, &refusal) || refusal.Code != api.CodeIdempotencyKeyReused {
		t.Errorf("after 23 hours, the key for another number gives %v; want the code %s", err, api.CodeIdempotencyKeyReused)
	}
	srv.Advance(2 * time.Hour)
	if err := buy("+14155550101"); err != nil {
		t.Errorf("after 25 hours, the key gives %v; want no error", err)
	}
	if numbers := srv.Numbers(); len(numbers) != 2 {
		t.Errorf("the server has %v; want two numbers", numbers)
	}
}

func TestTheNumbersAreTheOldestFirst(t *testing.T) {
	t.Parallel()
	srv := apitest.NewServer(t)
	var want []string
	for i := range 30 {
		number := fmt.Sprintf("+1415555%04d", 100+(i*7)%100)
		if _, err := srv.Client().Buy(t.Context(), number); err != nil {
			t.Fatal(err)
		}
		want = append(want, number)
	}
	var got []string
	for _, n := range srv.Numbers() {
		got = append(got, n.Number)
	}
	if !slices.Equal(got, want) {
		t.Errorf("the numbers are %q; want %q", got, want)
	}
}

// A function of Cleanup can look at what a test has left. The context of the test has ended when it runs.
func TestAServerWorksInCleanup(t *testing.T) {
	t.Parallel()
	srv := apitest.NewServer(t, apitest.WithSeed(control.Seed{Numbers: []control.SeedNumber{{Number: "+14155550100", AgentID: "agent_1"}}}))
	t.Cleanup(func() {
		if numbers := srv.Numbers(); len(numbers) != 1 {
			t.Errorf("the numbers are %v; want that of the seed", numbers)
		}
		if _, err := srv.Call("+14155550100", "+18005550100"); err != nil {
			t.Errorf("a call: %v; want no error", err)
		}
		apitest.NewServer(t)
	})
}

// Servers share nothing, and leave nothing behind.
func TestManyServersAtOnce(t *testing.T) {
	const servers = 200
	before := runtime.NumGoroutine()
	t.Run("servers", func(t *testing.T) {
		var group sync.WaitGroup
		for i := range servers {
			srv := apitest.NewServer(t)
			group.Go(func() {
				transport := &http.Transport{}
				defer transport.CloseIdleConnections()
				c := srv.Client(client.WithHTTPClient(&http.Client{Transport: transport}))
				number := fmt.Sprintf("+1415555%04d", 100+i%100)
				if _, err := c.Buy(t.Context(), number); err != nil {
					t.Errorf("server %d: %v", i, err)
				}
			})
		}
		group.Wait()
	})
	for end := time.Now().Add(time.Minute); runtime.NumGoroutine() > before; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			stacks := make([]byte, 1<<16)
			t.Fatalf("%d goroutines are left, %d before\n%s", runtime.NumGoroutine(), before, stacks[:runtime.Stack(stacks, true)])
		}
	}
}

// BenchmarkNewServer measures how long a server takes to start.
func BenchmarkNewServer(b *testing.B) {
	for b.Loop() {
		apitest.NewServer(b)
	}
}
