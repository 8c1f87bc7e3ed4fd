package phone

import (
	"errors"
	"fmt"
	"testing"
)

func TestErrorsAreComparedByTheirCode(t *testing.T) {
	made := fmt.Errorf("insert: %w", &Error{Code: IdempotencyInProgress})
	if !errors.Is(made, ErrInProgress) {
		t.Errorf("errors.Is(%v, %v) is false; want true, since the code is the same", made, ErrInProgress)
	}
	for _, other := range []error{ErrKeyReused, ErrTaken, &Error{}} {
		if errors.Is(made, other) {
			t.Errorf("errors.Is(%v, %v) is true; want false", made, other)
		}
	}
}
