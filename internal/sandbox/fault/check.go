package fault

import (
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/http/httpguts"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/control"
)

// header is the response header with the name of the fault that has changed or delayed the response.
const header = "Phonenumbers-Fault"

// maxLatencyMs is ten minutes.
const maxLatencyMs = 10 * 60 * 1000

var validName = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// reserved are the headers that net/http or this package must set, or the response would break.
var reserved = []string{
	"Connection", "Content-Length", "Keep-Alive", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade", header,
}

// Check returns all mistakes in faults, with pointers such as /faults/0/status. operations are the operations that a fault can
// name.
func Check(faults []control.Fault, operations []string) []api.ProblemField {
	var m mistakes
	first := map[string]int{} // by name, the index of the first fault with this name
	for i, f := range faults {
		at := fmt.Sprintf("/faults/%d", i)
		m.check(f.Name == "" || validName.MatchString(f.Name), at+"/name", "must be 1 to 64 letters, digits and - _ .")
		name := nameOf(f, i)
		j, taken := first[name]
		m.check(!taken, at+"/name", fmt.Sprintf("must not be %s, which is the name of /faults/%d", name, j))
		if !taken {
			first[name] = i
		}
		m.check(f.Operation == "" || slices.Contains(operations, f.Operation), at+"/operation",
			"must be one of "+strings.Join(operations, ", "))
		m.check(f.Status != 0 || f.Cut != "" || f.LatencyMs != 0, at, "must have status, cut or latencyMs")
		m.checkStatus(f, at)
		m.checkHeaders(f.Headers, at+"/headers")
		m.checkCut(f, at+"/cut")
		m.check(f.LatencyMs >= 0 && f.LatencyMs <= maxLatencyMs, at+"/latencyMs", fmt.Sprintf("must be 0 to %d", maxLatencyMs))
		m.check(f.Skip >= 0, at+"/skip", "must be 0 or more")
		m.check(f.Times >= 0, at+"/times", "must be 0 or more")
		p := f.Probability
		m.check(p == nil || *p > 0 && *p <= 1, at+"/probability", "must be more than 0 and at most 1")
		m.check(p != nil || f.Seed == 0, at+"/seed", "needs a probability")
	}
	return m
}

type mistakes []api.ProblemField

func (m *mistakes) check(ok bool, pointer, detail string) {
	if !ok {
		*m = append(*m, api.ProblemField{Pointer: pointer, Detail: detail})
	}
}

func (m *mistakes) checkStatus(f control.Fault, at string) {
	m.check(f.Status == 0 || f.Status >= 200 && f.Status <= 599, at+"/status", "must be 200 to 599")
	m.check(f.Status != 0 || len(f.Headers) == 0, at+"/headers", "needs a status")
	m.check(f.Status != 0 || f.Body == "", at+"/body", "needs a status")
	m.check(f.Status != 0 || !f.AfterWork, at+"/afterWork", "needs a status")
	m.check(f.Body == "" || !hasNoBody(f.Status), at+"/body", fmt.Sprintf("must be empty, because a %d has no body", f.Status))
}

// hasNoBody reports whether a response with this status has no body (RFC 9110).
func hasNoBody(status int) bool {
	return status == http.StatusNoContent || status == http.StatusNotModified
}

func (m *mistakes) checkHeaders(headers map[string]string, at string) {
	var seen []string
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		at := at + "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
		canonical := http.CanonicalHeaderKey(name)
		m.check(httpguts.ValidHeaderFieldName(name), at, "is not a valid header name")
		m.check(httpguts.ValidHeaderFieldValue(headers[name]), at, "is not a valid header value")
		m.check(!slices.Contains(reserved, canonical), at, "cannot be set, because the server sets it")
		m.check(!slices.Contains(seen, canonical), at, "appears more than once; letter case does not matter")
		seen = append(seen, canonical)
	}
}

func (m *mistakes) checkCut(f control.Fault, at string) {
	m.check(f.Cut == "" || f.Cut.Valid(), at, "must be before, after or body")
	noResponse := f.Cut == control.CutBefore || f.Cut == control.CutAfter
	m.check(f.Status == 0 || !noResponse, at, fmt.Sprintf("must not be %s if there is a status, because no response is sent", f.Cut))
	m.check(f.Cut != control.CutBody || !hasNoBody(f.Status), at,
		fmt.Sprintf("must not be body, because a %d has no body", f.Status))
}
