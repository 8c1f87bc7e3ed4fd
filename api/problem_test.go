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
	if !errors.As(err, &found) {
		t.Fatalf("found nothing in %v; want an *api.Problem", err)
	}
	if found.Status != http.StatusUnprocessableEntity {
		t.Errorf("status is %d; want 422", found.Status)
	}
	want := "search: validation_failed: " + api.NewProblem(api.CodeValidationFailed, "").Detail + " /limit must be 1 to 10. (request r1)"
	if err.Error() != want {
		t.Errorf("text is %q; want %q", err, want)
	}
}

func TestAProblemOfAnUnknownCodeIsAServerError(t *testing.T) {
	p := api.NewProblem("no_such_code", "")
	if p.Status != http.StatusInternalServerError {
		t.Errorf("status is %d; want 500", p.Status)
	}
	if p.Detail == "" {
		t.Error("detail is empty; want some")
	}
}
