package seed_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/vogent-community/phonenumbers/api/control"
	"github.com/vogent-community/phonenumbers/internal/sandbox/seed"
)

const (
	id    = "01900000-0000-7000-8000-00000000a001"
	wantE = "must be a phone number in E.164 form, such as +14155550100"
)

func numbers(list ...control.SeedNumber) control.Seed { return control.Seed{Numbers: list} }

func sip(username, password, uri string) *control.SeedSIP {
	return &control.SeedSIP{Username: username, Password: password, TerminationURI: uri}
}

func keys(list ...control.SeedKey) control.Seed { return control.Seed{Keys: list} }

func webhook(url, secret string) control.Seed {
	return control.Seed{Webhook: &control.Webhook{URL: url, Secret: secret}}
}

func TestASeedWithoutMistakesIsAccepted(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]control.Seed{
		"nothing": {},
		"everything": {
			Workspaces: []string{"default", "Other one"}, Agents: []string{"agent_1", "6ba7b810-9dad-11d1-80b4-00c04fd430c8"},
			ForSale: []string{"+14155550123", "+442079460000"},
			Keys:    []control.SeedKey{{Key: "!"}, {Key: strings.Repeat("~", 128), Name: "ci", Workspace: "Other one"}},
			Numbers: []control.SeedNumber{
				{Number: "+14155550123", AgentID: "agent_1"},
				{ID: "f47ac10b-58cc-4372-a567-0e02b2c3d479", Number: "+4930123456", Workspace: "default", SIP: sip("c", "p", "sip.example.com")},
				{ID: id, Number: "Support-Line", SIP: sip("caller", "correct horse", "")},
			},
			Webhook: &control.Webhook{URL: "https://example.com/hook?a=b", Secret: "s"},
		},
		"the default workspace by name":    {Keys: []control.SeedKey{{Key: "a", Workspace: "default"}}, Numbers: []control.SeedNumber{{Number: "+14155550100", Workspace: "default"}}},
		"any agent":                        numbers(control.SeedNumber{Number: "+14155550100", AgentID: "agent_1"}),
		"no agent":                         {Agents: []string{}, Numbers: []control.SeedNumber{{Number: "+14155550100"}}},
		"empty lists":                      {Workspaces: []string{}, Keys: []control.SeedKey{}, ForSale: []string{}},
		"the same name for keys":           keys(control.SeedKey{Key: "a", Name: "ci"}, control.SeedKey{Key: "A", Name: "ci"}),
		"an address that is also an agent": {Agents: []string{"a"}, Numbers: []control.SeedNumber{{Number: "a", SIP: sip("caller", "password", "")}}},
	} {
		if mistakes := seed.Check(s); len(mistakes) > 0 {
			t.Errorf("%s: got %v; want no mistake", name, mistakes)
		}
	}
}

func TestEachMistakeOfASeedIsNamed(t *testing.T) {
	t.Parallel()
	const visible, known = "must be 1 to 128 visible ASCII characters", "must be an agent that exists, or empty"
	const webURL = "/webhook/url must be an http or https URL with a host"
	n := func(number string) control.SeedNumber { return control.SeedNumber{Number: number} }
	for name, test := range map[string]struct {
		seed control.Seed
		want []string
	}{
		"a workspace's name":        {control.Seed{Workspaces: []string{"ok", "-"}}, []string{"/workspaces/1 must be 1 to 64 letters"}},
		"a workspace without name":  {control.Seed{Workspaces: []string{""}}, []string{"/workspaces/0 must be 1 to 64 letters"}},
		"a workspace twice":         {control.Seed{Workspaces: []string{"a", "b", "a"}}, []string{"/workspaces/2 is the same workspace as /workspaces/0"}},
		"an agent":                  {control.Seed{Agents: []string{"a b"}}, []string{"/agents/0 must be 1 to 128 letters"}},
		"an empty agent":            {control.Seed{Agents: []string{""}}, []string{"/agents/0 must not be empty"}},
		"an agent twice":            {control.Seed{Agents: []string{"a", "a"}}, []string{"/agents/1 is the same agent as /agents/0"}},
		"an empty key":              {keys(control.SeedKey{}), []string{"/keys/0/key " + visible}},
		"a long key":                {keys(control.SeedKey{Key: strings.Repeat("a", 129)}), []string{"/keys/0/key " + visible}},
		"a key with a space":        {keys(control.SeedKey{Key: "a b"}), []string{"/keys/0/key " + visible}},
		"a key that is not ASCII":   {keys(control.SeedKey{Key: "ä"}), []string{"/keys/0/key " + visible}},
		"a key twice":               {keys(control.SeedKey{Key: "a"}, control.SeedKey{Key: "a"}), []string{"/keys/1/key is the same key as /keys/0/key"}},
		"a key's name":              {keys(control.SeedKey{Key: "a", Name: "?"}), []string{"/keys/0/name must be 1 to 64 letters"}},
		"a key's workspace":         {keys(control.SeedKey{Key: "a", Workspace: "b"}), []string{"/keys/0/workspace must be one of the workspaces"}},
		"no longer default":         {control.Seed{Workspaces: []string{"a"}, Numbers: []control.SeedNumber{{Number: "+14155550100", Workspace: "default"}}}, []string{"/numbers/0/workspace must be one of the workspaces"}},
		"an id":                     {numbers(control.SeedNumber{ID: strings.ToUpper(id), Number: "+14155550100"}), []string{"/numbers/0/id must be a UUID in lower case"}},
		"an id twice":               {numbers(control.SeedNumber{ID: id, Number: "+14155550100"}, control.SeedNumber{ID: id, Number: "+14155550101"}), []string{"/numbers/1/id is the same id as /numbers/0/id"}},
		"a number twice":            {numbers(n("+14155550100"), n("+14155550101"), n("+14155550100")), []string{"/numbers/2/number is the same number as /numbers/0/number"}},
		"a SIP prefix twice":        {numbers(control.SeedNumber{Number: "Line", SIP: sip("caller", "password", "")}, control.SeedNumber{Number: "lINE", SIP: sip("caller", "password", "")}), []string{"/numbers/1/number is the same number as /numbers/0/number"}},
		"an agent's form":           {numbers(control.SeedNumber{Number: "+14155550100", AgentID: "a b"}), []string{"/numbers/0/agentId must be 1 to 128 letters"}},
		"an agent of no list":       {control.Seed{Agents: []string{"a"}, Numbers: []control.SeedNumber{{Number: "+14155550100", AgentID: "b"}}}, []string{"/numbers/0/agentId " + known}},
		"an agent of an empty list": {control.Seed{Agents: []string{}, Numbers: []control.SeedNumber{{Number: "+14155550100", AgentID: "b"}}}, []string{"/numbers/0/agentId " + known}},
		"no number":                 {numbers(n("")), []string{"/numbers/0/number " + wantE}},
		"a number without +":        {numbers(n("14155550100")), []string{"/numbers/0/number " + wantE}},
		"a short number":            {numbers(n("+1415555")), []string{"/numbers/0/number " + wantE}},
		"an address without sip":    {numbers(n("line")), []string{"/numbers/0/sip is required for a SIP address"}},
		"an address with a carrier": {numbers(control.SeedNumber{Number: "line", SIP: sip("caller", "password", "sip.example.com")}), []string{"/numbers/0/sip/terminationUri must be absent for a SIP address"}},
		"an address's values": {
			numbers(control.SeedNumber{Number: "1234567", SIP: sip("four", "four", "")}),
			[]string{"/numbers/0/number must be 1 to 64 letters", "/numbers/0/sip/username must be 5 to 64", "/numbers/0/sip/password must be 5 to 128"},
		},
		"an import's values": {
			numbers(control.SeedNumber{Number: "+", SIP: sip("a b", "ä", "")}),
			[]string{"/numbers/0/number " + wantE, "/numbers/0/sip/terminationUri must be a host", "/numbers/0/sip/username must be 1 to 64", "/numbers/0/sip/password must be 1 to 128"},
		},
		"for sale":                    {control.Seed{ForSale: []string{"4155550100", ""}}, []string{"/forSale/0 " + wantE, "/forSale/1 " + wantE}},
		"for sale elsewhere":          {control.Seed{ForSale: []string{"+4930123456"}}, []string{"/forSale/0 must be in a supported country"}},
		"for sale twice":              {control.Seed{ForSale: []string{"+14155550100", "+14155550100"}}, []string{"/forSale/1 is the same number for sale as /forSale/0"}},
		"a webhook without secret":    {webhook("http://127.0.0.1:3000", ""), []string{"/webhook/secret must not be empty"}},
		"a webhook without URL":       {webhook("", "s"), []string{webURL}},
		"a webhook without scheme":    {webhook("example.com/a", "s"), []string{webURL}},
		"a webhook of another scheme": {webhook("ftp://example.com/a", "s"), []string{webURL}},
		"a webhook without host":      {webhook("http://:3000/a", "s"), []string{webURL}},
		"a webhook with a bad URL":    {webhook("http://example.com/%zz", "s"), []string{webURL}},
		"many": {
			control.Seed{Agents: []string{}, Keys: []control.SeedKey{{}}, Numbers: []control.SeedNumber{{Number: "x", AgentID: "a", ID: "b", Workspace: "c"}}},
			[]string{"/keys/0/key ", "/numbers/0/id ", "/numbers/0/workspace ", "/numbers/0/agentId ", "/numbers/0/sip "},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, field := range seed.Check(test.seed) {
				got = append(got, field.Pointer+" "+field.Detail)
			}
			if !slices.EqualFunc(got, test.want, strings.HasPrefix) {
				t.Errorf("got %q; want %q at their starts", got, test.want)
			}
		})
	}
}

func TestNoMistakeQuotesASecret(t *testing.T) {
	t.Parallel()
	const secret = "hunter 2\xff"
	s := control.Seed{
		Keys:    []control.SeedKey{{Key: secret}, {Key: secret}},
		Numbers: []control.SeedNumber{{Number: "line", SIP: sip(secret, secret, secret)}, {Number: "+1", SIP: sip(secret, secret, secret)}},
		Webhook: &control.Webhook{URL: "http://" + secret, Secret: secret},
	}
	mistakes := seed.Check(s)
	if len(mistakes) != 11 {
		t.Errorf("got %d mistakes, %v; want 11", len(mistakes), mistakes)
	}
	if text := fmt.Sprint(mistakes); strings.Contains(text, "hunter") {
		t.Errorf("got %s; want no secret in it", text)
	}
}
