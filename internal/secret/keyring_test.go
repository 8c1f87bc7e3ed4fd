package secret

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func newRing(t *testing.T) *Keyring {
	t.Helper()
	ring, err := Parse(NewKey())
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

func TestWhatIsSealedOpensInItsContextOnly(t *testing.T) {
	ring := newRing(t)
	sealed := ring.Seal("secret", "here")
	if got, err := ring.Open(sealed, "here"); err != nil || got != "secret" {
		t.Errorf("opened %q, %v", got, err)
	}
	for _, other := range []string{"there", ""} {
		if got, err := ring.Open(sealed, other); err == nil {
			t.Errorf("opened %q in %q", got, other)
		}
	}
	for i := range sealed {
		damaged := []byte(sealed)
		damaged[i] ^= 1
		if got, err := ring.Open(string(damaged), "here"); err == nil {
			t.Errorf("opened %q, damaged at %d", got, i)
		}
	}
	if again := ring.Seal("secret", "here"); again == sealed {
		t.Error("sealed the same text to the same")
	}
}

// Databases have what these keys have sealed, and the ids in it.
func TestWhatAnEarlierVersionSealedOpens(t *testing.T) {
	ring, err := Parse("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
	if err != nil {
		t.Fatal(err)
	}
	const sealed = "dbe60b63:LxGoBBDQrPcrhEySS5awaHy46FSFQOy6zIJu80R6yXVLFA=="
	if got, err := ring.Open(sealed, "here"); err != nil || got != "secret" {
		t.Errorf("opened %q, %v; want %q", got, err, "secret")
	}
	const fingerprint = "dbe60b63:ab00397b57bf8e79a8f9c851342c2626f68d6e2218023da82cd75b0e0d8d5bca"
	if same, err := ring.Matches(fingerprint, []byte("request")); err != nil || !same {
		t.Errorf("the fingerprint of a request matches it: %t, %v; want true", same, err)
	}
}

// A request has a password in it that can be guessed: a plain hash of it would confirm the guess.
func TestAFingerprintNeedsTheSecretKey(t *testing.T) {
	request := []byte(`{"password":"12345"}`)
	rings := make([]*Keyring, 2)
	for i := range rings {
		rings[i] = newRing(t)
	}
	mine, others := rings[0].Fingerprint(request), rings[1].Fingerprint(request)
	if _, mac, _ := strings.Cut(mine, ":"); strings.HasSuffix(others, mac) {
		t.Error("two keys make the same fingerprint of a request")
	}
	both := &Keyring{keys: slices.Concat(rings[1].keys, rings[0].keys)}
	for name, test := range map[string]struct {
		ring    *Keyring
		request string
		same    bool
		err     error
	}{
		"same request":           {rings[0], string(request), true, nil},
		"another request":        {rings[0], `{"password":"12346"}`, false, nil},
		"another key":            {rings[1], string(request), false, ErrWrongKey},
		"a new key in the front": {both, string(request), true, nil},
	} {
		if same, err := test.ring.Matches(mine, []byte(test.request)); same != test.same || !errors.Is(err, test.err) {
			t.Errorf("%s: %t, %v", name, same, err)
		}
	}
}
