package fault_test

import (
	"math"
	"strings"
	"testing"

	"github.com/vogent-community/phonenumbers/api/control"
	"github.com/vogent-community/phonenumbers/internal/sandbox/fault"
)

// check returns the mistakes as "POINTER DETAIL", without the part of the pointer that names the fault if there is only one.
func check(faults ...control.Fault) string {
	var found []string
	for _, m := range fault.Check(faults, []string{"getPhoneNumber", "listPhoneNumbers"}) {
		if len(faults) == 1 {
			m.Pointer = strings.TrimPrefix(m.Pointer, "/faults/0")
		}
		found = append(found, m.Pointer+" "+m.Detail)
	}
	return strings.Join(found, "\n")
}

func TestFaultsWithoutMistakesAreAccepted(t *testing.T) {
	t.Parallel()
	for _, f := range []control.Fault{
		{Status: 200},
		{Status: 599, Body: "x", AfterWork: true, Headers: map[string]string{"Content-Type": "text/plain", "Retry-After": "2"}},
		{Status: 204, Headers: map[string]string{"X": ""}},
		{Status: 304},
		{Status: 500, Cut: control.CutBody, AfterWork: true, LatencyMs: 1},
		{Cut: control.CutBefore, Operation: "getPhoneNumber"},
		{Cut: control.CutAfter, Name: "A-z_0.9", Number: "+14155550100", ID: "1"},
		{Cut: control.CutBody, Skip: 1, Times: 2, Probability: new(1.0), Seed: -3},
		{LatencyMs: 600_000, Probability: new(1e-9), Fired: 3, Name: strings.Repeat("a", 64)},
	} {
		if got := check(f); got != "" {
			t.Errorf("%+v: %s; want no mistake", f, got)
		}
	}
	if got := check(control.Fault{Status: 500}, control.Fault{Status: 500, Name: "fault-1x"}, control.Fault{Status: 500}); got != "" {
		t.Errorf("three faults: %s; want no mistake", got)
	}
}

func TestEachMistakeIsFoundWithItsPlace(t *testing.T) {
	t.Parallel()
	headers := func(name, value string) control.Fault {
		return control.Fault{Status: 500, Headers: map[string]string{name: value}}
	}
	const byServer = " cannot be set, because the server sets it"
	for want, f := range map[string]control.Fault{
		" must have status, cut or latencyMs":                                       {Name: "nothing", Times: 1},
		"/name must be 1 to 64 letters, digits and - _ .":                           {LatencyMs: 1, Name: "a b"},
		"/operation must be one of getPhoneNumber, listPhoneNumbers":                {LatencyMs: 1, Operation: "getphonenumber"},
		"/status must be 200 to 599":                                                {Status: 199},
		"/headers needs a status":                                                   {LatencyMs: 1, Headers: map[string]string{"A": "b"}},
		"/body needs a status":                                                      {LatencyMs: 1, Body: "x"},
		"/afterWork needs a status":                                                 {LatencyMs: 1, AfterWork: true},
		"/body must be empty, because a 204 has no body":                            {Status: 204, Body: "x"},
		"/body must be empty, because a 304 has no body":                            {Status: 304, Body: "x"},
		"/cut must be before, after or body":                                        {Cut: "middle"},
		"/cut must not be before if there is a status, because no response is sent": {Status: 500, Cut: control.CutBefore},
		"/cut must not be after if there is a status, because no response is sent":  {Status: 500, Cut: control.CutAfter},
		"/cut must not be body, because a 204 has no body":                          {Status: 204, Cut: control.CutBody},
		"/latencyMs must be 0 to 600000":                                            {LatencyMs: 600_001},
		"/skip must be 0 or more":                                                   {LatencyMs: 1, Skip: -1},
		"/times must be 0 or more":                                                  {LatencyMs: 1, Times: -1},
		"/probability must be more than 0 and at most 1":                            {LatencyMs: 1, Probability: new(0.0)},
		"/seed needs a probability":                                                 {LatencyMs: 1, Seed: 1},
		"/headers/a~1~0b is not a valid header name":                                headers("a/~b", "x"),
		"/headers/ is not a valid header name":                                      headers("", "x"),
		"/headers/X is not a valid header value":                                    headers("X", "a\r\nB: c"),
		"/headers/content-length" + byServer:                                        headers("content-length", "1"),
		"/headers/Transfer-Encoding" + byServer:                                     headers("Transfer-Encoding", "chunked"),
		"/headers/Connection" + byServer:                                            headers("Connection", "close"),
		"/headers/Keep-Alive" + byServer:                                            headers("Keep-Alive", "timeout=1"),
		"/headers/Proxy-Connection" + byServer:                                      headers("Proxy-Connection", "close"),
		"/headers/TE" + byServer:                                                    headers("TE", "trailers"),
		"/headers/Trailer" + byServer:                                               headers("Trailer", "A"),
		"/headers/Upgrade" + byServer:                                               headers("Upgrade", "h2c"),
		"/headers/phonenumbers-fault" + byServer:                                    headers("phonenumbers-fault", "x"),
		"/headers/retry-after appears more than once; letter case does not matter": {
			Status: 500, Headers: map[string]string{"retry-after": "1", "Retry-After": "2"},
		},
	} {
		if got := check(f); got != want {
			t.Errorf("%+v: got %q; want %q", f, got, want)
		}
	}
}

func TestTheBoundsOfValuesAreExact(t *testing.T) {
	t.Parallel()
	for pointer, faults := range map[string][]control.Fault{
		"/name":        {{LatencyMs: 1, Name: strings.Repeat("a", 65)}, {LatencyMs: 1, Name: "é"}, {LatencyMs: 1, Name: "a\n"}},
		"/status":      {{Status: 600}, {Status: -1}, {Status: 100}},
		"/latencyMs":   {{LatencyMs: -1}},
		"/probability": {{LatencyMs: 1, Probability: new(1.01)}, {LatencyMs: 1, Probability: new(-0.5)}, {LatencyMs: 1, Probability: new(math.NaN())}},
	} {
		for _, f := range faults {
			if got := check(f); !strings.HasPrefix(got, pointer+" ") {
				t.Errorf("%+v: got %q; want a mistake at %s", f, got, pointer)
			}
		}
	}
}

func TestAllMistakesAreFoundAtOnce(t *testing.T) {
	t.Parallel()
	got := check(
		control.Fault{LatencyMs: 1, Name: "fault-3"},
		control.Fault{Status: 99, Skip: -1},
		control.Fault{LatencyMs: 1},
		control.Fault{LatencyMs: 1, Name: "fault-3"},
	)
	want := "/faults/1/status must be 200 to 599\n" +
		"/faults/1/skip must be 0 or more\n" +
		"/faults/2/name must not be fault-3, which is the name of /faults/0\n" +
		"/faults/3/name must not be fault-3, which is the name of /faults/0"
	if got != want {
		t.Errorf("got %s; want %s", got, want)
	}
}
