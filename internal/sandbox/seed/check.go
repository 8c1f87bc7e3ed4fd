// Package seed checks what a sandbox has at the start, and puts it into a store.
package seed

import (
	"errors"
	"net/url"
	"path"
	"strconv"
	"strings"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/control"
	"github.com/vogent-community/phonenumbers/internal/phone"
	"github.com/vogent-community/phonenumbers/internal/workspace"
)

// Check returns all mistakes in a seed, with JSON pointers. It quotes no values, because they can be secret.
func Check(s control.Seed) []api.ProblemField {
	c := checking{known: KnownAgent(s), seen: map[string]map[string]string{}}
	for i, name := range workspaces(s) {
		at := pointer("/workspaces/", i)
		c.check(workspace.CheckName("workspace", name) == nil, at, "", workspace.NameRule)
		c.once("workspace", name, at, "")
	}
	for i, id := range s.Agents {
		at := pointer("/agents/", i)
		c.check(id != "", at, "", "must not be empty")
		c.rules(phone.Change{AgentID: &id}.Validate(nil), at, func(string) string { return "" })
		c.once("agent", id, at, "")
	}
	for i, k := range s.Keys {
		c.key(k, pointer("/keys/", i))
	}
	for i, n := range s.Numbers {
		c.number(n, pointer("/numbers/", i))
	}
	for i, number := range s.ForSale {
		at := pointer("/forSale/", i)
		c.rules(purchase(number).Validate(), at, func(string) string { return "" })
		c.check(!phone.IsE164(number) || phone.IsServed(number), at, "", "must be in a supported country: +1 (US, Canada) or +44 (GB)")
		c.once("number for sale", number, at, "")
	}
	if s.Webhook != nil {
		c.check(IsWebURL(s.Webhook.URL), "/webhook", "/url", "must be an http or https URL with a host")
		c.check(s.Webhook.Secret != "", "/webhook", "/secret", "must not be empty")
	}
	return c.mistakes
}

// pointer returns a JSON pointer to an element of a list.
func pointer(list string, i int) string { return list + strconv.Itoa(i) }

// KnownAgent returns the function of phone.Service with that name: nil if the seed has no list of agents.
func KnownAgent(s control.Seed) func(id string) bool {
	if s.Agents == nil {
		return nil
	}
	known := map[string]bool{}
	for _, id := range s.Agents {
		known[id] = true
	}
	return func(id string) bool { return known[id] }
}

// checking is a seed that is being checked.
type checking struct {
	known    func(agentID string) bool
	seen     map[string]map[string]string // by kind and value, where the value was first
	mistakes []api.ProblemField
}

// check notes a mistake unless ok is true. The pointer comes in two parts, which are joined only for a mistake, because a seed
// can have a million values.
func (c *checking) check(ok bool, at, member, detail string) {
	if !ok {
		c.mistakes = append(c.mistakes, api.ProblemField{Pointer: at + member, Detail: detail})
	}
}

// once notes a value that can be there only once, unless it is empty. All values of a kind have the same member.
func (c *checking) once(kind, value, at, member string) {
	if c.seen[kind] == nil {
		c.seen[kind] = map[string]string{}
	}
	if first, found := c.seen[kind][value]; found {
		c.check(false, at, member, "is the same "+kind+" as "+first+member)
	} else if value != "" {
		c.seen[kind][value] = at
	}
}

// rules adds the broken rules of a phone.Error. member returns the member for the pointer of a rule.
func (c *checking) rules(err error, at string, member func(pointer string) string) {
	if err == nil {
		return
	}
	var broken *phone.Error
	if errors.As(err, &broken) {
		for _, rule := range broken.Rules {
			c.check(false, at, member(rule.Pointer), rule.Detail)
		}
	}
}

func (c *checking) key(k control.SeedKey, at string) {
	visible := func(r rune) bool { return '!' <= r && r <= '~' }
	c.check(k.Key != "" && len(k.Key) <= 128 && strings.TrimFunc(k.Key, visible) == "", at, "/key", "must be 1 to 128 visible ASCII characters")
	c.once("key", k.Key, at, "/key")
	c.check(k.Name == "" || workspace.CheckName("key", k.Name) == nil, at, "/name", workspace.NameRule)
	c.workspace(k.Workspace, at)
}

func (c *checking) workspace(name, at string) {
	_, found := c.seen["workspace"][name]
	c.check(name == "" || found, at, "/workspace", "must be one of the workspaces")
}

func (c *checking) number(n control.SeedNumber, at string) {
	c.check(n.ID == "" || phone.IsID(n.ID), at, "/id", "must be a UUID in lower case")
	c.once("id", n.ID, at, "/id")
	c.once("number", strings.ToLower(n.Number), at, "/number")
	c.workspace(n.Workspace, at)
	c.rules(phone.Change{AgentID: &n.AgentID}.Validate(c.known), at, func(pointer string) string { return pointer })
	if n.SIP == nil && phone.IsSIPPrefix(n.Number) {
		c.check(false, at, "/sip", "is required for a SIP address")
		return
	}
	c.rules(create(n).Validate(), at, func(pointer string) string {
		switch member := path.Base(pointer); member {
		case "number", "phoneNumber", "sipPrefix":
			return "/number"
		default:
			return "/sip/" + member
		}
	})
	ownSIP := n.SIP != nil && !strings.HasPrefix(n.Number, "+")
	c.check(!ownSIP || n.SIP.TerminationURI == "", at, "/sip/terminationUri", "must be absent for a SIP address")
}

// create returns the request that would create the number.
func create(n control.SeedNumber) phone.Create {
	switch {
	case n.SIP == nil:
		return purchase(n.Number)
	case strings.HasPrefix(n.Number, "+"):
		return phone.Create{Type: string(api.CreateBySIPImport), SIPImport: &phone.SIPImport{
			PhoneNumber: n.Number, TerminationURI: n.SIP.TerminationURI, Username: n.SIP.Username, Password: n.SIP.Password,
		}}
	default:
		return phone.Create{Type: string(api.CreateByVogentSIP), VogentSIP: &phone.VogentSIP{
			SIPPrefix: n.Number, Username: n.SIP.Username, Password: n.SIP.Password,
		}}
	}
}

func purchase(number string) phone.Create {
	return phone.Create{Type: string(api.CreateByPurchase), Purchase: &phone.Purchase{Number: number}}
}

// IsWebURL reports whether s is a URL of a webhook: http or https, with a host.
func IsWebURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != ""
}
