// Package data defines the numbers, workspaces and API keys that every server of a measurement has.
package data

import (
	"fmt"
	"strconv"

	"github.com/vogent-community/phonenumbers/internal/phone"
	"github.com/vogent-community/phonenumbers/internal/workspace"
)

// Set says how much there is of each. Number i belongs to workspace i modulo Workspaces, and so does key i.
type Set struct{ Numbers, Workspaces, Keys int }

// An id consists of IDPrefix and a number of twelve digits, which starts at FirstID.
const (
	IDPrefix = "01a20000-0000-7000-8000-"
	FirstID  = 100_000_000_000
)

// ID returns the id of number i. The ids ascend.
func ID(i int) string { return IDPrefix + strconv.Itoa(FirstID+i) }

// Number returns number i. None of them is one of the fictional numbers for sale.
func Number(i int) phone.Number {
	return phone.Number{ID: ID(i), Number: fmt.Sprintf("+1%010d", 2_000_000_000+i), Type: phone.PSTN, AgentID: "agent_" + strconv.Itoa(i%1000)}
}

// Workspace returns the workspace of number i.
func (s Set) Workspace(i int) workspace.Workspace {
	w := i % s.Workspaces
	return workspace.Workspace{ID: fmt.Sprintf("01a10000-0000-7000-8000-%012d", w), Name: "bench " + strconv.Itoa(w)}
}

// Key returns key i without its secret.
func (s Set) Key(i int) workspace.Key {
	return workspace.Key{ID: fmt.Sprintf("01a00000-0000-7000-8000-%012d", i), Name: "bench", Workspace: s.Workspace(i)}
}

// Secret returns the secret of key i.
func Secret(i int) string { return workspace.FixedKey("bench" + strconv.Itoa(i) + "x") }

// SecretFor returns the secret of a key that can see number i. n selects one of those keys.
func (s Set) SecretFor(i, n int) string {
	w, each := i%s.Workspaces, s.Keys/s.Workspaces
	return Secret(w + s.Workspaces*(n%each))
}
