package main

import (
	"bytes"
	"os"
	"testing"

	"github.com/vogent-community/phonenumbers"
)

func TestTheGeneratedFilesAreOfThisOpenAPIDocument(t *testing.T) {
	files, err := render(phonenumbers.Spec)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		got, err := os.ReadFile("../../" + name)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is stale, or changed by hand; run go generate (%v)", name, err)
		}
	}
	if len(files) != 4 {
		t.Errorf("got %d files; want 4", len(files))
	}
}
