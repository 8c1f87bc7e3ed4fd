package apitest_test

import (
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/vogent-community/phonenumbers/api/apitest"
	"github.com/vogent-community/phonenumbers/api/client"
	"github.com/vogent-community/phonenumbers/api/control"
)

const exampleSeed = "../../examples/sandbox/seed.yaml"

func TestTheExampleOfASeedIsLoaded(t *testing.T) {
	t.Parallel()
	srv := apitest.NewServer(t, apitest.WithSeedFile(exampleSeed))
	if srv.Key != "test-key-1" {
		t.Errorf("the key is %q; want test-key-1", srv.Key)
	}
	var numbers []string
	for _, n := range srv.Numbers() {
		numbers = append(numbers, n.Number)
	}
	if got := strings.Join(numbers, " "); got != "support-line +14155550100" {
		t.Errorf("the numbers are %q; want support-line and +14155550100", got)
	}
	other := srv.Client(client.WithAPIKey("test-key-2"))
	if _, err := other.GetByNumber(t.Context(), "+14155550101"); err != nil {
		t.Errorf("the other key gives %v; want +14155550101", err)
	}
	if _, err := srv.Client().Link(t.Context(), "01900000-0000-7000-8000-00000000a001", "agent_3"); !errors.Is(err, client.ErrValidation) {
		t.Errorf("a link to an unknown agent gives %v; want %v", err, client.ErrValidation)
	}
	if _, err := srv.Client().Buy(t.Context(), "+14155550124"); err != nil {
		t.Errorf("a number for sale gives %v; want no error", err)
	}
	if _, err := srv.Client().Buy(t.Context(), "+14155550102"); !errors.Is(err, client.ErrNumberUnavailable) {
		t.Errorf("a fictional number gives %v; want %v", err, client.ErrNumberUnavailable)
	}
	if call, err := srv.Call("+14155550100", "+18005550100"); err != nil || call.AgentID != "agent_1" || call.Webhook == nil {
		t.Errorf("a call gives %+v, %v; want agent_1 and a result of the webhook", call, err)
	}
}

func TestTheExampleOfASeedHasEveryMember(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(exampleSeed)
	if err != nil {
		t.Fatal(err)
	}
	var seed map[string]any
	if err := yaml.Unmarshal(text, &seed); err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	note("", seed, found)
	for _, name := range members("", reflect.TypeFor[control.Seed]()) {
		if !found[name] {
			t.Errorf("%s does not have %s", exampleSeed, name)
		}
	}
}

// note adds the names of the members of value, such as /numbers/sip, to found.
func note(at string, value any, found map[string]bool) {
	switch value := value.(type) {
	case map[string]any:
		for name, member := range value {
			found[at+"/"+name] = true
			note(at+"/"+name, member, found)
		}
	case []any:
		for _, element := range value {
			note(at, element, found)
		}
	}
}

// members returns the names of the members of a type in the form of note.
func members(at string, t reflect.Type) (names []string) {
	for t.Kind() == reflect.Slice || t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	for field := range t.Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		names = append(append(names, at+"/"+name), members(at+"/"+name, field.Type)...)
	}
	return names
}
