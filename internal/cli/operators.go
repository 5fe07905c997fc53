// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"

	"github.com/spf13/cobra"

	"gatehouse/apitype"
	"gatehouse/client"
	"gatehouse/internal/output"
)

// The functions below are the bodies of the commands of operators when they speak to a server. The
// commands themselves are in cmd/gatehouse, where they can also work on the database.

type body = func(*cobra.Command, []string) error

// OperatorColumns are those of a list of operators.
func OperatorColumns() []output.Column {
	return []output.Column{{Title: "USERNAME", Path: "username", Least: 8}, {Title: "ROLE", Path: "role"},
		{Title: "ORGANIZATION", Path: "organizationId"}, {Title: "STATE", Path: "state"},
		{Title: "SECOND FACTOR", Path: "secondFactor", Dispensable: true},
		{Title: "NUMBER", Path: "number", Dispensable: true}, {Path: "id"}, {Path: "displayName"},
		{Path: "createdAt"}}
}

// PrintOperators writes a list of operators.
func (o *Options) PrintOperators(cmd *cobra.Command, operators iter.Seq2[apitype.Operator, error]) error {
	out, err := o.printer(cmd)
	if err != nil {
		return err
	}
	return output.List(out, OperatorColumns(), operators)
}

// OperatorList lists operators.
func (o *Options) OperatorList() body {
	return o.run(func(s *session, _ []string) error {
		return output.List(s.out, OperatorColumns(), s.Operators.List(s.ctx,
			client.ListOptions{PageSize: pageSize}))
	})
}

// operator returns the operator with a user name; me is the one that is logged in.
func (s *session) operator(text string) (apitype.Operator, error) {
	if text == "me" {
		return s.Operators.Get(s.ctx, text)
	}
	quoted, err := json.Marshal(text)
	if err != nil {
		return apitype.Operator{}, err
	}
	for found, err := range s.Operators.List(s.ctx, client.ListOptions{Filter: "username eq " +
		string(quoted)}) {
		return found, err
	}
	return apitype.Operator{}, WithExit(ExitNotFound, fmt.Errorf("there is no operator %q. See: gatehouse "+
		"operator list",
		text))
}

// ended says what a change did besides.
const ended = "Its sessions and tokens have ended."

// operatorChange makes the body of a command that changes the operator of its first argument.
func (o *Options) operatorChange(question, done string,
	do func(s *session, id string) (apitype.Operator, error)) body {
	return o.run(func(s *session, args []string) error {
		found, err := s.operator(args[0])
		if err == nil && question != "" {
			err = s.confirm(question, found.Username)
		}
		if err != nil {
			return err
		}
		changed, err := do(s, found.ID)
		if err != nil {
			return err
		}
		return s.out.Done(changed, done, found.Username)
	})
}

// OperatorDisable keeps an operator out.
func (o *Options) OperatorDisable() body {
	return o.operatorChange("", "Disabled %s. "+ended, func(s *session, id string) (apitype.Operator, error) {
		return s.Operators.Disable(s.ctx, id)
	})
}

// OperatorEnable lets an operator in again.
func (o *Options) OperatorEnable() body {
	return o.operatorChange("", "Enabled %s. What was ended stays ended.",
		func(s *session, id string) (apitype.Operator, error) { return s.Operators.Enable(s.ctx, id) })
}

// OperatorSessionsEnd ends what an operator is logged in with.
func (o *Options) OperatorSessionsEnd() body {
	return o.operatorChange("", "The sessions and tokens of %s have ended.",
		func(s *session, id string) (apitype.Operator, error) { return s.Operators.EndSessions(s.ctx, id) })
}

// OperatorRemove removes an operator for good. It asks first.
func (o *Options) OperatorRemove() body {
	return o.run(func(s *session, args []string) error {
		found, err := s.operator(args[0])
		if err == nil {
			err = s.confirm("Remove the operator %s, for good?", found.Username)
		}
		if err != nil {
			return err
		}
		if err := s.Operators.Delete(s.ctx, found.ID); err != nil {
			return err
		}
		return s.out.Done(nil, "Removed %s. "+ended, found.Username)
	})
}

// OperatorRole gives an operator the role of the second argument.
func (o *Options) OperatorRole() body {
	return o.run(func(s *session, args []string) error {
		found, err := s.operator(args[0])
		if err != nil {
			return err
		}
		if found.Role == args[1] {
			return s.out.Done(found, "%s is %s already. Nothing was changed.", found.Username, found.Role)
		}
		changed, err := s.Operators.Update(s.ctx, found.ID, apitype.OperatorChange{Role: &args[1]})
		if err != nil {
			return err
		}
		return s.out.Done(changed, "%s is %s now. "+ended, found.Username, changed.Role)
	})
}

// OperatorAdd adds an operator with a generated password.
func (o *Options) OperatorAdd(role, organization *string) body {
	return o.run(func(s *session, args []string) error {
		id, err := s.organization(*organization)
		if err != nil {
			return err
		}
		place, err := s.openSecret()
		if err != nil {
			return err
		}
		password := newPassword()
		made, err := s.Operators.Create(s.ctx, apitype.OperatorParams{Username: args[0],
			Password: password.Reveal(),
			Role:     *role, OrganizationID: &id})
		if err := place.Keep(password.Reveal(), err); err != nil {
			return err
		}
		return errors.Join(s.out.Created(made, "Added %s as %s of %s.", made.Username, made.Role,
			made.OrganizationID),
			s.showPassword(password))
	})
}
