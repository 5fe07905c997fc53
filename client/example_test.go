// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"log"
	"time"

	"gatehouse/apitype"
	"gatehouse/client"
)

// A person logs in, and lists organizations. The client renews its access token by itself.
func Example() {
	server := exampleServer()
	defer server.Close()

	c, err := client.New(server.URL, client.WithPassword("ada", "correct horse battery"))
	if err != nil {
		log.Fatal(err)
	}
	options := client.ListOptions{Filter: `name sw "B"`, Sort: "name:asc", PageSize: 100}
	for organization, err := range c.Organizations.List(context.Background(), options) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(organization.ID, organization.Name)
	}
	// Output:
	// or-100001 Birch
	// or-100002 Bramble
}

// What went wrong: its kind, by errors.Is, and its code, by CodeOf. The error itself is a sentence for
// people.
func ExampleError() {
	server := exampleServer()
	defer server.Close()
	c, err := client.New(server.URL, client.WithToken("a token"))
	if err != nil {
		log.Fatal(err)
	}

	_, err = c.Organizations.Create(context.Background(), apitype.OrganizationParams{Name: "Birch"})
	fmt.Println(err)
	fmt.Println(errors.Is(err, client.ErrConflict), client.CodeOf(err) == client.CodeOrganizationNameTaken)
	// Output:
	// There is an organization with this name already.
	// true true
}

// A program that may be killed keeps the name of its request before it sends it. When it runs again, it
// gets the same answer, and there is one code.
func ExampleWithIdempotencyKey() {
	server := exampleServer()
	defer server.Close()
	c, err := client.New(server.URL, client.WithToken("a token"))
	if err != nil {
		log.Fatal(err)
	}

	key := client.NewIdempotencyKey() // write it to the disk here
	params := apitype.AuthCodeParams{Name: "spring",
		ExpiresAt: &apitype.Expiry{At: time.Now().Add(720 * time.Hour)},
		MaxUses:   &apitype.Uses{Count: 100}}
	for range 2 {
		code, err := c.AuthCodes.Create(client.WithIdempotencyKey(context.Background(), key), "or-100001", params)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(code.ID)
	}
	// Output:
	// code-1
	// code-1
}

// A change is refused if somebody else has changed the thing since it was read.
func ExampleWithIfMatch() {
	server := exampleServer()
	defer server.Close()
	c, err := client.New(server.URL, client.WithToken("a token"))
	if err != nil {
		log.Fatal(err)
	}

	var answer client.Answer
	o, err := c.Organizations.Get(client.WithAnswer(context.Background(), &answer), "or-100001")
	if err != nil {
		log.Fatal(err)
	}
	description := "Makers of " + o.Name
	ctx := client.WithIfMatch(context.Background(), answer.ETag)
	_, err = c.Organizations.Update(ctx, o.ID, apitype.OrganizationChange{Description: &description})
	fmt.Println(errors.Is(err, client.ErrChanged))
	// Output:
	// true
}

// A machine enrols with a key pair of its own, and then gets access tokens with the key.
func ExampleClient_Enroll() {
	server := exampleServer()
	defer server.Close()
	c, err := client.New(server.URL) // no credentials: the code is enough
	if err != nil {
		log.Fatal(err)
	}

	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		log.Fatal(err)
	}
	jwk, err := client.PublicKey(public)
	if err != nil {
		log.Fatal(err)
	}
	enrolled, err := c.Enroll(context.Background(), apitype.Enrolment{AuthorizationCode: "the code",
		Client: apitype.EnrolmentClient{Name: "till 7", InstanceID: "till-7", PublicKey: jwk}})
	if err != nil {
		log.Fatal(err)
	}
	machine, err := client.New(server.URL, client.WithPrivateKey(enrolled.ClientID, private, ""))
	if err != nil {
		log.Fatal(err)
	}
	token, err := machine.Token(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(enrolled.State, time.Until(token.ExpiresAt).Round(time.Minute))
	// Output:
	// active 15m0s
}

// A service gets tokens from somewhere else.
func ExampleWithTokenSource() {
	server := exampleServer()
	defer server.Close()
	vault := client.TokenFunc(func(context.Context) (client.Token, error) {
		fmt.Println("a token is got")
		return client.Token{Text: "a token", ExpiresAt: time.Now().Add(time.Hour)}, nil
	})
	c, err := client.New(server.URL, client.WithTokenSource(vault))
	if err != nil {
		log.Fatal(err)
	}
	for range 3 {
		if _, err := c.Organizations.Get(context.Background(), "or-100001"); err != nil {
			log.Fatal(err)
		}
	}
	// Output:
	// a token is got
}
