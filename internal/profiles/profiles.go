// Package profiles keeps API keys, each with the address of its server, in a file that only its owner can read.
package profiles

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/lockedfile"
	"go.yaml.in/yaml/v3"

	"github.com/vogent-community/phonenumbers/api/client"
	"github.com/vogent-community/phonenumbers/internal/wholefile"
)

// Default is used unless another profile is chosen.
const Default = "default"

// Profile is an API key and the address of its server. The key is sent nowhere else.
type Profile struct {
	BaseURL string `yaml:"baseUrl"`
	APIKey  string `yaml:"apiKey"`
}

// Profiles has the profiles in the file, by name:
//
//	default:
//	    baseUrl: https://api.vogent.ai/api
//	    apiKey: pnk_...
type Profiles map[string]Profile

// Names returns the names, sorted.
func (p Profiles) Names() []string { return slices.Sorted(maps.Keys(p)) }

// Path returns the path of the file: in XDG_CONFIG_HOME if it is set, on every system, and otherwise in os.UserConfigDir.
func Path() (string, error) {
	dir := os.Getenv("XDG_CONFIG_HOME")
	if !filepath.IsAbs(dir) {
		var err error
		if dir, err = os.UserConfigDir(); err != nil {
			return "", fmt.Errorf("cannot find a folder for profiles: %w", err)
		}
	}
	return filepath.Join(dir, "phonenumbers", "profiles.yaml"), nil
}

// Read reads the file. If the file does not exist, there are no profiles. Like ssh, Read refuses a file that other users can
// read.
func Read(path string) (Profiles, error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Profiles{}, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close() //nolint:errcheck // it is only read
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 && runtime.GOOS != "windows" {
		return nil, fmt.Errorf("%s contains API keys, but other users can access it (mode %04o); run: chmod 600 %q", path, mode, path)
	}
	text, err := io.ReadAll(file)
	if err != nil {
		return nil, err
	}
	p, err := parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w; correct it, or remove the file and run 'phonenumbers login'", path, err)
	}
	return p, nil
}

// parse refuses everything that 'phonenumbers login' does not write. No error quotes the text, because it contains keys.
func parse(text []byte) (Profiles, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	var named map[string]struct {
		BaseURL yaml.Node `yaml:"baseUrl"`
		APIKey  yaml.Node `yaml:"apiKey"`
	}
	err := decoder.Decode(&named)
	if err == nil {
		err = decoder.Decode(new(yaml.Node)) // a second document
		if err == nil {
			return nil, errors.New("it contains more than one YAML document")
		}
	}
	if !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%sit must be YAML with a baseUrl and an apiKey for each name, and with each name only once", regexp.MustCompile(`line \d+: |$`).FindString(err.Error()))
	}
	p := Profiles{}
	for _, name := range slices.Sorted(maps.Keys(named)) {
		baseURL, key := named[name].BaseURL, named[name].APIKey
		switch {
		case CheckName(name) != nil:
			return nil, fmt.Errorf("the name of a profile is not valid: %w", CheckName(name))
		case !isText(&baseURL) || !isText(&key):
			return nil, fmt.Errorf("the profile %s needs a baseUrl and an apiKey", name)
		case CheckBaseURL(baseURL.Value) != nil:
			return nil, fmt.Errorf("line %d: %w", baseURL.Line, CheckBaseURL(baseURL.Value))
		case CheckKey(key.Value) != nil:
			return nil, fmt.Errorf("line %d: %w", key.Line, CheckKey(key.Value))
		}
		p[name] = Profile{baseURL.Value, key.Value}
	}
	return p, nil
}

// isText reports whether a node is text, or a scalar such as a number that can be read as text.
func isText(node *yaml.Node) bool {
	return node.Kind == yaml.ScalarNode && node.ShortTag() != "!!binary"
}

// Change changes the file. If several processes change it at the same time, no change is lost.
func Change(path string, change func(Profiles)) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	unlock, err := lockedfile.MutexAt(path + ".lock").Lock()
	if err != nil {
		return err
	}
	defer unlock()
	p, err := Read(path)
	if err != nil {
		return err
	}
	change(p)
	return wholefile.Replace(path, func(w io.Writer) error {
		text, err := yaml.Marshal(p)
		if err != nil {
			return err
		}
		_, err = w.Write(text)
		return err
	})
}

var profileNames = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// CheckName refuses what cannot be the name of a profile.
func CheckName(name string) error {
	if !profileNames.MatchString(name) {
		return errors.New("it must be 1 to 64 letters, digits and - _ . and start with a letter or digit")
	}
	return nil
}

// CheckKey refuses what cannot be an API key.
func CheckKey(key string) error {
	if _, err := client.New(client.WithAPIKey(key), client.WithBaseURL(client.DefaultBaseURL)); err != nil {
		return errors.New("the API key is empty, or contains a space, a line break or another invalid character")
	}
	return nil
}

// CheckBaseURL refuses what cannot be the root of an API.
func CheckBaseURL(text string) error {
	_, err := client.New(client.WithAPIKey("unused"), client.WithBaseURL(text))
	return errors.Unwrap(err) // without "client: "
}

// SameAddress reports whether two valid base URLs name the same address. It ignores the letter case of the host and a trailing
// slash.
func SameAddress(a, b string) bool {
	return normalAddress(a) == normalAddress(b)
}

func normalAddress(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return text
	}
	u.Host = strings.ToLower(u.Host)
	return strings.TrimRight(u.String(), "/")
}
