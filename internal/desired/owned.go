package desired

import (
	"context"
	"fmt"
	"strings"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/client"
)

// Owned has the numbers of the workspace, by number.
type Owned map[string]api.PhoneNumber

// List lists the numbers. A number that is listed with two ids is an error, because its name does not say which one is meant.
func List(ctx context.Context, c *client.Client, opts ...client.CallOption) (Owned, error) {
	numbers := Owned{}
	for n, err := range c.All(ctx, api.ListPhoneNumbersParams{}, opts...) {
		if err != nil {
			return nil, err
		}
		if other, twice := numbers[n.Number]; twice && other.ID != n.ID {
			return nil, fmt.Errorf("the server lists %s twice, with the ids %s and %s; delete one of them", n.Number, other.ID, n.ID)
		}
		numbers[n.Number] = n
	}
	return numbers, nil
}

// Finder returns a function that finds a number by its name. If there is no exact match, it finds a SIP prefix that differs
// only in letter case, unless there are several.
func (o Owned) Finder() func(name string) (api.PhoneNumber, bool) {
	folded := map[string][]api.PhoneNumber{}
	for number, n := range o {
		small := strings.ToLower(number)
		folded[small] = append(folded[small], n)
	}
	return func(name string) (api.PhoneNumber, bool) {
		if n, found := o[name]; found {
			return n, true
		}
		if alike := folded[strings.ToLower(name)]; len(alike) == 1 {
			return alike[0], true
		}
		return api.PhoneNumber{}, false
	}
}
