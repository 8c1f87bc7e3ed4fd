package internal_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/vogent-community/phonenumbers"

// The import table: what each package may import besides the standard library. Arrows point down only. A name that ends in
// "/..." also allows all packages below it.
var mayImport = map[string][]string{
	".":                          {},
	"api":                        {},
	"api/client":                 {"api", "api/client/internal/redact", "api/client/internal/shape", "api/client/raw"},
	"api/client/internal/redact": {},
	"api/client/internal/shape":  {},
	"api/client/raw":             {"api", "github.com/oapi-codegen/runtime/..."},
	"api/control":                {"api"},
	"api/apitest":                {"api", "api/client", "api/control", "internal/sandbox", "internal/sandbox/inbound"},
	"api/server":                 {"api", "github.com/labstack/echo/v4", "github.com/oapi-codegen/runtime/...", "github.com/go-json-experiment/json/..."},
	"internal":                   {},                                              // this test
	"internal/drill":             {"go.yaml.in/yaml/v3"},                          // run by make drill
	"internal/specgen":           {".", "github.com/getkin/kin-openapi/openapi3"}, // run by go generate
	"internal/spectest": { // for tests
		".", "api", "github.com/getkin/kin-openapi/openapi3", "github.com/getkin/kin-openapi/openapi3filter", "github.com/getkin/kin-openapi/routers/...",
	},
	"internal/spectest/requests": {"internal/spectest", "internal/spectest/texts", "github.com/getkin/kin-openapi/openapi3"}, // for tests
	"internal/spectest/texts":    {"github.com/getkin/kin-openapi/openapi3"},                                                 // for tests
	"internal/phone":             {},
	"internal/workspace":         {"github.com/hashicorp/golang-lru/v2/..."},
	"internal/inventory":         {"internal/phone"},
	"internal/dbtest":            {"github.com/jackc/pgx/v5/...", "modernc.org/sqlite"}, // for tests
	"internal/wholefile":         {},
	"internal/printable":         {},
	"internal/yamlfile": {
		"api", "internal/printable", "github.com/go-json-experiment/json/...", "go.yaml.in/yaml/v3",
	},
	"internal/console": {
		"internal/printable", "github.com/rivo/uniseg", "github.com/schollz/progressbar/v3", "golang.org/x/term",
	},
	"internal/desired": {
		"api", "api/client", "internal/printable", "internal/yamlfile", "github.com/dunglas/httpsfv", "go.yaml.in/yaml/v3", "golang.org/x/time/rate",
	},
	"internal/secret":      {"internal/wholefile"},
	"internal/sqldb":       {"internal/sqldb/hosts", "modernc.org/sqlite/...", "github.com/jackc/pgx/v5/...", "github.com/pressly/goose/v3/..."},
	"internal/sqldb/hosts": {"github.com/jackc/pgx/v5/..."},
	"internal/store":       {"internal/inventory", "internal/phone", "internal/workspace", "internal/secret", "internal/sqldb"},
	"internal/store/storetest": { // for tests
		"internal/dbtest", "internal/phone", "internal/sqldb", "internal/store", "internal/workspace", "github.com/google/uuid",
	},
	"internal/store/transfer": {"internal/sqldb", "internal/store", "internal/wholefile"},
	"internal/rest": {
		".", "api", "api/server", "internal/phone", "internal/workspace", "github.com/labstack/echo/v4", "go.yaml.in/yaml/v3",
		"golang.org/x/time/rate", "github.com/hashicorp/golang-lru/v2",
	},
	"internal/serve": {
		"internal/phone", "internal/rest", "internal/sqldb", "internal/store", "internal/workspace", "github.com/google/uuid",
	},
	"internal/sandbox/fault":         {"api", "api/control", "github.com/labstack/echo/v4", "golang.org/x/net/http/httpguts"},
	"internal/sandbox/journal":       {"api/control", "github.com/go-json-experiment/json/jsontext"},
	"internal/sandbox/controlserver": {"api/control", "github.com/labstack/echo/v4", "github.com/oapi-codegen/runtime/..."},
	"internal/sandbox/inbound":       {"api/control", "internal/phone"},
	"internal/sandbox/seed": {
		"api", "api/control", "internal/phone", "internal/store", "internal/workspace",
	},
	"internal/sandbox": {
		"api", "api/control", "api/server", "internal/phone", "internal/rest", "internal/sandbox/controlserver", "internal/sandbox/fault",
		"internal/sandbox/inbound", "internal/sandbox/journal", "internal/sandbox/seed", "internal/serve", "internal/sqldb", "internal/store",
		"internal/workspace", "internal/yamlfile", "github.com/labstack/echo/v4",
	},
	"internal/profiles":      {"api/client", "internal/wholefile", "go.yaml.in/yaml/v3", "github.com/rogpeppe/go-internal/lockedfile"},
	"internal/cli/arguments": {"internal/console", "github.com/spf13/cobra", "github.com/spf13/pflag"},
	"internal/cli/failures": {
		"api", "api/client", "internal/console", "internal/desired", "internal/printable", "internal/workspace",
	},
	"internal/cli/ownserver": {
		"api/control", "internal/cli/arguments", "internal/console", "internal/inventory", "internal/rest", "internal/sandbox", "internal/sandbox/seed", "internal/serve", "internal/sqldb", "internal/store",
		"internal/store/transfer", "internal/workspace", "github.com/spf13/cobra",
	},
	"internal/cli/account": {
		"api", "api/client", "internal/cli/arguments", "internal/cli/failures", "internal/console", "internal/printable", "internal/profiles",
		"github.com/spf13/cobra",
	},
	"internal/cli/changes": {
		"api/client", "internal/cli/account", "internal/cli/failures", "internal/console", "internal/desired", "internal/printable",
		"github.com/spf13/cobra",
	},
	"internal/cli/numbers": {
		"api", "api/client", "internal/cli/account", "internal/cli/arguments", "internal/cli/changes", "internal/cli/failures",
		"internal/console", "internal/desired", "internal/printable", "github.com/spf13/cobra", "github.com/google/uuid",
	},
	"internal/cli/numberfile": {
		"api", "api/client", "internal/cli/account", "internal/cli/arguments", "internal/cli/changes", "internal/cli/failures",
		"internal/console", "internal/desired", "github.com/spf13/cobra",
	},
	"internal/cli/clitest":  {"golang.org/x/time/rate"}, // for tests
	"internal/cli/contract": {},                         // only tests
	"internal/cli": {
		"internal/cli/account", "internal/cli/arguments", "internal/cli/failures", "internal/cli/numberfile", "internal/cli/numbers",
		"internal/cli/ownserver", "internal/console", "github.com/spf13/cobra", "github.com/spf13/pflag",
	},
	"cmd/phonenumbers": {"internal/cli"},
	"internal/bench": { // run by make bench
		"internal/bench/agree", "internal/bench/contestant", "internal/bench/data", "internal/bench/large", "internal/bench/load",
		"internal/bench/process", "internal/bench/report",
		"internal/dbtest", "internal/phone", "internal/sqldb", "internal/store", "internal/store/storetest", "internal/workspace", "modernc.org/sqlite",
	},
	"internal/bench/baseline": {"api", "internal/phone", "internal/workspace", "github.com/go-json-experiment/json/..."},
	"internal/bench/contestant": {
		"internal/bench/baseline", "internal/bench/data", "internal/bench/memory", "internal/bench/process", "internal/cli", "internal/phone",
		"internal/rest", "internal/serve", "internal/sqldb", "internal/store/storetest", "internal/workspace",
	},
	"internal/bench/agree": {"internal/bench/data"},
	"internal/bench/data":  {"internal/phone", "internal/workspace"},
	"internal/bench/load":  {"internal/bench/data", "golang.org/x/sync/errgroup"},
	"internal/bench/large": {
		"internal/bench/data", "internal/phone", "internal/sqldb", "internal/store", "internal/workspace", "github.com/google/uuid",
	},
	"internal/bench/memory":  {"internal/bench/data", "internal/phone", "internal/workspace"},
	"internal/bench/process": {"internal/dbtest", "golang.org/x/sys/unix"},
	"internal/bench/report":  {},
}

// linkedNever lists what a program must not get with api/client. database/sql/driver is allowed: the runtime's uuid package
// imports it.
var linkedNever = []string{
	"github.com/labstack/echo/...", "database/sql", "modernc.org/...", "github.com/jackc/...", "github.com/getkin/kin-openapi/...",
}

type goPackage struct {
	ImportPath string
	Imports    []string
	Deps       []string
	Standard   bool
}

func list(t *testing.T, args ...string) []goPackage {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", append([]string{"list", "-json=ImportPath,Imports,Deps,Standard"}, args...)...)
	command.Dir = ".."
	output, err := command.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("go list: %s", exit.Stderr)
		}
		t.Fatal(err)
	}
	var packages []goPackage
	for decoder := json.NewDecoder(strings.NewReader(string(output))); ; {
		var p goPackage
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}

func matches(path string, patterns []string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		prefix, below := strings.CutSuffix(pattern, "/...")
		return path == prefix || below && strings.HasPrefix(path, prefix+"/")
	})
}

func TestImportsPointDown(t *testing.T) {
	standard := map[string]bool{}
	for _, p := range list(t, "-deps", "./...") {
		standard[p.ImportPath] = p.Standard
	}
	packages := list(t, "./...")
	for _, p := range packages {
		name := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
		if name == "" {
			name = "."
		}
		allowed, known := mayImport[name]
		if !known {
			t.Errorf("%s is not in the import table", name)
			continue
		}
		for _, path := range p.Imports {
			own := strings.TrimPrefix(path, module+"/")
			if path == module {
				own = "."
			}
			if !standard[path] && !matches(own, allowed) {
				t.Errorf("%s imports %s", name, path)
			}
		}
	}
	if len(packages) != len(mayImport) {
		t.Errorf("%d packages; the import table has %d", len(packages), len(mayImport))
	}
}

func TestTheClientLinksNoServer(t *testing.T) {
	for _, p := range list(t, "./api/client") {
		if len(p.Deps) == 0 {
			t.Fatal("go list found no dependencies")
		}
		for _, path := range p.Deps {
			if matches(path, linkedNever) {
				t.Errorf("api/client links %s", path)
			}
		}
	}
}
