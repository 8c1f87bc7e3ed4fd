package numbers

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/vogent-community/phonenumbers/api"
	"github.com/vogent-community/phonenumbers/internal/cli/account"
	"github.com/vogent-community/phonenumbers/internal/desired"
	"github.com/vogent-community/phonenumbers/internal/printable"
)

// completionTimeout is how long a user waits for the numbers after pressing Tab, at most.
const completionTimeout = 2 * time.Second

// eachOwned lists the numbers for a completion. After an error, the numbers before it are still offered.
func eachOwned(c *cobra.Command, args []string, offer func(api.PhoneNumber)) {
	if c.PreRunE != nil && c.PreRunE(c, args) != nil { // PreRunE reads the environment
		return
	}
	s, err := account.ForCompletion(c)
	if err != nil {
		return
	}
	ctx, cancel := context.WithTimeout(c.Context(), completionTimeout)
	defer cancel()
	for n, err := range s.API.All(ctx, api.ListPhoneNumbersParams{}) {
		if err != nil {
			return
		}
		if !strings.HasPrefix(n.Number, "_activeHelp_") { // cobra's scripts would show it as help
			offer(n)
		}
	}
}

// completeNumbers completes one number.
func completeNumbers(c *cobra.Command, args []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return completeMoreNumbers(c, args, begun)
}

// completeMoreNumbers completes numbers that are not yet among the arguments.
func completeMoreNumbers(c *cobra.Command, args []string, begun string) (found []cobra.Completion, _ cobra.ShellCompDirective) {
	eachOwned(c, args, func(n api.PhoneNumber) { found = append(found, namesOf(n, args, begun)...) })
	return found, cobra.ShellCompDirectiveNoFileComp
}

// namesOf returns the names of a number that start with begun. It returns none if the number is already given, or if numbers
// are read from stdin.
func namesOf(n api.PhoneNumber, given []string, begun string) (names []cobra.Completion) {
	for _, name := range given {
		if name == "-" || name == n.ID || strings.EqualFold(name, n.Number) {
			return nil
		}
	}
	if strings.HasPrefix(n.Number, begun) {
		names = append(names, cobra.CompletionWithDesc(printable.Text(n.Number), printable.Text(desired.AgentOf(n))))
	}
	if begun != "" && strings.HasPrefix(n.ID, begun) {
		names = append(names, cobra.CompletionWithDesc(printable.Text(n.ID), printable.Text(n.Number)))
	}
	return names
}

func completeAgents(c *cobra.Command, args []string, begun string) (found []cobra.Completion, _ cobra.ShellCompDirective) {
	agents := agentsOnce(begun)
	eachOwned(c, args, func(n api.PhoneNumber) { found = append(found, agents(n)...) })
	return found, cobra.ShellCompDirectiveNoFileComp
}

// agentsOnce returns a function that returns the agent of a number if it starts with begun, and only once for each agent.
func agentsOnce(begun string) func(api.PhoneNumber) []cobra.Completion {
	seen := map[string]bool{"": true}
	return func(n api.PhoneNumber) []cobra.Completion {
		agent := desired.AgentOf(n)
		if seen[agent] || !strings.HasPrefix(agent, begun) {
			return nil
		}
		seen[agent] = true
		return []cobra.Completion{printable.Text(agent)}
	}
}

// completeNumbersThenAgent completes a number, and then more numbers or the agent.
func completeNumbersThenAgent(c *cobra.Command, args []string, begun string) (found []cobra.Completion, _ cobra.ShellCompDirective) {
	if len(args) == 0 {
		return completeMoreNumbers(c, args, begun)
	}
	if args[0] == "-" && len(args) > 1 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	agents := agentsOnce(begun)
	eachOwned(c, args, func(n api.PhoneNumber) {
		found = append(found, namesOf(n, args, begun)...)
		found = append(found, agents(n)...)
	})
	return found, cobra.ShellCompDirectiveNoFileComp
}
