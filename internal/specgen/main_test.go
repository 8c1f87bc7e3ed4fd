package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/vogent-community/phonenumbers"
)

// tidied returns the files of oapi-codegen that the handlers are made from.
func tidied(t *testing.T) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	for _, name := range []string{types, server} {
		code, err := os.ReadFile("../../" + name)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = code
	}
	return files
}

func TestTheGeneratedFilesAreOfThisOpenAPIDocument(t *testing.T) {
	files, err := render(phonenumbers.Spec, tidied(t))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		got, err := os.ReadFile("../../" + name)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is stale, or changed by hand; run go generate (%v)", name, err)
		}
	}
	if len(files) != 5 {
		t.Errorf("got %d files; want 5", len(files))
	}
}

func TestABodyThatContainsItselfIsAnError(t *testing.T) {
	const schema = "    UpdatePhoneNumberInput:\n"
	_, members, found := strings.Cut(string(phonenumbers.Spec), schema)
	_, _, hasMembers := strings.Cut(members, "      properties:\n")
	if !found || !hasMembers {
		t.Fatal("openapi.yaml has no UpdatePhoneNumberInput with properties")
	}
	changed := strings.Replace(members, "      properties:\n", "      properties:\n        inner: {$ref: '#/components/schemas/UpdatePhoneNumberInput'}\n", 1)
	spec := strings.Replace(string(phonenumbers.Spec), members, changed, 1)
	_, err := render([]byte(spec), nil)
	if err == nil || !strings.Contains(err.Error(), "updatePhoneNumber: body /inner contains itself") {
		t.Errorf("got %v, want an error that names the operation and the member", err)
	}
}
