package fault_test

import (
	"testing"

	"github.com/vogent-community/phonenumbers/api/control"
	"github.com/vogent-community/phonenumbers/internal/sandbox/fault"
)

func TestAFaultSelectsRequestsByIDAndNumber(t *testing.T) {
	t.Parallel()
	numberOf := func(id string) string { return map[string]string{"1": "+14155550100", "2": "Support-Line"}[id] }
	const number = "+14155550100"
	for name, c := range map[string]struct {
		fault   control.Fault
		request fault.Request
		want    bool
	}{
		"the id":                              {control.Fault{ID: "1"}, fault.Request{ID: "1"}, true},
		"another id":                          {control.Fault{ID: "1"}, fault.Request{ID: "2"}, false},
		"no id":                               {control.Fault{ID: "1"}, fault.Request{Body: []byte(`{"id": "1"}`)}, false},
		"the number in the body":              {control.Fault{Number: number}, fault.Request{Body: []byte(`{"number": "+14155550100"}`)}, true},
		"deep in the body":                    {control.Fault{Number: number}, fault.Request{Body: []byte(`{"a": [{"b": "\u002b14155550100"}]}`)}, true},
		"another number":                      {control.Fault{Number: number}, fault.Request{Body: []byte(`{"number": "+14155550101"}`)}, false},
		"a part of a text":                    {control.Fault{Number: number}, fault.Request{Body: []byte(`{"number": "+141555501000"}`)}, false},
		"the name of a member":                {control.Fault{Number: number}, fault.Request{Body: []byte(`{"+14155550100": 1}`)}, false},
		"a body that is not JSON":             {control.Fault{Number: number}, fault.Request{Body: []byte(`"+14155550100`)}, false},
		"the number in the query":             {control.Fault{Number: number}, fault.Request{Query: "limit=1&number=%2B14155550100"}, true},
		"a number that is not escaped":        {control.Fault{Number: number}, fault.Request{Query: "number=+14155550100"}, false},
		"beside a bad parameter":              {control.Fault{Number: number}, fault.Request{Query: "limit=%zz&number=%2B14155550100"}, true},
		"the id of the number":                {control.Fault{Number: number}, fault.Request{ID: "1"}, true},
		"the id of another number":            {control.Fault{Number: number}, fault.Request{ID: "2"}, false},
		"the id of no number":                 {control.Fault{Number: number}, fault.Request{ID: "3"}, false},
		"a SIP prefix in any case":            {control.Fault{Number: "support-LINE"}, fault.Request{Body: []byte(`{"sipPrefix": "Support-Line"}`)}, true},
		"a SIP prefix in the query":           {control.Fault{Number: "support-line"}, fault.Request{Query: "number=SUPPORT-LINE"}, true},
		"the id of a SIP address":             {control.Fault{Number: "support-line"}, fault.Request{ID: "2"}, true},
		"the number, but another id":          {control.Fault{Number: number, ID: "2"}, fault.Request{ID: "1"}, false},
		"the number and the id":               {control.Fault{Number: number, ID: "1"}, fault.Request{ID: "1"}, true},
		"the number, but another operation":   {control.Fault{Number: number, Operation: "deletePhoneNumber"}, fault.Request{ID: "1"}, false},
		"the number and the operation":        {control.Fault{Number: number, Operation: "getPhoneNumber"}, fault.Request{ID: "1"}, true},
		"the operation and another number":    {control.Fault{Number: number, Operation: "getPhoneNumber"}, fault.Request{ID: "2"}, false},
		"a request that names nothing at all": {control.Fault{Number: number}, fault.Request{}, false},
	} {
		c.request.Operation, c.request.NumberOf = "getPhoneNumber", numberOf
		var rules fault.Rules
		rules.Replace([]control.Fault{c.fault})
		if _, got := rules.Pick(c.request); got != c.want {
			t.Errorf("%s: hit is %v; want %v", name, got, c.want)
		}
	}
}

// To find the number of an id takes a query to the database.
func TestTheNumberOfAnIDIsOnlyLookedUpForAFaultThatNeedsIt(t *testing.T) {
	t.Parallel()
	var rules fault.Rules
	looked := 0
	request := fault.Request{Operation: "getPhoneNumber", ID: "1", NumberOf: func(string) string { looked++; return "" }}
	for _, c := range []struct {
		faults []control.Fault
		want   int
	}{
		{nil, 0},
		{[]control.Fault{{ID: "2"}, {ID: "1"}, {Number: "b"}}, 0}, // the second one hits
		{[]control.Fault{{Number: "a", ID: "2"}, {Number: "b", Operation: "listPhoneNumbers"}}, 0},
		{[]control.Fault{{Number: "a"}, {Number: "b"}}, 1},
	} {
		looked = 0
		rules.Replace(c.faults)
		rules.Pick(request)
		if looked != c.want {
			t.Errorf("with %+v, the number was looked up %d times; want %d", c.faults, looked, c.want)
		}
	}
}
