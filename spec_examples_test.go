package phonenumbers_test

import (
	"fmt"
	"testing"

	"github.com/vogent-community/phonenumbers/api"
)

// make lint-contract checks that there are summaries, descriptions and tags.
func TestEveryOperationHasExamples(t *testing.T) {
	document := readSpec(t)
	example := func(what string, node object) {
		if node["example"] == nil && node["examples"] == nil {
			t.Errorf("%s has no example", what)
		}
	}
	eachOperation(t, document, func(name string, op object) {
		for _, p := range op["parameters"].([]any) {
			parameter := resolve(t, document, p)
			example(fmt.Sprint(name, " ", parameter["name"]), parameter)
		}
		if body, ok := op["requestBody"].(object); ok {
			example(name+" body", at(t, body, "content", "application/json"))
		}
		for status, r := range at(t, op, "responses") {
			response := resolve(t, document, r)
			mediaType := "application/problem+json"
			if status == "200" {
				mediaType = "application/json"
			}
			example(name+" "+status, at(t, response, "content", mediaType))
			at(t, response, "headers", "X-Request-Id")
			at(t, response, "headers", "Idempotency-Key-TTL")
		}
	})
}

func TestUpdateHasAnExampleThatLinksAndOneThatUnlinks(t *testing.T) {
	examples := at(t, readSpec(t), "paths", "/phone_numbers/{id}", "put", "requestBody", "content", "application/json", "examples")
	if link := at(t, examples, "link", "value")["agentId"]; link == "" || link == nil {
		t.Errorf("the example links %v; want an agent", link)
	}
	if unlink := at(t, examples, "unlink", "value")["agentId"]; unlink != "" {
		t.Errorf("the example unlinks with %v; want the empty string", unlink)
	}
}

// problemExamples calls fn with every documented problem, with the status if the response has one.
func problemExamples(t *testing.T, document object, fn func(where, status string, problem object)) {
	t.Helper()
	each := func(where, status string, response object) {
		content, _ := response["content"].(object)
		media, _ := content[api.ProblemMediaType].(object)
		if example, ok := media["example"].(object); ok {
			fn(where, status, example)
		}
		examples, _ := media["examples"].(object)
		for name, example := range examples {
			fn(where+" "+name, status, at(t, example.(object), "value"))
		}
	}
	for name, response := range at(t, document, "components", "responses") {
		each(name, "", response.(object))
	}
	eachOperation(t, document, func(name string, op object) {
		for status, response := range at(t, op, "responses") {
			each(name+" "+status, status, resolve(t, document, response))
		}
	})
}

// go generate takes the texts of NewProblem from openapi.yaml. There is one text for each code.
func TestTheExamplesOfACodeAreTheProblemThatNewProblemMakes(t *testing.T) {
	document, seen := readSpec(t), map[string]bool{}
	problemExamples(t, document, func(where, status string, example object) {
		code := fmt.Sprint(example["code"])
		seen[code] = true
		usual := api.NewProblem(api.ProblemCode(code), "")
		want := object{"type": usual.Type, "title": usual.Title, "status": usual.Status, "detail": usual.Detail}
		for member := range want {
			if example[member] != want[member] {
				t.Errorf("%s: the example of %s has the %s %q, NewProblem %q; give all examples of a code the same, and run make generate",
					where, code, member, fmt.Sprint(example[member]), fmt.Sprint(want[member]))
			}
		}
		if status != "" && status != fmt.Sprint(example["status"]) {
			t.Errorf("%s: the example has the status %v; want %s", where, example["status"], status)
		}
	})
	for _, code := range at(t, document, "components", "schemas", "ProblemCode")["enum"].([]any) {
		if !seen[fmt.Sprint(code)] {
			t.Errorf("ProblemCode %s: no response has an example of it, so NewProblem cannot know its status", code)
		}
	}
}
