package profiles

import (
	"maps"
	"path/filepath"
	"strings"
	"testing"
)

// An error about the file names the line, but never quotes it, because the file has keys.
func TestAFileThatLoginDoesNotWriteIsRefused(t *testing.T) {
	t.Parallel()
	const address = "http://127.0.0.1:8080/api"
	good := "default:\n  baseUrl: " + address + "\n  apiKey: secret\n"
	for name, c := range map[string]struct{ text, want string }{
		"YAML that is cut off":         {good + "work: [", "line 4: it must be YAML with"},
		"a tab":                        {"default:\n\tbaseUrl: secret\n", "line 2: it must be YAML with"},
		"an anchor that is not there":  {"default: *secret\n", "it must be YAML with"},
		"a text":                       {"secret\n", "line 1: it must be YAML with"},
		"a list":                       {"- secret\n", "line 1: it must be YAML with"},
		"a key by itself":              {"default: secret\n", "line 1: it must be YAML with"},
		"an unknown member":            {good + "  secret: secret\n", "line 4: it must be YAML with"},
		"a member twice":               {good + "  apiKey: secret\n", "line 4: it must be YAML with"},
		"a name twice":                 {good + good, "line 4: it must be YAML with"},
		"a second document":            {good + "---\n" + good, "more than one YAML document"},
		"a second document is no YAML": {good + "---\nsecret: [", "it must be YAML with"},
		"no key":                       {"default:\n  baseUrl: " + address + "\n", "the profile default needs a baseUrl and an apiKey"},
		"no address":                   {"default:\n  apiKey: secret\n", "the profile default needs a baseUrl and an apiKey"},
		"a key that is a list":         {"default:\n  baseUrl: " + address + "\n  apiKey: [secret]\n", "the profile default needs"},
		"a key that is an alias":       {"default:\n  baseUrl: &secret " + address + "\n  apiKey: *secret\n", "the profile default needs"},
		"an empty key":                 {"default:\n  baseUrl: " + address + "\n  apiKey:\n", "line 3: the API key is empty, or contains"},
		"a key with a space":           {"default:\n  baseUrl: " + address + "\n  apiKey: secret secret\n", "line 3: the API key is empty, or contains"},
		"an address that is none":      {"default:\n  baseUrl: secret\n  apiKey: secret\n", "line 2: the base URL does not start with"},
		"an address with a password":   {"default:\n  baseUrl: http://u:secret@h/api\n  apiKey: secret\n", "line 2: the base URL has a user name"},
		"two bad names, in order":      {"b: {}\na: {}\nc: {}\n", "the profile a needs"},
		"a name with a path":           {strings.Replace(good, "default", "../secret", 1), "the name of a profile is not valid: it must be"},
	} {
		_, err := parse([]byte(c.text))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got the error %v; want %q in it", name, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf(`%s: got the error %v; want no "secret" in it`, name, err)
		}
	}
	for text, want := range map[string]Profiles{
		"":                           {},
		"# nothing\n":                {},
		"{}\n":                       {},
		good:                         {"default": {address, "secret"}},
		"1: " + flow(address, "123"): {"1": {address, "123"}},
	} {
		if got, err := parse([]byte(text)); err != nil || !maps.Equal(got, want) {
			t.Errorf("%q: got %v, %v; want %v", text, got, err, want)
		}
	}
}

func flow(address, key string) string { return "{baseUrl: '" + address + "', apiKey: " + key + "}\n" }

// All names and keys are read back as they were written, even if they mean something else in YAML.
func TestProfilesComeBackAsTheyWere(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "new", "profiles.yaml")
	want := Profiles{}
	for _, text := range []string{"null", "true", "no", "1", "1e3", "0x10", "2026-01-01", "1_000", "a.b-c_d"} {
		want[text] = Profile{"http://[::1]:8080/api", text}
	}
	for i, key := range []string{"~", "#key", "*key", "&key", "!key", "{key}", "[", "'", `"`, `\`, "%", "@", "`", "<<", "a:", "-", "?", "|", ">", "="} {
		want["k"+strings.Repeat("x", i)] = Profile{"https://api.example/api", key}
	}
	if err := Change(path, func(p Profiles) { maps.Copy(p, want) }); err != nil {
		t.Fatal(err)
	}
	if got, err := Read(path); err != nil || !maps.Equal(got, want) {
		t.Errorf("%v; got\n%v\nwant\n%v", err, got, want)
	}
}

func TestAnAddressHasSeveralSpellings(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"https://api.vogent.ai/api", "HTTPS://API.Vogent.AI/api//", true},
		{"http://[FE80::1]:8080/api", "http://[fe80::1]:8080/api/", true},
		{"https://api.vogent.ai/api", "https://api.vogent.ai/API", false},
		{"https://api.vogent.ai/api", "http://api.vogent.ai/api", false},
		{"https://api.vogent.ai/api", "https://api.vogent.ai.example/api", false},
		{"https://api.vogent.ai/api", "https://api.vogent.ai:8443/api", false},
		{"https://api.vogent.ai/api", "https://api.vogent.ai", false},
		{"https://api.vogent.ai/a%2Fb", "https://api.vogent.ai/a/b", false},
	} {
		if got := SameAddress(c.a, c.b); got != c.same {
			t.Errorf("%s and %s: got %t; want %t", c.a, c.b, got, c.same)
		}
	}
}
