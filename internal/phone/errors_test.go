package phone

import (
	"errors"
	"fmt"
	"testing"
)

func TestErrorsAreComparedByTheirCode(t *testing.T) {
	made := fmt.Errorf("insert: %w", &Error{Code: IdempotencyInProgress})
	if !errors.Is(made, ErrInProgress) {
		t.Error("an error of the same code, made elsewhere, is another one")
	}
	for _, other := range []error{ErrKeyReused, ErrTaken, &Error{}} {
		if errors.Is(made, other) {
			t.Errorf("%v is %v", made, other)
		}
	}
}
