// SPDX-License-Identifier: Apache-2.0

package server_test

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gatehouse/internal/httpkit"
	"gatehouse/internal/openapitest"
	"gatehouse/internal/tenancytest"
)

// documents reads the documents once for all tests.
var documents = sync.OnceValues(func() (map[string]*openapitest.Document, error) {
	all := map[string]*openapitest.Document{}
	for _, door := range doors(tenancytest.Services{}) {
		file := "../dialect/" + door.Name + "/openapi.yaml"
		switch door.Name {
		case "api":
			file = "../api/openapi.json"
		case "oauth":
			file = "../oauth/openapi.json"
		case "docs", "console":
			continue
		}
		d, err := openapitest.Read(file)
		if err != nil {
			return nil, err
		}
		all[door.Name] = d
	}
	return all, nil
})

func document(t testing.TB, door string) *openapitest.Document {
	t.Helper()
	all, err := documents()
	if err != nil {
		t.Fatal(err)
	}
	return all[door]
}

// Every route is an operation of its door's document, and every operation is a route,
// with the same method, path and trees.
func TestOpenAPIHasTheRoutes(t *testing.T) {
	t.Parallel()
	for _, door := range doors(tenancytest.Services{})[:2] { // the native API's own tests compare its routes
		if diff := cmp.Diff(served(door), document(t, door.Name).Operations()); diff != "" {
			t.Errorf("%s: routes and document differ (-served +document):\n%s", door.Name, diff)
		}
	}
}

// served lists the routes of a door in the form of a document's operations.
func served(door *httpkit.Door) []string {
	trees := map[string][]string{}
	for _, route := range door.Routes {
		root := strings.Join(strings.SplitN(route.Pattern, "/", 4)[1:3], "/")
		path := strings.TrimPrefix(route.Pattern, "/"+root)
		if path == "" {
			path = "/"
		}
		key := route.Name + " " + route.Method + " " + path
		trees[key] = append(trees[key], strings.TrimSuffix(root, "/v1"))
	}
	var list []string
	for key, names := range trees {
		slices.Sort(names)
		if door.Name == "occ" {
			key += " " + strings.Join(names, " ")
		}
		list = append(list, key)
	}
	slices.Sort(list)
	return list
}
