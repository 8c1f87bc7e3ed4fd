package api_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/vogent-community/phonenumbers/api"
)

func TestProblemIsAnError(t *testing.T) {
	problem := api.NewProblem(api.CodeValidationFailed, "", api.ProblemField{Pointer: "/limit", Detail: "must be 1 to 10"})
	problem.RequestID = "r1"
	err := fmt.Errorf("search: %w", problem)

	var found *api.Problem
	if !errors.As(err, &found) || found.Status != http.StatusUnprocessableEntity {
		t.Fatalf("found %+v in %v", found, err)
	}
	want := "search: validation_failed: " + api.NewProblem(api.CodeValidationFailed, "").Detail + " /limit must be 1 to 10. (request r1)"
	if err.Error() != want {
		t.Errorf("text is %q; want %q", err, want)
	}
}

func TestAProblemOfAnUnknownCodeIsAServerError(t *testing.T) {
	if p := api.NewProblem("no_such_code", ""); p.Status != http.StatusInternalServerError || p.Detail == "" {
		t.Errorf("status %d, detail %q", p.Status, p.Detail)
	}
}
