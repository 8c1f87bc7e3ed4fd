package client_test

import (
	"context"
	"fmt"
	"runtime/pprof"
	"strings"
	"sync"
	"testing"
)

// goroutinesOf returns the stacks of the goroutines that were started with the label of a fault.
func goroutinesOf(fault string) (stacks []string) {
	var all strings.Builder
	_ = pprof.Lookup("goroutine").WriteTo(&all, 1)
	for stack := range strings.SplitSeq(all.String(), "\n\n") {
		if strings.Contains(stack, fmt.Sprintf("# labels: {%q:%q}\n", "fault", fault)) {
			stacks = append(stacks, stack)
		}
	}
	return stacks
}

func TestAGoroutineThatIsLeftIsSeen(t *testing.T) {
	var left sync.WaitGroup
	end := make(chan struct{})
	pprof.Do(t.Context(), pprof.Labels("fault", "a leak"), func(context.Context) {
		left.Go(func() {
			left.Go(func() { <-end })
			<-end
		})
	})
	if len(goroutinesOf("a leak")) == 0 {
		t.Error("no stack is found; want one or more")
	}
	if n := len(goroutinesOf("a")); n != 0 {
		t.Errorf("%d stacks are found with another label; want 0", n)
	}
	close(end)
	left.Wait()
}
