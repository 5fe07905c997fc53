// SPDX-License-Identifier: Apache-2.0

package commvault

import (
	"context"
	"strings"

	"gatehouse/internal/identity"
	"gatehouse/internal/tenancy"
)

// The names of the answers about users, who are the domain's operators.
const (
	whoAmIName     = "CvEntities_ProcessingInstructionInfo"
	whoAmI2Name    = "WhoAmIResponse"
	usersName      = "App_GetUserPropertiesResponse"
	v4UsersName    = "UserListResponse"
	v4UserName     = "UserDetailsResponse"
	userFactorName = "App_GetTwoFactorAuthenticationStatusResponse"
)

// whoAmI returns the operator to which the session or the access token belongs.
func (*dialect) whoAmI(_ context.Context, x exchange) (answer, error) {
	o := tenancy.Operator{ID: x.caller.ID, Number: x.caller.Number, Username: x.caller.Name}
	return answer{message: message{whoAmIName, fields{nested("user", userEntity(o)...)}}}, nil
}

// whoAmI2 returns the operator and its company.
func (d *dialect) whoAmI2(ctx context.Context, x exchange) (answer, error) {
	o, err := d.identity.GetOperator(ctx, x.caller, identity.Self)
	if err != nil {
		return answer{}, err
	}
	user := append(fields{scalar("id", int64(o.Number)), scalar("name", o.Username)},
		userEntity(o.Operator)...)
	return answer{message: message{whoAmI2Name, fields{nested("user", user...), companyField(o)}}}, nil
}

// userEntity is an operator in the form of the older operations.
func userEntity(o tenancy.Operator) fields {
	return fields{scalar("userId", int64(o.Number)), scalar("userName", o.Username),
		scalar("userGUID", strings.ToUpper(o.ID))}
}

// companyField is an operator's company. Operators of the server itself belong to the root.
func companyField(o tenancy.ListedOperator) field {
	name, _ := namesOf(tenancy.Organization{ID: o.OrganizationID, Name: o.OrganizationName})
	return nested("company", scalar("id", int64(o.OrganizationID)), scalar("name", name))
}

// userColumns returns the columns of the lists of users, with the prefix "users." or without it.
func userColumns() columnSet {
	return columnSet{lookup: userColumn, help: "userEntity.userName (or name), userEntity.userId (or id)",
		defaultSearch: "name", idColumn: "id"}
}

func userColumn(name string) (column, bool) {
	properties := tenancy.OperatorProperties()
	switch strings.TrimPrefix(columnName(name, "users."), "userentity.") {
	case "username", "name":
		return column{kind: textColumn, property: properties[tenancy.PropertyUsername]}, true
	case "userid", "id":
		return column{kind: numberColumn, property: properties[tenancy.PropertyNumber]}, true
	}
	return column{}, false
}

// users returns the operators that the caller may see and that match the query.
func (d *dialect) users(ctx context.Context, x exchange) ([]tenancy.ListedOperator, int, error) {
	p, err := listParams(userColumns(), x.query)
	if err != nil {
		return nil, 0, err
	}
	return d.identity.ListOperators(ctx, x.caller, p)
}

// listUsers answers in the form in which clients look up a user's number.
func (d *dialect) listUsers(ctx context.Context, x exchange) (answer, error) {
	page, total, err := d.users(ctx, x)
	if err != nil {
		return answer{}, err
	}
	entries := make([]fields, len(page))
	for i, o := range page {
		entries[i] = userFields(o)
	}
	return answer{message: message{usersName, fields{repeated("users", entries...),
		scalar("filterQueryCount", int64(total))}}}, nil
}

// getUser returns one user, as a list of one.
func (d *dialect) getUser(ctx context.Context, x exchange) (answer, error) {
	o, err := d.identity.GetOperator(ctx, x.caller, operatorRef(x.user))
	if err != nil {
		return answer{}, err
	}
	return answer{message: message{usersName, fields{repeated("users", userFields(o))}}}, nil
}

// selfUser is the caller, in the place of a user's number.
const selfUser = "self"

// operatorRef returns the domain's reference to a user that a path or a query names.
func operatorRef(user string) string {
	switch strings.ToLower(user) {
	case selfUser:
		return identity.Self
	case identity.Self: // is no user's name on this wire
		return ""
	}
	return user
}

// userFields is a user in the form of the older operations. Operators have no mail address and no second name
// here, so the answer has neither.
func userFields(o tenancy.ListedOperator) fields {
	return fields{
		nested("userEntity", userEntity(o.Operator)...),
		scalar("enableUser", o.Active),
		companyField(o),
		repeated("associatedUserGroups"),
	}
}

// v4Users returns the same users in the form of V4.
func (d *dialect) v4Users(ctx context.Context, x exchange) (answer, error) {
	page, total, err := d.users(ctx, x)
	if err != nil {
		return answer{}, err
	}
	entries := make([]fields, len(page))
	for i, o := range page {
		entries[i] = append(v4UserFields(o), nested("commcell", scalar("name", rootName)))
	}
	return answer{message: message{v4UsersName, fields{repeated("users", entries...),
		scalar("numberOfUsers", int64(total))}}}, nil
}

// v4User returns one user in the form of V4.
func (d *dialect) v4User(ctx context.Context, x exchange) (answer, error) {
	o, err := d.identity.GetOperator(ctx, x.caller, operatorRef(x.user))
	if err != nil {
		return answer{}, err
	}
	user := append(v4UserFields(o), repeated("associatedUserGroups"))
	return answer{message: message{v4UserName, user}}, nil
}

func v4UserFields(o tenancy.ListedOperator) fields {
	return fields{
		scalar("id", int64(o.Number)),
		scalar("name", o.Username),
		scalar("GUID", strings.ToUpper(o.ID)),
		scalar("enabled", o.Active),
		companyField(o),
	}
}

// serverTwoFactor answers that the server requires a second factor of nobody. Operators choose one for
// themselves.
func (*dialect) serverTwoFactor(context.Context, exchange) (answer, error) {
	return answer{message: noTwoFactor()}, nil
}

// userTwoFactor reports whether a user has a second factor. cvpysdk asks when it reads a user.
func (d *dialect) userTwoFactor(ctx context.Context, x exchange) (answer, error) {
	has, err := d.secondFactorOf(ctx, x)
	if err != nil {
		return answer{}, err
	}
	return answer{message: message{userFactorName, fields{scalar("errorCode", int64(codeOK)),
		nested("twoFactorInfo", scalar("isTwoFactorAuthenticationEnabled", has))}}}, nil
}

// secondFactorOf reports whether the user with the name in the query has a second factor; without
// a name, that is the caller.
func (d *dialect) secondFactorOf(ctx context.Context, x exchange) (bool, error) {
	username, err := x.query.single("username")
	if err != nil {
		return false, err
	}
	if username != "" {
		return d.identity.HasSecondFactor(ctx, x.caller, username)
	}
	own, err := d.identity.GetOperator(ctx, x.caller, identity.Self)
	return own.SecondFactor, err
}
