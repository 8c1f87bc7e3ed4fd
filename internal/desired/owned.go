package desired

import (
	"context"
	"fmt"
	"strings"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/api/client"
)

// Owned are the numbers that there are, by number.
type Owned map[string]api.PhoneNumber

// List lists the numbers. One that is listed under two ids is an error, as its name means neither.
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

// Finder finds a number by its name: as it is written, else the one SIP prefix that differs in the case of letters only.
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
